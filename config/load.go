package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/BurntSushi/toml"
)

// maxFile is the size in octets above which a file is no configuration.
const maxFile = 1 << 20

// Load reads the file at path over the defaults and environ, a list of NAME=value
// as os.Environ gives it, over the file. A schedule is checked with each of the
// functions given. The error is an *Error that lists every problem.
func Load(path string, environ []string, schedule ...func(string) error) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	if len(data) > maxFile {
		return nil, unreadable(path, fmt.Errorf("%s is larger than %d octets", path, maxFile))
	}
	config, byValue, err := read(path, data, environ, schedule)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if mode := info.Mode().Perm(); byValue && mode&0o004 != 0 {
		config.Exposed = true
		config.Warnings = append(config.Warnings, fmt.Sprintf(
			"%s holds secrets and may be read by every user (mode %04o); chmod o-r it, or keep the secrets in files and name them by …_file", path, mode))
	}
	return config, nil
}

// Parse is Load of a file that has been read already: data is what stood in the
// file called name.
func Parse(name string, data []byte, environ []string, schedule ...func(string) error) (*Config, error) {
	config, _, err := read(name, data, environ, schedule)
	return config, err
}

func unreadable(path string, err error) *Error {
	text := err.Error()
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		text = pe.Err.Error()
	}
	p := Problem{Text: "cannot be read: " + text}
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.EISDIR):
		p.Hint = "name another file with --config or BOUNCEHOUND_CONFIG"
	case errors.Is(err, os.ErrPermission):
		p.Hint = "the user who runs this must be let in, as the daemon's group is: chgrp bouncehound, chmod 640"
	}
	return &Error{Name: path, Problems: []Problem{p}, cause: err}
}

// read returns the configuration and whether the file holds a secret by value.
func read(name string, data []byte, environ []string, schedule []func(string) error) (*Config, bool, error) {
	values, problem := decode(data)
	if problem != nil {
		return nil, false, &Error{Name: name, Problems: []Problem{*problem}}
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, false, unreadable(name, err)
	}
	d := &document{
		dir:      dir,
		lines:    lines(data),
		environ:  environ,
		vars:     variables(environ),
		claims:   map[string]string{},
		known:    map[string][]string{},
		schedule: schedule,
	}
	config := d.config(&table{doc: d, env: envPrefix, values: values})
	d.unknownVariables()
	d.hints()
	if len(d.problems) > 0 {
		sortProblems(d.problems)
		return nil, false, &Error{Name: name, Problems: d.problems}
	}
	return config, d.byValue, nil
}

// config reads the whole file.
func (d *document) config(root *table) *Config {
	policy := readPolicy(root.table("policy"))
	c := &Config{
		Store:  readStore(root.table("store"), policy),
		Policy: policy,
		Rules:  readRules(root.table("rules")),
		Log:    readLog(root.table("log")),
		Listen: readListen(root.table("listen")),
	}
	for _, t := range root.named("mailbox") {
		c.Mailboxes = append(c.Mailboxes, readMailbox(t))
	}
	for _, t := range root.named("webhook") {
		c.Webhooks = append(c.Webhooks, readWebhook(t))
	}
	exports := root.entries("export")
	for _, t := range exports {
		c.Exports = append(c.Exports, readExport(t))
	}
	sameExports(exports, c.Exports)
	if host, _, err := net.SplitHostPort(c.Listen.Address); err == nil && !loopback(host) {
		c.Warnings = append(c.Warnings, "listen.address is served without TLS: addresses and the token cross the network in clear; put a proxy with TLS before it")
	}
	root.done()
	return c
}

// decode takes TOML apart. A file that is no TOML has one problem: nothing sure
// can be said about what follows it.
func decode(data []byte) (values map[string]any, problem *Problem) {
	defer func() {
		// A configuration must not be able to end the daemon on SIGHUP.
		if r := recover(); r != nil {
			values, problem = nil, &Problem{Text: "is no TOML"}
		}
	}()
	_, err := toml.Decode(string(data), &values)
	if err == nil {
		return values, nil
	}
	problem = &Problem{Text: strings.TrimPrefix(err.Error(), "toml: ")}
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		problem = &Problem{Key: pe.LastKey, Line: pe.Position.Line, Text: pe.Message}
		if holdsSecret(data, pe) {
			problem.Text = "is no TOML" // the message may quote the value
			problem.Hint = `text stands in quotes: "…", or '…' if it holds a \`
		}
	}
	return nil, problem
}

// holdsSecret says whether a syntax error is about a line or a key that sets a secret by
// value.
func holdsSecret(data []byte, pe toml.ParseError) bool {
	all := strings.Split(string(data), "\n")
	about := pe.LastKey
	if i := pe.Position.Line - 1; i >= 0 && i < len(all) {
		about += " " + all[i]
	}
	about = strings.ToLower(about)
	for _, word := range []string{"password", "secret", "token", "authorization", "headers", "certificate_key", "service_account"} {
		if strings.Contains(about, word) {
			return true
		}
	}
	return false
}

// NeedMailboxes returns a problem of the file called name if no mailbox is configured, nil
// otherwise. Not every command needs one.
func (c *Config) NeedMailboxes(name string) error {
	if len(c.Mailboxes) > 0 {
		return nil
	}
	return &Error{Name: name, Problems: []Problem{{Key: "mailbox", Text: "none is configured", Hint: "add a [[mailbox]] with name, host, username and password_file"}}}
}
