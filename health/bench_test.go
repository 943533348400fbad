//go:build unix

package health

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// countdown ends when n results have come.
type countdown struct {
	mu   sync.Mutex
	left int
	done chan struct{}
}

func (c *countdown) Checked(Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		close(c.done)
	}
}

// expect returns what is closed once n more results have come.
func (c *countdown) expect(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.done = n, make(chan struct{})
	return c.done
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// acceptor runs a server in another process and returns its port.
func acceptor(b *testing.B) string {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), acceptEnv+"=1")
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); server.Wait() })
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(port)
}

func manyTargets(n int, port string, check Check) []Target {
	targets := make([]Target, n)
	for i := range targets {
		targets[i] = Target{Address: fmt.Sprintf("127.1.%d.%d:%s", i/250, i%250+1, port), Check: check}
	}
	return targets
}

// BenchmarkCheckerTCP probes 10,000 TCP targets every 10 s, at the pace of real time: a thousand
// probes a second. It reports the CPU that one probe costs the agent, the part of one core that all
// of them take, and what is left of that without the network.
func BenchmarkCheckerTCP(b *testing.B) {
	check := Check{Type: TypeTCP, Interval: 10 * time.Second}
	b.Run("network", func(b *testing.B) {
		benchmarkChecker(b, manyTargets(10_000, acceptor(b), check), nil)
	})
	b.Run("scheduling", func(b *testing.B) {
		nothing := func(context.Context, string, Check) error { return nil }
		benchmarkChecker(b, manyTargets(10_000, "1", check), nothing)
	})
}

func benchmarkChecker(b *testing.B, targets []Target, probe func(context.Context, string, Check) error) {
	sink := &countdown{}
	c := New(Options{Sink: sink})
	if probe != nil {
		c.attempt = probe
	}
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() { c.Run(ctx) })
	defer run.Wait()
	defer cancel()

	first := sink.expect(len(targets))
	c.SetTargets("bench", targets)
	<-first

	rounds := sink.expect(b.N)
	b.ResetTimer()
	used, began := cpu(b), time.Now()
	<-rounds
	used, took := cpu(b)-used, time.Since(began)
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/probe")
	b.ReportMetric(100*used.Seconds()/took.Seconds(), "%core")
	b.ReportMetric(float64(b.N)/took.Seconds(), "probes/s")
}

// BenchmarkSetTargets sets the list of a service of 10,000 targets that holds what it held before.
func BenchmarkSetTargets(b *testing.B) {
	targets := manyTargets(10_000, "1", Check{Type: TypeTCP, Interval: 10 * time.Second})
	c := New(Options{Sink: &countdown{}})
	c.SetTargets("bench", targets)
	for b.Loop() {
		c.SetTargets("bench", targets)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(targets)), "ns/target")
}
