package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// kind sorts the outcomes of probes.
type kind uint8

const (
	kindOK        kind = iota
	kindFailed         // the backend said no, or nothing listens
	kindTimeout        // nobody said anything in time
	kindLocal          // this host could not probe; says nothing about the backend
	kindAbandoned      // the checker was stopped meanwhile; never counted
)

var kindNames = [...]string{"ok", "failed", "timeout", "local"}

// errLocal begins the errors of failures of this host that have no errno to tell them by.
var errLocal = errors.New("not probed")

// localErrnos are what the kernel says when this host has run out of something, rather than when the
// backend can't be reached.
var localErrnos = []syscall.Errno{
	syscall.EMFILE, syscall.ENFILE, // file descriptors, of the process and of the host
	syscall.EADDRNOTAVAIL,           // local ports
	syscall.ENOBUFS, syscall.ENOMEM, // memory
}

const maxErrorBytes = 200

// judge sorts what a probe returned, and puts it in words for an operator, such as "tcp: connection
// refused"; the words are empty after a success.
func judge(err error, took time.Duration, check Check) (kind, string) {
	switch {
	case err == nil:
		return kindOK, ""
	case suspended(took, check.Timeout):
		return kindLocal, fmt.Sprintf("%s: not probed: the agent did not run for a while", check.Type)
	case errors.Is(err, errLocal):
		return kindLocal, fmt.Sprintf("%s: %s", check.Type, tidy(err.Error()))
	case isLocal(err):
		return kindLocal, fmt.Sprintf("%s: not probed: %s", check.Type, words(err))
	case isTimeout(err):
		return kindTimeout, fmt.Sprintf("%s: no answer within %v", check.Type, check.Timeout)
	default:
		return kindFailed, fmt.Sprintf("%s: %s", check.Type, words(err))
	}
}

func isLocal(err error) bool {
	for _, errno := range localErrnos {
		if errors.Is(err, errno) {
			return true
		}
	}
	return errors.Is(err, errLocal)
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// words leaves out of an error what the reader knows already: the address and the system call.
func words(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return tidy(fmt.Sprintf("look up %q: %s", dns.Name, dns.Err))
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before the answer was complete"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		err = op.Err
	}
	return tidy(err.Error())
}

// tidy makes one short line of what may hold a backend's own words.
func tidy(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text[:min(len(text), maxErrorBytes)])
}
