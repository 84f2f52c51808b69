package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"bouncehound"
	"bouncehound/db"
)

// toldWords say what became of an event at an endpoint.
var toldWords = map[db.ToldState]string{
	db.ToldSent: "was told", db.ToldWaiting: "is still to be told", db.ToldRefused: "refused it", db.ToldNever: "was not there yet",
}

// entryWords say what an entry does.
var entryWords = map[bouncehound.EntryKind]string{bouncehound.EntryDomain: "never to be mailed", bouncehound.EntryAllow: "never to be flagged"}

// A sheet is what show prints for people, line by line.
type sheet struct{ w io.Writer }

func printHistory(w io.Writer, h contactHistory) {
	s := sheet{w}
	s.contact(h.Contact, h.Entry)
	s.changes(h.Changes)
	s.told(h.Told)
	s.bounces(h.Bounces)
}

func (s sheet) line(format string, args ...any) {
	fmt.Fprintln(s.w, printable(fmt.Sprintf(format, args...)))
}

// field prints what has a name, if there is any.
func (s sheet) field(indent, name, value string) {
	if value != "" {
		s.line("%s%-12s %s", indent, name, value)
	}
}

func (s sheet) contact(c bouncehound.Contact, e *bouncehound.Entry) {
	s.line("%s", firstOf(c.Email, "(forgotten)"))
	s.field("  ", "standing", string(c.Standing))
	s.field("  ", "since", minute(c.Since))
	s.field("  ", "until", minute(c.Until))
	s.field("  ", "cause", string(c.Cause))
	s.field("  ", "by", c.By)
	s.field("  ", "note", c.Note)
	if e != nil {
		s.field("  ", "entry", because(fmt.Sprintf("%s: %s, since %s", e.Value, entryWords[e.Kind], day(e.Since)), e.By, e.Note))
	}
	s.field("  ", "bounces", fmt.Sprint(c.Bounces))
}

func (s sheet) changes(changes []bouncehound.Change) {
	if len(changes) > 0 {
		s.line("\nchanges")
	}
	for _, c := range changes {
		why := string(c.Cause)
		if c.Bounce != nil {
			why += ", " + string(c.Bounce.Reason)
		}
		s.line("  %s  %s → %s  (%s)", minute(c.Since), c.Previous, c.Standing, because(why, c.By, c.Note))
	}
}

// because adds to what happened who made it so and why.
func because(what, by, note string) string {
	if by != "" {
		what += ", by " + by
	}
	if note != "" {
		what += ": " + note
	}
	return what
}

func (s sheet) told(told []db.Told) {
	if len(told) > 0 {
		s.line("\nwebhooks")
	}
	for _, t := range told {
		why := ""
		if t.Error != "" {
			why = ": " + t.Error
		}
		s.line("  %s  %s  %s  %s %s%s", minute(t.At), t.Type, t.ID, t.Consumer, toldWords[t.State], why)
	}
}

func (s sheet) bounces(bounces []bouncehound.Bounce) {
	if len(bounces) > 0 {
		s.line("\nbounces")
	}
	for _, b := range bounces {
		repeat := ""
		if b.Repeat {
			repeat = "  (repeat: does not count)"
		}
		s.line("  %s  %s  %s/%s%s", minute(b.ArrivedAt), b.Action, b.Class, b.Reason, repeat)
		for _, f := range [][2]string{
			{"recipient", b.Address}, {"forwarded to", b.Final},
			{"code", statusCell(b.Recipient)}, {"diagnostic", b.Diagnostic}, {"remote mta", b.RemoteMTA},
			{"meaning", b.Explanation}, {"advice", b.Advice}, {"send again", retryWords[b.Retry]},
			{"rule", b.Rule}, {"matched", b.Matched},
			{"about", b.Original.Subject}, {"message id", b.Original.MessageID},
			{"contact id", b.ContactID}, {"sent", minute(b.SentAt)},
		} {
			s.field("    ", f[0], f[1])
		}
		for _, name := range slices.Sorted(maps.Keys(b.Original.Headers)) {
			s.field("    ", strings.ToLower(name), b.Original.Headers[name])
		}
		s.field("    ", "mailbox", b.Mailbox)
		s.field("    ", "report", b.Message)
	}
}
