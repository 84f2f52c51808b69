package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with a configuration. It never holds a
// secret.
type Problem struct {
	Key  string // `mailbox "bounces": poll.schedul`, or the variable's name; empty if it is about the whole file
	Line int    // in the file, from 1; 0 if it is not known or not about the file
	Text string // what is wrong
	Hint string // what to do; may be empty
}

// String returns "line 12: store.pth: unknown key"; it leaves the hint to the
// caller.
func (p Problem) String() string {
	s := p.Text
	if p.Key != "" {
		s = p.Key + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// An Error is everything that is wrong with a configuration.
type Error struct {
	Name     string // of the file
	Problems []Problem

	cause error
}

// Error returns one line for each problem:
// "bouncehound.toml: line 12: store.pth: unknown key (did you mean store.path?)".
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
		if p.Hint != "" {
			lines[i] += " (" + p.Hint + ")"
		}
		if e.Name != "" {
			lines[i] = e.Name + ": " + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns why the file could not be read, such as fs.ErrNotExist; nil if
// it could.
func (e *Error) Unwrap() error { return e.cause }

// sortProblems puts problems in the order of the file, those about something else last.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
}
