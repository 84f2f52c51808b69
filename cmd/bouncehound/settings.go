package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"github.com/robfig/cron/v3"

	"bouncehound/classifier"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/parser"
)

const defaultConfig = "/etc/bouncehound/bouncehound.toml"

// settings are the configuration with the flags applied and the rules loaded.
type settings struct {
	*config.Config
	path       string // of the configuration file; empty if there is none
	classifier *classifier.Classifier
	door       *door // what the daemon listens at; nil: nothing
}

// settings loads what the command line, the environment and the configuration file
// say. Without a file, --store must name the store.
func (p *program) settings() (*settings, error) {
	path, named := p.configFile()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if named || p.storePath == "" {
			return nil, usageError{fmt.Errorf("no configuration at %s", path), "name the file with --config, or the store with --store"}
		}
		c, err := config.Parse("", nil, p.environ, checkSchedule)
		if err != nil {
			return nil, err
		}
		return p.completed("", c)
	}
	c, err := config.Load(path, p.environ, checkSchedule)
	if err != nil {
		return nil, err
	}
	return p.completed(path, c)
}

const rulesHint = "rule files and their folder must be there, and open to the user the daemon runs as"

// completed applies the flags to a configuration and loads its rules.
func (p *program) completed(path string, c *config.Config) (*settings, error) {
	if p.storePath != "" {
		c.Store.Path = p.storePath
	}
	if err := checkExports(c.Exports); err != nil {
		return nil, err
	}
	paths, err := c.Rules.Paths()
	if err != nil {
		return nil, usageError{err, rulesHint}
	}
	rules, err := loadRules(paths)
	if err != nil {
		return nil, err
	}
	return &settings{Config: c, path: path, classifier: rules}, nil
}

// storeSettings are the settings of a verb that works on the store. Started by root,
// it goes on as the store's owner.
func (p *program) storeSettings() (*settings, error) {
	s, err := p.settings()
	if err != nil {
		return nil, err
	}
	return s, becomeOwner(s.Store.Path)
}

// configFile returns the configuration file and whether somebody named it.
func (p *program) configFile() (path string, named bool) {
	if p.configPath != "" {
		return p.configPath, true
	}
	if path := p.env("BOUNCEHOUND_CONFIG"); path != "" {
		return path, true
	}
	return defaultConfig, false
}

// checkSchedule reports whether cron understands a schedule.
func checkSchedule(s string) error {
	_, err := cron.ParseStandard(s)
	return err
}

// loadRules builds the classifier from the operator's rule files and the built-in
// rules.
func loadRules(paths []string) (*classifier.Classifier, error) {
	var files []classifier.File
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the rules: %w", err), rulesHint}
		}
		files = append(files, classifier.File{Name: path, Data: data})
	}
	c, err := classifier.New(files...)
	if err != nil {
		return nil, rulesError{err}
	}
	return c, nil
}

// judge returns the judge of one mailbox; of none (nil), the one for files.
func (s *settings) judge(p *program, m *config.Mailbox) judge {
	j := judge{classifier: s.classifier, now: p.now}
	if m != nil {
		j.options = parser.Options{Capture: m.Capture.Headers, VERP: m.Capture.VERP}
		return j
	}
	for _, m := range s.Mailboxes {
		for _, h := range m.Capture.Headers {
			if !slices.Contains(j.options.Capture, h) {
				j.options.Capture = append(j.options.Capture, h)
			}
		}
		if j.options.VERP == "" {
			j.options.VERP = m.Capture.VERP
		}
	}
	return j
}

// judgeWithoutStore returns the judge of verbs that need no configuration: that of
// the configuration where there is one, else the built-in rules.
func (p *program) judgeWithoutStore() (judge, error) {
	path, named := p.configFile()
	if f, err := os.Open(path); err == nil || named {
		if err == nil {
			f.Close()
		}
		s, err := p.settings()
		if err != nil {
			return judge{}, err
		}
		return s.judge(p, nil), nil
	}
	c, err := classifier.New()
	if err != nil {
		return judge{}, err
	}
	return judge{classifier: c, now: p.now}, nil
}

// openStore opens the store, making it where it does not exist.
func (p *program) openStore(ctx context.Context, s *settings) (*db.DB, error) {
	store, err := db.Open(ctx, s.Store.Path, db.Options{Raw: s.Store.Raw, Now: p.now})
	if err != nil {
		return nil, storeError(err)
	}
	return store, nil
}

// storeError gives what went wrong in opening the store, or the lock beside it, its hint.
func storeError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return hintError{err, "run it as the user the daemon runs as, for example: sudo -u bouncehound bouncehound …"}
	case errors.Is(err, fs.ErrNotExist):
		return hintError{err, "make the folder, and give it to the user the daemon runs as"}
	}
	return err
}

// existingStore opens the store of a verb that has nothing to do without one.
func (p *program) existingStore(ctx context.Context) (*settings, *db.DB, error) {
	s, err := p.storeSettings()
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(s.Store.Path); err != nil {
		return nil, nil, hintError{fmt.Errorf("open the store: %w", err), "the first poll, run or import makes it"}
	}
	store, err := p.openStore(ctx, s)
	return s, store, err
}

// logger returns the logger the configuration asks for, on stderr.
func (p *program) logger(c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.stderr, options))
}

// certificates returns the authorities a mailbox's server is checked against; nil
// for the system's.
func certificates(m config.Mailbox) (*x509.CertPool, error) {
	if m.CAFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(m.CAFile)
	if err != nil {
		return nil, usageError{fmt.Errorf("mailbox %q: ca_file: %w", m.Name, err), ""}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, usageError{fmt.Errorf("mailbox %q: ca_file %s holds no certificate in PEM form", m.Name, m.CAFile), ""}
	}
	return pool, nil
}
