package health

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// timeWait counts this host's connections to the address that are in TIME_WAIT.
func timeWait(t *testing.T, address string) int {
	t.Helper()
	a := netip.MustParseAddrPort(address)
	ip := a.Addr().As4()
	remote := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port())
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	count := 0
	for lines := bufio.NewScanner(table); lines.Scan(); {
		// "sl local_address rem_address st …", proc(5); state 06 is TIME_WAIT.
		if f := strings.Fields(lines.Text()); len(f) > 3 && f[2] == remote && f[3] == "06" {
			count++
		}
	}
	return count
}

func TestProbesLeaveNoTimeWait(t *testing.T) {
	// An address of this test's own: connections in TIME_WAIT outlive the processes that made them.
	ip := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	tcp := serveTCP(t, loopback(t, ip), func(conn net.Conn) { conn.Read(make([]byte, 1)) })
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(make([]byte, 2*maxBodyBytes)) // more than is read
	}))
	web.Listener.Close()
	web.Listener = loopback(t, ip)
	web.Start()
	defer web.Close()
	rpc := serveGRPC(t, loopback(t, ip), healthServer())
	for address, check := range map[string]Check{
		tcp:                          {Type: TypeTCP},
		web.Listener.Addr().String(): {Type: TypeHTTP},
		rpc:                          {Type: TypeGRPC},
	} {
		for range 50 {
			expect(t, address, check, kindOK, "")
		}
		if n := timeWait(t, address); n != 0 {
			t.Errorf("%d of 50 %s probes left a connection in TIME_WAIT", n, check.Type)
		}
	}

	// So that the count above can be trusted: an orderly end does leave one.
	conn, err := net.Dial("tcp", tcp)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	conn.Read(make([]byte, 1)) // until the other end has closed too
	conn.Close()
	if n := timeWait(t, tcp); n != 1 {
		t.Errorf("an orderly end left %d connections in TIME_WAIT, want 1", n)
	}
}
