package credential

import (
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

func read(t *testing.T, ca *testbed.CA, pair testbed.Pair) Material {
	t.Helper()
	m, err := Files{CAFile: ca.File, CertFile: pair.CertFile, KeyFile: pair.KeyFile}.Read()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheck(t *testing.T) {
	ca, now := testbed.NewCA(t), time.Now()
	good := read(t, ca, ca.IssueUntil(t, "good", now.Add(time.Hour)))
	other := read(t, ca, ca.Issue(t, "other"))
	mixed := good
	mixed.Key = other.Key
	for _, test := range []struct {
		name     string
		material Material
		at       time.Time
		problem  string
	}{
		{"none", Material{}, now, ""},
		{"a token alone", Material{Secret: "s"}, now, ""},
		{"good", good, now, ""},
		{"expired", good, now.Add(2 * time.Hour), "it has expired at"},
		{"of the future", good, now.Add(-2 * time.Hour), "it is not valid before"},
		{"key of another", mixed, now, "private key does not match"},
		{"no key", Material{Cert: good.Cert}, now, "one is missing"},
		{"no certificate", Material{Key: good.Key}, now, "one is missing"},
		{"junk for an authority", Material{CA: "junk"}, now, "no PEM certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.material.Check(test.at)
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
	if left := good.Expires().Sub(now).Round(time.Minute); left != time.Hour {
		t.Errorf("it expires in %v, want an hour", left)
	}
	if !(Material{}).Expires().IsZero() {
		t.Error("no certificate has an end")
	}
}
