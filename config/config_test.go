package config

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

const whsec = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// everything sets every key that this version follows to something that is not
// its default.
const everything = `
[store]
path = "bounces.db"
raw = "headers"
[store.retention]
raw = "30d"
bounces = "90d"
events = "0"
sent = "60d"

[[mailbox]]
name = "bounces"
host = "imap.example.com:1993"
ca_file = "ca.pem"
username = "bounces@example.com"
auth = "password"
password_file = "/run/secrets/bounces"
[mailbox.poll]
schedule = "@every 1m"
folders = ["INBOX", "Rückläufer"]
since = "2w"
idle = false
after = "move"
move_to = "Done"
unread = "move"
unread_to = "Odd"
max_message_size = "1MiB"
max_per_poll = 500
[mailbox.capture]
headers = ["X-Contact-Id"]
verp = "b+{token}@example.com"

[[mailbox]]
name = "second"
host = "mail.example.com"
tls = "starttls"
username = "b"
password = "secret"

[[mailbox]]
name = "local"
host = "::1"
tls = "none"
username = "b"
password_command = ["echo", "x"]

[policy]
observe = true
hard = { count = 2, for = "1y" }
soft = { count = 3 }
transit = { within = "0" }
complaint = { count = 2, at_most = "1/message" }
block = { count = 9, within = "12h" }
undetermined = { count = 7 }
[policy.reason.mailbox_full]
count = 4
[policy.reason.mailbox_moved]
count = 0

[[webhook]]
name = "crm"
url = "https://crm.example.com/hooks/bounces"
secret = "` + whsec + `"
secret_previous_file = "old"
events = ["bounce.recorded", "contact.released"]
start = "standings"
format = "standard"
timeout = "2s"
headers = { X-Source = "bounces" }

[[webhook]]
name = "local"
url = "http://127.0.0.1:8080/"
secret_command = "cat key"

[rules]
files = ["rules.d/*.toml", "/etc/rules.toml"]

[log]
level = "debug"
format = "json"
addresses = true
`

func mustParse(t *testing.T, data string, environ ...string) *Config {
	t.Helper()
	c, err := Parse("/etc/bh/bouncehound.toml", []byte(data), environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEverything(t *testing.T) {
	c := mustParse(t, everything)
	const day = 24 * time.Hour
	for _, m := range c.Mailboxes {
		if !m.Password.IsSet() {
			t.Errorf("mailbox %s has no password", m.Name)
		}
	}
	if n := len(c.Webhooks[0].Secrets); n != 2 {
		t.Errorf("%d secrets, want 2", n)
	}
	// Secrets are looked at elsewhere.
	for i := range c.Mailboxes {
		c.Mailboxes[i].Password = Secret{}
	}
	for i := range c.Webhooks {
		c.Webhooks[i].Secrets = nil
	}
	want := &Config{
		Store: Store{Path: "/etc/bh/bounces.db", Raw: "headers", Retention: Retention{Raw: 30 * day, Bounces: 90 * day, Sent: 60 * day}},
		Mailboxes: []Mailbox{
			{
				Name: "bounces", Host: "imap.example.com:1993", TLS: "implicit", CAFile: "/etc/bh/ca.pem", Username: "bounces@example.com", Auth: "password",
				Poll: Poll{
					Schedule: "@every 1m", Folders: []string{"INBOX", "Rückläufer"}, Since: 14 * day, After: "move", MoveTo: "Done",
					Unread: "move", UnreadTo: "Odd", MaxMessageSize: 1 << 20, MaxPerPoll: 500,
				},
				Capture: Capture{Headers: []string{"X-Contact-Id"}, VERP: "b+{token}@example.com"},
			},
			{Name: "second", Host: "mail.example.com:143", TLS: "starttls", Username: "b", Auth: "password", Poll: DefaultPoll()},
			{Name: "local", Host: "[::1]:143", TLS: "none", Username: "b", Auth: "password", Poll: DefaultPoll()},
		},
		Policy: bouncehound.Policy{
			Observe:      true,
			Hard:         bouncehound.Limit{Count: 2, For: 365 * day},
			Soft:         bouncehound.Limit{Count: 3, Within: 30 * day, AtMost: bouncehound.OncePerDay},
			Transit:      bouncehound.Limit{Count: 10, AtMost: bouncehound.OncePerDay},
			Complaint:    bouncehound.Limit{Count: 2, AtMost: bouncehound.OncePerMessage},
			Block:        bouncehound.Limit{Count: 9, Within: 12 * time.Hour},
			Undetermined: bouncehound.Limit{Count: 7},
			Reasons: map[bouncehound.Reason]bouncehound.Limit{
				bouncehound.MailboxFull:  {Count: 4, Within: 60 * day, AtMost: bouncehound.OncePerDay},
				bouncehound.MailboxMoved: {},
			},
		},
		Webhooks: []Webhook{
			{
				Name: "crm", URL: "https://crm.example.com/hooks/bounces", Events: []bouncehound.EventType{bouncehound.BounceRecorded, bouncehound.ContactReleased},
				Start: bouncehound.StartStandings, Format: "standard", Timeout: 2 * time.Second, Headers: map[string]string{"X-Source": "bounces"},
			},
			{Name: "local", URL: "http://127.0.0.1:8080/", Start: bouncehound.StartNow, Format: "standard", Timeout: 15 * time.Second},
		},
		Rules: Rules{Files: []string{"/etc/bh/rules.d/*.toml", "/etc/rules.toml"}},
		Log:   Log{Level: "debug", Format: "json", Addresses: true},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if err := c.NeedMailboxes("b.toml"); err != nil {
		t.Error(err)
	}
}

// TestNothing holds the defaults.
func TestNothing(t *testing.T) {
	c := mustParse(t, "")
	want := &Config{
		Store:  Store{Path: "/var/lib/bouncehound/bouncehound.db", Raw: "full", Retention: Retention{Raw: 90 * day, Bounces: 3 * year, Events: 90 * day, Sent: 180 * day}},
		Policy: bouncehound.DefaultPolicy(),
		Log:    Log{Level: "info", Format: "text"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if err := c.NeedMailboxes("b.toml"); err == nil || !strings.HasPrefix(err.Error(), "b.toml: mailbox: ") {
		t.Errorf("no mailbox: %v", err)
	}
}

// TestSample holds the sample file: it can be used as it is, every setting that it
// names is known, and those shown as defaults are the defaults.
func TestSample(t *testing.T) {
	data, err := os.ReadFile("../systemd/bouncehound.toml")
	if err != nil {
		t.Fatal(err)
	}
	asItIs := mustParse(t, string(data))
	var all []string
	for line := range strings.Lines(string(data)) {
		if len(line) > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '\n' {
			line = line[1:]
		}
		all = append(all, line)
	}
	c := mustParse(t, strings.Join(all, ""))
	if len(c.Webhooks) != 1 || len(c.Mailboxes) != 4 || c.Mailboxes[0].Capture.VERP == "" || len(c.Rules.Files) != 1 {
		t.Errorf("not all was read: %+v", c)
	}
	if c.Store != asItIs.Store || c.Log != asItIs.Log || !reflect.DeepEqual(c.Policy, asItIs.Policy) ||
		!reflect.DeepEqual(c.Mailboxes[0].Poll, asItIs.Mailboxes[0].Poll) || c.Mailboxes[0].TLS != asItIs.Mailboxes[0].TLS {
		t.Errorf("a default is not as shown:\n%+v\n%+v", c, asItIs)
	}
	for i, flow := range []string{"client_credentials", "service_account", "command"} {
		if o := c.Mailboxes[i+1].OAuth2; o == nil || o.Flow != flow || i == 0 && !reflect.DeepEqual(o.Scopes, []string{microsoftAppScope}) {
			t.Errorf("got %+v, want the flow %s", o, flow)
		}
	}
	if w := c.Webhooks[0]; w.Start != bouncehound.StartNow || w.Timeout != 15*time.Second {
		t.Errorf("a default is not as shown: %+v", w)
	}
}

// TestReadme holds the README's configurations: all can be used as they are.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mailboxes := 0
	for i, block := range strings.Split(string(data), "```toml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		if strings.HasPrefix(text, "[mailbox.oauth2]") {
			text = strings.TrimSuffix(oauth2Mailbox, "[mailbox.oauth2]\n") + text
		}
		c, err := Parse("README.md", []byte(text), nil)
		if err != nil {
			t.Errorf("block %d: %v", i+1, err)
			continue
		}
		mailboxes += len(c.Mailboxes)
	}
	if mailboxes < 4 {
		t.Errorf("%d mailboxes only", mailboxes)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const byFile = "[[mailbox]]\nname = \"a\"\nhost = \"imap.example.com\"\nusername = \"u\"\npassword_file = \"pw\"\n"
	byValue := strings.Replace(byFile, "password_file", "password", 1)
	for _, c := range []struct {
		name, data string
		mode       os.FileMode
		environ    []string
		warns      bool
	}{
		{"open", byValue, 0o644, nil, true},
		{"group", byValue, 0o640, nil, false},
		{"closed", byValue, 0o600, nil, false},
		{"file", byFile, 0o644, nil, false},
		{"environ", byFile, 0o644, []string{"BOUNCEHOUND_MAILBOX_A_PASSWORD=x"}, false},
	} {
		config, err := Load(write(c.name, c.data, c.mode), c.environ)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if warns := len(config.Warnings) > 0; warns != c.warns {
			t.Errorf("%s: warnings %q", c.name, config.Warnings)
		}
	}

	write("pw", "from the file\r\n", 0o600)
	config, err := Load(filepath.Join(dir, "file"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := config.Mailboxes[0].Password.Read(context.Background()); err != nil || got != "from the file" {
		t.Errorf("password %q, %v", got, err)
	}

	_, err = Load(filepath.Join(dir, "none"), nil)
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, fs.ErrNotExist) || len(e.Problems) != 1 {
		t.Errorf("a missing file: %v", err)
	}
	if _, err = Load(dir, nil); err == nil || !strings.Contains(err.Error(), "cannot be read: is a directory (name another file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err = Load(write("big", strings.Repeat("#\n", maxFile/2+1), 0o600), nil); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a large file: %v", err)
	}
}

func TestRulesPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.toml", "a.toml", "c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := Rules{Files: []string{dir + "/b.toml", dir + "/*.toml", dir + "/none.toml", dir + "/x*"}}
	got, err := r.Paths()
	if want := []string{dir + "/b.toml", dir + "/a.toml", dir + "/none.toml"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if found, err := (Rules{Files: []string{dir + "/none/*.toml"}}).Paths(); err != nil || len(found) > 0 {
		t.Errorf("a folder that is not there: %q, %v", found, err)
	}
	// What is no folder can no more be looked into than one that is closed.
	if found, err := (Rules{Files: []string{dir + "/a.toml/*.toml"}}).Paths(); err == nil {
		t.Errorf("a folder that cannot be read: %q", found)
	}
	if _, err := (Rules{Files: []string{"[*"}}).Paths(); err == nil {
		t.Error("a bad pattern is no error")
	}
}

func TestSchedule(t *testing.T) {
	data := "[[mailbox]]\nname = \"a\"\nhost = \"imap.example.com\"\nusername = \"u\"\npassword_file = \"pw\"\n[mailbox.poll]\nschedule = \"every day\"\n"
	check := func(s string) error {
		if s == "every day" {
			return errors.New("not five fields")
		}
		return nil
	}
	_, err := Parse("x.toml", []byte(data), nil, check)
	if err == nil || !strings.Contains(err.Error(), `line 7: mailbox "a": poll.schedule: not five fields`) {
		t.Errorf("got %v", err)
	}
	if _, err := Parse("x.toml", []byte(strings.Replace(data, "every day", "@daily", 1)), nil, check); err != nil {
		t.Error(err)
	}
}
