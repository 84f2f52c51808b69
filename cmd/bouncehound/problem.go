package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/poller"
)

// A usageError is a mistake in the command line.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// A hintError is a failure of which we know what to do about it.
type hintError struct {
	err  error
	hint string
}

func (e hintError) Error() string { return e.err.Error() }
func (e hintError) Unwrap() error { return e.err }

// A rulesError is all that is wrong in the operator's own rules.
type rulesError struct{ err error }

func (e rulesError) Error() string { return e.err.Error() }
func (e rulesError) Unwrap() error { return e.err }

// report tells a person of err on stderr, one line for each error joined in it,
// and returns the exit code.
func (p *program) report(err error) int {
	if err == nil {
		return 0
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		code := 0
		for _, e := range joined.Unwrap() {
			code = max(code, p.report(e))
		}
		return code
	}
	code, hint := 1, ""
	var usage usageError
	var hinted hintError
	var stage *poller.Error
	var conf *config.Error
	var rules rulesError
	switch {
	case errors.As(err, &rules):
		p.report(rules.err)
		p.hint("a daemon that runs keeps the rules it has until these are mended")
		return 2
	case errors.As(err, &conf):
		for _, problem := range conf.Problems {
			hint := problem.Hint
			problem.Hint = ""
			fmt.Fprintf(p.stderr, "error: %s\n", printable(strings.TrimPrefix(conf.Name+": "+problem.String(), ": ")))
			p.hint(hint)
		}
		return 2
	case errors.As(err, &usage):
		code, hint = 2, usage.hint
	case errors.As(err, &hinted):
		hint = hinted.hint
	case errors.As(err, &stage):
		hint = stage.Hint
	case errors.Is(err, db.ErrNewerSchema):
		hint = "a newer bouncehound has used this store; install that version again, or name another store"
	case errors.Is(err, fs.ErrPermission):
		hint = fmt.Sprintf("user %d must be let in: started by root, a verb goes on as the owner of the store; or use - and > with files of your own", os.Geteuid())
	case errors.Is(err, context.Canceled):
		hint = "interrupted; nothing is lost, the next run goes on from here"
	}
	fmt.Fprintf(p.stderr, "error: %s\n", printable(err.Error()))
	p.hint(hint)
	return code
}

func (p *program) hint(hint string) {
	if hint != "" {
		fmt.Fprintf(p.stderr, "hint: %s\n", printable(hint))
	}
}

// printable makes text that others wrote safe for a terminal: control characters,
// escape codes among them, and what turns text around or hides it, are shown as what they
// are not.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\u2028', r == '\u2029': // the last two part lines for some
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufeff', r >= '\ufff9' && r <= '\ufffb', r >= '\U000e0000' && r <= '\U000e007f':
			return '\uFFFD'
		}
		return r
	}, s)
}
