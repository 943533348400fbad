package api_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/api"
)

const (
	nobody      = 65534 // a uid that is neither root nor who runs the tests
	childSocket = "REMORA_API_TEST_SOCKET"
)

// callAs puts a request to the API as a caller of the given uid.
func callAs(t *testing.T, options api.Options, caller api.Caller, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	w := httptest.NewRecorder()
	api.HandlerFor(newMemory().core(), options, caller, near).ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestWhoMayChangeThings(t *testing.T) {
	me := uint32(os.Geteuid())
	admins := api.Options{Admins: func() []uint32 { return []uint32{1001, 1002} }}
	tests := []struct {
		name    string
		options api.Options
		uid     uint32
		want    bool
	}{
		{"root", api.Options{}, 0, true},
		{"the agent's user", api.Options{}, me, true},
		{"another user", api.Options{}, nobody, false},
		{"an admin", admins, 1002, true},
		{"another user beside admins", admins, nobody, false},
		{"a caller that is not known", admins, api.Nobody, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, route := range api.Routes() {
				caller := api.Caller{UID: test.uid, Conn: 1}
				w := callAs(t, test.options, caller, route[0], examplePath(route[1]), "")
				if refused := w.Code == 403; refused != (isChange(route) && !test.want) {
					t.Errorf("%s %s: %d %s", route[0], route[1], w.Code, w.Body)
				}
			}
		})
	}
}

// isChange says in the contract's words which routes change things.
func isChange(route [2]string) bool {
	return route[1] == "/v1/agent/reload" || strings.HasSuffix(route[1], "/accept") ||
		strings.HasPrefix(route[1], "/v1/services") && (route[0] == "PUT" || route[0] == "DELETE")
}

// examplePath fills in a pattern; the stream gets a fault, so that it ends.
func examplePath(pattern string) string {
	return strings.NewReplacer("{service}", "owned", "{address}", "10.0.0.1:80", "{lease}", "x", "/watch", "/watch?service=..").
		Replace(pattern)
}

func TestTheRefusalSaysWhoMay(t *testing.T) {
	own := fmt.Sprintf("the agent's user (uid %d)", os.Geteuid())
	for _, test := range []struct {
		admins []uint32
		want   string
	}{{nil, "admin_uids (none are set)"}, {[]uint32{1001, 1002}, "admin_uids (1001, 1002)"}} {
		options := api.Options{Admins: func() []uint32 { return test.admins }}
		w := callAs(t, options, api.Caller{UID: nobody, Conn: 1}, "PUT", "/v1/services/a", `{"backends":[]}`)
		for _, want := range []string{"uid 65534 may not", "root (uid 0)", own, test.want} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("the refusal %s does not name %q", w.Body, want)
			}
		}
	}
}

func TestWithAnAdminSocketChangesAreAcceptedThereOnly(t *testing.T) {
	var log logged
	r := start(t, api.Options{
		AdminSocket: "/run/remora/admin.sock", Logger: hclog.New(&hclog.LoggerOptions{Output: &log}),
	})
	admin := clientOf(r.adminSocket)
	defer admin.CloseIdleConnections()
	for _, test := range []struct{ do, body string }{
		{"PUT /v1/services/web", `{"backends":["10.0.0.1:80"]}`},
		{"PUT /v1/services/web/backends/10.0.0.1:80/admin", `{"state":"drain"}`},
		{"POST /v1/agent/reload", ""},
		{"DELETE /v1/services/web", ""},
	} {
		method, path, _ := strings.Cut(test.do, " ")
		status, body, _ := ask(t, r.client, method, path, test.body)
		if status != 403 || !strings.Contains(body, "/run/remora/admin.sock") {
			t.Errorf("%s over the main socket: %d %s, want 403 with the admin socket's path", test.do, status, body)
		}
		if status, body, _ := ask(t, admin, method, path, test.body); status >= 300 {
			t.Errorf("%s over the admin socket: %d %s", test.do, status, body)
		}
		if want := fmt.Sprintf("method=%s path=%s", method, path); !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log.String())
		}
	}
	if want := fmt.Sprintf("uid=%d", os.Geteuid()); !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %q:\n%s", want, log.String())
	}
	if status, _, _ := ask(t, r.client, "GET", "/v1/select/owned", ""); status != 200 {
		t.Errorf("select over the main socket: %d", status)
	}
}

// The credentials are those of the process on the other end, which here is a real one.
func TestCredentialsComeFromTheSocket(t *testing.T) {
	r := start(t, api.Options{})
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childSocket+"="+r.socket)
	want := "select 200\nchange 201\n" // of the agent's own user
	if os.Geteuid() == 0 {
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		child.Path = publicCopy(t, os.Args[0])
		want = "select 200\nchange 403\n"
		for _, path := range []string{r.socket, strings.TrimSuffix(r.socket, "/s")} {
			if err := os.Chmod(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := child.Output()
	if err != nil || string(out) != want {
		t.Errorf("the child said %q, %v, want %q", out, err, want)
	}
}

// publicCopy puts a program where another user can run it.
func publicCopy(t *testing.T, program string) string {
	t.Helper()
	binary, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := dir + "/child"
	if err := os.WriteFile(path, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// childMain is the other process of TestCredentialsComeFromTheSocket.
func childMain(socket string) int {
	client := clientOf(socket)
	for _, step := range []struct{ name, method, path, body string }{
		{"select", "GET", "/v1/select/owned", ""},
		{"change", "PUT", "/v1/services/mine", `{"backends":[]}`},
	} {
		answer, _, err := try(context.Background(), client, step.method, step.path, step.body)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(step.name, answer.StatusCode)
	}
	return 0
}
