package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bouncehound/poller/imaptest"
)

// canaries are what every secret of canaryWorld holds, as they stand and in base64.
var canaries = []string{"canary", "Y2FuYXJ5", "NhbmFyeS", "jYW5hcn"}

// silent fails if a text sings.
func silent(t *testing.T, what, text string) {
	t.Helper()
	for _, c := range canaries {
		if i := strings.Index(text, c); i >= 0 {
			t.Errorf("%s tells a secret: …%s", what, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// echoing is an IMAP server that says no to a login, and in that whatever it was told.
func echoing(t *testing.T) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2] ready\r\n")
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					tag, command, _ := strings.Cut(lines.Text(), " ")
					if verb, rest, _ := strings.Cut(command, " "); verb == "AUTHENTICATE" && !strings.Contains(rest, " ") {
						fmt.Fprint(conn, "+ \r\n")
						lines.Scan()
						command += " " + lines.Text()
					}
					if strings.HasPrefix(command, "LOGOUT") || strings.HasPrefix(command, "CAPABILITY") {
						fmt.Fprintf(conn, "%s OK done\r\n", tag)
						continue
					}
					fmt.Fprintf(conn, "%s NO [AUTHENTICATIONFAILED] what does %s mean?\r\n", tag, strings.NewReplacer("\r", "", "\n", "").Replace(command))
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// canaryWorld is a configuration full of secrets, whose servers say back what they hear.
func canaryWorld(t *testing.T) *world {
	t.Helper()
	echo := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heads := fmt.Sprint(r.Header["Authorization"], r.Header["Authorization-Key"], r.Header["Webhook-Signature"])
		rw.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(rw, `{"error":"invalid_client","error_description":%q}`, heads+string(body)+r.URL.String())
	}))
	t.Cleanup(echo.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{"pw": "canary-of-the-password", "app": "canary-of-the-application", "refresh": "canary-of-the-sign-in"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	imap := echoing(t)
	text := fmt.Sprintf(`
[store]
path = %q
[log]
level = "debug"
[[mailbox]]
name = "password"
host = %[2]q
tls = "none"
username = "u"
password_file = "pw"
[[mailbox]]
name = "command"
host = %[2]q
tls = "none"
username = "u"
password_command = "cat pw; cat pw >&2; exit 0"
[[mailbox]]
name = "app"
host = %[2]q
tls = "none"
username = "u"
auth = "oauth2"
[mailbox.oauth2]
provider = "custom"
flow = "client_credentials"
client_id = "id"
client_secret_file = "app"
token_url = "%[3]s/token"
[[mailbox]]
name = "refresh"
host = %[2]q
tls = "none"
username = "u"
auth = "oauth2"
[mailbox.oauth2]
provider = "custom"
flow = "refresh_token"
client_id = "id"
client_secret = "canary-in-the-file"
refresh_token_file = "refresh"
token_url = "%[3]s/token"
[[mailbox]]
name = "device"
host = %[2]q
tls = "none"
username = "u"
auth = "oauth2"
[mailbox.oauth2]
provider = "custom"
flow = "device"
client_id = "id"
client_secret = "canary-in-the-file"
token_url = "%[3]s/token"
device_url = "%[3]s/device"
[[mailbox]]
name = "token"
host = %[2]q
tls = "none"
username = "u"
auth = "oauth2"
[mailbox.oauth2]
token_command = ["cat", "refresh"]
[[webhook]]
name = "crm"
url = "%[3]s/hook?key=canary-in-the-url"
secret = "whsec_Y2FuYXJ5LW9mLXRoZS13ZWJob29rLTAxMjM0NTY3ODk="
username = "u"
password = "canary-of-basic"
headers = { Authorization-Key = "canary-in-a-header" }
[listen]
address = %[4]q
token = "canary-of-the-listener"
`, filepath.Join(dir, "store.db"), imap, echo.URL, freePort(t))
	w := &world{t: t, config: filepath.Join(dir, "bouncehound.toml"), store: filepath.Join(dir, "store.db")}
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestCanaries: whatever is asked for, and however it fails, no secret is printed or
// logged. Every verb is tried.
func TestCanaries(t *testing.T) {
	w := canaryWorld(t)
	dir := filepath.Dir(w.config)
	mail := filepath.Join(dir, "mail.eml")
	if err := os.WriteFile(mail, unknownUser("1", "lena@example.com"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "list.csv")
	if err := os.WriteFile(list, []byte("email\r\nlena@example.com\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{"demo": true, "help": true, "run": true}
	for _, args := range [][]string{
		{"import", mail}, {"suppress", "ada@example.com", "--note", "x"},
		{"check"}, {"check", "--output", "json"}, {"check", "--output", "csv"},
		{"poll"}, {"poll", "--dry-run"}, {"poll", "nowhere"},
		{"auth", "device"}, {"auth", "password"}, {"auth", "app"},
		{"list"}, {"list", "--output", "json"}, {"show", "lena@example.com"}, {"show", "lena@example.com", "--output", "json"},
		{"messages"}, {"messages", "--unread", "--output", "json"},
		{"export", "bounces", "--output", "json"}, {"export", "contacts"}, {"export", "do-not-email"},
		{"clean", list}, {"parse", mail, "--output", "json"}, {"explain", "5.1.1"},
		{"webhooks", "list"}, {"webhooks", "list", "--output", "json"}, {"webhooks", "test"}, {"webhooks", "test", "crm"},
		{"webhooks", "retry", "crm"}, {"webhooks", "rewind", "crm", "--to", "0"}, {"webhooks", "skip", "crm"}, {"webhooks", "resume", "crm"},
		{"rules", "check"}, {"rules", "test"}, {"rules", "unknown"}, {"reclassify"}, {"reclassify", "--apply"},
		{"release", "ada@example.com"}, {"forget", "lena@example.com"}, {"backup", filepath.Join(dir, "backup.db")},
		{"config", "init", filepath.Join(dir, "new.toml")}, {"version"}, {"completion", "bash"},
		{"--help"}, {"check", "--help"}, {"nonsense"}, {"list", "--nonsense"},
	} {
		tried[args[0]] = true
		var out, errs strings.Builder
		p := w.program(&out, &errs)
		p.run(context.Background(), args)
		silent(t, strings.Join(args, " "), out.String()+errs.String())
		if said := strings.Count(out.String()+errs.String(), "[secret]"); args[0] == "poll" && len(args) == 1 && said < 5 || args[0] == "webhooks" && args[1] == "test" && said < 2 {
			t.Errorf("%s: the servers did not say back what they heard\n%s", args, out.String()+errs.String())
		}
	}
	var out, errs strings.Builder
	for _, c := range w.program(&out, &errs).command().Commands() {
		if !tried[c.Name()] {
			t.Errorf("the verb %s is not tried", c.Name())
		}
	}
}

// TestCanariesDaemon: nor does the daemon, with its servers, in its log, its pages, its
// arguments, or its last words.
func TestCanariesDaemon(t *testing.T) {
	w := canaryWorld(t)
	d := w.start("run")
	for range 6 { // mailboxes
		d.await("poll failed")
	}
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", d.cmd.Process.Pid, file))
		if err != nil {
			t.Skip(err)
		}
		silent(t, file, string(text))
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(string(text), "[listen]\naddress = \"")
	address, _, _ = strings.Cut(address, `"`)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/v1/events", "/v1/bounces", "/nowhere"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer canary-of-the-listener")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		silent(t, path, string(page)+fmt.Sprint(answer.Header))
	}
	if err := os.WriteFile(w.config, []byte(strings.Replace(string(text), `password = "canary-of-basic"`, `password = canary-of-basic`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	d.signal(syscall.SIGHUP)
	d.await("configuration not reloaded")
	d.signal(syscall.SIGABRT)
	select {
	case <-d.ended:
	case <-time.After(time.Minute):
		t.Error("it does not end")
	}
	silent(t, "the log", d.log())
}

// TestCanariesConfiguration: a mistake beside a secret is told without it.
func TestCanariesConfiguration(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	for _, wrong := range []string{
		`password = "canary`, `password = canary`, `password = 'canary' 'canary'`, `password = ["canary"]`, `password = { canary = "canary" }`,
		"password = \"canary\"\npassword_file = \"x\"", "password = \"canary\"\npassword = \"canary\"", `passwrod = "canary"`, `password_file = "a\0canary"`,
		`password = """canary`, "password = \"canary\\q\"", `password_command = ["", "canary"]`,
	} {
		text := "[[mailbox]]\nname = \"b\"\nhost = \"127.0.0.1:1\"\ntls = \"none\"\nusername = \"u\"\n" + wrong + "\n"
		if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"check"}, {"check", "--output", "json"}, {"poll"}, {"list"}} {
			var out, errs strings.Builder
			code := w.program(&out, &errs).run(context.Background(), args)
			if code != 2 {
				t.Errorf("%s: exit %d\n%s%s", wrong, code, out.String(), errs.String())
			}
			silent(t, wrong, out.String()+errs.String())
		}
	}
}
