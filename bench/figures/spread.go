package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Cell is what stands in a table: a Spread, a Number or a Text.
type Cell interface {
	// String is how a table shows it.
	String() string
}

var _, _, _ Cell = Spread{}, Number(0), Text("")

// Spread is what one measure came to over several rounds.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
	N      int     `json:"n"` // rounds; with none there is no figure
}

// Number is a single figure.
type Number float64

// Text is a cell in words.
type Text string

// SpreadOf gives the spread of one value a round. Infinite ones and those that are no number, as a ratio
// to nothing is, are left out and not counted.
func SpreadOf(values []float64) Spread {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	n := len(sorted)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(sorted)
	return Spread{Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1], N: n}
}

// String implements Cell: the median, and the others in brackets.
func (s Spread) String() string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return Format(s.Median)
	}
	whole := isWhole(s.Min) && isWhole(s.Median) && isWhole(s.Max)
	between := "–"
	if s.Min < 0 {
		between = " to "
	}
	return fmt.Sprintf("%s (%s%s%s)", format(s.Median, whole), format(s.Min, whole), between, format(s.Max, whole))
}

// String implements Cell.
func (n Number) String() string { return Format(float64(n)) }

// String implements Cell.
func (t Text) String() string { return string(t) }

// Format writes a number with about three digits that mean something, and a comma for each thousand.
func Format(v float64) string { return format(v, isWhole(v)) }

func isWhole(v float64) bool { return v == math.Trunc(v) }

func format(v float64, whole bool) string {
	size := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case v == 0 || whole || size >= 99.95:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case size >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 0.1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 1-int(math.Floor(math.Log10(size))), 64)
}

// thousands puts commas into a whole number.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// MarshalJSON implements json.Marshaler: JSON has no infinite numbers, so those are texts.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return json.Marshal(n.String())
}

// UnmarshalJSON implements json.Unmarshaler: in JSON a text is a string, a number is a number, and a
// spread is an object.
func (r *Row) UnmarshalJSON(text []byte) error {
	type plain Row
	whole := struct {
		*plain
		Cells []json.RawMessage `json:"cells"`
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(text, &whole); err != nil {
		return err
	}
	r.Cells = make([]Cell, len(whole.Cells))
	for i, cell := range whole.Cells {
		var err error
		if r.Cells[i], err = readCell(cell); err != nil {
			return fmt.Errorf("read cell %d of row %q: %w", i+1, r.Label, err)
		}
	}
	return nil
}

func readCell(text json.RawMessage) (Cell, error) {
	switch {
	case len(text) > 0 && text[0] == '"':
		return decode[Text](text)
	case len(text) > 0 && text[0] == '{':
		return decode[Spread](text)
	}
	return decode[Number](text)
}

func decode[C Cell](text json.RawMessage) (Cell, error) {
	var c C
	err := json.Unmarshal(text, &c)
	return c, err
}
