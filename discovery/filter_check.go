package discovery

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-bexpr"
	"github.com/hashicorp/go-bexpr/grammar"
)

// operand is what a selector stands for.
type operand uint8

const (
	operandText operand = iota
	operandNumber
	operandList
	operandTable
)

var operandNames = [...]string{"a text", "a number", "a list", "a table"}

// binding is a name and what it stands for: a selector, or a variable of any and all.
type binding struct {
	name string
	of   operand
}

// selectors are the fields of filterView.
var selectors = []binding{
	{"Address", operandText},
	{"ID", operandText},
	{"Zone", operandText},
	{"Weight", operandNumber},
	{"Tags", operandList},
	{"Meta", operandTable},
}

// operators is what each operator can be used for. To be nil is no question here: no tags and an empty
// list of tags are the same.
var operators = map[grammar.MatchOperator][]operand{
	grammar.MatchEqual:       {operandText, operandNumber},
	grammar.MatchNotEqual:    {operandText, operandNumber},
	grammar.MatchIn:          {operandText, operandList, operandTable},
	grammar.MatchNotIn:       {operandText, operandList, operandTable},
	grammar.MatchContains:    {operandText, operandList, operandTable},
	grammar.MatchNotContains: {operandText, operandList, operandTable},
	grammar.MatchIsEmpty:     {operandText, operandList, operandTable},
	grammar.MatchIsNotEmpty:  {operandText, operandList, operandTable},
	grammar.MatchMatches:     {operandText},
	grammar.MatchNotMatches:  {operandText},
}

// checkFilter finds in every branch what evaluating would find only in those that it takes. Known are
// the variables around the expression.
func checkFilter(tree grammar.Expression, known []binding) error {
	switch e := tree.(type) {
	case *grammar.UnaryExpression:
		return checkFilter(e.Operand, known)
	case *grammar.BinaryExpression:
		return errors.Join(checkFilter(e.Left, known), checkFilter(e.Right, known))
	case *grammar.CollectionExpression:
		return checkCollection(e, known)
	case *grammar.MatchExpression:
		return checkMatch(e, known)
	}
	return fmt.Errorf("a %T is not supported", tree)
}

func checkMatch(e *grammar.MatchExpression, known []binding) error {
	of, err := resolveSelector(e.Selector, known)
	if err != nil {
		return err
	}
	if !slices.Contains(operators[e.Operator], of) {
		return fmt.Errorf("%s is %s, for which there is no %q", e.Selector, operandNames[of], strings.ToLower(e.Operator.String()))
	}
	switch {
	case of == operandNumber:
		if _, err := bexpr.CoerceInt64(e.Value.Raw); err != nil {
			return fmt.Errorf("%s is a number, and %q is none", e.Selector, e.Value.Raw)
		}
	case e.Operator == grammar.MatchMatches || e.Operator == grammar.MatchNotMatches:
		if _, err := regexp.Compile(e.Value.Raw); err != nil {
			return err
		}
	}
	return nil
}

// checkCollection checks any and all. A name means one thing everywhere, because the library looks up
// variables by a rule of its own when they hide one another.
func checkCollection(e *grammar.CollectionExpression, known []binding) error {
	of, err := resolveSelector(e.Selector, known)
	if err != nil {
		return err
	}
	if of != operandList && of != operandTable {
		return fmt.Errorf("%s is %s, which has no elements", e.Selector, operandNames[of])
	}
	index := operandNumber
	if of == operandTable {
		index = operandText
	}
	inner := slices.Clip(known)
	for _, b := range []binding{{e.NameBinding.Default, operandText}, {e.NameBinding.Index, index}, {e.NameBinding.Value, operandText}} {
		if b.name == "" {
			continue
		}
		if named(b.name, selectors) != nil || named(b.name, inner) != nil {
			return fmt.Errorf("the variable %q has the name of something else", b.name)
		}
		inner = append(inner, b)
	}
	return checkFilter(e.Inner, inner)
}

// resolveSelector says what a selector stands for. Only a table has parts that can be named.
func resolveSelector(s grammar.Selector, known []binding) (operand, error) {
	if len(s.Path) == 0 {
		return 0, errors.New("a selector is empty")
	}
	b := named(s.Path[0], known)
	if b == nil {
		b = named(s.Path[0], selectors)
	}
	switch {
	case b == nil:
		return 0, fmt.Errorf("there is no selector %q, only %s", s.Path[0], selectorNames())
	case len(s.Path) == 1:
		return b.of, nil
	case len(s.Path) == 2 && b.of == operandTable:
		return operandText, nil
	}
	return 0, fmt.Errorf("%s has no part %q", b.name, strings.Join(s.Path[1:], "."))
}

func named(name string, among []binding) *binding {
	for i := range among {
		if among[i].name == name {
			return &among[i]
		}
	}
	return nil
}

func selectorNames() string {
	names := make([]string, len(selectors))
	for i, b := range selectors {
		names[i] = b.name
	}
	return strings.Join(names, ", ")
}

// literal finds what is quoted.
var literal = regexp.MustCompile("`[^`]*`|\"[^\"]*\"")

// checkLiterals refuses values that begin with a slash and stand in double quotes: the grammar takes
// them for selectors in the form of JSON pointers and loses the slash.
func checkLiterals(expression string) error {
	for _, l := range literal.FindAllString(expression, -1) {
		pointer, ok := strings.CutPrefix(l, `"/`)
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimSuffix(pointer, `"`), "/")
		if named(first, selectors) == nil {
			return fmt.Errorf("the value %s begins with a slash and needs backquotes in place of double quotes", l)
		}
	}
	return nil
}
