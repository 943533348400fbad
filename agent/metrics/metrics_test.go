package metrics

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

type fixed State

func (f fixed) State() State { return State(f) }

var example = fixed{
	Providers: []Provider{
		{Name: "main", Type: "etcd", Services: 2, Ready: true, AgeSeconds: 1.5, Updates: 7, Errors: 1, Dropped: 2},
		{Name: "late", Type: "etcd", Stale: true, AgeSeconds: -1},
	},
	Services: []Service{{Name: "web", Backends: 3, Healthy: 2, Stale: true, Successes: 11, Failures: 12, Limited: 13, Ejected: 1, Ejections: 14}},
	Probes:   []Probes{{"tcp", "ok", 9}},
	Users:    []User{{"1001", 15, 16, 17, 18}}, NotAccepted: 19,
	Leases: 4, Connections: 5, InFlight: 6, Lateness: 0.5, Targets: 3,
}

func TestNamesAreClean(t *testing.T) {
	m := New("test", example)
	m.Served("web", 1)
	m.Requested("/v1/select/{service}", "GET", 200, time.Millisecond)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestScrape(t *testing.T) {
	m := New("test", example)
	m.Served("web", 1)
	m.Served("web", 1)
	m.Failed("web", "no_healthy_backend", true)
	m.Requested("/v1/select/{service}", "GET", 200, 70*time.Microsecond)
	body := scrape(m)
	for _, want := range []string{
		`remora_provider_age_seconds{provider="main",type="etcd"} 1.5`,
		`remora_provider_errors_total{provider="main",type="etcd"} 1`,
		`remora_provider_updates_total{provider="main",type="etcd"} 7`,
		`remora_provider_dropped_entries_total{provider="main",type="etcd"} 2`,
		`remora_provider_stale{provider="late",type="etcd"} 1`,
		`remora_service_backends{service="web"} 3`,
		`remora_service_healthy_backends{service="web"} 2`,
		`remora_service_stale{service="web"} 1`,
		`remora_service_outcomes_total{outcome="success",service="web"} 11`,
		`remora_service_outcomes_total{outcome="failure",service="web"} 12`,
		`remora_service_outcomes_total{outcome="limited",service="web"} 13`,
		`remora_service_ejected_backends{service="web"} 1`,
		`remora_service_ejections_total{service="web"} 14`,
		`remora_selects_total{outcome="ok",service="web"} 2`,
		`remora_selects_total{outcome="no_healthy_backend",service="web"} 1`,
		`remora_probes_total{result="ok",type="tcp"} 9`,
		`remora_api_request_duration_seconds_bucket{code="200",method="GET",route="/v1/select/{service}",le="0.0001"} 1`,
		`remora_build_info{go_version="go`,
		`remora_leases 4`,
		`remora_api_connections 5`,
		`remora_api_accept_failures_total 19`,
		`remora_user_connections{uid="1001"} 15`,
		`remora_user_refused_total{uid="1001",what="connection"} 16`,
		`remora_user_refused_total{uid="1001",what="stream"} 17`,
		`remora_user_refused_total{uid="1001",what="request"} 18`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, `remora_provider_age_seconds{provider="late"`) {
		t.Error("a provider that never answered shows an age")
	}
}

func scrape(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestServiceLabelsAreBounded(t *testing.T) {
	state := State{}
	for i := range maxServices + 50 {
		state.Services = append(state.Services, Service{Name: fmt.Sprintf("s%d", i), Backends: 2, Healthy: 1})
	}
	m := New("test", fixed(state))
	for range 2 {
		for _, s := range state.Services {
			m.Served(s.Name, 1)
		}
	}
	for i := range 5000 {
		m.Failed(fmt.Sprintf("made-up-%d", i), "unknown_service", false)
	}
	body := scrape(m)
	for _, metric := range []string{"remora_service_backends{", "remora_selects_total{"} {
		if n := strings.Count(body, "\n"+metric); n > maxServices+2 {
			t.Errorf("%d time series of %s, want at most %d", n, metric, maxServices+2)
		}
	}
	for _, want := range []string{
		`remora_service_backends{service="_other"} 100`,
		`remora_service_healthy_backends{service="_other"} 50`,
		`remora_selects_total{outcome="ok",service="_other"} 100`,
		`remora_selects_total{outcome="unknown_service",service="_unknown"} 5000`,
		`remora_services 1050`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}
