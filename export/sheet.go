package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	sampleSize = 64 << 10 // octets from which encoding, delimiter and columns are told
	sampleRows = 20       // rows likewise
	maxRow     = 1 << 20  // octets of one row
)

// ErrRowTooLong says that a file holds a row of more than a mebibyte: it is hardly a
// list of contacts.
var ErrRowTooLong = errors.New("a row of more than 1 MiB: this is no list")

// A sheet reads a text file in rows and columns, as RFC 4180 has it and spreadsheets
// write it: with any delimiter, line end and encoding. It knows the octets of each row.
//
// A quote that does not close properly, before a delimiter or a line end, is text:
// otherwise a stray one would swallow all rows up to the next.
type sheet struct {
	encoding
	mark      []byte // the byte order mark
	delimiter uint16
	cr        bool // rows end with CR alone, as old Macs wrote them
	sep       bool // the first row tells the delimiter

	r     io.Reader
	buf   []byte // read and not yet returned
	eof   bool
	line  int // of the next row, counted in line ends
	cells []cell
}

// A cell is where the text of a cell lies in its row.
type cell struct {
	from, to int
	quoted   bool // quotes in it are written twice
}

// A row is one row of a sheet, valid until the next is read.
type row struct {
	line  int    // where it begins, from 1
	raw   []byte // with its line end
	end   int    // where that begins
	cells []cell
	sheet *sheet
}

// openSheet reads the beginning of a file and returns it with its first rows, which
// are still to be read. A delimiter of 0 is found out.
func openSheet(r io.Reader, delimiter rune) (s *sheet, first [][]string, err error) {
	s = &sheet{r: r, line: 1}
	for len(s.buf) < sampleSize && !s.eof {
		if err := s.fill(); err != nil {
			return nil, nil, err
		}
	}
	sample := s.buf[:min(len(s.buf), sampleSize)]
	if isUTF32(sample) {
		return nil, nil, errUTF32
	}
	var mark int
	s.encoding, mark = detect(sample)
	s.mark, s.buf = bytes.Clone(s.buf[:mark]), s.buf[mark:]
	sample = sample[mark:]
	s.cr = s.index(sample, '\n') < 0
	switch {
	case delimiter != 0:
		s.delimiter = uint16(delimiter)
	default:
		if s.delimiter, s.sep = s.told(sample); !s.sep {
			s.delimiter = s.guess(sample)
		}
	}
	for i, r := range s.sample(sample) {
		if i > 0 || !s.sep {
			first = append(first, r)
		}
	}
	return s, first, nil
}

// told returns the delimiter that the first row tells. QUIRK: Excel writes and reads
// "sep=;" where it is not the comma.
func (s *sheet) told(sample []byte) (uint16, bool) {
	text := s.decode(sample[:min(len(sample), 8*s.width)/s.width*s.width])
	rest, ok := strings.CutPrefix(strings.ToLower(text), "sep=")
	if !ok || len(rest) < 2 || rest[1] != '\r' && rest[1] != '\n' {
		return 0, false
	}
	return uint16(rest[0]), true
}

// guess returns the delimiter that the first rows have equally often, the first of
// equals; a comma where there is one column only.
func (s *sheet) guess(sample []byte) uint16 {
	best, most := uint16(','), 0
	for _, d := range []uint16{',', ';', '\t', '|'} {
		s.delimiter = d
		rows := s.sample(sample)
		score := 0
		for _, r := range rows {
			if len(r) > 1 && len(r) == len(rows[0]) {
				score += 100 + min(len(r), 50)
			}
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}

// sample returns the cells of the first rows.
func (s *sheet) sample(sample []byte) (rows [][]string) {
	for len(rows) < sampleRows && len(sample) > 0 {
		end, next, more := s.scan(sample, s.eof)
		if more {
			if len(rows) > 0 {
				break
			}
			end, next = len(sample), len(sample) // one row, longer than the sample
		}
		r := row{raw: sample[:next], end: end, cells: s.cells, sheet: s}
		if !r.empty() {
			rows = append(rows, r.texts())
		}
		sample = sample[next:]
	}
	return rows
}

// next returns the next row, or io.EOF.
func (s *sheet) next() (row, error) {
	for {
		end, next, more := s.scan(s.buf, s.eof || len(s.buf) >= maxRow)
		if !more && len(s.buf) > 0 {
			if next >= maxRow {
				return row{}, fmt.Errorf("line %d: %w", s.line, ErrRowTooLong)
			}
			r := row{line: s.line, raw: s.buf[:next], end: end, cells: s.cells, sheet: s}
			s.buf = s.buf[next:]
			s.line += max(1, s.lines(r.raw))
			return r, nil
		}
		if s.eof {
			return row{}, io.EOF
		}
		if err := s.fill(); err != nil {
			return row{}, err
		}
	}
}

// fill reads more.
func (s *sheet) fill() error {
	const atOnce = 256 << 10
	if cap(s.buf)-len(s.buf) < atOnce {
		s.buf = append(make([]byte, 0, 2*len(s.buf)+4*atOnce), s.buf...)
	}
	n, err := s.r.Read(s.buf[len(s.buf) : len(s.buf)+atOnce])
	s.buf = s.buf[:len(s.buf)+n]
	if errors.Is(err, io.EOF) {
		s.eof = true
		return nil
	}
	return err
}

// lines counts the line ends in a row: those in quotes count too.
func (s *sheet) lines(raw []byte) int {
	end := byte('\n')
	if s.cr {
		end = '\r'
	}
	return bytes.Count(raw, []byte{end})
}

// index returns where a code unit is first in b, -1 if nowhere.
func (s *sheet) index(b []byte, u uint16) int {
	for i := 0; i+s.width <= len(b); i += s.width {
		if s.unit(b[i:]) == u {
			return i
		}
	}
	return -1
}
