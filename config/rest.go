package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bouncehound"
)

// DefaultStore is where the store lies if the configuration does not say.
const DefaultStore = "/var/lib/bouncehound/bouncehound.db"

func readStore(t *table, p bouncehound.Policy) Store {
	s := Store{Path: DefaultStore, Raw: "full"}
	t.file("path", &s.Path)
	t.choice("raw", &s.Raw, "full", "headers", "none")
	s.Retention = readRetention(t.table("retention"), p)
	t.done()
	return s
}

// cron reads a schedule and checks it with the functions given.
func (t *table) cron(key string, into *string) {
	n := len(t.doc.problems)
	t.text(key, into)
	if len(t.doc.problems) > n || !t.set(key) {
		return
	}
	for _, check := range t.doc.schedule {
		if err := check(*into); err != nil {
			t.wrong(key, `such as "*/5 * * * *" or "@every 5m"`, "%v", err)
			return
		}
	}
}

func readRules(t *table) Rules {
	var r Rules
	t.list("files", &r.Files)
	t.done()
	for i, pattern := range r.Files {
		if _, err := filepath.Match(pattern, ""); err != nil {
			t.wrong("files", "", "%q is no pattern for file names", pattern)
		}
		r.Files[i] = t.doc.abs(pattern)
	}
	return r
}

// Paths returns the files that the patterns name: in the order of the patterns
// and, of one pattern, by name, each once. A pattern without *, ? or [ names a
// file whether it is there or not. That a folder is not there is no error; that it cannot
// be looked into is one: without the rules in it bounces would be judged otherwise.
func (r Rules) Paths() ([]string, error) {
	var paths []string
	for _, pattern := range r.Files {
		found := []string{pattern}
		if strings.ContainsAny(pattern, `*?[`) {
			var err error
			if found, err = filepath.Glob(pattern); err != nil {
				return nil, fmt.Errorf("rules file %q: %w", pattern, err)
			}
			if err := lookInto(filepath.Dir(pattern)); len(found) == 0 && err != nil {
				return nil, fmt.Errorf("rules.files: %w", err)
			}
		}
		for _, path := range found {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// lookInto returns why a folder cannot be read, which [filepath.Glob] does not tell.
func lookInto(dir string) error {
	_, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func readLog(t *table) Log {
	l := Log{Level: "info", Format: "text"}
	t.choice("level", &l.Level, "debug", "info", "warn", "error")
	t.choice("format", &l.Format, "text", "json")
	t.flag("addresses", &l.Addresses)
	t.done()
	return l
}

// minToken is the least length of a token, in octets: one that is made at random has
// more.
const minToken = 16

const newToken = "make a token with: openssl rand -hex 32"

func readListen(t *table) Listen {
	var l Listen
	t.text("address", &l.Address)
	if l.Address != "" {
		l.Address = t.hostPort("address", l.Address, "9464")
	}
	l.Token = t.secret("token")
	if v := l.Token; v.IsSet() && v.from().value != "" && len(v.from().value) < minToken {
		t.wrong("token", newToken, "must have at least %d characters", minToken)
	}
	host, _, err := net.SplitHostPort(l.Address)
	switch {
	case !t.set("address") && l.Token.IsSet():
		t.wrong("token", "", "is without effect unless address is set")
	case err == nil && !loopback(host) && !l.Token.IsSet():
		t.wrong("address", newToken, "is not this machine alone: token_file must be set")
	}
	t.done()
	return l
}
