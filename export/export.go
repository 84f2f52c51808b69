// Package export writes bounces and contacts as CSV (RFC 4180) and as JSON Lines.
//
// Rows are streamed: memory does not grow with their number. CSV is UTF-8 with a
// header row and CRLF line ends; times are RFC 3339 in UTC; the address column is
// email. Cells that a spreadsheet would take for a formula are defused, see
// [Defuse]. JSON has the keys of the root package's types and no cell is changed.
//
// To get a file that is written whole or not at all, write within [ToFile].
package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"bouncehound"
)

// A Format is a form of output.
type Format string

const (
	CSV  Format = "csv"
	JSON Format = "json" // JSON Lines: one object a line
)

// Options say how rows are written. The zero Options write CSV.
type Options struct {
	Format Format // empty: CSV
	Raw    bool   // formula cells are left as they are (CSV only; JSON is never changed)

	plain    bool // LF ends a line, as programs that are not spreadsheets expect
	headless bool // no header row
}

// Bounces writes one line for each bounce and returns how many it wrote.
//
// The CSV columns are the keys of the flat JSON, with the recipient named email
// and the original message flattened to original_message_id, original_subject and
// so on. The captured header fields are one cell, original_headers, which holds
// them as a JSON object. A column source stands first if the first bounce has a
// source. JSON lines are the flat bounces.
//
// An error of rows ends the output and is returned wrapped, as is one of w.
func Bounces(w io.Writer, o Options, rows iter.Seq2[bouncehound.Bounce, error]) (n int, err error) {
	return write(w, o, "bounces", rows, bounceColumns)
}

// Contacts writes one line for each contact, whatever its standing, and returns
// how many it wrote. Errors are as of [Bounces].
func Contacts(w io.Writer, o Options, rows iter.Seq2[bouncehound.Contact, error]) (n int, err error) {
	return write(w, o, "contacts", rows, func(bouncehound.Contact) []column[bouncehound.Contact] { return contactColumns })
}

// DoNotEmail writes the Do Not Email list, one line for each contact that rows
// yields, and returns how many it wrote. The standing is the last column, because
// an incremental export also tells of released contacts. JSON lines are whole
// contacts. Errors are as of [Bounces].
func DoNotEmail(w io.Writer, o Options, rows iter.Seq2[bouncehound.Contact, error]) (n int, err error) {
	return write(w, o, "do-not-email", rows, func(bouncehound.Contact) []column[bouncehound.Contact] { return doNotEmailColumns })
}

// write writes rows of one kind; columns chooses the CSV columns by the first row.
func write[T any](w io.Writer, o Options, what string, rows iter.Seq2[T, error], columns func(first T) []column[T]) (n int, err error) {
	rows = ahead(rows)
	switch o.Format {
	case CSV, "":
		n, err = writeCSV(w, o, rows, columns)
	case JSON:
		n, err = writeJSON(w, rows)
	default:
		return 0, fmt.Errorf("export %s: unknown format %q", what, o.Format)
	}
	if err != nil {
		return n, fmt.Errorf("export %s: %w", what, err)
	}
	return n, nil
}

func writeJSON[T any](w io.Writer, rows iter.Seq2[T, error]) (n int, err error) {
	out := bufio.NewWriterSize(w, bufferSize)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for row, err := range rows {
		if err != nil {
			return n, keepFirst(err, out.Flush())
		}
		if err := lines.Encode(row); err != nil {
			return n, err
		}
		n++
	}
	return n, out.Flush()
}

// keepFirst returns the error that came first.
func keepFirst(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
