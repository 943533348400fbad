package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format gives a file in its canonical layout: the native syntax as every tool for HCL lays it out,
// JSON (a name that ends in .json) indented by two spaces. Only the layout changes. A file with a
// syntax fault is refused with Faults, which carry the name; any other fault is let pass.
func Format(name string, src []byte) ([]byte, error) {
	f := &file{name: name, src: src}
	w := &walk{files: map[string]*file{name: f}}
	w.parse([]*file{f})
	if len(w.faults) > 0 {
		return nil, w.faults
	}
	if !strings.HasSuffix(name, ".json") {
		return hclwrite.Format(src), nil
	}
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(src), "", "  "); err != nil {
		return nil, Faults{{File: name, Summary: err.Error()}}
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
