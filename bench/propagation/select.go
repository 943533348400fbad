package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// selector asks the agent over one connection, as an application would.
type selector struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dialAgent(socket string) (*selector, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	return &selector{conn, bufio.NewReader(conn)}, nil
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
