package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
	"bouncehound/export"
)

// A cleanRequest is what clean is asked for.
type cleanRequest struct {
	layout      listLayout
	out         string
	removed     string
	hints       string
	checkSyntax bool
}

func (p *program) cleanCommand() *cobra.Command {
	var r cleanRequest
	cmd := &cobra.Command{
		Use:   "clean CONTACTS.csv",
		Short: "Take those who must not be mailed out of a contact list",
		Long: `Writes the rows of a contact list that may be mailed, octet for octet, and leaves out
those whose address stands at do_not_email or whose domain is never to be mailed. The
list may be of any size, have any delimiter, and be UTF-8, UTF-16 or Windows-1252; - is
the standard input. The column of the addresses is told by its name or by what is in it.

Rows without an address are kept, unless --check-syntax, which removes what no mail
server would take, and tells addresses that look like typing errors.`,
		Example: `  bouncehound clean contacts.csv --out clean.csv --removed removed.csv
  bouncehound clean contacts.csv --check-syntax --hints hints.csv > clean.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.holdRows()
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			return p.clean(cmd.Context(), store, args[0], r)
		},
	}
	flags := cmd.Flags()
	r.layout.flags(cmd, "column of the addresses: its `NAME`, or its number from 1")
	flags.StringVar(&r.out, "out", "", "write the rows that may be mailed to `FILE`, whole or not at all; it may be the list itself")
	flags.StringVar(&r.removed, "removed", "", "write the other rows to `FILE`, with two columns more that say why")
	flags.BoolVar(&r.checkSyntax, "check-syntax", false, "also remove rows without an address that a mail server would take")
	flags.StringVar(&r.hints, "hints", "", "write addresses that look like typing errors to `FILE`, with what was probably meant")
	return cmd
}

// clean opens the files, the one that is needed last outermost: a file takes its place
// when what is inside is done, and the list, if it is replaced, goes last.
func (p *program) clean(ctx context.Context, store *db.DB, list string, r cleanRequest) error {
	if same(r.out, r.removed) || same(r.out, r.hints) || same(r.removed, r.hints) || same(list, r.removed) || same(list, r.hints) {
		return usageError{errors.New("two of the files are the same"), ""}
	}
	layout, err := r.layout.options()
	if err != nil {
		return err
	}
	in, err := p.openList(list)
	if err != nil {
		return err
	}
	defer in.Close()
	var report export.CleanReport
	tally := &progress{p: p, what: "rows cleaned", every: rowsEvery}
	err = p.toFile(r.out, func(kept io.Writer) error {
		return toFileOrNone(r.removed, func(removed io.Writer) error {
			return toFileOrNone(r.hints, func(hints io.Writer) error {
				typos := p.newTypos(hints)
				o := export.CleanOptions{ListOptions: layout, CheckSyntax: r.checkSyntax}
				if r.checkSyntax || hints != nil {
					o.Hint = typos.hint
				}
				o.Check = func(addresses []string) ([]export.Removal, error) {
					defer tally.add(len(addresses))
					return removals(ctx, store, addresses)
				}
				var err error
				if report, err = export.Clean(ctx, kept, removed, in, o); err != nil {
					return err
				}
				return typos.end()
			})
		})
	})
	tally.end()
	if err != nil {
		return listError(err)
	}
	fmt.Fprintf(p.stderr, "%s: %d kept, %d removed\n", count(report.Kept+report.Removed, "row"), report.Kept, report.Removed)
	if report.NoAddress > 0 {
		p.hint(fmt.Sprintf("%s kept without an address that was found; --check-syntax removes them", count(report.NoAddress, "row")))
	}
	return nil
}

// removals says why addresses may not be mailed.
func removals(ctx context.Context, store *db.DB, addresses []string) ([]export.Removal, error) {
	flagged, err := store.CheckFlagged(ctx, addresses)
	if err != nil {
		return nil, err
	}
	all := make([]export.Removal, len(addresses))
	for i, c := range flagged {
		all[i] = removal(c)
	}
	return all, nil
}

func removal(c *db.Check) export.Removal {
	if c.Contact.Standing != bouncehound.DoNotEmail {
		why := "never to be mailed: " + c.Entry.Value
		if c.Entry.Note != "" {
			why += ": " + c.Entry.Note
		}
		return export.Removal{Reason: "domain", Why: why}
	}
	k := c.Contact
	r := export.Removal{Reason: firstOf(string(k.Reason), string(k.Cause)), Why: "do_not_email since " + day(k.Since) + " (" + string(k.Cause) + ")"}
	if k.Cause == bouncehound.CauseHand || k.Cause == bouncehound.CauseImport && k.Class != bouncehound.Complaint {
		r.Reason = string(k.Cause)
	}
	if more := firstOf(k.Note, k.Diagnostic); more != "" {
		r.Why += ": " + more
	}
	return r
}

// typos are addresses that look like typing errors.
type typos struct {
	p     *program
	out   *records // nil: told on stderr, the first few
	known map[string]bool
	found int
}

// typosTold is how many are told on stderr.
const typosTold = 20

func (p *program) newTypos(w io.Writer) *typos {
	t := &typos{p: p, known: map[string]bool{}}
	if w != nil {
		t.out = newRecords(w, "line", "email", "did_you_mean")
	}
	return t
}

func (t *typos) hint(line int, address string) error {
	domain := bouncehound.Domain(address)
	right, seen := t.known[domain]
	if !seen {
		right = classifier.Meant(address) == ""
		if len(t.known) < 100_000 {
			t.known[domain] = right
		}
	}
	if right {
		return nil
	}
	t.found++
	switch meant := classifier.Meant(address); {
	case t.out != nil:
		return t.out.record(fmt.Sprint(line), address, meant)
	case t.found <= typosTold:
		fmt.Fprintf(t.p.stderr, "line %d: %s: did you mean %s?\n", line, printable(address), printable(meant))
	}
	return nil
}

func (t *typos) end() error {
	if t.out != nil {
		return t.out.end()
	}
	if t.found > typosTold {
		fmt.Fprintf(t.p.stderr, "%d more look like typing errors: --hints FILE lists them\n", t.found-typosTold)
	}
	return nil
}

// toFile writes to a file whole or not at all, or to the standard output where none is
// named.
func (p *program) toFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return write(p.stdout)
	}
	return export.ToFile(path, 0o600, write)
}

// toFileOrNone is toFile for what is wanted only where a file is named.
func toFileOrNone(path string, write func(io.Writer) error) error {
	if path == "" {
		return write(nil)
	}
	return export.ToFile(path, 0o600, write)
}

// same says whether two names are of one file.
func same(a, b string) bool {
	if a == "" || b == "" || a == "-" || b == "-" {
		return false
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, two)
}
