package config

import (
	"fmt"
	"strings"
)

// Pieces that make a fragment under test whole.
const (
	etcdBlock = "provider \"etcd\" \"legacy\" {\n endpoints = [\"https://10.0.0.1:2379\"]\n prefix = \"/s/\"\n%s\n}\n"
	webBlock  = "service \"web\" {\n backend \"10.0.0.1:80\" {}\n%s\n}\n"
)

func inEtcd(body string) string  { return fmt.Sprintf(etcdBlock, body) }
func inWeb(body string) string   { return fmt.Sprintf(webBlock, body) }
func inCheck(body string) string { return inWeb("health_check {\n" + body + "\n}") }

// Each case has one fault, and the words are those that a person needs to mend it.
var faultCases = []struct {
	name    string
	src     string
	summary string
	detail  []string // what the detail must hold
}{
	// The top level.
	{"enumeration", `log_level = "inf"`, `log_level can't be "inf"`, []string{`Did you mean "info"?`, "Allowed: trace, debug, info, warn, error, off."}},
	{"enumeration, nothing near", `log_level = "loud"`, `log_level can't be "loud"`, []string{"Allowed: trace"}},
	{"boolean", `log_json = 1`, "log_json can't be 1", []string{"true or false"}},
	{"boolean in words", `log_json = "yes"`, `log_json can't be "yes"`, []string{"true or false"}},
	{"null", `log_level = null`, "log_level can't be null", []string{"trace"}},
	{"number for a string", `data_dir = 5`, "data_dir can't be 5", []string{"a path"}},
	{"list for a string", `data_dir = ["a", 1.5, null, true]`, `data_dir can't be ["a", 1.5, null, true]`, []string{"a path"}},
	{"object for a string", `data_dir = { a = 1 }`, `data_dir can't be {"a" = 1}`, []string{"a path"}},
	{"empty path", `data_dir = ""`, `data_dir can't be ""`, []string{"not empty"}},
	{"unknown argument", `log_levle = "info"`, "Unsupported argument", []string{`"log_levle"`, `Did you mean "log_level"?`, "Allowed here: log_level, log_json, data_dir, agent_id, api"}},
	{"argument that is set already", "log_level = \"info\"\nlog_levell = \"warn\"", "Unsupported argument", []string{`Did you mean "log_level"?`}},
	{"unknown block", `servce "web" {}`, "Unsupported block type", []string{`Did you mean "service"?`}},
	{"block for an argument", "log_level {}", "Unsupported block type", []string{"equals sign"}},
	{"argument for a block", `api = {}`, "Unsupported argument", []string{"block"}},
	{"argument twice", "log_level = \"info\"\nlog_level = \"warn\"", "Attribute redefined", []string{"test.hcl:1"}},
	{"block twice", "health {}\nhealth {}", "health is defined a second time", []string{"test.hcl:1"}},
	{"label missing", "service {\n}", "Missing name for service", []string{"1 labels"}},
	{"label too many", `api "x" {}`, "Extraneous label for api", []string{"No labels"}},

	// Expressions.
	{"variable unset", `data_dir = env("NOT_SET")`, `environment variable "NOT_SET" is not set`, []string{"data_dir", `env("NOT_SET")`}},
	{"variable unset in a template", `data_dir = "/x/${env("NOT_SET")}"`, `environment variable "NOT_SET" is not set`, []string{"data_dir"}},
	{"variable not UTF-8", `data_dir = env("NOT_UTF8")`, "data_dir has no value: Error in function call", []string{"NOT_UTF8", "is not UTF-8"}},
	{"string without quotes", "log_level = info", "log_level has no value", []string{"double quotes", "trace"}},
	{"unknown function", `data_dir = upper("x")`, "data_dir has no value: Call to unknown function", []string{"upper", "a path"}},

	// api, telemetry, health.
	{"mode as a number", "api {\n mode = 0660\n}", "api.mode can't be 660", []string{"octal", "string"}},
	{"mode not octal", "api {\n mode = \"0668\"\n}", `api.mode can't be "0668"`, []string{"octal"}},
	{"mode with more bits", "api {\n mode = \"1777\"\n}", `api.mode can't be "1777"`, []string{`"0777"`}},
	{"socket too long", "api {\n socket = \"/" + strings.Repeat("x", 107) + "\"\n}", "api.socket can't be ", []string{"it has 108 bytes", "107"}},
	{"admin socket too long", "api {\n admin_socket = \"/" + strings.Repeat("x", 107) + "\"\n}", "api.admin_socket can't be ", []string{"it has 108 bytes"}},
	{"one socket for both", "api {\n socket = \"a\"\n admin_socket = \"a\"\n}", `api.admin_socket can't be "a"`, []string{"api.socket"}},
	{"user id negative", "api {\n admin_uids = [1, -1]\n}", "api.admin_uids can't be [1, -1]", []string{"user ids"}},
	{"user id fractional", "api {\n admin_uids = [1.5]\n}", "api.admin_uids can't be [1.5]", []string{"whole numbers"}},
	{"user id nobody", "api {\n admin_uids = [4294967295]\n}", "api.admin_uids can't be [4294967295]", []string{"4294967294"}},
	{"group unknown", "api {\n group = \"no-such-group\"\n}", `api.group can't be "no-such-group"`, []string{"unknown group", "on this host"}},
	{"listen without a port", "telemetry {\n listen = \"127.0.0.1\"\n}", `telemetry.listen can't be "127.0.0.1"`, []string{"host:port"}},
	{"listen port", "telemetry {\n listen = \"127.0.0.1:70000\"\n}", `telemetry.listen can't be "127.0.0.1:70000"`, []string{`port "70000"`}},
	{"listen host", "telemetry {\n listen = \"a b:80\"\n}", `telemetry.listen can't be "a b:80"`, []string{"host"}},
	{"probes none", "health {\n max_in_flight = 0\n}", "health.max_in_flight can't be 0", []string{"from 1 to 10000"}},
	{"probes infinite", "health {\n max_in_flight = 1 / 0\n}", "health.max_in_flight can't be +Inf", []string{"from 1 to 10000"}},
	{"probes huge", "health {\n max_in_flight = 1e99999\n}", "health.max_in_flight can't be a number of the size of 2^", []string{"from 1 to 10000"}},
	{"probes not a number", "health {\n max_in_flight = \"NaN\"\n}", `health.max_in_flight can't be "NaN"`, []string{"whole number"}},

	// Providers.
	{"provider type", `provider "etc" "x" {}`, `the type of a provider can't be "etc"`, []string{`Did you mean "etcd"?`, "Allowed: etcd, consul."}},
	{"provider name taken", strings.Replace(inEtcd(""), "legacy", "static", 1), `the name of a provider can't be "static"`, []string{"static and api are taken"}},
	{"provider name empty", strings.Replace(inEtcd(""), "legacy", "", 1), `the name of a provider can't be ""`, []string{"1 to 253 bytes"}},
	{"provider twice", inEtcd("") + inEtcd(""), `provider "legacy" is defined a second time`, []string{"test.hcl:1"}},
	{"endpoints missing", "provider \"etcd\" \"x\" {\n prefix = \"/s/\"\n}", `provider "x" needs endpoints`, []string{"http://host:port"}},
	{"prefix missing", "provider \"etcd\" \"x\" {\n endpoints = [\"a:1\"]\n}", `provider "x" needs prefix`, []string{"ends in /"}},
	{"prefix open", strings.Replace(inEtcd(""), "/s/", "/s", 1), `prefix can't be "/s"`, []string{"ends in /"}},
	{"endpoints empty", strings.Replace(inEtcd(""), `"https://10.0.0.1:2379"`, "", 1), "endpoints can't be []", []string{"it is empty"}},
	{"endpoint scheme", strings.Replace(inEtcd(""), "https", "ftp", 1), `endpoints can't be ["ftp://10.0.0.1:2379"]`, []string{`the scheme "ftp" is not supported`}},
	{"endpoint port", strings.Replace(inEtcd(""), "2379", "0", 1), `endpoints can't be ["https://10.0.0.1:0"]`, []string{"between 1 and 65535"}},
	{"endpoint with a path", strings.Replace(inEtcd(""), "2379", "2379/v3", 1), `endpoints can't be ["https://10.0.0.1:2379/v3"]`, []string{"2379/v3"}},
	{"endpoint with a user", strings.Replace(inEtcd(""), "10.0.0.1", "u:p@10.0.0.1", 1), `endpoints can't be ["https://***@10.0.0.1:2379"]`, []string{"a user has settings of its own"}},
	{"endpoint without TLS", strings.Replace(inEtcd("tls {}"), "https", "http", 1), `endpoint "http://10.0.0.1:2379" does not use TLS`, []string{"https://"}},
	{"import", inEtcd(`import = "on-demand"`), `import can't be "on-demand"`, []string{`Did you mean "on_demand"?`, "on_demand, all"}},
	{"import of nothing", inEtcd(`import = "all"`), `import = "all" needs services`, []string{`["*"]`}},
	{"idle timeout", inEtcd(`idle_timeout = "1ms"`), `idle_timeout can't be "1ms"`, []string{"from 1s to 720h"}},
	{"duration without a unit", inEtcd(`idle_timeout = "60"`), `idle_timeout can't be "60"`, []string{"1500ms"}},
	{"duration as a number", inEtcd(`idle_timeout = 60`), `idle_timeout can't be 60`, []string{"1500ms"}},
	{"globs empty", inEtcd(`services = ["a", ""]`), `services can't be ["a", ""]`, []string{`"" is not`, "glob"}},
	{"setting of another type", inEtcd(`token_file = "/x"`), `provider "legacy" is of type etcd, which has no token_file`, []string{"Types that have it: consul."}},
	{"user without a password", inEtcd(`username = "u"`), `provider "legacy" has username without password or password_file`, []string{"both or neither"}},
	{"password without a user", inEtcd(`password = "p"`), `provider "legacy" has password without username`, []string{"both or neither"}},
	{"password and file", inEtcd("username = \"u\"\npassword = \"p\"\npassword_file = \"/x\""), `provider "legacy" has both password and password_file`, []string{"one of the two"}},
	{"password empty", inEtcd("username = \"u\"\npassword = \"\""), "password can't be ***", []string{"not empty"}},
	{"tls twice", inEtcd("tls {}\ntls {}"), `tls of provider "legacy" is defined a second time`, []string{"test.hcl:4"}},
	{"certificate without a key", inEtcd("tls {\n cert_file = \"/x\"\n}"), `tls of provider "legacy" has cert_file without key_file`, nil},
	{"key without a certificate", inEtcd("tls {\n key_file = \"/x\"\n}"), `tls of provider "legacy" has key_file without cert_file`, nil},

	// Services.
	{"service empty", `service "web" {}`, `service "web" has neither a source nor a backend`, []string{"at least one"}},
	{"service twice", inWeb("") + inWeb(""), `service "web" is defined a second time`, []string{"test.hcl:1"}},
	{"service name a dot", strings.Replace(inWeb(""), "web", "..", 1), `the name of a service can't be ".."`, []string{`not "." or ".."`}},
	{"service name control", strings.Replace(inWeb(""), "web", `a\tb`, 1), `the name of a service can't be "a\tb"`, []string{"control characters"}},
	{"service name NUL", strings.Replace(inWeb(""), "web", `a\u0000b`, 1), `the name of a service can't be "a\x00b"`, []string{"control characters"}},
	{"service name long", strings.Replace(inWeb(""), "web", strings.Repeat("é", 127), 1), "the name of a service can't be", []string{"it has 254 bytes"}},
	{"strategy", inWeb(`strategy = "round_robbin"`), `strategy can't be "round_robbin"`, []string{`Did you mean "round_robin"?`, "Allowed: round_robin, least_connections, random, p2c, peak_ewma, ring_hash, ketama, maglev, rendezvous."}},
	{"strategy of defaults", "defaults {\n strategy = \"least\"\n}", `strategy can't be "least"`, []string{`Did you mean "least_connections"?`}},
	{"source unknown", inEtcd("") + inWeb(`source "legcy" {}`), `a source can't be "legcy"`, []string{`Did you mean "legacy"?`, "Allowed: legacy."}},
	{"source without providers", inWeb(`source "legacy" {}`), `a source can't be "legacy"`, []string{"the name of a provider"}},
	{"source static", inWeb(`source "static" {}`), `a source can't be "static"`, []string{"backend blocks"}},
	{"source twice", inEtcd("") + inWeb("source \"legacy\" {}\nsource \"legacy\" {}"), `source "legacy" of service "web" is defined a second time`, []string{"test.hcl:8"}},
	{"source of another type", inEtcd("") + inWeb("source \"legacy\" {\n stale = true\n}"), `source "legacy" of service "web" is of type etcd, which has no stale`, []string{"consul"}},
	{"source name", inEtcd("") + inWeb("source \"legacy\" {\n name = \".\"\n}"), `name can't be "."`, []string{"253"}},
	{"address without a port", inWeb(`backend "10.0.0.2" {}`), `the address of a backend can't be "10.0.0.2"`, []string{"no port", "[v6]:port"}},
	{"address port", inWeb(`backend "10.0.0.2:70000" {}`), `the address of a backend can't be "10.0.0.2:70000"`, []string{"between 1 and 65535"}},
	{"address twice in two spellings", inWeb("backend \"[::FFFF:10.0.0.1]:080\" {}"), `backend "10.0.0.1:80" of service "web" is defined a second time`, []string{"test.hcl:2"}},
	{"id twice", inWeb("backend \"a:1\" {\n id = \"x\"\n}\nbackend \"a:2\" {\n id = \"x\"\n}"), `id "x" of a backend of service "web" is defined a second time`, []string{"test.hcl:4"}},
	{"weight large", inWeb("backend \"a:1\" {\n weight = 65536\n}"), "weight can't be 65536", []string{"from 0 to 65535"}},
	{"weight negative", inWeb("backend \"a:1\" {\n weight = -1\n}"), "weight can't be -1", []string{"from 0 to 65535"}},
	{"weight fractional", inWeb("backend \"a:1\" {\n weight = 1.5\n}"), "weight can't be 1.5", []string{"whole number"}},
	{"tags", inWeb("backend \"a:1\" {\n tags = \"v2\"\n}"), `tags can't be "v2"`, []string{"a list"}},
	{"meta", inWeb("backend \"a:1\" {\n meta = { a = 1 }\n}"), `meta can't be {"a" = 1}`, []string{"whose values are strings"}},

	// Filters and priorities.
	{"priority of a source", inEtcd("") + inWeb("source \"legacy\" {\n priority = 256\n}"), "priority can't be 256", []string{"from 0 to 255"}},
	{"priority of a backend", inWeb("backend \"a:1\" {\n priority = -1\n}"), "priority can't be -1", []string{"from 0 to 255"}},
	{"filter syntax", inEtcd("") + inWeb("source \"legacy\" {\n filter = \"Weight > 3\"\n}"), `filter can't be "Weight > 3"`, []string{"1:8", "over Address, ID, Zone, Weight, Tags and Meta"}},
	{"filter selectors", inEtcd("") + inWeb("source \"legacy\" {\n filter = \"Port == 1 and Tags == v2\"\n}"), `filter can't be "Port == 1 and Tags == v2"`, []string{`Not allowed: there is no selector "Port", only Address`, `; Tags is a list`}},
	{"filter of nothing", inEtcd("") + inWeb("source \"legacy\" {\n filter = \"\"\n}"), `filter can't be ""`, []string{"no match found"}},
	{"filter of nobody", inEtcd("") + inWeb("source \"legcy\" {\n filter = \"Service.Port == 1\"\n}"), `a source can't be "legcy"`, []string{"Allowed: legacy."}},
	{"filter of consul", "provider \"consul\" \"main\" {}\n" + inWeb("source \"main\" {\n filter = \"Service.Port > 1\"\n}"), `filter can't be "Service.Port > 1"`, []string{"1:14", "as Consul's API documents it"}},

	// Checks.
	{"check twice", inWeb("health_check {}\nhealth_check {}"), `health_check of service "web" is defined a second time`, []string{"test.hcl:3"}},
	{"check of defaults twice", "defaults {\n health_check {}\n health_check {}\n}", "health_check of defaults is defined a second time", []string{"test.hcl:2"}},
	{"check type", inCheck(`type = "https"`), `type can't be "https"`, []string{`Did you mean "http"?`, "tcp, http, grpc, none"}},
	{"interval", inCheck(`interval = "99ms"`), `interval can't be "99ms"`, []string{"from 100ms to 24h"}},
	{"timeout", inCheck(`timeout = "-1s"`), `timeout can't be "-1s"`, []string{"from 10ms to 5m"}},
	{"threshold", inCheck(`healthy_threshold = 0`), "healthy_threshold can't be 0", []string{"from 1 to 1000"}},
	{"method", inCheck("type = \"http\"\nmethod = \"get\""), `method can't be "get"`, []string{`Did you mean "GET"?`}},
	{"path", inCheck("type = \"http\"\npath = \"health\""), `path can't be "health"`, []string{"begins with /"}},
	{"host", inCheck("type = \"http\"\nhost = \"a b\""), `host can't be "a b"`, []string{"host name"}},
	{"status", inCheck("type = \"http\"\nexpected_status = \"200-\""), `expected_status can't be "200-"`, []string{`"200-" is neither`, "200-299,301"}},
	{"status backwards", inCheck("type = \"http\"\nexpected_status = \"200,299-200\""), `expected_status can't be "200,299-200"`, []string{`"299-200" is neither`}},
	{"path of a tcp check", inCheck(`path = "/health"`), `health_check of service "web" is of type tcp, which has no path`, []string{"Types that have it: http."}},
	{"path of an inherited check", "defaults {\n health_check {\n  type = \"grpc\"\n }\n}\n" + inCheck(`path = "/health"`), `health_check of service "web" is of type grpc, which has no path`, []string{"http"}},
	{"TLS without tls", inCheck("type = \"http\"\ntls_skip_verify = true"), "tls_skip_verify needs tls = true", []string{"does not use TLS"}},
}
