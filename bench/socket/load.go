package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// server is a server under load.
type server struct {
	name   string
	socket string
	pid    int
	script script
}

// script is what one connection asks, again and again: it calls ask for each request until it fails.
type script func(ask func(request []byte) (answer []byte, err error)) error

// always asks the same.
func always(request string) script {
	bytes := []byte(request)
	return func(ask func([]byte) ([]byte, error)) error {
		_, err := ask(bytes)
		return err
	}
}

// measure is what loading a server for a while came to.
type measure struct {
	rate     float64       // requests a second
	cpu      time.Duration // of the server, for each request
	p50, p99 time.Duration
}

// load keeps a server busy with that many connections, each of which asks one thing at a time.
func load(s *server, connections int, span time.Duration) (measure, error) {
	clients := make([]*client, connections)
	for i := range clients {
		c, err := net.Dial("unix", s.socket)
		if err != nil {
			return measure{}, err
		}
		defer c.Close()
		clients[i] = &client{conn: c, buf: make([]byte, 64<<10)}
	}
	var stop atomic.Bool
	var group sync.WaitGroup
	before, err := cpuTime(s.pid)
	if err != nil {
		return measure{}, err
	}
	begin := time.Now()
	for _, c := range clients {
		group.Go(func() {
			for c.err == nil && !stop.Load() {
				c.err = s.script(c.ask)
			}
		})
	}
	<-time.After(span)
	stop.Store(true)
	group.Wait()
	took := time.Since(begin)
	after, err := cpuTime(s.pid)
	if err != nil {
		return measure{}, err
	}
	return sum(clients, took, after-before)
}

func sum(clients []*client, took, cpu time.Duration) (measure, error) {
	var all []time.Duration
	for _, c := range clients {
		if c.err != nil {
			return measure{}, c.err
		}
		all = append(all, c.took...)
	}
	slices.Sort(all)
	n := len(all)
	return measure{
		rate: float64(n) / took.Seconds(),
		cpu:  cpu / time.Duration(n),
		p50:  all[n/2],
		p99:  all[n*99/100],
	}, nil
}

// client is one connection.
type client struct {
	conn net.Conn
	buf  []byte
	took []time.Duration
	err  error
}

// ask sends a request and gives the answer, which is valid until the next.
func (c *client) ask(request []byte) ([]byte, error) {
	begin := time.Now()
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	for n := 0; ; {
		more, err := c.conn.Read(c.buf[n:])
		if err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		n += more
		whole, err := isWhole(c.buf[:n])
		if err != nil {
			return nil, err
		}
		if whole {
			c.took = append(c.took, time.Since(begin))
			return c.buf[:n], nil
		}
		if n == len(c.buf) {
			return nil, io.ErrShortBuffer
		}
	}
}

var (
	headEnd    = []byte("\r\n\r\n")
	lengthName = []byte("Content-Length: ")
	lastChunk  = []byte("\r\n0\r\n\r\n")
)

// isWhole says whether a successful answer is complete.
func isWhole(answer []byte) (bool, error) {
	head, body, ok := bytes.Cut(answer, headEnd)
	if !ok {
		return false, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 20")) {
		return false, fmt.Errorf("the answer is %q", answer)
	}
	_, value, ok := bytes.Cut(head, lengthName)
	if !ok {
		return bytes.HasPrefix(head, []byte("HTTP/1.1 204")) || bytes.HasSuffix(body, lastChunk), nil
	}
	digits, _, _ := bytes.Cut(value, []byte("\r\n"))
	length, err := strconv.Atoi(string(digits))
	if err != nil || len(body) > length {
		return false, errors.Join(fmt.Errorf("the answer's length is wrong: %q", answer), err)
	}
	return len(body) == length, nil
}
