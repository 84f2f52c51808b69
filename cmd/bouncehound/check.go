package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound/config"
	"bouncehound/poller"
)

// A finding is one thing that check looked at.
type finding struct {
	State string `json:"state"`          // "good" or "bad"
	Part  string `json:"part"`           // "configuration", "secret", "store", "clock", "mailbox", "webhook", "export" or "listen"
	Name  string `json:"name,omitempty"` // of the mailbox, webhook or file
	Step  string `json:"step,omitempty"` // of a part with several
	Found string `json:"found"`
	Hint  string `json:"hint,omitempty"` // what to do
}

func (p *program) checkCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "check",
		Short: "See whether everything works, and what to do about what does not",
		Long: `Looks at the configuration and the rules, the secrets (who can read them), the store (file, space, permissions, integrity),
the clock, each mailbox (name, connection, TLS, login, folders, rights, what ends soon), each
webhook (by a signed test event), the folders of exports, and the listener. It reads no mail
and changes nothing. Exit code 1 if anything is bad.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := checking{ctx: cmd.Context(), p: p, out: out, color: colorful(p.stdout, p.env("NO_COLOR")), storeTime: storeTime, fileTime: fileTime}
			s, err := p.storeSettings()
			if err != nil {
				c.configuration(err)
				return errors.Join(c.end(), err)
			}
			c.settings = s
			c.counts()
			if s.Exposed {
				c.closed("secret", s.path, "", s.path, 0o004)
			}
			for _, w := range s.Warnings {
				c.add(finding{"good", "configuration", s.path, "", "used, with a warning", w})
			}
			c.secrets()
			c.store()
			for _, m := range s.Mailboxes {
				c.mailbox(m)
			}
			for _, w := range s.Webhooks {
				c.webhook(w)
			}
			for _, e := range s.Exports {
				c.export(e)
			}
			c.listener()
			if err := c.end(); err != nil {
				return err
			}
			if c.bad > 0 {
				return hintError{fmt.Errorf("%d of %d are bad", c.bad, c.all), ""}
			}
			return nil
		},
	}
	out.flag(cmd)
	return cmd
}

// How long parts of a check may take before they are told as bad: a file system that is
// gone over the network lets whoever asks it wait for ever.
const (
	storeTime = 5 * time.Minute  // it is read whole
	fileTime  = 15 * time.Second // beyond the ten of a secret's command
)

// errTooLong says that something was not done in its time.
var errTooLong = errors.New("not done in time")

// within does something that may take so long, and does not wait for it any longer.
func within[T any](ctx context.Context, limit time.Duration, do func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		value, err := do(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		if r.err == nil || ctx.Err() == nil { // else it failed because its time was over
			return r.value, r.err
		}
	case <-ctx.Done():
	}
	var none T
	if errors.Is(ctx.Err(), context.Canceled) {
		return none, ctx.Err()
	}
	return none, fmt.Errorf("%w: %v", errTooLong, limit)
}

// checking is one run of check.
type checking struct {
	ctx      context.Context // of the one command; each step takes it
	p        *program
	settings *settings
	out      output
	color    bool
	records  *records

	storeTime, fileTime time.Duration // how long the store, and files and folders, may take
	all, bad            int
	err                 error // of printing
}

// counts adds how much is configured: a pattern that fits no file is no mistake, and yet
// may be one.
func (c *checking) counts() {
	s := c.settings
	files, err := s.Rules.Paths()
	if err != nil {
		c.wrong("configuration", s.path, "", err, "")
		return
	}
	f := finding{State: "good", Part: "configuration", Name: s.path}
	f.Found = fmt.Sprintf("mailboxes: %d, webhooks: %d, exports: %d, rule files: %d", len(s.Mailboxes), len(s.Webhooks), len(s.Exports), len(files))
	switch {
	case len(s.Mailboxes) == 0:
		f.Hint = "run and poll need a [[mailbox]]"
	case len(s.Rules.Files) > 0 && len(files) == 0:
		f.Hint = "no file fits the patterns of rules.files"
	}
	c.add(f)
}

func (c *checking) good(part, name, step, format string, args ...any) {
	c.add(finding{"good", part, name, step, fmt.Sprintf(format, args...), ""})
}

// wrong adds what is bad, with the hint that the error knows, else with this one.
func (c *checking) wrong(part, name, step string, err error, hint string) {
	var hinted hintError
	var usage usageError
	var stage *poller.Error
	switch {
	case errors.As(err, &stage) && stage.Hint != "":
		hint = stage.Hint
	case errors.As(err, &hinted) && hinted.hint != "":
		hint = hinted.hint
	case errors.As(err, &usage) && usage.hint != "":
		hint = usage.hint
	}
	c.add(finding{"bad", part, name, step, err.Error(), hint})
}

// add prints a finding as it is made: the next step may take its time.
func (c *checking) add(f finding) {
	c.all++
	if f.State == "bad" {
		c.bad++
	}
	var err error
	switch c.out {
	case outputJSON:
		err = jsonLines(c.p.stdout).Encode(f)
	case outputCSV:
		if c.records == nil {
			c.records = newRecords(c.p.stdout, "state", "part", "name", "step", "found", "hint")
		}
		err = c.records.record(f.State, f.Part, f.Name, f.Step, f.Found, f.Hint)
	default:
		err = c.line(f)
	}
	if c.err == nil {
		c.err = err
	}
}

func (c *checking) line(f finding) error {
	state, begin, end := "good", "", ""
	if f.State == "bad" {
		state = "BAD "
	}
	if c.color {
		begin, end = "\x1b[32m", "\x1b[0m"
		if f.State == "bad" {
			begin = "\x1b[1;31m"
		}
	}
	what := strings.Join(strings.Fields(f.Part+" "+f.Name+" "+f.Step), " ")
	_, err := fmt.Fprintf(c.p.stdout, "%s%s%s  %s: %s\n", begin, state, end, oneLine(what), oneLine(f.Found))
	if f.Hint != "" {
		_, err2 := fmt.Fprintf(c.p.stdout, "      hint: %s\n", oneLine(f.Hint))
		err = errors.Join(err, err2)
	}
	return err
}

func oneLine(s string) string { return strings.ReplaceAll(printable(s), "\n", " ") }

func (c *checking) end() error { return c.err }

// configuration adds what is wrong with the configuration, each of its problems.
func (c *checking) configuration(err error) {
	var conf *config.Error
	if !errors.As(err, &conf) {
		c.wrong("configuration", "", "", err, "")
		return
	}
	for _, problem := range conf.Problems {
		c.add(finding{"bad", "configuration", conf.Name, "", config.Problem{Key: problem.Key, Line: problem.Line, Text: problem.Text}.String(), problem.Hint})
	}
}

// colorful says whether what is printed goes to a terminal that shows colours.
func colorful(w io.Writer, noColor string) bool {
	if first, ok := w.(*firstError); ok {
		w = first.to
	}
	return noColor == "" && isTerminal(w)
}
