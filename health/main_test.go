package health

import (
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// acceptEnv makes the test binary a server that accepts connections and does nothing else, so that
// benchmarks count only the CPU of the side that probes.
const acceptEnv = "REMORA_TEST_ACCEPT"

func TestMain(m *testing.M) {
	if os.Getenv(acceptEnv) != "" {
		acceptForever()
	}
	goleak.VerifyTestMain(m)
}

// acceptForever prints its port and serves all of 127.0.0.0/8 until its standard input ends.
func acceptForever() {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			if conn, err := l.Accept(); err == nil {
				conn.Close()
			}
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	os.Stdout.WriteString(port + "\n")
	os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}
