package export

import (
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// bufferSize is how many octets are gathered before they are written.
const bufferSize = 64 << 10

// A column is one column of a CSV file: its name and how to write a row's cell.
type column[T any] struct {
	name string
	cell func(l *line, row *T)
}

func writeCSV[T any](w io.Writer, o Options, rows iter.Seq2[T, error], columns func(first T) []column[T]) (n int, err error) {
	l := &line{buf: make([]byte, 0, bufferSize+4<<10), raw: o.Raw, ending: "\r\n"}
	if o.plain {
		l.ending = "\n"
	}
	var cols []column[T]
	header := func(first T) {
		cols = columns(first)
		if o.headless {
			return
		}
		for _, c := range cols {
			l.text(c.name)
		}
		l.end()
	}
	var row T // one for all, as the cells make it escape to the heap
	for next, err := range rows {
		if err != nil {
			return n, keepFirst(err, l.flush(w))
		}
		row = next
		if cols == nil {
			header(row)
		}
		for i := range cols {
			cols[i].cell(l, &row)
		}
		l.end()
		n++
		if len(l.buf) >= bufferSize {
			if err := l.flush(w); err != nil {
				return n, err
			}
		}
	}
	if cols == nil {
		var none T
		header(none)
	}
	return n, l.flush(w)
}

// A line gathers CSV lines. The standard library's csv.Writer is not used because
// with CRLF line ends it drops each CR inside a cell and turns each LF into CRLF.
type line struct {
	buf    []byte
	begun  bool   // a cell of this line is written
	raw    bool   // do not defuse
	ending string // of a line

	dates [16]date // that were written, by the last bits of the day
}

// A date is a day since 1970 in UTC as RFC 3339 writes it; the text is empty where
// none was written.
type date struct {
	day  int64
	text string
}

func (l *line) flush(w io.Writer) error {
	_, err := w.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

func (l *line) end() {
	l.buf = append(l.buf, l.ending...)
	l.begun = false
}

func (l *line) separate() {
	if l.begun {
		l.buf = append(l.buf, ',')
	}
	l.begun = true
}

// text writes a cell as RFC 4180 section 2 has it; bytes that are no UTF-8 become
// U+FFFD.
func (l *line) text(s string) {
	l.separate()
	if s == "" {
		return
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	mark := false
	switch {
	case l.raw:
	case strings.IndexByte(s, ';') >= 0:
		s = Defuse(s)
	default:
		mark = isFormula(s)
	}
	if !needsQuotes(s) {
		if mark {
			l.buf = append(l.buf, '\'')
		}
		l.buf = append(l.buf, s...)
		return
	}
	l.buf = append(l.buf, '"')
	if mark {
		l.buf = append(l.buf, '\'')
	}
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		l.buf = append(l.buf, s[:i+1]...)
		l.buf = append(l.buf, '"')
		s = s[i+1:]
	}
	l.buf = append(l.buf, s...)
	l.buf = append(l.buf, '"')
}

// needsQuotes also says yes to white space at either end, which lenient readers
// take off.
func needsQuotes(s string) bool {
	if s[0] <= ' ' || s[len(s)-1] <= ' ' {
		return true
	}
	if len(s) > 32 { // where many octets are looked at side by side
		return strings.IndexByte(s, ',') >= 0 || strings.IndexByte(s, '"') >= 0 || strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, '\n') >= 0
	}
	for i := range len(s) {
		switch s[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return false
}

// count writes a number that is never negative.
func (l *line) count(n int) {
	l.separate()
	l.buf = strconv.AppendInt(l.buf, int64(n), 10)
}

// code writes a number where 0 means not told.
func (l *line) code(n int) {
	l.separate()
	if n != 0 {
		l.buf = strconv.AppendInt(l.buf, int64(n), 10)
	}
}

const year10000 = 253402300800 // in seconds since 1970

// time writes RFC 3339 in UTC; the zero time is an empty cell. Rows that follow each
// other are often of the same days, whose dates are made once.
func (l *line) time(t time.Time) {
	l.separate()
	if t.IsZero() {
		return
	}
	unix := t.Unix()
	day, second := unix/86400, unix%86400
	if unix < 0 || unix >= year10000 {
		l.buf = t.UTC().AppendFormat(l.buf, time.RFC3339Nano)
		return
	}
	d := &l.dates[day%int64(len(l.dates))]
	if d.day != day || d.text == "" {
		*d = date{day, t.UTC().Format("2006-01-02T")}
	}
	l.buf = append(l.buf, d.text...)
	two := func(n int64, after byte) { l.buf = append(l.buf, byte('0'+n/10), byte('0'+n%10), after) }
	two(second/3600, ':')
	two(second/60%60, ':')
	two(second%60, '.')
	nano, digits := t.Nanosecond(), 0
	for unit := 100_000_000; nano > 0; unit /= 10 {
		l.buf = append(l.buf, byte('0'+nano/unit))
		nano %= unit
		digits++
	}
	if digits == 0 {
		l.buf = l.buf[:len(l.buf)-1]
	}
	l.buf = append(l.buf, 'Z')
}
