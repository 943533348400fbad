package discovery

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/go-bexpr"
	"github.com/hashicorp/go-bexpr/grammar"
)

// maxFilterBytes bounds an expression, and maxFilterSteps the work of parsing it: the grammar
// backtracks, so that nested parentheses cost more and more.
const (
	maxFilterBytes = 4096
	maxFilterSteps = 500_000
)

// Filter is a boolean expression over endpoints in the language of hashicorp/go-bexpr, which is that
// of Consul's filters, with these selectors:
//
//	Address, ID, Zone   text
//	Weight              a whole number
//	Tags                a list of texts
//	Meta                texts by key: Meta.rack, Meta["rack-id"]
//
// Text is compared with ==, !=, in, not in, contains, not contains (as parts of it), matches, not
// matches (a regular expression), is empty and is not empty; numbers with == and !=; "v2" in Tags,
// "rack" in Meta and is empty look into Tags and Meta. not, and, or and parentheses combine, and in
// parentheses of its own (any Tags as t { t matches `^v[0-9]` }) goes through a list. What is compared
// with is always a literal: in Zone == Meta.zone it is the text "Meta.zone". A key of Meta that an
// endpoint does not have equals nothing, and is empty.
//
// A Filter is safe for concurrent use.
type Filter struct {
	expression string

	mu        sync.Mutex // the evaluator keeps in its tree what it compiles on the way
	evaluator *bexpr.Evaluator
}

// filterView is an endpoint as expressions see it; the names of its fields are the selectors.
type filterView struct {
	Address, ID, Zone string
	Weight            int
	Tags              []string
	Meta              map[string]string
}

// CompileFilter reads an expression of at most 4,096 bytes. It finds every fault that evaluating could
// run into, such as a selector that there is none of or a comparison that makes no sense for one.
func CompileFilter(expression string) (*Filter, error) {
	f, err := compileFilter(expression)
	if err != nil {
		return nil, fmt.Errorf("compile filter: %w", err)
	}
	return f, nil
}

func compileFilter(expression string) (*Filter, error) {
	tree, err := parseFilter(expression)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkLiterals(expression), checkFilter(tree, nil)); err != nil {
		return nil, err
	}
	evaluator, err := bexpr.CreateEvaluator(expression, bexpr.WithMaxExpressions(maxFilterSteps))
	if err != nil {
		return nil, err
	}
	return &Filter{expression: expression, evaluator: evaluator}, nil
}

// CheckFilterSyntax says what is wrong with an expression whatever its selectors are, if anything. It
// is for those that a catalog evaluates itself, over entries of its own kind.
func CheckFilterSyntax(expression string) error {
	if _, err := parseFilter(expression); err != nil {
		return fmt.Errorf("parse filter: %w", err)
	}
	return nil
}

func parseFilter(expression string) (grammar.Expression, error) {
	if len(expression) > maxFilterBytes {
		return nil, fmt.Errorf("it has %d bytes, at most %d are allowed", len(expression), maxFilterBytes)
	}
	tree, err := grammar.Parse("", []byte(expression), grammar.MaxExpressions(maxFilterSteps))
	if err != nil {
		return nil, err
	}
	parsed, ok := tree.(grammar.Expression)
	if !ok {
		return nil, errors.New("it is no expression")
	}
	return parsed, nil
}

// Match says whether the endpoint is wanted. An error would be a fault that CompileFilter did not find.
func (f *Filter) Match(e Endpoint) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted, err := f.evaluator.Evaluate(filterView{e.Address, e.ID, e.Zone, e.Weight, e.Tags, e.Meta})
	if err != nil {
		return false, fmt.Errorf("evaluate filter: %w", err)
	}
	return wanted, nil
}

// String returns the expression, and the empty string for nil.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.expression
}
