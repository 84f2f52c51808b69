package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"bouncehound"
)

// A ListReader reads a list row by row.
type ListReader struct {
	sheet   *sheet
	kind    bouncehound.ListKind
	at      map[Field]int
	header  bool
	refused *extender
	width   int
	before  []byte
	head    *row
}

// A ListRow is one row of a list: one contact for each address in it, or what was sent.
type ListRow struct {
	Line    int // where it begins, from 1
	Listed  []bouncehound.Listed
	Sent    bouncehound.Sent
	Problem error // why it cannot be used; then the rest is not set

	raw, end []byte
	cells    int
}

// Why a row cannot be used.
var (
	errNoAddress = errors.New("no address")
	errNothing   = errors.New("neither an address nor a Message-ID")
	errNotListed = errors.New("the row says that it may be mailed")
)

// ReadList opens a list of a kind, of any delimiter, in UTF-8, UTF-16 or Windows-1252.
// The error is a [ColumnError] where the column of the addresses cannot be told. A
// sent log may have Message-IDs in place of addresses.
func ReadList(r io.Reader, kind bouncehound.ListKind, o ListOptions) (*ListReader, error) {
	fields := []Field{FieldAt, fieldReason, fieldClass, fieldStatus, fieldDiagnostic, fieldNote, fieldStanding}
	if kind == bouncehound.ListSent {
		fields = []Field{FieldMessageID, FieldSentAt, FieldContactID}
	}
	l := &ListReader{kind: kind}
	var err error
	if l.sheet, l.at, l.header, l.width, err = o.open(r, fields...); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	_, email := l.at[FieldEmail]
	_, id := l.at[FieldMessageID]
	if !email && !id && l.width > 0 {
		first, err := l.sheet.next()
		if err != nil {
			return nil, fmt.Errorf("read the list: %w", err)
		}
		return nil, &ColumnError{Field: FieldEmail, Columns: first.texts()}
	}
	if err := l.begin(); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	l.refused = newExtender(l.sheet, l.width, l.before, l.head, "refused_because")
	return l, nil
}

// Missing returns what a sent log may tell and this one has no column for that is
// known; of another list nothing.
func (l *ListReader) Missing() (fields []Field) {
	if l.kind != bouncehound.ListSent || l.width == 0 {
		return nil
	}
	for _, f := range []Field{FieldEmail, FieldMessageID, FieldContactID, FieldSentAt} {
		if _, ok := l.at[f]; !ok {
			fields = append(fields, f)
		}
	}
	return fields
}

// begin reads what stands before the rows.
func (l *ListReader) begin() (err error) {
	l.before, l.head, err = l.sheet.begin(l.header)
	return err
}

// begin reads what stands before the rows: the line that tells the delimiter, empty
// lines, and the header.
func (s *sheet) begin(header bool) (before []byte, head *row, err error) {
	for sep := s.sep; sep || header; {
		r, err := s.next()
		if err != nil {
			return before, nil, err
		}
		if sep || r.empty() {
			before, sep = append(before, r.raw...), false
			continue
		}
		r.raw = bytes.Clone(r.raw)
		r.cells = append([]cell(nil), r.cells...)
		return before, &r, nil
	}
	return before, nil, nil
}

// Next returns the next row that is not empty, and io.EOF after the last. Any other
// error ends the list.
func (l *ListReader) Next() (ListRow, error) {
	for {
		r, err := l.sheet.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = fmt.Errorf("read the list: %w", err)
			}
			return ListRow{}, err
		}
		if strings.TrimSpace(l.sheet.decode(r.raw)) == "" {
			continue
		}
		raw := bytes.Clone(r.raw)
		out := ListRow{Line: r.line, raw: raw[:r.end], end: raw[r.end:], cells: len(r.cells)}
		if l.kind == bouncehound.ListSent {
			out.Sent, out.Problem = l.sent(r)
		} else {
			out.Listed, out.Problem = l.listed(r)
		}
		return out, nil
	}
}

// WriteRefused writes a row that was refused as it was, and why.
func (l *ListReader) WriteRefused(w io.Writer, r ListRow, why error) error {
	return l.refused.write(w, r.raw, r.cells, r.end, why.Error())
}

func (l *ListReader) cell(r row, f Field) string {
	i, ok := l.at[f]
	if !ok {
		return ""
	}
	return r.text(i)
}

// addresses returns the addresses of a row; all must be some.
func (l *ListReader) addresses(r row) ([]string, error) {
	all := Addresses(l.cell(r, FieldEmail))
	if len(all) == 0 {
		return nil, errNoAddress
	}
	for _, a := range all {
		if !isUsable(a) {
			return nil, fmt.Errorf("%q is no address", a)
		}
	}
	return all, nil
}

func (l *ListReader) listed(r row) ([]bouncehound.Listed, error) {
	addresses, err := l.addresses(r)
	if err != nil {
		return nil, err
	}
	row := bouncehound.Listed{
		Reason: bouncehound.Reason(l.cell(r, fieldReason)), Class: bouncehound.Class(l.cell(r, fieldClass)),
		Status: l.cell(r, fieldStatus), Diagnostic: l.cell(r, fieldDiagnostic), Note: l.cell(r, fieldNote),
	}
	at, err := parseTime(l.cell(r, FieldAt))
	if err != nil && l.kind == bouncehound.ListAlive { // the time says what it proves
		return nil, err
	}
	row.At = at
	// An export of ours with a cursor tells of released contacts too.
	switch s := bouncehound.Standing(l.cell(r, fieldStanding)); {
	case l.kind == bouncehound.ListDoNotEmail && (s == bouncehound.OK || s == bouncehound.Watch):
		return nil, errNotListed
	}
	all := make([]bouncehound.Listed, len(addresses))
	for i, a := range addresses {
		all[i] = row
		all[i].Address = a
	}
	return all, nil
}

func (l *ListReader) sent(r row) (s bouncehound.Sent, err error) {
	s.MessageID, s.ContactID = l.cell(r, FieldMessageID), l.cell(r, FieldContactID)
	if id := s.MessageID; id != "" && !strings.HasPrefix(id, "<") {
		s.MessageID = "<" + id + ">"
	}
	if l.cell(r, FieldEmail) != "" {
		addresses, err := l.addresses(r)
		if err != nil {
			return s, err
		}
		if len(addresses) > 1 {
			return s, fmt.Errorf("%d addresses: a row tells of one recipient", len(addresses))
		}
		s.Address = addresses[0]
	}
	if s.Address == "" && s.MessageID == "" {
		return s, errNothing
	}
	s.At, err = parseTime(l.cell(r, FieldSentAt))
	return s, err
}
