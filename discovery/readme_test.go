package discovery_test

import (
	"os"
	"strings"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

// The provider that the README shows is the one that ExampleCatalog runs.
func TestReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	code, _, found := strings.Cut(rest, "```")
	if !found || !strings.Contains(string(example), code) {
		t.Error("the code in README.md is not that of example_test.go")
	}
}

// Every expression that the README shows beside a selector compiles.
func TestReadmeShowsFilters(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "| for example |\n|---|---|---|\n")
	section, _, _ = strings.Cut(section, "\n\n")
	shown := 0
	for row := range strings.Lines(section) {
		columns := strings.Split(row, "|")
		for i, part := range strings.Split(columns[len(columns)-2], "`") {
			if i%2 == 0 {
				continue
			}
			shown++
			if _, err := discovery.CompileFilter(part); err != nil {
				t.Errorf("%s: %v", part, err)
			}
		}
	}
	if shown < 8 {
		t.Errorf("found only %d expressions", shown)
	}
}
