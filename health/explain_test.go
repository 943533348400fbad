package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	dial := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
	}
	tests := []struct {
		err  error
		took time.Duration
		want kind
		text string
	}{
		{nil, 0, kindOK, ""},
		{nil, time.Hour, kindOK, ""},
		{dial(syscall.ECONNREFUSED), 0, kindFailed, "tcp: connection refused"},
		{dial(syscall.EHOSTUNREACH), 0, kindFailed, "tcp: no route to host"},
		{dial(syscall.ECONNREFUSED), time.Hour, kindLocal, "tcp: not probed: the agent did not run for a while"},
		{dial(syscall.EMFILE), 0, kindLocal, "tcp: not probed: too many open files"},
		{dial(syscall.ENFILE), 0, kindLocal, "tcp: not probed: too many open files in system"},
		{dial(syscall.EADDRNOTAVAIL), 0, kindLocal, "tcp: not probed: cannot assign requested address"},
		{dial(syscall.ETIMEDOUT), 0, kindTimeout, "tcp: no answer within 1s"},
		{fmt.Errorf("read answer: %w", os.ErrDeadlineExceeded), 0, kindTimeout, "tcp: no answer within 1s"},
		{context.DeadlineExceeded, 0, kindTimeout, "tcp: no answer within 1s"},
		{fmt.Errorf("read answer: %w", io.ErrUnexpectedEOF), 0, kindFailed, "tcp: the connection was closed before the answer was complete"},
		{&net.OpError{Op: "dial", Err: errors.New("no suitable address")}, 0, kindFailed, "tcp: no suitable address"},
		{errors.New("two\nlines\x1b[31m"), 0, kindFailed, "tcp: two lines [31m"},
		{errors.New(strings.Repeat("long ", 100)), 0, kindFailed, "tcp: " + strings.Repeat("long ", 40)},
	}
	for _, tt := range tests {
		k, text := judge(tt.err, tt.took, Check{Type: TypeTCP, Timeout: sec})
		if k != tt.want || text != tt.text {
			t.Errorf("%v after %v is %v, %q; want %v, %q", tt.err, tt.took, k, text, tt.want, tt.text)
		}
	}
}
