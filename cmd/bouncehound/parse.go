package main

import (
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/export"
)

func (p *program) parseCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "parse PATH…",
		Short: "Print what messages say, without a store",
		Long: `Reads messages and prints what they say about each recipient and what that means.
A PATH is an .eml file, an mbox file (its messages are named FILE#N), a Maildir, a
directory with any of these, or - for the standard input. It goes on past a path
that cannot be read and then exits with 1.`,
		Example: `  bouncehound parse returned.eml
  bouncehound parse -o json ~/Maildir | jq .reason`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			j, err := p.judgeWithoutStore()
			if err != nil {
				return err
			}
			var unreadable []error
			rows := func(yield func(bouncehound.Bounce, error) bool) {
				for m, err := range p.readPaths(cmd.Context(), paths) {
					if err != nil {
						unreadable = append(unreadable, err)
						continue
					}
					for _, b := range j.lines(m) {
						if !yield(b, nil) {
							return
						}
					}
				}
			}
			return errors.Join(p.printBounces(out, rows), errors.Join(unreadable...))
		},
	}
	out.flag(cmd)
	return cmd
}

// lines returns what a message comes to, with its source: its bounces, or the one
// line of a message that is not about delivery.
func (j judge) lines(m bouncehound.Message) []bouncehound.Bounce {
	judged := j.message(m)
	bounces := judged.Bounces
	if len(bounces) == 0 {
		bounces = []bouncehound.Bounce{bouncehound.NotABounce(m, judged.Report, j.now())}
	}
	for i := range bounces {
		bounces[i].Source = m.Source
	}
	return bounces
}

// printBounces prints bounces in the form asked for.
func (p *program) printBounces(out output, rows iter.Seq2[bouncehound.Bounce, error]) error {
	switch out {
	case outputJSON:
		_, err := export.Bounces(p.stdout, export.Options{Format: export.JSON}, rows)
		return err
	case outputCSV:
		_, err := export.Bounces(p.stdout, export.Options{Format: export.CSV}, rows)
		return err
	}
	t := newTable(p.stdout, "SOURCE", "ACTION", "RECIPIENT", "CLASS", "REASON", "STATUS", "DIAGNOSTIC")
	for b, err := range rows {
		if err != nil {
			return errors.Join(t.end(), err)
		}
		t.row(b.Source, string(b.Action), b.Address, string(b.Class), string(b.Reason), statusCell(b.Recipient), cut(b.Diagnostic, 80))
	}
	return t.end()
}

// statusCell shows the codes of a recipient: "550 5.1.1".
func statusCell(r bouncehound.Recipient) string {
	switch {
	case r.Reply == 0:
		return r.Status
	case r.Status == "":
		return fmt.Sprint(r.Reply)
	}
	return fmt.Sprintf("%d %s", r.Reply, r.Status)
}
