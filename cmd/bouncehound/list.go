package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
)

func (p *program) listCommand() *cobra.Command {
	var out output
	var f db.ContactFilter
	var standing []string
	var since, header, reason, class string
	var entries bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List contacts and their standings",
		Long: `Lists contacts that bounced or that a person decided about, most recent change
first. Without --standing it lists those that are watched or must not be mailed, and of
a reason, class, message, header or text all that fit.

With --entries it lists the domains never to mail and what is never to be flagged.`,
		Example: `  bouncehound list --standing do_not_email --reason user_unknown
  bouncehound list --message-id '<20261121.7@example.com>'
  bouncehound list --header X-Ticket-Id=42`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkEmpty(cmd, "standing", "reason", "class", "domain", "mailbox", "since", "message-id", "header", "text"); err != nil {
				return err
			}
			if f.Standing, err = parseStandings(standing); err != nil {
				return err
			}
			if !slices.Contains([]string{"since", "last", "bounces", "email"}, f.Sort) {
				return usageError{fmt.Errorf("--sort %q: no such order", f.Sort), "orders are since, last, bounces and email"}
			}
			if err := checkLimit(f.Limit); err != nil {
				return err
			}
			if err := checkFilter(reason, class); err != nil {
				return err
			}
			if f.Since, err = p.parseSince(since); err != nil {
				return err
			}
			if !cmd.Flags().Changed("standing") && (reason != "" || class != "" || f.MessageID != "" || header != "" || f.Text != "") {
				f.Standing = []bouncehound.Standing{bouncehound.OK, bouncehound.Watch, bouncehound.DoNotEmail}
			}
			f.Reason, f.Class = bouncehound.Reason(reason), bouncehound.Class(class)
			f.Reasons = reasonsOf(f.Class)
			if header != "" {
				var ok bool
				if f.HeaderName, f.HeaderValue, ok = strings.Cut(header, "="); !ok || f.HeaderName == "" {
					return usageError{fmt.Errorf("--header %q: want NAME=VALUE", header), ""}
				}
			}
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			if entries {
				return p.printEntries(out, store.Entries(cmd.Context()))
			}
			return p.printContacts(out, store.Contacts(cmd.Context(), f))
		},
	}
	out.flag(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&standing, "standing", []string{"watch", "do_not_email"}, "ok, watch, do_not_email")
	flags.StringVar(&reason, "reason", "", "reason of the bounce that decided, such as user_unknown")
	flags.StringVar(&class, "class", "", "its class: hard, soft, block, complaint, undetermined")
	flags.StringVar(&f.Domain, "domain", "", "domain of the address")
	flags.StringVar(&f.Mailbox, "mailbox", "", "mailbox a bounce of it came to")
	flags.StringVar(&since, "since", "", "standing changed since: a date, a time or an age such as 7d")
	flags.StringVar(&f.MessageID, "message-id", "", "Message-ID of the message that bounced")
	flags.StringVar(&header, "header", "", "captured header of the message that bounced, `NAME=VALUE`")
	flags.StringVar(&f.Text, "text", "", "text within the address, diagnostic or note (by no index: half a second for a million contacts)")
	flags.BoolVar(&entries, "entries", false, "list entries, not contacts")
	flags.StringVar(&f.Sort, "sort", "since", "since, last or bounces, greatest first; or email")
	flags.IntVar(&f.Limit, "limit", 0, "at most so many (0: all)")
	return cmd
}

func parseStandings(names []string) ([]bouncehound.Standing, error) {
	var standings []bouncehound.Standing
	for _, name := range names {
		switch s := bouncehound.Standing(name); s {
		case bouncehound.OK, bouncehound.Watch, bouncehound.DoNotEmail:
			standings = append(standings, s)
		default:
			return nil, usageError{fmt.Errorf("--standing %q: no such standing", name), "standings are ok, watch and do_not_email"}
		}
	}
	return standings, nil
}

// parseSince reads a date, a time in RFC 3339, or an age: 90m, 12h, 7d, 2w.
func (p *program) parseSince(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	for suffix, unit := range map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		var n int
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			if _, err := fmt.Sscanf(digits, "%d", &n); err == nil && n >= 0 && fmt.Sprint(n) == digits {
				return p.now().Add(-time.Duration(n) * unit), nil
			}
		}
	}
	return time.Time{}, usageError{fmt.Errorf("--since %q: not a date, a time or an age", s), "for example 2026-11-01, 2026-11-01T08:00:00Z, 12h, 7d"}
}

// printContacts prints contacts in the form asked for.
func (p *program) printContacts(out output, rows iter.Seq2[bouncehound.Contact, error]) error {
	switch out {
	case outputJSON:
		_, err := export.Contacts(p.stdout, export.Options{Format: export.JSON}, rows)
		return err
	case outputCSV:
		_, err := export.Contacts(p.stdout, export.Options{Format: export.CSV}, rows)
		return err
	}
	t := newTable(p.stdout, "EMAIL", "STANDING", "SINCE", "CAUSE", "REASON", "BOUNCES", "LAST", "DIAGNOSTIC")
	for c, err := range rows {
		if err != nil {
			return errors.Join(t.end(), err)
		}
		t.row(c.Email, string(c.Standing), day(c.Since), string(c.Cause), string(c.Reason), fmt.Sprint(c.Bounces), day(c.LastBouncedAt), cut(c.Diagnostic, 60))
	}
	return t.end()
}

// printEntries prints entries in the form asked for.
func (p *program) printEntries(out output, rows iter.Seq2[bouncehound.Entry, error]) error {
	var each func(bouncehound.Entry) error
	end := func() error { return nil }
	switch out {
	case outputJSON:
		lines := jsonLines(p.stdout)
		each = func(e bouncehound.Entry) error { return lines.Encode(e) }
	case outputCSV:
		csv := newRecords(p.stdout, "entry", "value", "since", "by", "note")
		each = func(e bouncehound.Entry) error {
			return csv.record(string(e.Kind), e.Value, stamp(e.Since), e.By, e.Note)
		}
	default:
		t := newTable(p.stdout, "ENTRY", "VALUE", "SINCE", "BY", "NOTE")
		each = func(e bouncehound.Entry) error {
			t.row(entryWords[e.Kind], e.Value, day(e.Since), e.By, e.Note)
			return nil
		}
		end = t.end
	}
	for e, err := range rows {
		if err != nil {
			return err
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return end()
}
