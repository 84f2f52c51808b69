package main

import (
	"encoding/csv"
	"io"

	"bouncehound/export"
)

// records are CSV of what is no bounce and no contact, as RFC 4180 has it, with
// cells defused against spreadsheet formulas.
type records struct{ w *csv.Writer }

func newRecords(w io.Writer, columns ...string) *records {
	r := &records{csv.NewWriter(w)}
	r.w.UseCRLF = true
	_ = r.w.Write(columns) // an error stays with the writer: record and end return it
	r.w.Flush()
	return r
}

func (r *records) record(cells ...string) error {
	for i, c := range cells {
		cells[i] = export.Defuse(c)
	}
	if err := r.w.Write(cells); err != nil {
		return err
	}
	r.w.Flush()
	return r.w.Error()
}

// end returns what went wrong with the columns, where there was no record. Who prints to
// the standard output need not ask: that remembers what was lost.
func (r *records) end() error { return r.w.Error() }
