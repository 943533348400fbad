package config

import "testing"

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ name, file, src, want string }{
		{"native", "a.hcl", "a=1\nbc   = 2\nx {\ny=1\n}\n", "a  = 1\nbc = 2\nx {\n  y = 1\n}\n"},
		{"comment", "a.hcl", "# a=1\n#  b\n", "# a=1\n#  b\n"},
		{"other faults", "a.hcl", "log_level=5\nlog_level=6\n", "log_level = 5\nlog_level = 6\n"},
		{"JSON", "a.hcl.json", `{"log_level":"info","api":{}}`, "{\n  \"log_level\": \"info\",\n  \"api\": {}\n}\n"},
		{"empty", "a.hcl", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Format(tt.file, []byte(tt.src))
			if err != nil || string(got) != tt.want {
				t.Fatalf("got:\n%s\nand error %v, want:\n%s", got, err, tt.want)
			}
			if again, err := Format(tt.file, got); err != nil || string(again) != string(got) {
				t.Errorf("formatted twice:\n%s\nand error %v", again, err)
			}
		})
	}
}

func TestFormatRefusesSyntaxFaults(t *testing.T) {
	for _, file := range []string{"a.hcl", "a.hcl.json"} {
		got, err := Format(file, []byte("{ a = "))
		if f := refused(t, nil, err); got != nil || f[0].File != file || f[0].Line != 1 {
			t.Errorf("got %q and:\n%v", got, err)
		}
	}
}
