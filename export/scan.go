package export

import (
	"bytes"
	"strings"
)

// scan finds the end of the first row of b, where the next row begins, and its cells.
// It returns more if the row may go on after b; it does not where last.
func (s *sheet) scan(b []byte, last bool) (end, next int, more bool) {
	s.cells = s.cells[:0]
	if s.width == 1 && !s.cr {
		// Nearly every row: one line without a quote.
		if n := bytes.IndexByte(b, '\n'); n >= 0 && bytes.IndexByte(b[:n], '"') < 0 {
			end = n
			if n > 0 && b[n-1] == '\r' {
				end--
			}
			s.split(b[:end])
			return end, n + 1, false
		}
	}
	for i := 0; ; i += s.width {
		c, after, more := s.cell(b, i, last)
		if more {
			return 0, 0, true
		}
		s.cells = append(s.cells, c)
		i = after
		if i+s.width > len(b) {
			return len(b), len(b), !last
		}
		if s.unit(b[i:]) != s.delimiter {
			return i, i + s.lineEnd(b, i), false
		}
	}
}

// split finds the cells of a row without quotes.
func (s *sheet) split(b []byte) {
	from := 0
	for {
		n := bytes.IndexByte(b[from:], byte(s.delimiter))
		if n < 0 {
			s.cells = append(s.cells, cell{from: from, to: len(b)})
			return
		}
		s.cells = append(s.cells, cell{from: from, to: from + n})
		from += n + 1
	}
}

// cell finds the cell that begins at i, and where what ends it stands.
func (s *sheet) cell(b []byte, i int, last bool) (c cell, after int, more bool) {
	if i+s.width <= len(b) && s.unit(b[i:]) == '"' {
		c, after, ok, more := s.quoted(b, i, last)
		if ok || more {
			return c, after, more
		}
	}
	for j := i; ; j += s.width {
		if j+s.width > len(b) {
			return cell{from: i, to: len(b)}, len(b), !last
		}
		if u := s.unit(b[j:]); u == s.delimiter || u == '\n' || u == '\r' {
			if u == '\r' && j+2*s.width > len(b) && !last {
				return cell{}, 0, true
			}
			if u != s.delimiter && s.lineEnd(b, j) == 0 {
				continue
			}
			return cell{from: i, to: j}, j, false
		}
	}
}

// quoted finds the end of the quoted cell that begins at i; ok says whether it is one.
func (s *sheet) quoted(b []byte, i int, last bool) (c cell, after int, ok, more bool) {
	w := s.width
	for j := i + w; ; j += w {
		if j+w > len(b) {
			return c, 0, false, !last
		}
		if s.unit(b[j:]) != '"' {
			continue
		}
		if j+2*w <= len(b) && s.unit(b[j+w:]) == '"' {
			j += w
			continue
		}
		for k := j + w; ; k += w {
			if k+w > len(b) {
				return cell{i + w, j, true}, len(b), last, !last
			}
			u := s.unit(b[k:])
			if u == '\r' && k+2*w > len(b) && !last {
				return c, 0, false, true
			}
			if u == s.delimiter || s.lineEnd(b, k) > 0 {
				return cell{i + w, j, true}, k, true, false
			}
			if u != ' ' { // QUIRK: some write spaces after the closing quote
				return c, 0, false, false
			}
		}
	}
}

// lineEnd returns how long the line end at i is, 0 if there is none.
func (s *sheet) lineEnd(b []byte, i int) int {
	switch s.unit(b[i:]) {
	case '\n':
		return s.width
	case '\r':
		if i+2*s.width <= len(b) && s.unit(b[i+s.width:]) == '\n' {
			return 2 * s.width
		}
		if s.cr {
			return s.width
		}
	}
	return 0
}

// text returns a cell as it is meant: without quotes around it, without the apostrophe
// of a defused formula, without white space at its ends. A cell that is not there is
// empty.
func (r row) text(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	c := r.cells[i]
	t := r.sheet.decode(r.raw[c.from:c.to])
	if c.quoted {
		t = strings.ReplaceAll(t, `""`, `"`)
	}
	return strings.TrimSpace(Undefuse(strings.TrimSpace(t)))
}

func (r row) texts() []string {
	texts := make([]string, len(r.cells))
	for i := range texts {
		texts[i] = r.text(i)
	}
	return texts
}

// empty says whether nothing but a line end is in the row.
func (r row) empty() bool { return r.end == 0 }
