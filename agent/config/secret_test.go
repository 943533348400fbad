package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const canary = "hunter2-Canary"

func TestSecretIsNeverShown(t *testing.T) {
	c := valid(t, inEtcd("username = \"u\"\npassword = \""+canary+"\""))
	if got := c.Providers[0].Etcd.Password.Reveal(); got != canary {
		t.Fatalf("the password is %q", got)
	}
	shown := map[string]string{"Dump": string(c.Dump()), "String": c.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		for _, value := range []any{c, *c, c.Providers, c.Providers[0].Etcd, *c.Providers[0].Etcd, c.Providers[0].Etcd.Password} {
			shown[fmt.Sprintf("%s of %T", verb, value)] = fmt.Sprintf(verb, value)
		}
	}
	text, err := json.Marshal(c.Providers)
	if err != nil {
		t.Fatal(err)
	}
	shown["JSON"] = string(text)
	shown["GoString"] = c.Providers[0].Etcd.Password.GoString()
	for how, text := range shown {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
	if !strings.Contains(shown["Dump"], `"password":"***"`) {
		t.Errorf("Dump does not say that there is a password: %s", shown["Dump"])
	}
	if empty := NewSecret(""); fmt.Sprint(empty) != "" || empty.Reveal() != "" || empty != (Secret{}) {
		t.Errorf("no secret prints as %q", empty)
	}
}

// Whatever is wrong on, above or below the line of a secret, the fault does not quote the secret.
func TestFaultsHideSecrets(t *testing.T) {
	quoted := `"` + canary + `"`
	for _, tt := range []struct{ name, file, src string }{
		{"type", "x.hcl", inEtcd("password = [" + quoted + "]")},
		{"no quotes", "x.hcl", inEtcd("password = " + strings.ToLower(strings.ReplaceAll(canary, "-", "_")))},
		{"no user", "x.hcl", inEtcd("password = " + quoted)},
		{"function", "x.hcl", inEtcd("username = \"u\"\npassword = upper(" + quoted + ")")},
		{"template", "x.hcl", inEtcd("username = \"u\"\npassword = \"" + canary + "${x}\"")},
		{"brackets", "x.hcl", inEtcd("username = \"u\"\npassword = (\n" + quoted + " + 1\n)")},
		{"heredoc", "x.hcl", inEtcd("username = \"u\"\npassword = <<E\n" + canary + "${x}\nE\n")},
		{"twice", "x.hcl", inEtcd("username = \"u\"\npassword = " + quoted + "\npassword = " + quoted)},
		{"both", "x.hcl", inEtcd("username = \"u\"\npassword_file = \"/x\"\npassword = " + quoted)},
		{"typo", "x.hcl", inEtcd("pasword = " + quoted)},
		{"upper case", "x.hcl", inEtcd("PASSWORD = " + quoted)},
		{"not a setting here", "x.hcl", inWeb("etcd_password = " + quoted)},
		{"one line", "x.hcl", `provider "etcd" "x" { password = ` + quoted + ` }`},
		{"URL", "x.hcl", strings.Replace(inEtcd(""), "10.0.0.1", "u:"+canary+"@10.0.0.1", 1)},
		{"syntax", "x.hcl", inEtcd("password = " + quoted + " )")},
		{"syntax, unclosed", "x.hcl", "provider \"etcd\" \"x\" {\n password = \"" + canary + "\n}\n"},
		{"syntax, wrong quotes", "x.hcl", inEtcd("password = '" + canary + "'")},
		{"syntax, backslash", "x.hcl", inEtcd(`password = "\` + canary + `"`)},
		{"syntax, line break", "x.hcl", inEtcd("password = (\n" + quoted + " )) ")},
		{"syntax, unclosed before it", "x.hcl", "log_level = \"x\npassword = " + quoted + "\n"},
		{"syntax, unclosed before it, in one line", "x.hcl", "log_level = \"x password = " + quoted + "\n"},
		{"syntax, comment", "x.hcl", inEtcd("password = /* a */ \"b\" /* c */ " + quoted)},
		{"syntax, after a heredoc", "x.hcl", "data_dir = <<E\nx\n  password = " + quoted + "\n"},
		{"JSON, unclosed before it", "x.hcl.json", "{\"log_level\": \"x,\n\"password\": " + quoted + "}"},
		{"JSON", "x.hcl.json", `{"provider": {"etcd": {"x": {"password": [` + quoted + `]}}}}`},
		{"JSON, line break", "x.hcl.json", "{\"provider\": {\"etcd\": {\"x\": {\"password\":\n" + quoted + " " + quoted + "}}}}"},
		{"JSON, keyword", "x.hcl.json", `{"provider": {"etcd": {"x": {"token": hunter2_Canary}}}}`},
		{"JSON, template", "x.hcl.json", `{"provider": {"etcd": {"x": {"password": "` + canary + `${x}"}}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(tt.file, []byte(tt.src))
			faults := refused(t, c, err)
			text, _ := json.Marshal(faults.Wire())
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", faults), string(text)} {
				if strings.Contains(strings.ToLower(text), "hunter2") {
					t.Errorf("the secret is shown:\n%s", text)
				}
			}
		})
	}
}

func TestFaultsQuoteWhatIsNotSecret(t *testing.T) {
	c, err := Parse("test.hcl", []byte(inEtcd("password_file = 5\ntags = \"x\"")))
	for i, want := range []string{"password_file = 5", "password_file = 5", `tags = "x"`} {
		if f := refused(t, c, err); i >= len(f) || f[i].Snippet != want {
			t.Errorf("fault %d does not quote %q:\n%v", i, want, err)
		}
	}
}

// A secret that a table gains must be hidden in the lines that faults quote, too.
func TestSecretNames(t *testing.T) {
	var names []string
	for _, kind := range providerTypes {
		p := new(Provider)
		kind.prepare(p)
		for _, a := range providers.of(kind.name) {
			if reflect.TypeOf(a.field(p)) == reflect.TypeFor[*Secret]() {
				names = append(names, a.name)
			}
		}
	}
	if !slices.Equal(names, secretNames) {
		t.Errorf("the tables hold the secrets %q, but %q are hidden", names, secretNames)
	}
}
