package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"bouncehound/db"
)

func (p *program) exportCursorsCommand() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "cursors",
		Short: "List the cursors of incremental exports, or drop one",
		Long: `Lists how far the exports with --cursor have read. What one of them has not read is kept,
however old: drop the cursor of an export that is made no more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			cursors, err := store.ExportCursors(cmd.Context())
			if err != nil {
				return err
			}
			return p.printExportCursors(out, cursors)
		},
	}
	out.flag(cmd)
	cmd.AddCommand(&cobra.Command{
		Use:   "drop bounces|contacts|do-not-email NAME",
		Short: "Forget how far an incremental export has read",
		Long: `Nothing is kept for it any more. Rows that a broken off export left to be written again
are dropped too; the next export of that name begins with everything.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			r := exportRequest{what: args[0], cursor: args[1]}
			if err := r.drop(cmd, s, store); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s of %s: dropped\n", r.cursor, r.what)
			return nil
		},
	})
	return cmd
}

// drop forgets a cursor, and what is still to be written for it.
func (r exportRequest) drop(cmd *cobra.Command, s *settings, store *db.DB) error {
	unknown := usageError{fmt.Errorf("no export of %s has a cursor %q", r.what, r.cursor), "bouncehound export cursors shows them"}
	_, known, err := store.ExportCursor(cmd.Context(), r.what, r.cursor)
	if err != nil {
		return err
	}
	if !known {
		return unknown
	}
	dir, err := exportsDir(s)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, r.what+"."+r.cursor)
	lock, err := lockExport(name+".lock", r.cursor)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := store.DropExportCursor(cmd.Context(), r.what, r.cursor); err != nil {
		if errors.Is(err, db.ErrNotFound) {
			return unknown
		}
		return err
	}
	_, _, err = brokenOff(name, nowhere, r)
	return err
}

// nowhere is where no export begins.
const nowhere = -2

// exportsDir is where rows lie until they are safe where they belong.
func exportsDir(s *settings) (string, error) {
	dir := s.Store.Path + ".exports"
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

func (p *program) printExportCursors(out output, cursors []db.ExportCursor) error {
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		for _, c := range cursors {
			if err := e.Encode(c); err != nil {
				return err
			}
		}
		return nil
	case outputCSV:
		w := newRecords(p.stdout, "what", "name", "behind", "since")
		for _, c := range cursors {
			if err := w.record(c.What, c.Name, fmt.Sprint(c.Behind), stamp(c.Since)); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(p.stdout, "WHAT", "NAME", "BEHIND", "SINCE")
	for _, c := range cursors {
		t.row(c.What, c.Name, fmt.Sprint(c.Behind), stamp(c.Since))
	}
	return t.end()
}
