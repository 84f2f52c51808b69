package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestSecretIsSilent prints secrets in every way there is.
func TestSecretIsSilent(t *testing.T) {
	const hidden = "t0ps3cr3t"
	s := (&source{value: hidden}).secret()
	type holder struct {
		Exported   Secret
		unexported Secret
		Pointer    *Secret
		List       []Secret
	}
	h := holder{s, s, &s, []Secret{s}}
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h), fmt.Sprintf(verb, h.List))
	}
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var log, asTOML bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "holder", h)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "holder", h)
	if err := toml.NewEncoder(&asTOML).Encode(struct{ S Secret }{s}); err != nil {
		t.Fatal(err)
	}
	printed = append(printed, string(asJSON), log.String(), asTOML.String(), s.String(), s.GoString())
	hex := fmt.Sprintf("%x", hidden)
	for _, p := range printed {
		if strings.Contains(p, hidden) || strings.Contains(strings.ToLower(p), hex) {
			t.Errorf("the secret is told: %s", p)
		}
	}
	if got := fmt.Sprint(s); got != "[secret]" {
		t.Errorf("printed as %s", got)
	}
	if !strings.Contains(log.String(), "[secret]") || !strings.Contains(string(asJSON), `"Exported":"[secret]"`) {
		t.Errorf("not shown as a secret: %s%s", log.String(), asJSON)
	}
}

// TestErrorsAreSilent makes every mistake next to a secret.
func TestErrorsAreSilent(t *testing.T) {
	for _, key := range []string{"password", "secret", "token", "client_secret", "secret_previous", "refresh_token", "certificate_key", "service_account"} {
		for _, v := range []string{
			"t0ps3cr3t", "\"t0ps3cr3t", "\"\\t0ps3cr3t\"", "'t0ps3cr3t'x", "\"t0ps3cr3t\" t0ps3cr3t", "[\"t0ps3cr3t\"]", "[t0ps3cr3t]", "{ t0ps3cr3t = 1 }",
			"{ a = \"t0ps3cr3t\" }", "true t0ps3cr3t", "\"\"\"t0ps3cr3t\n", "\"t0ps3cr3t\"\nx = 1", "12345t0ps3cr3t", "falset0ps3cr3t", "\"t0ps3cr3t\x01\"",
		} {
			for _, table := range []string{"[[mailbox]]\n", "[[webhook]]\nname = \"w\"\n", "[listen]\n", mailbox + "[mailbox.oauth2]\n", oauth2Mailbox, ""} {
				_, err := Parse("b.toml", []byte(table+key+" = "+v+"\n"), nil)
				if err == nil {
					t.Errorf("%s%s = %s is taken", table, key, v)
				} else if strings.Contains(err.Error(), "t0ps3cr3t") && !strings.Contains(v, "{ t0p") {
					t.Errorf("%s = %s: the error tells the secret: %v", key, v, err)
				}
			}
		}
	}
	if _, err := Parse("b.toml", []byte(webhook+"headers = { Authorization = t0ps3cr3t }"), nil); err == nil || strings.Contains(err.Error(), "t0ps3cr3t") {
		t.Errorf("the error tells the header: %v", err)
	}
}

// secretOf returns the password that a line of a mailbox configures.
func secretOf(t *testing.T, dir, line string, environ ...string) Secret {
	t.Helper()
	data := strings.Replace(mailbox, "password_file = \"pw\"", line, 1)
	c, err := Parse(filepath.Join(dir, "b.toml"), []byte(data), environ)
	if err != nil {
		t.Fatal(err)
	}
	return c.Mailboxes[0].Password
}

func TestSecretFile(t *testing.T) {
	dir, creds := t.TempDir(), t.TempDir()
	write := func(path, data string) {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(dir+"/plain", "pass word")
	write(dir+"/line", " with spaces \n")
	write(dir+"/crlf", "x\r\n\r\n")
	write(dir+"/empty", "\n")
	write(dir+"/big", strings.Repeat("x", maxSecret+1))
	write(dir+"/both", "beside the file")
	write(creds+"/both", "credential")
	write(creds+"/cred", "credential")
	if err := syscall.Mkfifo(dir+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, want, wrong string }{
		{"plain", "pass word", ""},
		{dir + "/plain", "pass word", ""},
		{"line", " with spaces ", ""},
		{"crlf", "x", ""},
		{"both", "credential", ""},
		{"cred", "credential", ""},
		{"empty", "", "gives nothing"},
		{"big", "", "more than 65536 octets"},
		{"pipe", "", "no regular file"},
		{".", "", "no regular file"},
		{"none", "", "no such file"},
	} {
		s := secretOf(t, dir, fmt.Sprintf("password_file = %q", c.file), "CREDENTIALS_DIRECTORY="+creds)
		got, err := s.Read(context.Background())
		if c.wrong == "" && (err != nil || got != c.want) {
			t.Errorf("%s: %q, %v, want %q", c.file, got, err, c.want)
		}
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, want %s", c.file, err, c.wrong)
		}
	}
	if got, err := secretOf(t, dir, `password_file = "both"`).Read(context.Background()); err != nil || got != "beside the file" {
		t.Errorf("without credentials: %q, %v", got, err)
	}

	s := secretOf(t, dir, `password_file = "plain"`)
	write(dir+"/plain", "changed")
	if got, err := s.Read(context.Background()); err != nil || got != "changed" {
		t.Errorf("the file is not read again: %q, %v", got, err)
	}
	if err := os.Remove(dir + "/plain"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(context.Background()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is gone: %v", err)
	}
}

func TestSecretCommand(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/pw", []byte("in a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ command, want, wrong string }{
		{`"echo one | tr o O"`, "One", ""},
		{`["echo", "$HOME;", "two  words"]`, "$HOME; two  words", ""},
		{`"cat pw"`, "in a file", ""}, // beside the configuration
		{`"echo $WHO"`, "it was me", ""},
		{`"printf x; echo much on stderr >&2"`, "x", ""},
		{`"cat"`, "", "gives nothing"}, // has no stdin
		{`"true"`, "", "gives nothing"},
		{`"echo t0ps3cr3t; echo 'no  such\nkey' >&2; exit 3"`, "", "exit status 3: no such key"},
		{`["no-such-command-at-all"]`, "", "no-such-command-at-all: executable file not found in $PATH"},
		{`"yes t0ps3cr3t"`, "", "prints more than 65536 octets"},
		{`"yes stderr | head -c 1000000 >&2; exit 1"`, "", "exit status 1: stderr stderr"},
	} {
		s := secretOf(t, dir, "password_command = "+c.command, "PATH="+os.Getenv("PATH"), "WHO=it was me")
		got, err := s.Read(context.Background())
		if c.wrong == "" && (err != nil || got != c.want) {
			t.Errorf("%s: %q, %v, want %q", c.command, got, err, c.want)
		}
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "t0ps3cr3t")) {
			t.Errorf("%s: %v, want %s", c.command, err, c.wrong)
		}
		if err != nil && len(err.Error()) > maxStderr+200 {
			t.Errorf("%s: the error has %d octets", c.command, len(err.Error()))
		}
	}
}

// TestSecretCommandIsStopped holds that a command that does not end is ended with
// all it has started when the caller gives up.
func TestSecretCommandIsStopped(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(dir+"/up", 0o600); err != nil {
		t.Fatal(err)
	}
	s := secretOf(t, dir, `password_command = "sh -c 'echo up >up; sleep 1000' & wait"`, "PATH="+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error)
	go func() {
		_, err := s.Read(ctx)
		done <- err
	}()
	if _, err := os.ReadFile(dir + "/up"); err != nil { // waits until it runs
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSecretIsSet(t *testing.T) {
	var none Secret
	if none.IsSet() || !(&source{value: "x"}).secret().IsSet() {
		t.Error("IsSet is wrong")
	}
	if _, err := none.Read(context.Background()); err == nil {
		t.Error("no secret can be read")
	}
}
