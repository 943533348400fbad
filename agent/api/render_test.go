package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/client/wire"
)

// text generates strings with all that JSON treats in a way of its own, and with bytes that are no text.
var text = rapid.OneOf(
	rapid.String(),
	rapid.StringOf(rapid.RuneFrom([]rune("\x00\b\t\n\f\r\x1f \"'/<>&\\\x7f\u00e9\u2028\u2029\ufffd\U0001f600"))),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
)

// Every field of a selection is generated, those that are added one day too.
func TestTheFastLaneWritesJSONAsTheLibraryDoes(t *testing.T) {
	selections := rapid.Make[wire.Selection]()
	rapid.Check(t, func(t *rapid.T) {
		s := selections.Draw(t, "selection")
		s.Service, s.ID, s.Zone = text.Draw(t, "service"), text.Draw(t, "id"), text.Draw(t, "zone")
		s.Tags = rapid.SliceOf(text).Draw(t, "tags")
		s.Meta = rapid.MapOf(rapid.String(), text).Draw(t, "meta")
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := api.AppendSelection(&s); !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("wrote %s, want %s", got, want.Bytes())
		}
	})
}

// constant chooses the same backend always, and nothing else.
type constant struct{ api.FastService }

func (c constant) Service(string) api.FastService { return c }

func (constant) SelectNow(pick wire.Pick, into *wire.Selection) bool {
	*into = wire.Selection{Service: pick.Service, Address: "10.0.0.1:80", Host: "10.0.0.1", Port: 80, ID: "a", Weight: 1}
	return true
}

func (constant) Selected(int) {}

func TestTheFastLaneAllocatesNothing(t *testing.T) {
	core := newMemory().core()
	core.Fast = constant{}
	for _, request := range []string{
		"GET /v1/select/web" + host + "User-Agent: curl/8\r\nAccept: */*\r\n\r\n",
		"GET /v1/select/a%2Fb?format=text&key=a+b%21&exclude=10.0.0.1%3A80&exclude=[::1]:80" + host + "\r\n",
		withBody("POST /v1/select", `{"picks":[`+strings.Repeat(`{"service":"web","key":"u1","exclude":["10.0.0.1:80"]},`, 99)+`{"service":"web"}]}`),
	} {
		answer := api.FastAnswer(core, request)
		if got := answer(); !bytes.HasPrefix(got, []byte("HTTP/1.1 200 OK\r\n")) {
			t.Errorf("to %.60q the fast lane answers %q", request, got)
		}
		if n := testing.AllocsPerRun(100, func() { answer() }); n > 0 {
			t.Errorf("%.60q costs %v allocations", request, n)
		}
	}
}

func TestAgreement(t *testing.T) {
	for _, test := range []struct {
		promised int64
		r        http.Request
		want     bool
	}{
		{0, http.Request{}, true},
		{7, http.Request{ContentLength: 7}, true},
		{7, http.Request{ContentLength: 6}, false},
		{0, http.Request{ContentLength: -1, TransferEncoding: []string{"chunked"}}, false},
		{7, http.Request{ContentLength: 7, TransferEncoding: []string{"chunked"}}, false},
	} {
		if err := api.Agree(test.promised, &test.r); (err == nil) != test.want {
			t.Errorf("a body of %d bytes where %d were promised: %v", test.r.ContentLength, test.promised, err)
		}
	}
}

func TestTheDateIsKeptRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, run := api.Date()
		ctx, cancel := context.WithCancel(t.Context())
		go run(ctx)
		for range 3 {
			if got, want := line(), "Date: "+time.Now().UTC().Format(http.TimeFormat)+"\r\n"; got != want {
				t.Errorf("the field is %q, want %q", got, want)
			}
			<-time.After(time.Second)
			synctest.Wait()
		}
		cancel()
	})
}
