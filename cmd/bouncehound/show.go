package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/notify"
)

// A contactHistory is all that show tells of one contact.
type contactHistory struct {
	Contact bouncehound.Contact  `json:"contact"`
	Entry   *bouncehound.Entry   `json:"entry,omitempty"`
	Changes []bouncehound.Change `json:"changes"`
	Told    []db.Told            `json:"told,omitempty"`
	Bounces []bouncehound.Bounce `json:"bounces"`
}

func (p *program) showCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "show ADDRESS",
		Short: "Show one contact with its whole history",
		Long: `Shows a contact's standing, every change of it with who, when and why, which
webhooks were told, and every bounce with what it means and what to do.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, store, err := p.existingStore(ctx)
			if err != nil {
				return err
			}
			defer store.Close()
			h, known, err := historyOf(ctx, s, store, args[0])
			if err != nil {
				return err
			}
			if !known {
				return hintError{fmt.Errorf("nothing is known of %s", args[0]), "bouncehound list shows the known contacts"}
			}
			if out == outputJSON {
				return jsonLines(p.stdout).Encode(h)
			}
			if out == outputCSV {
				return p.printBounces(out, func(yield func(bouncehound.Bounce, error) bool) {
					for _, b := range h.Bounces {
						if !yield(b, nil) {
							return
						}
					}
				})
			}
			p.printHistory(h)
			return nil
		},
	}
	out.flag(cmd)
	return cmd
}

// historyOf returns all that is known of an address, and false if nothing is.
func historyOf(ctx context.Context, s *settings, store *db.DB, address string) (h contactHistory, known bool, err error) {
	h = contactHistory{Changes: []bouncehound.Change{}, Bounces: []bouncehound.Bounce{}}
	if address == "" {
		return h, false, nil // no filter at all, and so everybody's bounces
	}
	if h.Contact, known, err = store.Contact(ctx, address); err != nil {
		return h, false, err
	}
	if !known {
		h.Contact = bouncehound.Contact{Email: address, Standing: bouncehound.OK}
	}
	changes, err := store.Changes(ctx, address)
	if err != nil {
		return h, false, err
	}
	h.Changes = append(h.Changes, changes...)
	for b, err := range s.withWords(store.Bounces(ctx, db.BounceFilter{Address: address, Repeats: true})) {
		if err != nil {
			return h, false, err
		}
		h.Bounces = append(h.Bounces, b)
	}
	if h.Told, err = store.Told(ctx, address, told(s)); err != nil {
		return h, false, err
	}
	checks, err := store.Check(ctx, []string{address})
	if err != nil {
		return h, false, err
	}
	h.Entry = checks[0].Entry
	return h, known || len(h.Bounces) > 0 || h.Entry != nil, nil
}

// told returns the endpoints and what they are told of.
func told(s *settings) map[string][]bouncehound.EventType {
	endpoints := map[string][]bouncehound.EventType{}
	for _, w := range s.Webhooks {
		endpoints[w.Name] = notify.EventTypes(w.Format, w.Events)
	}
	return endpoints
}

// toldWords say what became of an event at an endpoint.
var toldWords = map[db.ToldState]string{
	db.ToldSent: "was told", db.ToldWaiting: "is still to be told", db.ToldRefused: "refused it", db.ToldNever: "was not there yet",
}

// entryWords say what an entry does.
var entryWords = map[bouncehound.EntryKind]string{bouncehound.EntryDomain: "never to be mailed", bouncehound.EntryAllow: "never to be flagged"}

func (p *program) printHistory(h contactHistory) {
	line := func(format string, args ...any) { fmt.Fprintln(p.stdout, printable(fmt.Sprintf(format, args...))) }
	field := func(indent, name, value string) {
		if value != "" {
			line("%s%-12s %s", indent, name, value)
		}
	}
	c := h.Contact
	line("%s", firstOf(c.Email, "(forgotten)"))
	field("  ", "standing", string(c.Standing))
	field("  ", "since", minute(c.Since))
	field("  ", "until", minute(c.Until))
	field("  ", "cause", string(c.Cause))
	field("  ", "by", c.By)
	field("  ", "note", c.Note)
	if e := h.Entry; e != nil {
		why := fmt.Sprintf("%s: %s, since %s", e.Value, entryWords[e.Kind], day(e.Since))
		if e.By != "" {
			why += ", by " + e.By
		}
		if e.Note != "" {
			why += ": " + e.Note
		}
		field("  ", "entry", why)
	}
	field("  ", "bounces", fmt.Sprint(c.Bounces))
	if len(h.Changes) > 0 {
		line("\nchanges")
	}
	for _, ch := range h.Changes {
		why := string(ch.Cause)
		if ch.Bounce != nil {
			why += ", " + string(ch.Bounce.Reason)
		}
		if ch.By != "" {
			why += ", by " + ch.By
		}
		if ch.Note != "" {
			why += ": " + ch.Note
		}
		line("  %s  %s → %s  (%s)", minute(ch.Since), ch.Previous, ch.Standing, why)
	}
	if len(h.Told) > 0 {
		line("\nwebhooks")
	}
	for _, t := range h.Told {
		why := ""
		if t.Error != "" {
			why = ": " + t.Error
		}
		line("  %s  %s  %s  %s %s%s", minute(t.At), t.Type, t.ID, t.Consumer, toldWords[t.State], why)
	}
	if len(h.Bounces) > 0 {
		line("\nbounces")
	}
	for _, b := range h.Bounces {
		repeat := ""
		if b.Repeat {
			repeat = "  (repeat: does not count)"
		}
		line("  %s  %s  %s/%s%s", minute(b.ArrivedAt), b.Action, b.Class, b.Reason, repeat)
		field("    ", "recipient", b.Address)
		field("    ", "forwarded to", b.Final)
		field("    ", "code", statusCell(b.Recipient))
		field("    ", "diagnostic", b.Diagnostic)
		field("    ", "remote mta", b.RemoteMTA)
		field("    ", "meaning", b.Explanation)
		field("    ", "advice", b.Advice)
		field("    ", "send again", retryWords[b.Retry])
		field("    ", "rule", b.Rule)
		field("    ", "matched", b.Matched)
		field("    ", "about", b.Original.Subject)
		field("    ", "message id", b.Original.MessageID)
		field("    ", "contact id", b.ContactID)
		field("    ", "sent", minute(b.SentAt))
		for _, name := range slices.Sorted(maps.Keys(b.Original.Headers)) {
			field("    ", strings.ToLower(name), b.Original.Headers[name])
		}
		field("    ", "mailbox", b.Mailbox)
		field("    ", "report", b.Message)
	}
}
