package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
)

// selector asks the agent over one connection, as an application in any language would.
type selector struct {
	conn   *os.File
	reader *bufio.Reader
}

func dialAgent(socket string) (*selector, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	file, err := conn.File()
	if err != nil {
		return nil, err
	}
	file.Fd() // makes it block: a read is one system call, and does not go by way of Go's network poller
	return &selector{file, bufio.NewReader(file)}, nil
}

// address is what the agent selects now; empty if it can't.
func (s *selector) address(service string) (string, error) {
	if _, err := fmt.Fprintf(s.conn, "GET /v1/select/%s?format=text HTTP/1.1\r\nHost: remora\r\n\r\n", service); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return "", err
	}
	return strings.TrimSpace(string(body)), nil
}
