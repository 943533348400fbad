package balancer

import (
	"errors"
	"runtime"
	"testing"
	"weak"
)

// TestHandleFindsItsService follows a service that comes, is replaced, goes and comes again.
func TestHandleFindsItsService(t *testing.T) {
	lb := New()
	h := lb.Handle("web")
	want := func(address string) {
		t.Helper()
		s, err := h.SelectWith(Pick{})
		if address == "" {
			if !errors.Is(err, ErrUnknownService) {
				t.Fatalf("SelectWith = %v, want %v", err, ErrUnknownService)
			}
			if _, _, err := h.SelectAndAcquire(Pick{}); !errors.Is(err, ErrUnknownService) {
				t.Fatalf("SelectAndAcquire = %v, want %v", err, ErrUnknownService)
			}
			return
		}
		if err != nil || s.Address() != address {
			t.Fatalf("SelectWith = %v, %v, want %s", s, err, address)
		}
		s, release, err := h.SelectAndAcquire(Pick{})
		if err != nil || s.Address() != address || s.ActiveConnections() != 1 {
			t.Fatalf("SelectAndAcquire = %v, %v, want %s", s, err, address)
		}
		release()
		if n := s.ActiveConnections(); n != 0 {
			t.Fatalf("%d active connections after the release", n)
		}
	}
	register := func(address string) {
		t.Helper()
		if err := lb.Register("web", []Endpoint{{Address: address}}, RoundRobin); err != nil {
			t.Fatal(err)
		}
	}
	want("")
	register("10.0.0.1:80")
	want("10.0.0.1:80")
	register("10.0.0.2:80")
	want("10.0.0.2:80")
	if err := lb.Unregister("web"); err != nil {
		t.Fatal(err)
	}
	want("")
	register("10.0.0.3:80")
	want("10.0.0.3:80")
}

// TestAHandleKeepsNothingOfWhatIsGone: whoever keeps handles of services that come and go does not keep
// their backends.
func TestAHandleKeepsNothingOfWhatIsGone(t *testing.T) {
	lb := New()
	h := lb.Handle("web")
	backend := registerAndSelect(t, lb, h)
	if err := lb.Unregister("web"); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if b := backend.Value(); b != nil {
		t.Errorf("the backend %s of a service that was unregistered is kept", b.Address())
	}
	if _, err := h.SelectWith(Pick{}); !errors.Is(err, ErrUnknownService) {
		t.Errorf("SelectWith = %v, want %v", err, ErrUnknownService)
	}
}

// registerAndSelect is a function of its own so that no frame of the test holds the backend.
//
//go:noinline
func registerAndSelect(t *testing.T, lb *LoadBalancer, h *Handle) weak.Pointer[Backend] {
	t.Helper()
	if err := lb.Register("web", []Endpoint{{Address: "10.0.0.1:80"}}, RoundRobin); err != nil {
		t.Fatal(err)
	}
	s, err := h.SelectWith(Pick{})
	if err != nil {
		t.Fatal(err)
	}
	return weak.Make(s.Backend)
}
