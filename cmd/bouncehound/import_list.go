package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
	"bouncehound/export"
)

// A listImport is what a person says of a list to import or to take back.
type listImport struct {
	doNotEmail, alive, sent string // files
	layout                  listLayout
	refused                 string
	note, by                string
	undo                    int64
	batches                 bool
	out                     output
}

func (l *listImport) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&l.doNotEmail, "do-not-email", "", "import a list of addresses not to be mailed from `FILE`")
	flags.StringVar(&l.alive, "alive", "", "import a list of addresses that were seen to work from `FILE`")
	flags.StringVar(&l.sent, "sent", "", "import a sent log from `FILE`")
	l.layout.flags(cmd, "column of the addresses, or `FIELD=NAME` for message_id, contact_id, sent_at, at; a number counts from 1")
	flags.StringVar(&l.refused, "refused", "", "write the rows that were refused to `FILE`, with one column more that says why")
	flags.StringVar(&l.note, "note", "", "why, kept with each change")
	flags.StringVar(&l.by, "by", "", "who (else $SUDO_USER or $USER)")
	flags.Int64Var(&l.undo, "undo", 0, "take the list of `BATCH` back")
	flags.BoolVar(&l.batches, "batches", false, "list the imported lists")
	l.out.flag(cmd)
}

// asked returns the kind of list that is to be imported, empty for none, and its file.
func (l *listImport) asked(cmd *cobra.Command) (kind bouncehound.ListKind, file string, err error) {
	n := 0
	for flag, k := range map[string]bouncehound.ListKind{"do-not-email": bouncehound.ListDoNotEmail, "alive": bouncehound.ListAlive, "sent": bouncehound.ListSent} {
		if f := cmd.Flags().Lookup(flag); f.Changed {
			kind, file = k, f.Value.String()
			n++
		}
	}
	if l.batches {
		n++
	}
	if cmd.Flags().Changed("undo") {
		n++
		if l.undo < 1 {
			return "", "", usageError{fmt.Errorf("--undo %d: no such batch", l.undo), "bouncehound import --batches lists them"}
		}
	}
	if n > 1 {
		return "", "", usageError{errors.New("one list at a time"), "bouncehound import --help"}
	}
	return kind, file, nil
}

// listAtOnce is how many rows of a list are added in one transaction.
const listAtOnce = 500

// importList adds the rows of a list, batch by batch.
func (p *program) importList(ctx context.Context, s *settings, store *db.DB, kind bouncehound.ListKind, file string, l *listImport) error {
	if same(file, l.refused) {
		return usageError{errors.New("two of the files are the same"), ""}
	}
	layout, err := l.layout.options()
	if err != nil {
		return err
	}
	in, err := p.openList(file)
	if err != nil {
		return err
	}
	defer in.Close()
	reader, err := export.ReadList(in, kind, layout)
	if err != nil {
		return listError(err)
	}
	list, err := store.BeginList(ctx, bouncehound.List{Kind: kind, Source: file, By: p.who(l.by), Note: l.note})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "batch %d: %s\n", list.Batch, printable(file))
	a := adding{p: p, s: s, store: store, reader: reader, list: list, progress: &progress{p: p, what: "rows read", every: rowsEvery}}
	err = toFileOrNone(l.refused, func(w io.Writer) error {
		a.refusals = w
		return a.all(ctx)
	})
	a.progress.end()
	if err == nil {
		_, err = store.FinishList(ctx, list.Batch, a.refused)
	}
	fmt.Fprintf(p.stdout, "%s: %d added, %d already there, %d refused; batch %d\n", count(a.added+a.present+a.refused, "row"), a.added, a.present, a.refused, list.Batch)
	if err != nil {
		return hintError{err, fmt.Sprintf("what was added stays: do it again for the rest, or take it back with bouncehound import --undo %d", list.Batch)}
	}
	if missing := reader.Missing(); len(missing) > 0 {
		var names []string
		for _, field := range missing {
			names = append(names, string(field))
		}
		p.hint(fmt.Sprintf("no column is known to hold %s: if one does, take the list back and name it with --column %s=NAME", strings.Join(names, ", "), names[0]))
	}
	if a.refused > 0 && l.refused == "" {
		p.hint("--refused FILE writes the refused rows, each with the reason")
	}
	return nil
}

// An adding is the import of one list.
type adding struct {
	p        *program
	s        *settings
	store    *db.DB
	reader   *export.ListReader
	list     bouncehound.List
	refusals io.Writer // nil: the first few are told on stderr
	progress *progress

	added, present, refused int // rows
}

// refusedTold is how many refused rows are told on stderr.
const refusedTold = 10

func (a *adding) all(ctx context.Context) error {
	for {
		var rows []export.ListRow
		var err error
		for len(rows) < listAtOnce && err == nil {
			var r export.ListRow
			if r, err = a.reader.Next(); err == nil {
				rows = append(rows, r)
			}
		}
		if addErr := a.rows(ctx, rows); addErr != nil {
			return addErr
		}
		a.progress.add(len(rows))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// rows adds rows and counts what became of them.
func (a *adding) rows(ctx context.Context, rows []export.ListRow) error {
	if len(rows) == 0 {
		return nil
	}
	outcomes, err := a.outcomes(ctx, rows)
	if err != nil {
		return err
	}
	for i, r := range rows {
		o := outcomes[i]
		if r.Problem != nil {
			o = db.ListedRow{Refused: r.Problem}
		}
		switch {
		case o.Refused != nil:
			if err := a.refuse(r, o.Refused); err != nil {
				return err
			}
		case o.Added:
			a.added++
		default:
			a.present++
		}
	}
	return nil
}

// outcomes adds the rows that can be used in one transaction and returns one outcome a
// row: where a row has several addresses, refused if one was, else added if one was.
func (a *adding) outcomes(ctx context.Context, rows []export.ListRow) ([]db.ListedRow, error) {
	outcomes := make([]db.ListedRow, len(rows))
	var of []int // the row of each
	if a.list.Kind == bouncehound.ListSent {
		var sent []bouncehound.Sent
		for i, r := range rows {
			if r.Problem == nil {
				sent, of = append(sent, r.Sent), append(of, i)
			}
		}
		added, err := a.store.AddSent(ctx, a.list.Batch, sent)
		for j, i := range of {
			if err == nil {
				outcomes[i].Added = added[j]
			}
		}
		return outcomes, err
	}
	var listed []bouncehound.Listed
	for i, r := range rows {
		for _, row := range r.Listed {
			listed, of = append(listed, a.known(row)), append(of, i)
		}
	}
	done, err := a.store.AddListed(ctx, a.list, listed, a.s.Policy)
	for j, i := range of {
		if err == nil {
			outcomes[i].Added = outcomes[i].Added || done[j].Added
			outcomes[i].Refused = errors.Join(outcomes[i].Refused, done[j].Refused)
		}
	}
	return outcomes, err
}

// known takes out of a row what is no reason of ours, but for people. ESPs write
// COMPLAINT: that must not be lost sight of.
func (a *adding) known(row bouncehound.Listed) bouncehound.Listed {
	for _, k := range classifier.Reasons() {
		if strings.EqualFold(string(k.Reason), string(row.Reason)) {
			row.Reason, row.Class = k.Reason, k.Class
			return row
		}
	}
	if strings.EqualFold(string(row.Class), string(bouncehound.Complaint)) {
		row.Reason, row.Class = bouncehound.ComplaintReceived, bouncehound.Complaint
		return row
	}
	if row.Note == "" {
		row.Note = string(row.Reason)
	}
	row.Reason, row.Class, row.Status = "", "", ""
	return row
}

func (a *adding) refuse(r export.ListRow, why error) error {
	a.refused++
	if a.refusals != nil {
		return a.reader.WriteRefused(a.refusals, r, why)
	}
	if a.refused <= refusedTold {
		fmt.Fprintf(a.p.stderr, "line %d refused: %s\n", r.Line, printable(why.Error()))
	}
	return nil
}

// undoList takes a batch back.
func (p *program) undoList(ctx context.Context, s *settings, store *db.DB, l *listImport) error {
	done, err := store.UndoList(ctx, l.undo, s.Policy, db.By{Who: p.who(l.by), Note: l.note})
	switch {
	case errors.Is(err, db.ErrNotFound):
		return hintError{fmt.Errorf("there is no batch %d", l.undo), "bouncehound import --batches lists them"}
	case err != nil:
		return hintError{err, fmt.Sprintf("bouncehound import --undo %d goes on from here", l.undo)}
	}
	if done.List.Kind == bouncehound.ListSent {
		fmt.Fprintf(p.stdout, "batch %d undone: %s of the sent log taken out\n", l.undo, count(done.Restored, "row"))
		return nil
	}
	fmt.Fprintf(p.stdout, "batch %d undone: %s restored, %d left as they are\n", l.undo, count(done.Restored, "contact"), done.Kept)
	return nil
}

func (p *program) printBatches(ctx context.Context, store *db.DB, out output) error {
	var t *table
	var csv *records
	if out == outputCSV {
		csv = newRecords(p.stdout, "batch", "kind", "source", "at", "by", "note", "added", "present", "refused", "finished", "undone")
	}
	if out == outputTable {
		t = newTable(p.stdout, "BATCH", "KIND", "AT", "BY", "ADDED", "PRESENT", "REFUSED", "STATE", "SOURCE")
	}
	for l, err := range store.Lists(ctx) {
		if err != nil {
			return err
		}
		state := "finished"
		if l.Finished.IsZero() {
			state = "broken off"
		}
		if !l.Undone.IsZero() {
			state = "undone"
		}
		switch {
		case t != nil:
			t.row(fmt.Sprint(l.Batch), string(l.Kind), minute(l.At), l.By, fmt.Sprint(l.Added), fmt.Sprint(l.Present), fmt.Sprint(l.Refused), state, l.Source)
		case csv != nil:
			err = csv.record(fmt.Sprint(l.Batch), string(l.Kind), l.Source, stamp(l.At), l.By, l.Note, fmt.Sprint(l.Added), fmt.Sprint(l.Present), fmt.Sprint(l.Refused), stamp(l.Finished), stamp(l.Undone))
		default:
			err = jsonLines(p.stdout).Encode(l)
		}
		if err != nil {
			return err
		}
	}
	if t != nil {
		return t.end()
	}
	return nil
}
