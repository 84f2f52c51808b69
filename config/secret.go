package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Secret is a password, a key or a token, by value, in a file or printed by a
// command. It does not tell itself: whatever prints it prints "[secret]". The zero
// Secret is not set.
type Secret struct {
	// A function, because fmt looks into all else in unexported fields, where it
	// calls no String method.
	from func() *source
}

// A source is where a secret comes from; only one of value, file and command is
// set.
type source struct {
	value   string
	file    string // as configured
	dir     string // a relative file is looked for here
	creds   string // and before that here; empty: nowhere
	command []string
	environ []string // of the command
}

func (f *source) secret() Secret { return Secret{func() *source { return f }} }

// maxSecret is the greatest length of a secret in octets.
const maxSecret = 64 << 10

// IsSet says whether a secret is configured, not whether it can be read.
func (s Secret) IsSet() bool { return s.from != nil }

// Read returns the secret. A file is read and a command run anew each time, so
// that a secret may change while the daemon runs; line ends at the end of either
// are no part of the secret. A command may take 10 seconds. The error never holds the
// secret.
func (s Secret) Read(ctx context.Context) (string, error) {
	if s.from == nil {
		return "", errors.New("no secret is configured")
	}
	from := s.from()
	switch {
	case from.file != "":
		return from.readFile()
	case from.command != nil:
		return from.run(ctx)
	}
	return from.value, nil
}

// File returns the file that the secret is read from, empty if it is not in one, and
// whether systemd put it there: such a credential changes when the service starts, and
// not before.
func (s Secret) File() (path string, credential bool) {
	if s.from == nil || s.from().file == "" {
		return "", false
	}
	return s.from().path()
}

// String returns "[secret]", also for a secret that is not set.
func (s Secret) String() string { return "[secret]" }

// GoString is String for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String for JSON, TOML and structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readFile reads the file, which if its name is relative is a systemd credential
// (systemd.exec(5), LoadCredential=) or lies beside the configuration.
func (f *source) readFile() (string, error) {
	path, _ := f.path()
	// A pipe would block, and could not be read a second time.
	if info, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	} else if !info.Mode().IsRegular() {
		return "", fmt.Errorf("read secret: %s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return trimSecret(data, path)
}

// path returns where the file lies, and whether it is a credential.
func (f *source) path() (path string, credential bool) {
	if filepath.IsAbs(f.file) {
		return f.file, false
	}
	if f.creds != "" {
		if path := filepath.Join(f.creds, f.file); exists(path) {
			return path, true
		}
	}
	return filepath.Join(f.dir, f.file), false
}

// trimSecret takes the line ends off what from said and refuses what is no secret.
func trimSecret(data []byte, from string) (string, error) {
	if len(data) > maxSecret {
		return "", fmt.Errorf("read secret: %s gives more than %d octets", from, maxSecret)
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("read secret: %s gives nothing", from)
	}
	return secret, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// secret reads a secret: key, key_file or key_command, at most one of them. What
// the environment says of any of the three replaces what the file says.
func (t *table) secret(key string) Secret {
	keys := []string{key, key + "_file", key + "_command"}
	values := map[string]value{}
	inEnv := false
	for _, k := range keys {
		if v, ok := t.take(k); ok {
			values[k] = v
			inEnv = inEnv || v.variable != ""
		}
	}
	for k, v := range values {
		if inEnv && v.variable == "" {
			delete(values, k)
		}
	}
	if len(values) == 0 {
		return Secret{}
	}
	if len(values) > 1 {
		t.wrong(key, "", "only one of %s, %s and %s may be set", keys[0], keys[1], keys[2])
		return Secret{}
	}
	s := &source{dir: t.doc.dir, creds: lookup(t.doc.environ, "CREDENTIALS_DIRECTORY"), environ: t.doc.environ}
	for k, v := range values {
		if k == keys[2] {
			return t.secretCommand(k, v, s)
		}
		text, ok := v.raw.(string)
		switch {
		case !ok:
			t.wrong(k, "", "must be a text in quotes, not %s", kind(v.raw))
			return Secret{}
		case text == "":
			t.wrong(k, "", "must not be empty")
			return Secret{}
		case k == keys[0]:
			s.value = text
			t.doc.byValue = t.doc.byValue || v.variable == ""
		default:
			if v.variable != "" {
				s.dir = "."
			}
			s.file = text
		}
	}
	return s.secret()
}

// secretCommand reads a command: a text for the shell, or a list for no shell.
func (t *table) secretCommand(key string, v value, s *source) Secret {
	switch command := v.raw.(type) {
	case string:
		if strings.TrimSpace(command) != "" {
			s.command = []string{"/bin/sh", "-c", command}
		}
	case []any:
		for _, item := range command {
			arg, ok := item.(string)
			if !ok || len(s.command) == 0 && arg == "" || strings.ContainsRune(arg, 0) {
				s.command = nil
				break
			}
			s.command = append(s.command, arg)
		}
	}
	if s.command == nil {
		t.wrong(key, "", `must be a command for the shell or a list such as ["pass", "show", "bounces"]`)
		return Secret{}
	}
	return s.secret()
}

// lookup returns the last value of a variable in environ, as a process sees it.
func lookup(environ []string, name string) (v string) {
	for _, kv := range environ {
		if n, value, _ := strings.Cut(kv, "="); n == name {
			v = value
		}
	}
	return v
}
