package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startTemplate starts consul-template with its defaults and gives the file that it renders: a line with
// the name and the address for each service.
func startTemplate(t testing.TB, binary, consul string, services []string) (file string) {
	folder := t.TempDir()
	file = filepath.Join(folder, "services")
	var text strings.Builder
	for _, service := range services {
		fmt.Fprintf(&text, "{{ range service %q }}%s {{ .Address }}:{{ .Port }}\n{{ end }}", service, service)
	}
	source := filepath.Join(folder, "services.ctmpl")
	check(t, "write a template", os.WriteFile(source, []byte(text.String()), 0o600))
	startProcess(t, "consul-template", binary, "-consul-addr", consul, "-template", source+":"+file, "-log-level", "err")
	return file
}

// addressIn is what the file says about a service.
func addressIn(file, service string) (string, error) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return "", nil // not rendered yet
	}
	_, rest, _ := strings.Cut(string(text), service+" ")
	address, _, _ := strings.Cut(rest, "\n")
	return address, err
}
