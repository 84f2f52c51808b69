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
	var list listImport
	cmd := &cobra.Command{
		Use:   "import PATH… | --do-not-email FILE | --alive FILE | --sent FILE | --undo BATCH | --batches",
		Short: "Read messages from files into the store; import lists",
		Long: `Reads the same input as parse and records it, as if it had come from an inbox: an
.eml file, an mbox file, a Maildir, a directory, or - for the standard input (so an
MTA can pipe its bounces here). What is in the store already is not recorded twice.

Lists are files of rows and columns with any delimiter, in UTF-8, UTF-16 or
Windows-1252; - is the standard input:

--do-not-email  addresses that must not be mailed
--alive         addresses that were seen to work (they wrote, they clicked): whom a
                bounce before that flagged is released; not who complained, nor whom a
                person or a list flagged
--sent          what was sent: address, message id, contact id, time. Bounces carry
                contact_id and sent_at then, by message id or else by recipient and time

Columns are told by their names. Each list is a batch that --undo takes back; one that
was broken off keeps what it has added, and done again adds the rest.`,
		Example: `  bouncehound import ~/Maildir/.Bounces
  bouncehound import - < returned.eml
  bouncehound import --do-not-email suppressed.csv --column 'E-mail 1' --refused refused.csv
  bouncehound import --sent sent.csv --column message_id=MsgId --column contact_id=Customer
  bouncehound import --undo 7`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			return p.importAny(cmd, &list, paths)
		},
	}
	list.flags(cmd)
	return cmd
}

// importAny imports what the command line names: messages, or a list.
func (p *program) importAny(cmd *cobra.Command, list *listImport, paths []string) error {
	kind, file, err := list.asked(cmd)
	if err != nil {
		return err
	}
	if (kind != "" || list.undo != 0 || list.batches) == (len(paths) > 0) {
		return usageError{errors.New("import takes paths of messages, or one list"), "bouncehound import --help"}
	}
	s, err := p.storeSettings()
	if err != nil {
		return err
	}
	store, err := p.openStore(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer store.Close()
	switch {
	case list.batches:
		return p.printBatches(cmd.Context(), store, list.out)
	case list.undo != 0:
		return p.undoList(cmd.Context(), s, store, list)
	case kind != "":
		return p.importList(cmd.Context(), s, store, kind, file, list)
	}
	in := ingest{judge: s.judge(p, nil), store: store, policy: s.Policy}
	tally, err := in.paths(cmd.Context(), p, paths)
	fmt.Fprintf(p.stdout, "%s read: %d recorded (%s), %d already there\n",
		count(tally.read, "message"), tally.recorded, tally.kinds(), tally.read-tally.recorded)
	return err
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
	told := &progress{p: p, what: "messages read", every: messagesEvery}
	defer told.end()
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
		told.add(len(batch))
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
