package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/db"
	"bouncehound/export"
)

// An exportRequest is what an export is asked for.
type exportRequest struct {
	since, reason, class, mailbox string
	out                           string
	form                          output
	raw                           bool
}

func (p *program) exportCommand() *cobra.Command {
	r := exportRequest{}
	cmd := &cobra.Command{
		Use:       "export bounces|contacts|do-not-email",
		Short:     "Write bounces or contacts as CSV or JSON Lines",
		Long:      `Writes bounces, contacts, or the contacts not to be mailed, as CSV (RFC 4180, UTF-8) or JSON Lines, to the standard output or, whole or not at all, to a file.`,
		Example:   `  bouncehound export do-not-email --out do-not-email.csv`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bounces", "contacts", "do-not-email"},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			write, err := p.exporter(cmd.Context(), args[0], r, s, store)
			if err != nil {
				return err
			}
			if r.out == "" {
				_, err := write(p.stdout)
				return err
			}
			n := 0
			err = export.ToFile(r.out, 0o600, func(w io.Writer) error {
				var err error
				n, err = write(w)
				return err
			})
			if err != nil {
				return fmt.Errorf("export to %s: %w", r.out, err)
			}
			fmt.Fprintf(p.stderr, "%s written to %s\n", count(n, "row"), r.out)
			return nil
		},
	}
	flags := cmd.Flags()
	r.form.flag(cmd)
	r.form = outputCSV
	flags.Lookup("output").DefValue = "csv"
	flags.StringVar(&r.since, "since", "", "bounced since, or standing changed since: a date, a time or an age such as 7d")
	flags.StringVar(&r.reason, "reason", "", "only this reason")
	flags.StringVar(&r.class, "class", "", "only this class")
	flags.StringVar(&r.mailbox, "mailbox", "", "only what came to this mailbox")
	flags.StringVar(&r.out, "out", "", "write to `FILE`, whole or not at all")
	flags.BoolVar(&r.raw, "raw", false, "leave cells that a spreadsheet takes for formulas as they are")
	return cmd
}

// exporter returns what writes the rows asked for and counts them.
func (p *program) exporter(ctx context.Context, what string, r exportRequest, s *settings, store *db.DB) (func(io.Writer) (int, error), error) {
	if err := checkFilter(r.reason, r.class); err != nil {
		return nil, err
	}
	since, err := p.parseSince(r.since)
	if err != nil {
		return nil, err
	}
	o := export.Options{Format: export.CSV, Raw: r.raw}
	switch r.form {
	case outputJSON:
		o.Format = export.JSON
	case outputTable:
		return nil, usageError{fmt.Errorf("export writes csv or json"), "bouncehound list prints a table"}
	}
	reason, class := bouncehound.Reason(r.reason), bouncehound.Class(r.class)
	contacts := db.ContactFilter{Reason: reason, Class: class, Mailbox: r.mailbox, Since: since}
	switch what {
	case "bounces":
		rows := store.Bounces(ctx, db.BounceFilter{Reason: reason, Class: class, Mailbox: r.mailbox, Since: since})
		return func(w io.Writer) (int, error) { return export.Bounces(w, o, s.withWords(rows)) }, nil
	case "contacts":
		return func(w io.Writer) (int, error) { return export.Contacts(w, o, store.Contacts(ctx, contacts)) }, nil
	}
	contacts.Standing = []bouncehound.Standing{bouncehound.DoNotEmail}
	return func(w io.Writer) (int, error) { return export.DoNotEmail(w, o, store.Contacts(ctx, contacts)) }, nil
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
