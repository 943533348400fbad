package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// assault is what each connection of a hostile process does, over and over.
type assault struct {
	name     string
	block    string // what is sent at a time
	manner   manner
	together int // connections; 0: hostileConnections
}

// manner is how a hostile connection behaves.
type manner int

const (
	waits   manner = iota // for each answer, as a client in its right mind does
	pours                 // blocks without waiting, and throws away what comes
	ignores               // whatever comes, and reads nothing of it
	drips                 // one byte a second
	leaves                // after each answer
)

const hostileConnections = 100

// assaults are the kinds of hostility. The service large has many backends.
var assaults = []assault{
	{name: "selects one by one", block: getting("/v1/select/web"), manner: waits},
	{name: "selects in a pipeline", block: strings.Repeat(getting("/v1/select/web"), 100), manner: pours},
	{name: "odd selects in a pipeline", block: strings.Repeat(getting("/v1/select/web?count=2"), 100), manner: pours},
	{name: "batches of 100, 100 at a time", block: strings.Repeat(posting("/v1/select", picksOf(100, "")), 100), manner: pours},
	{name: "batches of 10,000", block: posting("/v1/select", picksOf(10_000, `,"x":1`)), manner: waits},
	{name: "leases", block: posting("/v1/leases", `{"service":"web","bind":"ttl","ttl":"1s"}`), manner: waits},
	{name: "a large group", block: getting("/v1/services/large"), manner: waits},
	{name: "explanations of a large group", block: getting("/v1/select/large?explain=1"), manner: waits},
	{name: "histories", block: getting("/v1/services/large/history"), manner: waits},
	{name: "metrics", block: getting("/metrics"), manner: waits},
	{name: "bodies of 1 MB", block: posting("/v1/reports", "["+strings.Repeat(" ", 1<<20-2)+"]"), manner: waits},
	{name: "streams of a large group", block: getting("/v1/watch?service=large"), manner: leaves},
	{name: "answers that nobody reads", block: strings.Repeat(getting("/v1/services/large"), 10), manner: ignores},
	{name: "streams that nobody reads", block: getting("/v1/watch?service=large"), manner: ignores},
	{name: "new connections", block: getting("/healthz"), manner: leaves},
}

// trickle is 1,000 connections that send one byte a second.
var trickle = assault{name: "1,000 connections that send one byte a second", block: getting("/v1/select/web"), manner: drips, together: 1000}

func getting(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

func posting(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// picksOf is a batch of n picks; more goes behind them, where the fast lane does not know it.
func picksOf(n int, more string) string {
	return `{"picks":[` + strings.TrimSuffix(strings.Repeat(`{"service":"web"},`, n), ",") + "]" + more + "}"
}

// attack is the child that does what the environment says until it is killed or its input ends.
func attack() {
	n, _ := strconv.Atoi(os.Getenv("REMORA_ASSAULT"))
	a := append(assaults, trickle)[n]
	if a.together == 0 {
		a.together = hostileConnections
	}
	ctx, cancel := context.WithCancel(context.Background())
	var attacking sync.WaitGroup
	for range a.together {
		attacking.Go(func() {
			for ctx.Err() == nil {
				a.once(ctx, os.Getenv("REMORA_SOCKET"))
			}
		})
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
	cancel()
	attacking.Wait()
}

// once attacks over one connection, until the agent has enough of it.
func (a assault) once(ctx context.Context, socket string) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		pauseFor(ctx, 10*time.Millisecond)
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	switch a.manner {
	case drips:
		for i := 0; err == nil && pauseFor(ctx, time.Second); i++ {
			_, err = c.Write([]byte{a.block[i%len(a.block)]})
		}
	case ignores:
		_, _ = io.WriteString(c, a.block)
		<-ctx.Done()
	case pours:
		go func() {
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}()
		for err == nil {
			_, err = io.WriteString(c, a.block)
		}
	default:
		for in := bufio.NewReader(c); err == nil; {
			err = a.ask(c, in)
		}
	}
}

// ask sends a block and reads the answer; the error says that the connection has had its use.
func (a assault) ask(c net.Conn, in *bufio.Reader) error {
	if _, err := io.WriteString(c, a.block); err != nil {
		return err
	}
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if a.manner == leaves {
		_, _ = bufio.NewReader(answer.Body).ReadSlice('\n') // a stream has no end
		return io.EOF
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// pauseFor is false when ctx ended first.
func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
