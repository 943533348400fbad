// Package apitest holds what the HTTP API promises as a table of requests and answers that can be put
// to any server of it: the API over a core of its own tests, and a whole agent over a real socket.
//
// Every case brings the services that it needs over the API itself and removes them afterwards, so a
// server needs only what [Fixture] names.
package apitest

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Fixture is the server under test and what it must have.
type Fixture struct {
	// Client sends every request to the server, whatever the host of its URL, as a caller that may
	// change things.
	Client *http.Client

	// Owned is a service with a backend at OwnedAddress that a source other than the API owns.
	Owned, OwnedAddress string

	// Pending is a service whose source has not answered yet and will not.
	Pending string
}

// Step is one request, and what must come back.
type Step struct {
	Do     string            // method and path; {owned}, {address}, {pending} and {lease} are replaced
	Body   string            // of the request
	Header map[string]string // of the request

	Status int               // of the answer
	Code   string            // of the problem that the answer is; empty: it is none
	JSON   string            // fields that the answer must have, with these values
	Text   string            // the whole body of the answer
	Has    string            // part of the body of the answer
	Answer map[string]string // header fields of the answer
}

// Case is steps in a row, each of which must come out as it says.
type Case struct {
	Name  string
	Steps []Step
}

// Run puts all cases to a server.
func Run(t *testing.T, f Fixture) {
	for _, c := range Cases {
		t.Run(c.Name, func(t *testing.T) {
			r := &runner{fixture: f}
			for _, step := range c.Steps {
				r.step(t, step)
			}
		})
	}
}

// runner remembers what a later step of a case refers to.
type runner struct {
	fixture Fixture
	lease   string
}

func (r *runner) step(t *testing.T, s Step) {
	t.Helper()
	method, path, _ := strings.Cut(r.fill(s.Do), " ")
	request, err := http.NewRequestWithContext(t.Context(), method, "http://remora"+path, strings.NewReader(r.fill(s.Body)))
	if err != nil {
		t.Fatalf("%s: %v", s.Do, err)
	}
	for name, value := range s.Header {
		request.Header.Set(name, value)
	}
	answer, err := r.fixture.Client.Do(request)
	if err != nil {
		t.Fatalf("%s: %v", s.Do, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s: read the answer: %v", s.Do, err)
	}
	if answer.StatusCode != s.Status {
		t.Fatalf("%s\nstatus %d, want %d\nbody: %s", s.Do, answer.StatusCode, s.Status, body)
	}
	r.check(t, s, answer, string(body))
	var took struct{ Lease string }
	if json.Unmarshal(body, &took) == nil && took.Lease != "" {
		r.lease = took.Lease
	}
}

// fill replaces the names in braces.
func (r *runner) fill(text string) string {
	return strings.NewReplacer(
		"{owned}", r.fixture.Owned, "{address}", r.fixture.OwnedAddress,
		"{pending}", r.fixture.Pending, "{lease}", r.lease,
	).Replace(text)
}

func (r *runner) check(t *testing.T, s Step, answer *http.Response, body string) {
	t.Helper()
	for name, want := range s.Answer {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", s.Do, name, got, want)
		}
	}
	if answer.Request.Method == http.MethodHead {
		if body != "" {
			t.Errorf("%s: HEAD got the body %q", s.Do, body)
		}
		return
	}
	if s.Text != "" && body != s.Text {
		t.Errorf("%s: the body is %q, want %q", s.Do, body, s.Text)
	}
	if !strings.Contains(body, s.Has) {
		t.Errorf("%s: the body %q has no %q", s.Do, body, s.Has)
	}
	if s.Code != "" {
		checkProblem(t, s, answer, body)
	}
	if s.JSON != "" {
		checkJSON(t, s, answer, body, r.fill(s.JSON))
	}
}

// checkProblem holds an error to RFC 9457 and to the contract.
func checkProblem(t *testing.T, s Step, answer *http.Response, body string) {
	t.Helper()
	var problem struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil {
		t.Fatalf("%s: the problem is no JSON: %v\n%s", s.Do, err, body)
	}
	if problem.Code != s.Code || problem.Status != s.Status {
		t.Errorf("%s: problem %s %d, want %s %d", s.Do, problem.Code, problem.Status, s.Code, s.Status)
	}
	if problem.Type == "" || problem.Title == "" || problem.Detail == "" {
		t.Errorf("%s: type, title or detail is missing: %s", s.Do, body)
	}
	if got := answer.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: the problem's Content-Type is %q", s.Do, got)
	}
	if got := answer.Header.Get("Retry-After"); (got != "") != (s.Code == "not_ready") {
		t.Errorf("%s: Retry-After is %q with the code %s", s.Do, got, s.Code)
	}
}

func checkJSON(t *testing.T, s Step, answer *http.Response, body, want string) {
	t.Helper()
	if got := answer.Header.Get("Content-Type"); !strings.HasSuffix(got, "json") {
		t.Errorf("%s: Content-Type is %q", s.Do, got)
	}
	var has, wants any
	if err := json.Unmarshal([]byte(body), &has); err != nil {
		t.Fatalf("%s: the answer is no JSON: %v\n%s", s.Do, err, body)
	}
	if err := json.Unmarshal([]byte(want), &wants); err != nil {
		t.Fatalf("%s: the table is no JSON: %v\n%s", s.Do, err, want)
	}
	if !includes(has, wants) {
		t.Errorf("%s: the answer\n%s lacks something of\n%s", s.Do, body, want)
	}
	if !strings.HasSuffix(body, "\n") {
		t.Errorf("%s: the answer does not end its line", s.Do)
	}
}

// includes says whether has is wants, where objects may have further fields. Lists are compared item
// by item.
func includes(has, wants any) bool {
	switch wants := wants.(type) {
	case map[string]any:
		object, ok := has.(map[string]any)
		for name, want := range wants {
			value, there := object[name]
			ok = ok && there && includes(value, want)
		}
		return ok
	case []any:
		list, ok := has.([]any)
		ok = ok && len(list) == len(wants)
		for i := 0; ok && i < len(wants); i++ {
			ok = includes(list[i], wants[i])
		}
		return ok
	default:
		return reflect.DeepEqual(has, wants)
	}
}
