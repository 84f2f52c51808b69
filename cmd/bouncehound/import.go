package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bouncehound"
)

// importBatch is how many messages are recorded in one transaction.
const importBatch = 100

func (p *program) importCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import PATH…",
		Short: "Read messages from files into the store",
		Long: `Reads the same input as parse and records it, as if it had come from an inbox: an
.eml file, an mbox file, a Maildir, a directory, or - for the standard input (so an
MTA can pipe its bounces here). What is in the store already is not recorded twice.`,
		Example: `  bouncehound import ~/Maildir/.Bounces
  bouncehound import - < returned.eml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			s, err := p.storeSettings()
			if err != nil {
				return err
			}
			store, err := p.openStore(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer store.Close()
			in := ingest{judge: s.judge(p, nil), store: store, policy: s.Policy}
			tally, err := in.paths(cmd.Context(), p, paths)
			fmt.Fprintf(p.stdout, "%s read: %d recorded (%s), %d already there\n",
				count(tally.read, "message"), tally.recorded, tally.kinds(), tally.read-tally.recorded)
			return err
		},
	}
}

// A tally counts what became of messages.
type tally struct{ read, recorded, reports, unread, other int }

func (t tally) kinds() string {
	return fmt.Sprintf("%s, %d not understood, %d no bounce", count(t.reports, "report"), t.unread, t.other)
}

// paths records the messages at paths, batch by batch, past those that can't be read.
func (in ingest) paths(ctx context.Context, p *program, paths []string) (t tally, err error) {
	var failed []error
	var batch []bouncehound.Message
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		recorded, err := in.take(ctx, in.judge.messages(batch), bouncehound.Place{})
		if err != nil {
			return err
		}
		for i, r := range recorded {
			t.read++
			if r.Err != nil {
				failed = append(failed, fmt.Errorf("%s: kept as unread: %w", batch[i].Source, r.Err))
			}
			if !r.New {
				continue
			}
			t.recorded++
			switch r.Kind {
			case bouncehound.KindReport:
				t.reports++
			case bouncehound.KindUnread:
				t.unread++
			default:
				t.other++
			}
		}
		batch = nil
		return nil
	}
	size := 0
	for m, err := range p.readPaths(ctx, paths) {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		batch = append(batch, m)
		size += len(m.Raw)
		if len(batch) < importBatch && size < 16<<20 {
			continue
		}
		size = 0
		if err := flush(); err != nil {
			return t, errors.Join(append(failed, err)...)
		}
	}
	if err := flush(); err != nil {
		failed = append(failed, err)
	}
	if ctx.Err() != nil {
		failed = append(failed, ctx.Err())
	}
	return t, errors.Join(failed...)
}
