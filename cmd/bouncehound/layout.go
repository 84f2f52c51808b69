package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"bouncehound/export"
)

// A listLayout is what a person says of how a list is laid out.
type listLayout struct {
	columns   []string // NAME, or FIELD=NAME
	delimiter string
}

func (l *listLayout) flags(cmd *cobra.Command, columnUsage string) {
	cmd.Flags().StringArrayVar(&l.columns, "column", nil, columnUsage)
	cmd.Flags().StringVar(&l.delimiter, "delimiter", "", "`CHARACTER` between columns, or tab (else it is found out)")
}

// listFields are the fields whose column can be named.
var listFields = []export.Field{export.FieldEmail, export.FieldMessageID, export.FieldContactID, export.FieldSentAt, export.FieldAt}

func (l *listLayout) options() (o export.ListOptions, err error) {
	for _, c := range l.columns {
		field, name := export.FieldEmail, c
		for _, f := range listFields {
			if after, ok := strings.CutPrefix(c, string(f)+"="); ok {
				field, name = f, after
			}
		}
		if o.Columns == nil {
			o.Columns = map[export.Field]string{}
		}
		if _, twice := o.Columns[field]; twice || name == "" {
			return o, usageError{fmt.Errorf("--column %q: %s has one column", c, field), ""}
		}
		o.Columns[field] = name
	}
	switch r, n := utf8.DecodeRuneInString(l.delimiter); {
	case l.delimiter == "":
	case l.delimiter == "tab" || l.delimiter == `\t`:
		o.Delimiter = '\t'
	case n != len(l.delimiter) || r >= utf8.RuneSelf || strings.ContainsRune("\"\r\n@", r):
		return o, usageError{fmt.Errorf("--delimiter %q: want one character", l.delimiter), "for example ';' or tab"}
	default:
		o.Delimiter = r
	}
	return o, nil
}

// openList opens a list; - is the standard input.
func (p *program) openList(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(p.stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s is a directory", path)
	}
	return f, nil
}

// listError adds to an error about a list what to do.
func listError(err error) error {
	var column *export.ColumnError
	if errors.As(err, &column) {
		return usageError{err, "--column NAME says which column holds the addresses"}
	}
	return err
}

// A progress tells people at a terminal how far long work is. Many goroutines may add to
// it.
type progress struct {
	mu      sync.Mutex
	p       *program
	what    string // "rows cleaned"
	every   int    // how many are done between two words about them
	n, told int
}

const (
	rowsEvery     = 50_000
	messagesEvery = 1_000
)

func (t *progress) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
	if t.n-t.told < t.every || !isTerminal(t.p.stderr) {
		return
	}
	t.told = t.n
	fmt.Fprintf(t.p.stderr, "\r%d %s", t.n, t.what)
}

func (t *progress) end() {
	if t.told > 0 {
		fmt.Fprint(t.p.stderr, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
