package config

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

const (
	// maxSnippet bounds the line that a fault quotes, in characters: JSON may have all on one line.
	maxSnippet = 160

	// farEnough is how far around a fault its line is looked at, in bytes: what is cut off anyway is
	// not looked at for each of many faults.
	farEnough = maxSnippet * utf8.UTFMax
)

// file is one file of a configuration, as it was read.
type file struct {
	name    string
	src     []byte
	body    hcl.Body
	broken  bool     // whether it has a syntax fault
	secrets []extent // where secrets stand in src; filled by hide
	hidden  bool     // whether secrets is filled
}

// extent is a part of a file: bytes from begin up to end.
type extent struct{ begin, end int }

// quote gives the line of src on which the byte at stands, with secrets hidden; where in it that byte
// is, in characters; and whether something was hidden.
func (f *file) quote(at int) (line string, caret int, redacted bool) {
	f.hide()
	at = min(max(at, 0), len(f.src))
	begin := max(0, at-farEnough)
	begin += 1 + bytes.LastIndexByte(f.src[begin:at], '\n')
	end := min(len(f.src), at+farEnough)
	end = lineEnd(f.src[:end], at)
	left, hidLeft := f.visible(begin, at)
	right, hidRight := f.visible(at, end)
	if strings.HasSuffix(left, mask) && strings.HasPrefix(right, mask) {
		right = strings.TrimPrefix(right, mask) // one secret, cut in two
	}
	line, caret = window(left, strings.TrimRight(right, "\r"))
	return line, caret, hidLeft || hidRight
}

// lineEnd gives where the line ends on which the byte at stands.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(src)
}

// visible gives a part of the file with every secret in it replaced.
func (f *file) visible(begin, end int) (text string, redacted bool) {
	var b strings.Builder
	for _, s := range f.secrets {
		if s.end <= begin || s.begin >= end {
			continue
		}
		b.Write(f.src[begin:max(begin, s.begin)])
		b.WriteString(mask)
		begin, redacted = min(s.end, end), true
	}
	b.Write(f.src[begin:end])
	return strings.ToValidUTF8(b.String(), "\uFFFD"), redacted
}

// window cuts a long line around the place between left and right, and gives the place in characters.
func window(left, right string) (line string, caret int) {
	l, r := []rune(left), []rune(right)
	if len(l)+len(r) <= maxSnippet {
		return left + right, len(l)
	}
	if cut := len(l) - maxSnippet/2; cut > 0 {
		l = append([]rune("…"), l[cut:]...)
	}
	if len(r) > maxSnippet/2 {
		r = append(r[:maxSnippet/2:maxSnippet/2], '…')
	}
	return string(l) + string(r), len(l)
}
