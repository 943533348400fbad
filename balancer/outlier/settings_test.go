package outlier

import (
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		change func(*Settings)
		want   string // empty: valid
	}{
		{func(*Settings) {}, ""},
		{func(s *Settings) { s.Interval = 99 * time.Millisecond }, "interval is 99ms; allowed: 100ms to 1h0m0s"},
		{func(s *Settings) { s.Interval = time.Hour }, ""},
		{func(s *Settings) { s.BaseEjectionTime = time.Hour + 1 }, "base_ejection_time is 1h0m0.000000001s; allowed: 100ms to 1h0m0s"},
		{func(s *Settings) { s.MaxEjectionTime = 29 * time.Second }, "max_ejection_time is 29s; allowed: 30s to 24h0m0s"},
		{func(s *Settings) { s.MaxEjectionTime = 30 * time.Second }, ""},
		{func(s *Settings) { s.MaxEjectionPercent = 130 }, "max_ejection_percent is 130; allowed: 0 to 100"},
		{func(s *Settings) { s.MaxEjectionPercent = -1 }, "max_ejection_percent is -1; allowed: 0 to 100"},
		{func(s *Settings) { s.ConsecutiveFailures = 0 }, ""},
		{func(s *Settings) { s.ConsecutiveFailures = 1001 }, "consecutive_failures is 1001; allowed: 0 to 1000"},
		{func(s *Settings) { s.SuccessRate.MinimumHosts = 0 }, "success_rate_minimum_hosts is 0; allowed: 1 to 10000"},
		{func(s *Settings) { s.SuccessRate.RequestVolume = 0 }, "success_rate_request_volume is 0; allowed: 1 to 1000000"},
		{func(s *Settings) { s.SuccessRate.StdevFactor = 99 }, "success_rate_stdev_factor is 99; allowed: 100 to 10000"},
		{func(s *Settings) { s.FailurePercentage.MinimumHosts = 10_001 }, "failure_percentage_minimum_hosts is 10001; allowed: 1 to 10000"},
		{func(s *Settings) { s.FailurePercentage.RequestVolume = 1_000_001 }, "failure_percentage_request_volume is 1000001; allowed: 1 to 1000000"},
		{func(s *Settings) { s.FailurePercentage.Threshold = 101 }, "failure_percentage_threshold is 101; allowed: 1 to 100"},
	}
	for _, test := range tests {
		s := Defaults()
		test.change(&s)
		err := s.Validate()
		if got := errorText(err); got != test.want {
			t.Errorf("%+v: %q, want %q", s, got, test.want)
		}
	}
}

func TestValidateNamesAllFaults(t *testing.T) {
	err := Settings{MaxEjectionPercent: 101}.Validate()
	if n := strings.Count(errorText(err), "allowed:"); n != 10 {
		t.Errorf("%d faults, want 10: %v", n, err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
