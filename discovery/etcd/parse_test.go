package etcd

import (
	"reflect"
	"strings"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

func TestSplitKey(t *testing.T) {
	tests := []struct {
		key, service, id string
		ok               bool
	}{
		{"web/1", "web", "1", true},
		{"team/web/1", "team/web", "1", true},
		{"web/", "web", "", true},
		{"web//1", "web/", "1", true},
		{"/web/1", "/web", "1", true},
		{"wéb/1", "wéb", "1", true},
		{strings.Repeat("s", 253) + "/1", strings.Repeat("s", 253), "1", true},
		{strings.Repeat("s", 254) + "/1", "", "", false},
		{"web", "", "", false},
		{"/1", "", "", false},
		{"", "", "", false},
		{"./1", "", "", false},
		{"../1", "", "", false},
		{"w\xffb/1", "", "", false},
	}
	for _, test := range tests {
		service, id, ok := splitKey([]byte(test.key))
		if ok != test.ok || ok && (service != test.service || string(id) != test.id) {
			t.Errorf("splitKey(%.20q) = %q, %q, %v, want %q, %q, %v",
				test.key, service, id, ok, test.service, test.id, test.ok)
		}
	}
}

func TestParseValue(t *testing.T) {
	plain := func(address string) discovery.Endpoint {
		return discovery.Endpoint{ID: "1", Address: address, Weight: 1}
	}
	tests := []struct {
		value string
		want  discovery.Endpoint
	}{
		{"10.0.0.5:8080", plain("10.0.0.5:8080")},
		{" Host.Example:80\n", plain("host.example:80")},
		{"[2001:DB8::1]:443", plain("[2001:db8::1]:443")},
		{`{"Op":0,"Addr":"10.0.0.5:8080","Metadata":null}`, plain("10.0.0.5:8080")},
		{`{"Addr":"10.0.0.5:8080"}`, plain("10.0.0.5:8080")},
		{`{"Addr":"10.0.0.5:8080","Metadata":"blue","Key":"k"}`, plain("10.0.0.5:8080")},
		{`{"Addr":"10.0.0.5:8080","Metadata":{"weight":null,"tags":null,"zone":null}}`, plain("10.0.0.5:8080")},
		{
			`{"Op":0,"Addr":"10.0.0.5:8080","Metadata":{"weight":10,"zone":"a","tags":["v2","eu"],"owner":"x","build":7,"canary":true,"o":{"a":1}}}`,
			discovery.Endpoint{
				ID: "1", Address: "10.0.0.5:8080", Weight: 10, Zone: "a", Tags: []string{"v2", "eu"},
				Meta: map[string]string{"owner": "x", "build": "7", "canary": "true", "o": `{"a":1}`},
			},
		},
		{`{"Addr":"a:1","Metadata":{"weight":"20","zone":3}}`, discovery.Endpoint{ID: "1", Address: "a:1", Weight: 20, Zone: "3"}},
		{`{"Addr":"a:1","Metadata":{"weight":0}}`, discovery.Endpoint{ID: "1", Address: "a:1"}},
		{`{"Addr":"a:1","Metadata":{"weight":65535.0}}`, discovery.Endpoint{ID: "1", Address: "a:1", Weight: 65535}},
	}
	for _, test := range tests {
		got, present, err := parseValue("1", test.value)
		if err != nil || !present || !reflect.DeepEqual(got, test.want) {
			t.Errorf("parseValue(%s) = %+v, %v, %v, want %+v", test.value, got, present, err, test.want)
		}
	}
}

func TestParseValueAbsent(t *testing.T) {
	if _, present, err := parseValue("1", `{"Op":1,"Addr":"a:1"}`); present || err != nil {
		t.Errorf("a value with Op 1 is %v, %v, want absent without an error", present, err)
	}
}

func TestParseValueRefuses(t *testing.T) {
	tests := []struct{ value, problem string }{
		{"", "no port"},
		{"10.0.0.1", "no port"},
		{"10.0.0.1:0", "between 1 and 65535"},
		{"10.0.0.1:70000", "between 1 and 65535"},
		{"{", "neither an address nor an update in JSON"},
		{`{"Addr":"a:1"} {}`, "neither an address nor an update in JSON"},
		{`{"Addr":7}`, "neither an address nor an update in JSON"},
		{`{"Op":0}`, "no port"},
		{`{"Op":2,"Addr":"a:1"}`, "op is 2, want 0 (add) or 1 (delete)"},
		{`{"Op":-1,"Addr":"a:1"}`, "op is -1"},
		{`{"Addr":"a:1","Metadata":{"weight":-1}}`, "weight -1 is not an integer from 0 to 65535"},
		{`{"Addr":"a:1","Metadata":{"weight":1.5}}`, "weight 1.5"},
		{`{"Addr":"a:1","Metadata":{"weight":65536}}`, "weight 65536"},
		{`{"Addr":"a:1","Metadata":{"weight":1e400}}`, "weight 1e400"},
		{`{"Addr":"a:1","Metadata":{"weight":"NaN"}}`, `weight "NaN"`},
		{`{"Addr":"a:1","Metadata":{"weight":"Inf"}}`, `weight "Inf"`},
		{`{"Addr":"a:1","Metadata":{"weight":[1]}}`, "weight [1]"},
		{`{"Addr":"a:1","Metadata":{"zone":["a"]}}`, `zone ["a"] is not a string`},
		{`{"Addr":"a:1","Metadata":{"tags":"v2"}}`, `tags "v2" are not a list of strings`},
		{`{"Addr":"a:1","Metadata":{"tags":[1]}}`, "tags [1]"},
		{"a:1" + strings.Repeat(" ", maxValueBytes), "at most 65536 bytes are allowed"},
	}
	for _, test := range tests {
		endpoint, present, err := parseValue("1", test.value)
		if err == nil || !strings.Contains(err.Error(), test.problem) {
			t.Errorf("parseValue(%.60s) = %+v, %v, %v, want an error with %q", test.value, endpoint, present, err, test.problem)
		}
	}
}

// FuzzParse holds that whatever stands in etcd gives a sound endpoint or none, and panics nowhere.
func FuzzParse(f *testing.F) {
	for _, seed := range []struct{ key, value string }{
		{"web/1", "10.0.0.5:8080"},
		{"team/web/1", `{"Op":0,"Addr":"10.0.0.5:8080","Metadata":{"weight":10,"zone":"a","tags":["v2"]}}`},
		{"web/", `{"Op":1}`},
		{"web", `{"Addr":"[::1]:80","Metadata":{"weight":"NaN"}}`},
		{"/", `{"Addr":"a:1","Metadata":{"tags":[null,""],"zone":{},"x":null}}`},
	} {
		f.Add([]byte(seed.key), []byte(seed.value))
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		service, id, ok := splitKey(key)
		if !ok {
			return
		}
		if joined := service + "/" + string(id); joined != string(key) {
			t.Errorf("key %q was split into %q", key, joined)
		}
		if err := discovery.CheckServiceName(service); err != nil {
			t.Error(err)
		}
		s := new(shelf)
		s.put(id, value)
		snapshot := shown(s, "", discovery.Query{Name: service})
		if len(snapshot.Endpoints)+len(snapshot.Dropped) > 1 {
			t.Errorf("one key gave %+v", snapshot)
		}
		for _, e := range snapshot.Endpoints {
			checkSound(t, e)
		}
	})
}

func checkSound(t *testing.T, e discovery.Endpoint) {
	t.Helper()
	if canonical, err := discovery.ParseAddress(e.Address); err != nil || canonical != e.Address {
		t.Errorf("address %q is not canonical: %q, %v", e.Address, canonical, err)
	}
	if err := discovery.CheckWeight(e.Weight); err != nil {
		t.Error(err)
	}
}

// FuzzQuick holds that what the quick way reads is what the general way would have read.
func FuzzQuick(f *testing.F) {
	for _, value := range quickly {
		f.Add(value)
	}
	for _, value := range slowly {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := quick("id", value)
		if !ok {
			return
		}
		want, present, err := parse("id", value)
		if err != nil || !present || !got.Equal(want) {
			t.Errorf("%q was read as %+v; the general way gives %+v, %v, %v", value, got, want, present, err)
		}
	})
}

// quickly is what is written most, and slowly what only the general way may read.
var (
	quickly = []string{
		`{"Op":0,"Addr":"10.0.0.5:8080"}`,
		`{"Op":0,"Addr":"10.0.0.5:8080","Metadata":null}`,
		`{"Op":0,"Addr":"WEB:80","Metadata":{}}`,
		`{"Op":0,"Addr":"10.0.0.5:8080","Metadata":{"weight":10,"zone":"a","tags":["v2","eu"],"rack":"7"}}`,
		`{"Op":0,"Addr":"[::1]:80","Metadata":{"weight":0,"tags":[]}}`,
	}
	slowly = []string{
		`10.0.0.5:8080`,
		`{"Op":1,"Addr":"h:1"}`,
		`{"Op":0,"Addr":"h:1","Addr":"g:1"}`,
		`{"Op":0,"Addr":"h:1","addr":"g:1"}`,
		`{"Op":0,"Addr":"h\u003a1"}`,
		`{"Op":0,"Addr":"h"}`,
		`{"Op":0,"Addr":"h:1"} `,
		`{"Op":0,"Addr":"h:1","Metadata":{"weight":65536}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"weight":01}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"weight":1,"weight":2}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"zone":null}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"a":"1","a":"2"}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"a":1}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"a":"ü"}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"a":"1"`,
		`{"Op":0,"Addr":"h:1","Metadata":{"a":"1",}}`,
		`{"Op":0,"Addr":"h:1","Metadata":{"tags":["a",]}}`,
	}
)

func TestQuick(t *testing.T) {
	for _, value := range quickly {
		if _, ok := quick("id", value); !ok {
			t.Errorf("%s is left to the general way", value)
		}
	}
	for _, value := range slowly {
		if e, ok := quick("id", value); ok {
			t.Errorf("%s is read as %+v", value, e)
		}
	}
}

func BenchmarkParseValue(b *testing.B) {
	ways := map[string]func(id, value string) (discovery.Endpoint, bool, error){"any": parseValue, "general": parse}
	for name, way := range ways {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := way("id", quickly[3]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
