package agent

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// userFaults is what one user of the host can do to the others.
func userFaults() []fault {
	rows := []fault{
		{number: 34, name: trickle.name, alone: testbed.Long(), attack: othersAreOthers(), play: func(t *trial) { t.suffer(len(assaults)) }},
		{number: 38, name: "SIGKILL of a client with 1,000 leases", play: killedWithLeases},
	}
	const fast = "one uid sends as fast as it can"
	if !testbed.Long() {
		return append(rows, fault{number: 35, name: fast, play: sufferAll})
	}
	for i, a := range assaults {
		rows = append(rows, fault{
			number: 35, name: fast + ": " + a.name, alone: true, attack: othersAreOthers(),
			play: func(t *trial) { t.suffer(i) },
		})
	}
	return rows
}

// webBackends is what the service web of twoServices has.
var webBackends = []string{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"}

// hostileUser is the uid of attackers, where tests may choose.
const hostileUser = 65534

// manyBackends is how many backends the service large has.
func manyBackends() int {
	if testbed.Long() {
		return 5000
	}
	return 500
}

// hostileHost is an agent that any user may ask.
func (t *trial) hostileHost() *running {
	t.Helper()
	var large strings.Builder
	for i := range manyBackends() {
		fmt.Fprintf(&large, "  backend \"10.2.%d.%d:80\" {}\n", i/250, i%250)
	}
	r := t.start("api {\n  socket = \"SOCKET\"\n  mode = \"0666\"\n}\n" + twoServices + "service \"large\" {\n" + large.String() + "}\n")
	r.check(os.Chmod(r.folder, 0o755))
	return r
}

// othersAreOthers says whether attackers run as another user than the load. Only root can have it so;
// with one user nobody is judged by what others wait.
func othersAreOthers() bool { return os.Getuid() == 0 }

// asHostile has a child run as the hostile user, where there is another one.
func asHostile(child *exec.Cmd) {
	if othersAreOthers() {
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: hostileUser, Gid: hostileUser}}
	}
}

// suffer has another user attack while the load selects.
func (t *trial) suffer(kinds ...int) {
	r := t.hostileHost()
	load := t.load(r)
	load.expect("web", webBackends...)
	load.await(r)
	t.began()
	for _, kind := range kinds {
		t.attacked(r, kind)
	}
	t.ready()
	_, err := r.Select(r.ctx(), "web")
	r.check(err)
	t.converged()
}

// sufferAll is all assaults after each other.
func sufferAll(t *trial) {
	kinds := make([]int, len(assaults))
	for i := range kinds {
		kinds[i] = i
	}
	t.suffer(kinds...)
}

// attacked lets a hostile process attack for a while.
func (t *trial) attacked(r *running, kind int) {
	t.Helper()
	child, lines := startChild(t.T, "attack", r.socket, func(c *exec.Cmd) {
		asHostile(c)
		c.Env = append(c.Env, "REMORA_ASSAULT="+strconv.Itoa(kind))
	})
	if !lines.Scan() {
		t.Fatal("the attack did not begin")
	}
	t.lasts(200*time.Millisecond, 5*time.Second)
	r.check(child.Process.Kill())
	_ = child.Wait()
}

// await returns once the load has selected, so that its connection is there.
func (l *load) await(r *running) {
	l.t.Helper()
	want := "remora_selects_total{outcome=\"ok\""
	for ctx := r.ctx(); !strings.Contains(metricsOf(l.t, r), want); {
		if ctx.Err() != nil {
			l.t.Fatal("the load does not select")
		}
	}
}

// metricsOf is all of the agent's metrics.
func metricsOf(t *trial, r *running) string {
	t.Helper()
	c, err := net.Dial("unix", r.socket)
	r.check(err)
	defer c.Close()
	return askOver(t, c, "/metrics")
}

// askOver asks over an open connection.
func askOver(t *trial, c net.Conn, path string) string {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(guard)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(getting(path))); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
	}
	return text.String()
}

const (
	leasingConnections = 10
	leasesOfEach       = 100
)

// leaseMany is the child that takes 1,000 leases and waits to be killed.
func leaseMany() {
	request := posting("/v1/leases", `{"service":"web"}`)
	for range leasingConnections {
		c, err := net.Dial("unix", os.Getenv("REMORA_SOCKET"))
		if err != nil {
			fmt.Println(err)
			return
		}
		in := bufio.NewReader(c)
		for range leasesOfEach {
			_, _ = c.Write([]byte(request))
			if answer, err := http.ReadResponse(in, nil); err != nil || answer.StatusCode != http.StatusCreated {
				fmt.Println("no lease:", err)
				return
			} else if _, err := in.Discard(int(answer.ContentLength)); err != nil {
				fmt.Println(err)
				return
			}
		}
		defer c.Close()
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func killedWithLeases(t *trial) {
	r := t.hostileHost()
	load := t.load(r)
	load.expect("web", webBackends...)
	child, lines := startChild(t.T, "lease-many", r.socket, asHostile)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q", lines.Text())
	}
	count := func() int64 {
		group, err := r.Group(r.ctx(), "web")
		r.check(err)
		return active(group)
	}
	if n := count(); n != leasingConnections*leasesOfEach {
		t.Errorf("%d uses are counted, want %d", n, leasingConnections*leasesOfEach)
	}
	t.began()
	r.check(child.Process.Kill())
	_ = child.Wait()
	t.ready()
	for ctx := r.ctx(); count() != 0; {
		if ctx.Err() != nil {
			t.Fatalf("%d uses of the dead process are counted still", count())
		}
	}
	t.converged()
}
