package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/remora-agent/remora/client/wire"
)

// fakeAgent answers every request on a UNIX socket and returns the path of that.
func fakeAgent(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	socket := filepath.Join(shortDir(t), "r.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return socket
}

// invoked runs a subcommand to its end and returns all that came of it.
func invoked(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	inv, out := testInvocation(formatTable)
	var errs bytes.Buffer
	inv.stderr = &errs
	return run(t.Context(), inv.system, args), out.String(), errs.String()
}

const explained = `{"service":"web","strategy":"p2c","index":12,"regime":"spill-over","stale":true,
	"why":"10.0.0.1:80: the less loaded of two drawn by weight",
	"tiers":[{"priority":0,"members":2,"healthy":2,"percent":100}],
	"zones":[{"zone":"a","percent":70,"local":true},{"zone":"b","percent":30}],
	"backends":[
		{"address":"10.0.0.1:80","zone":"a","verdicts":{"registry":"passing"},"eligible":true,"weight":10,
			"effective_weight":2.5,"active_connections":3,"score":1.23456,"drawn":true,"chosen":true},
		{"address":"10.0.0.2:80","zone":"b","eligible":true,"weight":1,"effective_weight":1,"score":20,"drawn":true},
		{"address":"10.0.0.3:80","zone":"b","verdicts":{"active":"failed"},"weight":1,"effective_weight":1,
			"reason":"check failed (tcp: refused, 3 in a row)"},
		{"address":"10.0.0.4:80","verdicts":{"admin":"drain"},"weight":1,"effective_weight":1,"reason":"drained"},
		{"address":"10.0.0.5:80","priority":1,"eligible":true,"weight":1,"effective_weight":1}
	]}`

const explainedTable = `
web: p2c, regime spill-over, index 12; stale: its source does not answer
10.0.0.1:80: the less loaded of two drawn by weight
zones: a (own) gets 70%; b gets 30%
ADDRESS      PICK      STATE      WEIGHT     ACTIVE  SCORE  PRIORITY  ZONE  REASON
10.0.0.1:80  chosen    healthy    2.5 of 10  3       1.235  0         a     -
10.0.0.2:80  drawn     healthy    1          0       20     0         b     -
10.0.0.3:80  out       unhealthy  1          0       -      0         b     check failed (tcp: refused, 3 in a row)
10.0.0.4:80  out       draining   1          0       -      0         -     drained
10.0.0.5:80  eligible  healthy    1          0       -      1         -     -
`

func TestSelectExplain(t *testing.T) {
	var asked string
	socket := fakeAgent(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		if strings.HasPrefix(asked, "/v1/select/down") {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"status":503,"code":"no_healthy_backend","detail":"none is healthy","explain":`+
				`{"service":"down","strategy":"maglev","index":3,"regime":"down","table":"5f3a","why":"all are drained","backends":[]}}`)
			return
		}
		_, _ = io.WriteString(w, `{"service":"web","address":"10.0.0.1:80","explain":`+explained+`}`)
	})
	tests := map[string]struct {
		args   string
		asked  string
		code   int
		stdout string
		stderr string
	}{
		"table": {"web -key u -exclude h:1", "/v1/select/web?exclude=h%3A1&explain=1&key=u", 0, explainedTable, ""},
		"none": {
			"down -format table", "/v1/select/down?explain=1", 4,
			"down: maglev, regime down, index 3, table 5f3a\nall are drained\n", "remora: none is healthy\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"select", "-explain", "-socket", socket}, strings.Fields(tt.args)...)
			code, stdout, stderr := invoked(t, args...)
			if asked != tt.asked {
				t.Errorf("asked for %s, want %s", asked, tt.asked)
			}
			if want := strings.TrimPrefix(tt.stdout, "\n"); code != tt.code || stdout != want || stderr != tt.stderr {
				t.Errorf("got %d, %q and\n%s\nwant %d, %q and\n%s", code, stderr, stdout, tt.code, tt.stderr, want)
			}
		})
	}
	for service, want := range map[string]string{"web": `"why": "10.0.0.1:80: `, "down": `"why": "all are drained"`} {
		if _, stdout, _ := invoked(t, "select", "-explain", service, "-socket", socket, "-format", "json"); !strings.Contains(stdout, want) {
			t.Errorf("%s as JSON is\n%s\nwant %s in it", service, stdout, want)
		}
	}
}

func TestHistory(t *testing.T) {
	socket := fakeAgent(t, func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/v1/services/team%2Fweb/history" {
			_, _ = io.WriteString(w, `{"service":"quiet","changes":[]}`)
			return
		}
		_, _ = io.WriteString(w, `{"service":"team/web","changes":[
			{"at":"2026-01-02T13:59:57.1234567+02:00","cause":"source main","address":"10.0.0.1:80","effect":"added"},
			{"at":"soon","cause":"uid 1001","effect":"registered with 1 backends"}]}`)
	})
	for args, want := range map[string]string{
		"team/web": "TIME                     ADDRESS      CAUSE        CHANGE\n" +
			"2026-01-02 11:59:57.123  10.0.0.1:80  source main  added\n" +
			"soon                     -            uid 1001     registered with 1 backends\n",
		"team/web -format text": "2026-01-02T13:59:57.1234567+02:00 10.0.0.1:80 source main: added\n" +
			"soon - uid 1001: registered with 1 backends\n",
		"quiet":              "quiet: no changes since the agent started\n",
		"quiet -format text": "",
		"quiet -format json": "{\n  \"service\": \"quiet\",\n  \"changes\": []\n}\n",
	} {
		code, stdout, stderr := invoked(t, append([]string{"history", "-socket", socket}, strings.Fields(args)...)...)
		if code != exitDone || stdout != want {
			t.Errorf("%s: got %d, %q and\n%s\nwant\n%s", args, code, stderr, stdout, want)
		}
	}
}

// TestPriorities: what add and register send of a backend.
func TestPriorities(t *testing.T) {
	var body string
	socket := fakeAgent(t, func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		body = string(sent)
		_, _ = io.WriteString(w, `{}`)
	})
	for args, want := range map[string]string{
		"add web h:1 -priority 2":                `{"address":"h:1","priority":2}`,
		"add web h:1 -weight 0":                  `{"address":"h:1","weight":0}`,
		"register web h:1 h:2 -priority 255":     `{"backends":[{"address":"h:1","priority":255},{"address":"h:2","priority":255}]}`,
		"register web h:1 -weight 7 -priority 0": `{"backends":[{"address":"h:1","weight":7}]}`,
	} {
		code, _, stderr := invoked(t, append([]string{"-socket", socket}, strings.Fields(args)...)...)
		if code != exitDone || body != want {
			t.Errorf("%s: got %d, %q, sent %s, want %s", args, code, stderr, body, want)
		}
	}
}

func TestWeightText(t *testing.T) {
	for want, w := range map[string]struct {
		weight    int
		effective float64
	}{
		"10": {10, 10}, "0": {0, 0}, "5": {5, 0}, "0.1 of 1": {1, 0.1}, "33.3 of 100": {100, 33.333},
	} {
		if got := weightText(w.weight, w.effective); got != want {
			t.Errorf("weight %d of which %v counts: got %q, want %q", w.weight, w.effective, got, want)
		}
	}
	if got := tierText(wire.Tier{Priority: 1, Members: 3, Healthy: 2, Percent: 33.5}); got != "1 gets 33.5%, 2 of 3 healthy" {
		t.Errorf("a tier reads as %q", got)
	}
}
