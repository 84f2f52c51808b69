package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
)

// An exportRequest is what an export is asked for, on the command line or by the
// configuration.
type exportRequest struct {
	what                           string // "bounces", "contacts" or "do-not-email"
	since                          time.Time
	reason, class, mailbox, domain string
	options                        export.Options
	shape                          export.Shape
	cursor                         string // empty: everything
	hashed                         bool   // hashes in the place of addresses
	skipEmpty                      bool   // nothing is written where nothing is new
}

func (p *program) exportCommand() *cobra.Command {
	r := exportRequest{}
	var since, shape, out string
	var form output
	cmd := &cobra.Command{
		Use:   "export bounces|contacts|do-not-email",
		Short: "Write bounces or contacts as CSV or JSON Lines",
		Long: `Writes bounces, contacts, or the contacts not to be mailed, as CSV (RFC 4180, UTF-8)
or JSON Lines, to the standard output or, whole or not at all, to a file.

With --cursor NAME it writes only what is new since the last export of that name, the
first time everything; the Do Not Email list then tells released contacts too, by
their standing. What was broken off before it was noted as done is written again, to
the byte, by the next export of that name; what came since follows with the one after.

With --shape the Do Not Email list has the form in which a provider imports it.`,
		Example: `  bouncehound export do-not-email --out do-not-email.csv
  bouncehound export do-not-email --cursor crm --out changes.csv
  bouncehound export do-not-email --shape ses --out suppress.csv`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bounces", "contacts", "do-not-email"},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			p.holdRows()
			r.what, r.shape = args[0], export.Shape(shape)
			if err := checkEmpty(cmd, "since", "reason", "class", "mailbox", "domain", "cursor", "out"); err != nil {
				return err
			}
			if r.since, err = p.parseSince(since); err != nil {
				return err
			}
			switch form {
			case outputJSON:
				r.options.Format = export.JSON
			case outputTable:
				return usageError{fmt.Errorf("export writes csv or json"), "bouncehound list prints a table"}
			}
			if err := r.check(); err != nil {
				return err
			}
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			return p.exportTo(cmd.Context(), r, s, store, out)
		},
	}
	cmd.AddCommand(p.exportCursorsCommand())
	flags := cmd.Flags()
	form.flag(cmd)
	form = outputCSV
	flags.Lookup("output").DefValue = "csv"
	flags.StringVar(&since, "since", "", "bounced since, or standing changed since: a date, a time or an age such as 7d")
	flags.StringVar(&r.reason, "reason", "", "only this reason")
	flags.StringVar(&r.class, "class", "", "only this class")
	flags.StringVar(&r.mailbox, "mailbox", "", "only what came to this mailbox")
	flags.StringVar(&r.domain, "domain", "", "only contacts of this domain")
	flags.StringVar(&r.cursor, "cursor", "", "only what is new since the last export of this `NAME`")
	flags.StringVar(&shape, "shape", string(export.Native), "form of the Do Not Email list: native, ses, mailgun, sendgrid, postmark")
	flags.StringVar(&out, "out", "", "write to `FILE`, whole or not at all")
	flags.BoolVar(&r.hashed, "hashed", false, "SHA-256 in the place of each address, and no text that may hold one")
	flags.BoolVar(&r.options.Raw, "raw", false, "leave cells that a spreadsheet takes for formulas as they are")
	return cmd
}

// check refuses what would write nothing, or something else than is meant, without
// a word.
func (r *exportRequest) check() error {
	if err := checkFilter(r.reason, r.class); err != nil {
		return err
	}
	if r.shape == "" {
		r.shape = export.Native
	}
	switch {
	case !slices.Contains(export.Shapes, r.shape):
		return usageError{fmt.Errorf("--shape %q: no such shape", r.shape), "shapes are native, ses, mailgun, sendgrid and postmark"}
	case r.shape != export.Native && r.what != "do-not-email":
		return usageError{fmt.Errorf("--shape %s is for do-not-email only", r.shape), "a provider imports whom not to mail"}
	case r.shape != export.Native && r.hashed:
		return usageError{fmt.Errorf("--shape %s wants addresses", r.shape), "leave --hashed out"}
	case r.domain != "" && r.what == "bounces":
		return usageError{fmt.Errorf("--domain is for contacts only"), "export contacts or do-not-email"}
	case r.cursor != "" && (strings.Trim(r.cursor, cursorName) != "" || len(r.cursor) > 64):
		return usageError{fmt.Errorf("--cursor %q: no name of a cursor", r.cursor), "letters, digits, -, _ and ., at most 64"}
	}
	return nil
}

const cursorName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// exportTo carries a request out, to a file or the standard output, and tells people
// how it went.
func (p *program) exportTo(ctx context.Context, r exportRequest, s *settings, store *db.DB, out string) error {
	told := exported{}
	to := func(write func(io.Writer) error) error { return write(p.stdout) }
	if out != "" {
		to = func(write func(io.Writer) error) error { return export.ToFile(out, 0o600, write) }
	}
	err := exportAll(ctx, r, s, store, &told, to)
	if err != nil {
		if out != "" {
			err = fmt.Errorf("export to %s: %w", out, err)
		}
		return err
	}
	if told.again {
		fmt.Fprintln(p.stderr, "written again: the last export of this cursor was broken off; what is new since comes with the next")
	} else if out != "" {
		fmt.Fprintf(p.stderr, "%s written to %s\n", count(told.rows, "row"), out)
	}
	if told.otherwise {
		p.hint("the last export of this cursor had other filters: what they left out before is not in this one; a new cursor NAME begins with everything")
	}
	if r.shape == export.SES && told.rows > export.SESMost {
		fmt.Fprintf(p.stderr, "SES takes %d addresses an import job: split -l %d cuts the file\n", export.SESMost, export.SESMost)
	}
	if told.left > 0 {
		fmt.Fprintf(p.stderr, "%s left out: %s has to be told of these by hand\n", count(told.left, "released contact"), r.shape)
	}
	return nil
}

// exported is how an export went.
type exported struct {
	rows, left int  // written; released and left out of a provider's shape
	again      bool // rows of an export that was broken off were written again
	otherwise  bool // the one before of this cursor had other filters
}

// exportAll writes everything, or what is new for a cursor, by to.
func exportAll(ctx context.Context, r exportRequest, s *settings, store *db.DB, told *exported, to func(func(io.Writer) error) error) error {
	if r.cursor != "" {
		return exportNew(ctx, r, s, store, told, to)
	}
	return to(func(w io.Writer) (err error) {
		*told, err = r.write(ctx, w, s, store, nil)
		return err
	})
}

// write writes the rows asked for, of a span only if there is one.
func (r exportRequest) write(ctx context.Context, w io.Writer, s *settings, store *db.DB, span *db.Span) (e exported, err error) {
	reason, class := bouncehound.Reason(r.reason), bouncehound.Class(r.class)
	if r.what == "bounces" {
		f := db.BounceFilter{Reason: reason, Class: class, Mailbox: r.mailbox, Since: r.since}
		if span != nil {
			f.After, f.UpTo = span.After, span.UpTo
		}
		rows := s.withWords(store.Bounces(ctx, f))
		if r.hashed {
			rows = export.HashedBounces(rows)
		}
		e.rows, err = export.Bounces(w, r.options, rows)
		return e, err
	}
	f := db.ContactFilter{Reason: reason, Class: class, Mailbox: r.mailbox, Domain: r.domain, Since: r.since}
	if r.what == "do-not-email" && (span == nil || span.After < 0) {
		f.Standing = []bouncehound.Standing{bouncehound.DoNotEmail}
	}
	if span != nil && span.After < 0 {
		span = nil // the first time: all that stand so now
	}
	f.Forgotten = r.hashed
	rows := store.ContactsOf(ctx, f, span, r.what == "contacts")
	if r.hashed {
		rows = export.HashedContacts(rows)
	}
	switch {
	case r.what == "contacts":
		e.rows, err = export.Contacts(w, r.options, rows)
	case r.shape != export.Native:
		e.rows, e.left, err = export.Suppressions(w, r.options, r.shape, rows)
	default:
		e.rows, err = export.DoNotEmail(w, r.options, rows)
	}
	return e, err
}

// withWords gives bounces of the store their words, which it does not keep.
func (s *settings) withWords(rows iter.Seq2[bouncehound.Bounce, error]) iter.Seq2[bouncehound.Bounce, error] {
	return func(yield func(bouncehound.Bounce, error) bool) {
		for b, err := range rows {
			b.Verdict = s.classifier.Words(b.Verdict)
			if !yield(b, err) {
				return
			}
		}
	}
}
