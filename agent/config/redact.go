package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var (
	// userInfo finds the user and password of a URL.
	userInfo = regexp.MustCompile(`://[^/\s"]*@`)

	// assignment finds a name with a sign behind it.
	assignment = regexp.MustCompile(`([\w-]+)"?[ \t]*[=:]`)
)

// hideUsers gives text without the users in its URLs.
func hideUsers(text string) string { return userInfo.ReplaceAllString(text, "://"+mask+"@") }

// hide finds what must not be quoted: the values of secret settings, and of what looks like a typo of
// one, and users in URLs. It goes by tokens, which exist however broken the syntax is, and which are
// near enough the same in JSON.
func (f *file) hide() {
	if f.hidden {
		return
	}
	f.hidden = true
	tokens, _ := hclsyntax.LexConfig(f.src, f.name, hcl.InitialPos)
	for i := 0; i < len(tokens); i++ {
		if !isName(tokens[i]) || !looksSecret(string(tokens[i].Bytes)) {
			continue
		}
		value := afterSign(tokens, i+1)
		if value < 0 {
			continue
		}
		if end := valueEnd(tokens, value); end > value {
			f.secrets = append(f.secrets, extent{tokens[value].Range.Start.Byte, tokens[end-1].Range.End.Byte})
			i = end - 1
		}
	}
	if f.broken {
		f.hideLines()
	}
	for _, m := range userInfo.FindAllIndex(f.src, -1) {
		f.secrets = append(f.secrets, extent{m[0] + len("://"), m[1] - len("@")})
	}
	slices.SortFunc(f.secrets, func(a, b extent) int { return a.begin - b.begin })
}

// hideLines hides the rest of every line that sets a secret: behind an unclosed quote, what are tokens
// and what are not is turned around.
func (f *file) hideLines() {
	for _, m := range assignment.FindAllSubmatchIndex(f.src, -1) {
		if looksSecret(string(f.src[m[2]:m[3]])) {
			f.secrets = append(f.secrets, extent{m[1], lineEnd(f.src, m[1])})
		}
	}
}

func isName(t hclsyntax.Token) bool {
	return t.Type == hclsyntax.TokenIdent || t.Type == hclsyntax.TokenQuotedLit
}

// secretNames are the settings whose values are secrets.
var secretNames = []string{"password", "token"}

func looksSecret(name string) bool {
	if strings.HasSuffix(name, "_file") || !utf8.ValidString(name) {
		return false
	}
	for _, secret := range secretNames {
		if strings.Contains(strings.ToLower(name), secret) {
			return true
		}
	}
	return suggest(name, secretNames) != ""
}

// afterSign gives the index of the token behind the = or : that comes next, or -1.
func afterSign(tokens hclsyntax.Tokens, i int) int {
	for ; i < len(tokens)-1; i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenCQuote, hclsyntax.TokenNewline, hclsyntax.TokenComment:
		case hclsyntax.TokenEqual, hclsyntax.TokenColon:
			return i + 1
		default:
			return -1
		}
	}
	return -1
}

// valueEnd gives the index behind the last token of the value that begins at i: up to the end of the
// line, a comma or a closing bracket, outside of any brackets and quotes of its own.
func valueEnd(tokens hclsyntax.Tokens, i int) int {
	depth, begun := 0, false
	for ; i < len(tokens); i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenEOF:
			return i
		case hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenComma:
			if depth <= 0 && begun && !within(tokens[i]) {
				return i
			}
			continue
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenOParen, hclsyntax.TokenOBrack,
			hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenCParen, hclsyntax.TokenCBrack,
			hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			if depth--; depth < 0 {
				return i
			}
		}
		begun = true
	}
	return len(tokens)
}

// within says whether a token is a comment that may stand within a line, as /* this */.
func within(t hclsyntax.Token) bool {
	return t.Type == hclsyntax.TokenComment && bytes.HasPrefix(t.Bytes, []byte("/*"))
}
