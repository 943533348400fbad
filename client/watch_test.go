package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

const events = `{"type":"snapshot","service":"web","index":3,"stale":true,"strategy":"round_robin","backends":[{"address":"h:1"}]}
{"type":"diff","service":"web","index":4,"stale":false,"added":[{"address":"h:2"}]}
{"type":"heartbeat"}
`

func TestWatchDeliversInOrder(t *testing.T) {
	var target string
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		target = r.RequestURI
		answer(w, 200, events)
	})
	var got []wire.Event
	err := c.Watch(t.Context(), []string{"web", "a/b"}, func(e wire.Event) error {
		got = append(got, e)
		return nil
	})
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v at the end of the stream, want ErrUnreachable", err)
	}
	if want := "/v1/watch?service=web&service=a%2Fb"; target != want {
		t.Errorf("asked for %s, want %s", target, want)
	}
	yes, no := true, false
	want := []wire.Event{
		{
			Type: wire.EventSnapshot, Service: "web", Index: 3, Stale: &yes,
			Group: &wire.Group{
				Service: "web", Index: 3, Stale: true, Strategy: "round_robin",
				Backends: []wire.Backend{{Address: "h:1"}},
			},
		},
		{Type: wire.EventDiff, Service: "web", Index: 4, Stale: &no, Added: []wire.Backend{{Address: "h:2"}}},
		{Type: wire.EventHeartbeat},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWatchEndsWithTheCallbacksError(t *testing.T) {
	enough := errors.New("enough")
	_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, events)
		_ = http.NewResponseController(w).Flush()
		hang(r)
	})
	if err := c.Watch(t.Context(), nil, func(wire.Event) error { return enough }); err != enough {
		t.Errorf("got %v, want the callback's own error", err)
	}
}

func TestWatchErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"refused":      {404, "no", "answered with status 404: no"},
		"not JSON":     {200, "hello", "decode event"},
		"wrong type":   {200, `{"type":1}`, "decode event"},
		"cut off":      {200, `{"type":"diff`, "agent not reachable"},
		"gone already": {200, "", "agent not reachable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) })
			err := c.Watch(t.Context(), nil, func(wire.Event) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestWatchEventsAreBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"type":"`), zeros{})
	if _, err := newEventReader(endless, 1<<16).next(); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v for an endless event", err)
	}
}

// TestWatchNoticesSilence runs the stream over pipes in a bubble, where 45 s take none.
func TestWatchNoticesSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New("pipe")
		c.dial = func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				_, _ = theirs.Read(make([]byte, 4096))
				_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\n\r\n"+events)
				_, _ = io.Copy(io.Discard, theirs) // until the client closes
			}()
			return ours, nil
		}
		count, start := 0, time.Now()
		err := c.Watch(t.Context(), nil, func(wire.Event) error {
			count++
			slow := time.NewTimer(2 * maxSilence) // a reader that takes its time is no silence
			<-slow.C
			return nil
		})
		if !errors.Is(err, errSilent) || !errors.Is(err, ErrUnreachable) {
			t.Errorf("got %v, want silence to be noticed", err)
		}
		if took, want := time.Since(start), 3*2*maxSilence+maxSilence; count != 3 || took != want {
			t.Errorf("ended after %d events and %v, want 3 and %v", count, took, want)
		}
	})
}
