package config

import (
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// unsetError is for env() of a variable that the agent does not have.
type unsetError struct{ name string }

func (e unsetError) Error() string { return fmt.Sprintf("environment variable %q is not set", e.name) }

// evalContext is what expressions may use: no variables, and the function env. A variable that is set
// to nothing is set.
func evalContext(lookup func(string) (string, bool)) *hcl.EvalContext {
	env := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			value, ok := lookup(name)
			if !ok {
				return cty.NilVal, unsetError{name}
			}
			if !utf8.ValidString(value) {
				return cty.NilVal, fmt.Errorf("environment variable %q is not UTF-8", name)
			}
			return cty.StringVal(value), nil
		},
	})
	return &hcl.EvalContext{Functions: map[string]function.Function{"env": env}}
}
