package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/bench/figures"
)

func TestTicks(t *testing.T) {
	tests := []struct {
		values []float64
		log    bool
		want   []float64
	}{
		{[]float64{3, 17}, false, []float64{0, 5, 10, 15, 20}},
		{[]float64{-3, 3}, false, []float64{-3, -2, -1, 0, 1, 2, 3}},
		{[]float64{0}, false, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{[]float64{1.2, 64}, true, []float64{1, 2, 5, 10, 20, 50, 100}},
		{[]float64{1100, 165000, 0}, true, []float64{1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000}},
		{[]float64{1, 1e6}, true, []float64{1, 10, 100, 1000, 1e4, 1e5, 1e6}},
		{[]float64{10}, true, []float64{10, 20, 50, 100}},
		{nil, true, []float64{1, 2, 5, 10}},
	}
	for _, test := range tests {
		got := Fit(test.values, test.log, 0, 100).Ticks()
		same := slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) })
		if !same {
			t.Errorf("%v, logarithmic %v: ticks %v, want %v", test.values, test.log, got, test.want)
		}
	}
}

// What a scale was fitted to has its place on it, in order, and there are ticks enough to read it by.
func TestFittedScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.Bool().Draw(t, "log")
		values := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 1, 10).Draw(t, "values")
		if log {
			values = rapid.SliceOfN(rapid.Float64Range(1e-6, 1e9), 1, 10).Draw(t, "values")
		}
		s := Fit(values, log, 300, 40)
		slices.Sort(values)
		if values[0] < s.Low*(1-1e-6) && s.Low > 0 || values[len(values)-1] > s.High*(1+1e-6) && s.High > 0 {
			t.Fatalf("%v do not fit between %v and %v", values, s.Low, s.High)
		}
		last := 300.0
		for _, v := range values {
			at := s.At(v)
			if math.IsNaN(at) || at > last+1e-6 || at < 40 {
				t.Fatalf("%v stands at %v, after %v", v, at, last)
			}
			last = at
		}
		if n := len(s.Ticks()); n < 2 || n > 20 {
			t.Fatalf("%d ticks between %v and %v", n, s.Low, s.High)
		}
	})
}

func TestScaleEnds(t *testing.T) {
	s := Scale{Low: 10, High: 1000, Log: true, From: 0, To: 200}
	got := []float64{s.At(0), s.At(10), s.At(100), s.At(1000), s.At(5000)}
	if want := []float64{0, 0, 100, 200, 200}; !reflect.DeepEqual(got, want) {
		t.Errorf("values stand at %v, want %v", got, want)
	}
}

// texts are what a picture says; it fails for what is no XML.
func texts(t *testing.T, svg string) (all []string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	inText := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				all = append(all, string(token))
			}
		}
	}
}

func TestLines(t *testing.T) {
	r := figures.New("r", "R", "")
	p := r.Plot("p", "Rate & <more>", figures.Axis{Label: "connections", Log: true}, figures.Axis{Label: "requests/s", Log: true})
	agent, control, silent := p.Line("agent"), p.Line("echo & control"), p.Line("silent")
	for _, x := range []float64{1, 16, 64} {
		agent.Point(x, figures.SpreadOf([]float64{1000 * x, 1100 * x, 1200 * x}))
		control.Point(x, figures.SpreadOf([]float64{2000 * x}))
		silent.Point(x, figures.Spread{})
	}
	control.Control = true
	svg := Lines(p)
	want := []string{
		"Rate & <more>", "1,000", "2,000", "5,000", "10,000", "20,000", "50,000", "100,000", "200,000",
		"1", "16", "64", "connections", "requests/s", "echo & control", "agent",
	}
	if got := texts(t, svg); !reflect.DeepEqual(got, want) {
		t.Errorf("the plot says %q, want %q", got, want)
	}
	for shape, want := range map[string]int{
		`class="l0 line first"`:  2, // the line and the legend
		`class="control line"`:   2,
		`class="l0 whisker"`:     9,
		`class="control whisker`: 0, // of one round there is no spread
		`class="l2`:              0, // there is nothing of it to draw
	} {
		if got := strings.Count(svg, shape); got != want {
			t.Errorf("%d shapes of %s, want %d", got, shape, want)
		}
	}
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "%!") {
		t.Errorf("the plot is\n%s", svg)
	}
}

func TestPlotOfNothing(t *testing.T) {
	svg := Lines(figures.New("r", "R", "").Plot("p", "Nothing", figures.Axis{Label: "x", Log: true}, figures.Axis{Label: "y"}))
	if got := texts(t, svg); !slices.Contains(got, "Nothing") || strings.Contains(svg, "NaN") {
		t.Errorf("it says %q in\n%s", got, svg)
	}
}

// Whatever has a colour has one for either background.
func TestDarkAndLight(t *testing.T) {
	light, dark, ok := strings.Cut(style(), "@media(prefers-color-scheme:dark)")
	if !ok {
		t.Fatal("there is no style for dark backgrounds")
	}
	for _, r := range rules {
		if !strings.Contains(light, r.light) || !strings.Contains(dark, r.dark) || r.light == r.dark {
			t.Errorf("%s is %s on light and %s on dark", r.class, r.light, r.dark)
		}
	}
}
