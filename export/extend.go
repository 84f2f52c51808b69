package export

import (
	"bytes"
	"io"
	"strings"
)

// An extender writes rows of a sheet as they were, with cells of ours after the last
// column.
type extender struct {
	sheet  *sheet
	width  int    // columns that every row has at least, so that ours are below their names
	end    []byte // of a row that has no line end, because it was the last
	header []byte // what stands before the rows; nil: written
	row    []byte // written last, for the next
}

// newExtender returns one for a sheet whose first rows, the mark and the line that tells
// the delimiter among them, are before; header is nil if there is none.
func newExtender(s *sheet, width int, before []byte, header *row, names ...string) *extender {
	e := &extender{sheet: s, width: width, end: s.append(nil, "\n")}
	e.header = append(bytes.Clone(s.mark), before...)
	if header != nil {
		if len(header.raw) > header.end {
			e.end = bytes.Clone(header.raw[header.end:])
		}
		e.header = e.extend(e.header, header.raw[:header.end], len(header.cells), header.raw[header.end:], names...)
	}
	return e
}

// write writes a row with our cells.
func (e *extender) write(w io.Writer, raw []byte, cells int, end []byte, ours ...string) error {
	b := e.row[:0]
	if e.header != nil {
		b, e.header = e.header, nil
	}
	e.row = e.extend(b, raw, cells, end, ours...)
	_, err := w.Write(e.row)
	return err
}

// flush writes the header if no row was written.
func (e *extender) flush(w io.Writer) error {
	_, err := w.Write(e.header)
	e.header = nil
	return err
}

// extend appends a row without its line end, our cells, and the line end.
func (e *extender) extend(b, raw []byte, cells int, end []byte, ours ...string) []byte {
	b = append(b, raw...)
	for range max(0, e.width-cells) {
		b = e.unit(b)
	}
	for _, text := range ours {
		b = e.sheet.append(e.unit(b), e.quote(Defuse(text)))
	}
	if len(end) == 0 {
		end = e.end
	}
	return append(b, end...)
}

// unit appends a delimiter.
func (e *extender) unit(b []byte) []byte { return e.sheet.append(b, string(rune(e.sheet.delimiter))) }

// quote puts a text in quotes where it has to be.
func (e *extender) quote(text string) string {
	if !strings.ContainsAny(text, "\"\r\n") && !strings.ContainsRune(text, rune(e.sheet.delimiter)) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}
