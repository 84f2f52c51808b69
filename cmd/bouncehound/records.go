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
	_ = r.w.Write(columns) // an error stays with the writer and comes back at the next flush
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

// end writes what is left: the columns, where there was no record.
func (r *records) end() error {
	r.w.Flush()
	return r.w.Error()
}
