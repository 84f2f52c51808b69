package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// An output is the form in which a verb prints records.
type output string

const (
	outputTable output = "table"
	outputJSON  output = "json"
	outputCSV   output = "csv"
)

func (o *output) String() string { return string(*o) }
func (o *output) Type() string   { return "table|json|csv" }

func (o *output) Set(s string) error {
	switch output(s) {
	case outputTable, outputJSON, outputCSV:
		*o = output(s)
		return nil
	}
	return fmt.Errorf("must be table, json or csv")
}

func (o *output) flag(cmd *cobra.Command) {
	*o = outputTable
	cmd.Flags().VarP(o, "output", "o", "form of the records; json is JSON Lines")
}

// A table prints rows in columns for people.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) *table {
	t := &table{tabwriter.NewWriter(&lines{to: w}, 0, 8, 2, ' ', 0)}
	t.row(columns...)
	return t
}

// row adds one row; what others wrote in it can't disturb the terminal.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(printable(c), "\n", " ")
	}
	// A cell with a tab in it would shift the row: printable took them out. Empty cells at
	// the end are cells too: a row with fewer would begin the columns' widths anew.
	fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

func (t *table) end() error { return t.w.Flush() }

// lines passes whole lines on, without the spaces at their ends.
type lines struct {
	to   io.Writer
	line []byte // not ended yet
}

func (l *lines) Write(b []byte) (int, error) {
	for part := range bytes.SplitAfterSeq(b, []byte("\n")) {
		l.line = append(l.line, part...)
		if !bytes.HasSuffix(part, []byte("\n")) {
			continue
		}
		if _, err := l.to.Write(append(bytes.TrimRight(l.line, " \n"), '\n')); err != nil {
			return 0, err
		}
		l.line = l.line[:0]
	}
	return len(b), nil
}

// jsonLines returns an encoder of one object a line, its text as it is.
func jsonLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// cut shortens text for a table cell to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n-1]) + "…"
}

// day returns the date of a time for a table cell.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// minute returns date and time for a table cell, in UTC.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// count says "1 message", "3 messages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
