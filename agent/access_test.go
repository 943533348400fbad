package agent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// selectAndChange prints the code of a select, of a lease and of four changes; "ok" for success.
func selectAndChange() {
	ctx, c := context.Background(), client.New(os.Getenv("REMORA_SOCKET"))
	say := func(err error) {
		switch {
		case err == nil:
			fmt.Println("ok")
		case code(err) != "":
			fmt.Println(code(err))
		default:
			fmt.Println(err)
		}
	}
	_, err := c.Select(ctx, "web")
	say(err)
	_, err = c.LeaseFor(ctx, "web", client1h)
	say(err)
	say(c.Register(ctx, "mine", wire.Registration{Backends: []wire.BackendSpec{{Address: "10.0.0.1:80"}}}))
	say(c.SetAdmin(ctx, "web", "10.0.0.1:80", wire.AdminDrain))
	say(c.MarkHealth(ctx, "web", "10.0.0.1:80", false))
	_, err = c.Reload(ctx)
	say(err)
}

// as is what a child that runs under another uid may do: as root the tests become that user, else
// they stay who they are and the agent is told that it is nobody's.
func answersOf(t *testing.T, r *running, socket string, uid uint32) string {
	t.Helper()
	_, lines := startChild(t, "select", socket, func(child *exec.Cmd) {
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	})
	var answers []string
	for lines.Scan() {
		answers = append(answers, lines.Text())
	}
	return strings.Join(answers, " ")
}

const (
	maySelect = "ok ok forbidden forbidden forbidden forbidden"
	mayChange = "ok ok ok ok ok ok"
)

func TestAnotherUserMaySelectAndNotChange(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("without root, only this user can be tried")
		r := start(t, twoServices)
		if got := answersOf(t, r, r.socket, uint32(os.Getuid())); got != mayChange {
			t.Errorf("the agent's own user got %s", got)
		}
		return
	}
	r := start(t, "api {\n  socket = \"SOCKET\"\n  mode = \"0666\"\n  admin_uids = [4711]\n}\n"+twoServices)
	r.check(os.Chmod(r.folder, 0o755))
	for uid, want := range map[uint32]string{65534: maySelect, 4711: mayChange, 0: mayChange} {
		if got := answersOf(t, r, r.socket, uid); got != want {
			t.Errorf("uid %d got %s, want %s", uid, got, want)
		}
	}
	if !strings.Contains(r.log.String(), "uid=4711") {
		t.Error("the log does not say who changed things")
	}
}

func TestAdminSocketAloneTakesChanges(t *testing.T) {
	r := start(t, "api {\n  socket = \"SOCKET\"\n  admin_socket = \"FOLDER/admin.sock\"\n}\n"+twoServices)
	ctx := r.ctx()
	err := r.SetAdmin(ctx, "web", "10.0.0.1:80", wire.AdminDrain)
	if code(err) != wire.CodeForbidden || !strings.Contains(err.Error(), "admin.sock") {
		t.Errorf("a change over the main socket: %v", err)
	}
	admin := client.New(filepath.Join(r.folder, "admin.sock"))
	defer admin.Close()
	r.check(admin.SetAdmin(ctx, "web", "10.0.0.1:80", wire.AdminDrain))
	_, err = admin.Select(ctx, "web")
	r.check(err)
}
