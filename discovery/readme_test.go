package discovery_test

import (
	"os"
	"strings"
	"testing"
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
