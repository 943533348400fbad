package config

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// FuzzParse: no input ends the agent; what is refused is refused with faults that have a place and a
// summary; what is accepted can be dumped and read again, and is the same then, and the balancer takes it.
func FuzzParse(f *testing.F) {
	reference, err := os.ReadFile(referenceFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reference, false)
	f.Add([]byte(everything), false)
	for _, tt := range faultCases {
		f.Add([]byte(tt.src), false)
	}
	c, err := anywhere.Parse("test.hcl", []byte(literally))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(c.Dump()), true)
	f.Add([]byte(`{"service": [{"a": [{"backend": {"a:1": [{}]}}]}], "//": 1, "api": null}`), true)
	f.Fuzz(func(t *testing.T, src []byte, inJSON bool) {
		name := "fuzz.hcl"
		if inJSON {
			name += ".json"
		}
		c, err := anywhere.Parse(name, src)
		if err != nil {
			checkFaults(t, err)
			return
		}
		checkRoundTrip(t, c)
		checkPolicies(t, c)
	})
}

func checkFaults(t *testing.T, err error) {
	t.Helper()
	faults, ok := errors.AsType[Faults](err)
	if !ok {
		t.Fatalf("the error is of type %T: %v", err, err)
	}
	for _, f := range faults {
		if f.File == "" || f.Line < 1 || f.Summary == "" || strings.Contains(f.Snippet, "\n") {
			t.Errorf("a fault says too little: %+v", f)
		}
	}
}

func checkRoundTrip(t *testing.T, c *Config) {
	t.Helper()
	dump := c.Dump()
	if bytes.Contains(dump, []byte("${")) || bytes.Contains(dump, []byte("%{")) {
		return // HCL would read a template
	}
	again, err := anywhere.Parse("dump.hcl.json", dump)
	if err != nil {
		t.Fatalf("the dump is refused:\n%v\n%s", err, dump)
	}
	if got := again.Dump(); !bytes.Equal(got, dump) {
		t.Errorf("dumped again:\n%s\nfirst:\n%s", got, dump)
	}
}
