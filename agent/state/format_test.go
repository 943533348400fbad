package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// written is a file that encode writes to.
type written struct{ b []byte }

func (w *written) WriteAt(p []byte, at int64) (int, error) {
	if need := int(at) + len(p); need > len(w.b) {
		w.b = append(w.b, make([]byte, need-len(w.b))...)
	}
	return copy(w.b[at:], p), nil
}

func (s *State) gather(w *Writer) {
	for i := range s.Services {
		w.Service(&s.Services[i])
	}
	for i := range s.Leases {
		w.Lease(&s.Leases[i])
	}
}

func fileOf(t testing.TB, s State) []byte {
	t.Helper()
	var file written
	size, err := encode(&file, s.Meta, s.gather)
	if err != nil || size != int64(len(file.b)) {
		t.Fatalf("encode: %d bytes of %d, %v", size, len(file.b), err)
	}
	return file.b
}

func parse(file []byte) (State, error) { return read(bytes.NewReader(file), int64(len(file))) }

// full has something in every field.
func full() State {
	return State{
		Meta: Meta{At: time.Unix(1_700_000_000, 5), Index: 1 << 50},
		Services: []Service{
			{
				Name: "web",
				Idle: 3 * time.Minute,
				Sources: []Source{
					{Provider: "main", Identity: "etcd /services/", Age: time.Second, Endpoints: []Endpoint{
						{Address: "10.0.0.1:80", ID: "a", Weight: 65535, Priority: 255, Zone: "z", Tags: []string{"x", ""}, Meta: map[string]string{"k": "v", "": "w"}, Status: 3, Reason: "why"},
						{Address: "[::1]:80", Weight: 1},
					}},
					{Provider: "empty"},
				},
				Drained: []string{"10.0.0.1:80", "10.0.0.9:80"},
				Backends: []Backend{
					{
						Address: "10.0.0.1:80", Verdict: 2, Failures: 7, OKs: 1, Faileds: 3, Ramping: true, Healthy: time.Second,
						Cost: time.Millisecond, CostAge: time.Minute, Ejections: 2,
						Ejection: &Ejection{Age: time.Second, Left: time.Minute, Cause: "c", Reason: "r", Alone: true, Accuser: 1<<32 - 1},
					},
					{Address: "[::1]:80"},
				},
			},
			{Name: "api", API: &Registration{Strategy: "random", Endpoints: []Endpoint{{Address: "a:1"}}}},
			{Name: "bare", API: &Registration{}},
		},
		Leases: []Lease{{ID: "id", Service: "web", Address: "10.0.0.1:80", UID: 1<<32 - 1, TTL: time.Hour, Left: time.Minute}},
	}
}

func same(a, b State) bool {
	at := a.Meta.At.Equal(b.Meta.At)
	a.Meta.At = b.Meta.At
	return at && reflect.DeepEqual(a, b)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	want := full()
	got, err := parse(fileOf(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
}

func TestAnyContentsAreRead(t *testing.T) {
	text := rapid.StringN(0, 20, 60)
	span := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(0, int64(longest)).Draw(t, "span"))
	})
	rapid.Check(t, func(t *rapid.T) {
		want := State{Meta: Meta{At: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0), Index: rapid.Uint64().Draw(t, "index")}}
		for range rapid.IntRange(0, 4).Draw(t, "services") {
			s := Service{Name: text.Draw(t, "name"), Idle: span.Draw(t, "idle")}
			for range rapid.IntRange(0, 5).Draw(t, "sources") {
				source := Source{Provider: text.Draw(t, "provider"), Identity: text.Draw(t, "identity"), Age: span.Draw(t, "age")}
				for range rapid.IntRange(0, 5).Draw(t, "endpoints") {
					source.Endpoints = append(source.Endpoints, Endpoint{Address: text.Draw(t, "address"), Weight: rapid.IntRange(0, 65535).Draw(t, "weight"), Status: rapid.Byte().Draw(t, "status")})
				}
				s.Sources = append(s.Sources, source)
			}
			want.Services = append(want.Services, s)
		}
		var file written
		if _, err := encode(&file, want.Meta, want.gather); err != nil {
			t.Fatal(err)
		}
		if got, err := parse(file.b); err != nil || !same(got, want) {
			t.Fatalf("read %+v, %v\nwant %+v", got, err, want)
		}
	})
}

// TestNoCutIsRead cuts the file off at every byte, and adds one.
func TestNoCutIsRead(t *testing.T) {
	file := fileOf(t, full())
	for n := range len(file) {
		if s, err := parse(file[:n]); err == nil {
			t.Fatalf("%d of %d bytes were read as %+v", n, len(file), s)
		}
	}
	if _, err := parse(append(bytes.Clone(file), 0)); !errors.Is(err, errShort) {
		t.Errorf("one byte too many: %v", err)
	}
}

// TestNoFlippedBitIsRead flips 1,000 bits at random, and each of the header's.
func TestNoFlippedBitIsRead(t *testing.T) {
	file := fileOf(t, full())
	flip := func(bit int) {
		t.Helper()
		damaged := bytes.Clone(file)
		damaged[bit/8] ^= 1 << (bit % 8)
		_, err := parse(damaged)
		if err == nil {
			t.Fatalf("bit %d was flipped, and nobody noticed", bit)
		}
		if strings.Contains(err.Error(), "version") {
			t.Errorf("bit %d was flipped, and the error speaks of a version: %v", bit, err)
		}
	}
	for bit := range 8 * headerBytes {
		flip(bit)
	}
	for range 1000 {
		flip(rand.IntN(8 * len(file)))
	}
}

// sealed is a file whose checksums are right, whatever its records are.
func sealed(version uint32, records []byte) []byte {
	h := header{version: version, length: uint64(len(records)), sum: crc32.Checksum(records, castagnoli)}
	return append(h.encode(), records...)
}

func TestBadFiles(t *testing.T) {
	huge := header{version: Version, length: 1 << 62}.encode()
	record := func(kind byte, length uint64, body string) []byte {
		return append(binary.AppendUvarint([]byte{kind}, length), body...)
	}
	var meta output
	meta.meta(Meta{At: time.Unix(1, 0)})
	head := record(kindMeta, uint64(len(meta.b)), string(meta.b))
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, errShort.Error()},
		{"NULs", make([]byte, 4096), errNoState.Error()},
		{"text", []byte(strings.Repeat("not a state file\n", 9)), errNoState.Error()},
		{"a length beyond reason", huge, errShort.Error()},
		{"from the future", sealed(Version+1, head), "another version of the agent wrote it"},
		{"no records", sealed(Version, nil), errMalformed.Error()},
		{"no meta", sealed(Version, record(kindLease, 0, "")), errMalformed.Error()},
		{"two metas", sealed(Version, append(bytes.Clone(head), head...)), errMalformed.Error()},
		{"an unknown kind", sealed(Version, append(bytes.Clone(head), record(99, 1, "x")...)), errMalformed.Error()},
		{"a record longer than the file", sealed(Version, append(bytes.Clone(head), record(kindService, 1<<60, "x")...)), errMalformed.Error()},
		{"a list longer than the record", sealed(Version, append(bytes.Clone(head), record(kindService, 7, "\x01a\x00\xff\xff\xff\x7f")...)), errMalformed.Error()},
		{"more than a lease", sealed(Version, append(bytes.Clone(head), record(kindLease, 7, "\x00\x00\x00\x00\x00\x00\x00")...)), errMalformed.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parse(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestElapsedIsNeverNegativeNorEndless(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		now  time.Time
		want time.Duration
	}{
		{at.Add(time.Minute), time.Minute},
		{at, 0},
		{at.Add(-time.Hour), 0},
		{at.Add(1 << 62), longest},
	} {
		if got := (Meta{At: at}).Elapsed(test.now); got != test.want {
			t.Errorf("at %v %v have elapsed, want %v", test.now, got, test.want)
		}
	}
}

// FuzzState reads anything, sealed so that it gets past the checksums. What is read must be written and
// read again as the same.
func FuzzState(f *testing.F) {
	whole := full()
	f.Add(fileOf(f, whole)[headerBytes:])
	f.Add([]byte{kindMeta, 2, 1, 1})
	f.Fuzz(func(t *testing.T, records []byte) {
		s, err := parse(sealed(Version, records))
		_, _ = parse(records)
		if err != nil {
			return
		}
		again, err := parse(fileOf(t, s))
		if err != nil || !same(again, s) {
			t.Fatalf("read %+v\nand after it was written %+v, %v", s, again, err)
		}
	})
}

// TestReadingFails makes the disk fail in the middle.
func TestReadingFails(t *testing.T) {
	file := fileOf(t, full())
	broken := errors.New("broken")
	for n := int64(0); n < int64(len(file)); n += 13 {
		if _, err := read(&failing{bytes.NewReader(file), n, broken}, int64(len(file))); !errors.Is(err, broken) {
			t.Fatalf("the disk failed after %d bytes: %v", n, err)
		}
	}
}

type failing struct {
	io.ReaderAt
	after int64
	err   error
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.after {
		n, _ := f.ReaderAt.ReadAt(p[:max(0, f.after-at)], at)
		return n, f.err
	}
	return f.ReaderAt.ReadAt(p, at)
}

// put writes a file as it is.
func put(t *testing.T, folder, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
