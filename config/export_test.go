package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestExports(t *testing.T) {
	c, err := Parse("/etc/b.toml", []byte(`
[[export]]
what = "do-not-email"
schedule = "@daily"
path = "/srv/do-not-email.csv"
hashed = true
[[export]]
what = "do-not-email"
schedule = "@hourly"
path = "changes-{time}.json"
format = "json"
shape = "postmark"
reason = "user_unknown"
class = "hard"
mailbox = "bounces"
cursor = "postmark"
`), nil)
	want := []Export{
		{What: "do-not-email", Schedule: "@daily", Path: "/srv/do-not-email.csv", Format: "csv", Shape: "native", Hashed: true},
		{What: "do-not-email", Schedule: "@hourly", Path: "/etc/changes-{time}.json", Format: "json", Shape: "postmark",
			Reason: "user_unknown", Class: "hard", Mailbox: "bounces", Cursor: "postmark"},
	}
	if err != nil || !reflect.DeepEqual(c.Exports, want) {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestExportProblems(t *testing.T) {
	_, err := Parse("b.toml", []byte(`
[[export]]
what = "do-not-email"
schedule = "@daily"
path = "a.csv"
cursor = "a b"
[[export]]
what = "do-not-email"
schedule = "@daily"
path = "a.csv"
cursor = "crm"
[[export]]
what = "contacts"
schedule = "@daily"
path = "b-{time}.json"
format = "json"
shape = "ses"
hashed = true
raw = true
cursor = "crm"
[[export]]
what = "contacts"
schedule = "@daily"
path = "c-{time}.csv"
cursor = "crm"
`), nil)
	want := `line 6: export #1: cursor: may hold only letters, digits, "-", "_" and ".", at most 64 of them
line 10: export #2: path: must hold {time} when cursor is set (such as "changes-{time}.csv")
line 10: export #2: path: is that of export #1 too
line 17: export #3: shape: is for do-not-email only
line 18: export #3: hashed: a provider wants addresses: leave it out, or shape
line 19: export #3: raw: is without effect when format is "json"
line 25: export #4: cursor: is that of export #3 too: each would miss what the other has had`
	if err == nil || strings.ReplaceAll(err.Error(), "b.toml: ", "") != want {
		t.Errorf("got\n%v", err)
	}
}
