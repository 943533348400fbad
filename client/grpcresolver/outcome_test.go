package grpcresolver

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	grpcbalancer "google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestOutcome(t *testing.T) {
	yes, no := true, false
	for name, test := range map[string]struct {
		done grpcbalancer.DoneInfo
		want *bool
	}{
		"answered":        {grpcbalancer.DoneInfo{BytesSent: true, BytesReceived: true}, &yes},
		"taken elsewhere": {grpcbalancer.DoneInfo{}, nil},
		"not found":       {grpcbalancer.DoneInfo{Err: status.Error(codes.NotFound, "")}, &yes},
		"unavailable":     {grpcbalancer.DoneInfo{Err: status.Error(codes.Unavailable, "")}, &no},
		"too late":        {grpcbalancer.DoneInfo{Err: status.Error(codes.DeadlineExceeded, "")}, &no},
		"no status":       {grpcbalancer.DoneInfo{Err: errors.New("broken")}, &no},
		"given up":        {grpcbalancer.DoneInfo{Err: status.Error(codes.Canceled, "")}, nil},
		"ended":           {grpcbalancer.DoneInfo{Err: fmt.Errorf("call: %w", context.Canceled)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := outcome(test.done, time.Second).Success
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
