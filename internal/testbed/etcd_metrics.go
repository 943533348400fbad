package testbed

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Metric reads one sample without labels, such as etcd_debugging_mvcc_watcher_total, from the
// member's metrics page.
func (m *Member) Metric(t testing.TB, name string) float64 {
	t.Helper()
	value, err := m.metric(t, name)
	if err != nil {
		t.Fatalf("read metric %s of etcd %s: %v", name, m.name, err)
	}
	return value
}

func (m *Member) metric(t testing.TB, name string) (float64, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+m.metrics+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if sample, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(sample, 64)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("there is no such sample")
}
