package config

import (
	"strconv"
	"strings"
)

// lines returns the line, from 1, on which each table and key of a TOML file
// stands, by its place: "mailbox[0].poll.schedule". The TOML library tells the
// lines of its own errors only. data is known to be TOML; of anything else lines
// returns what it made out.
func lines(data []byte) map[string]int {
	s := &lineScanner{text: strings.TrimPrefix(string(data), "\ufeff"), line: 1, lines: map[string]int{}, counts: map[string]int{}}
	s.scan()
	return s.lines
}

type lineScanner struct {
	text   string // what is still to be read
	line   int    // where it begins
	lines  map[string]int
	counts map[string]int // how many entries each list of tables has so far
}

func (s *lineScanner) scan() {
	context := ""
	for {
		s.skipSpace()
		switch {
		case s.text == "":
			return
		case strings.HasPrefix(s.text, "["):
			list := strings.HasPrefix(s.text, "[[")
			line := s.line
			s.skip(1)
			if list {
				s.skip(1)
			}
			key := s.key()
			if len(key) == 0 {
				return
			}
			context = s.place("", key)
			if list {
				parent := s.place("", key[:len(key)-1])
				name := join(parent, key[len(key)-1])
				s.counts[name]++
				context = name + "[" + strconv.Itoa(s.counts[name]-1) + "]"
				s.note(name, line)
			}
			s.note(context, line)
			s.skip(strings.IndexByte(s.text, ']') + 1)
			if list {
				s.skip(strings.IndexByte(s.text, ']') + 1)
			}
		default:
			if !s.pair(context) {
				return
			}
		}
	}
}

// pair reads "key = value".
func (s *lineScanner) pair(context string) bool {
	line := s.line
	key := s.key()
	if len(key) == 0 || !strings.HasPrefix(s.text, "=") {
		return false
	}
	place := context
	for _, part := range key {
		place = join(place, part)
		s.note(place, line)
	}
	s.skip(1)
	return s.value(place)
}

// value skips a value; of an inline table it notes the keys.
func (s *lineScanner) value(place string) bool {
	s.skipBlank()
	if s.text == "" {
		return false
	}
	switch s.text[0] {
	case '"', '\'':
		s.quoted()
	case '[':
		s.skip(1)
		for s.skipSeparators(); s.text != "" && s.text[0] != ']'; s.skipSeparators() {
			if !s.value("-") { // what an item holds has no place of its own
				return false
			}
		}
		s.skip(1)
	case '{':
		s.skip(1)
		for s.skipSeparators(); s.text != "" && s.text[0] != '}'; s.skipSeparators() {
			if !s.pair(place) {
				return false
			}
		}
		s.skip(1)
	default:
		n := strings.IndexAny(s.text, ",]}#\n")
		if n == 0 {
			return false
		}
		if n < 0 {
			n = len(s.text)
		}
		s.skip(n)
	}
	return true
}

// key reads a dotted key and the blanks around it.
func (s *lineScanner) key() (parts []string) {
	for {
		s.skipBlank()
		if s.text == "" {
			return nil
		}
		if s.text[0] == '"' || s.text[0] == '\'' {
			q := s.quoted()
			part, err := strconv.Unquote(q)
			if err != nil {
				part = strings.Trim(q, `'"`)
			}
			parts = append(parts, part)
		} else {
			n := strings.IndexFunc(s.text, func(r rune) bool { return strings.ContainsRune(" \t.=]\n", r) })
			if n <= 0 {
				return nil
			}
			parts = append(parts, s.text[:n])
			s.skip(n)
		}
		s.skipBlank()
		if !strings.HasPrefix(s.text, ".") {
			return parts
		}
		s.skip(1)
	}
}

// quoted skips a string of any of the four kinds and returns it with its quotes.
func (s *lineScanner) quoted() string {
	quote := s.text[:1]
	if strings.HasPrefix(s.text, quote+quote+quote) {
		quote = s.text[:3]
	}
	i := len(quote)
	for i < len(s.text) && !strings.HasPrefix(s.text[i:], quote) {
		if s.text[i] == '\\' && quote[0] == '"' {
			i++
		}
		i++
	}
	i = min(i+len(quote), len(s.text))
	// Up to two quotes may stand right before the closing three.
	for len(quote) == 3 && i < len(s.text) && s.text[i] == quote[0] {
		i++
	}
	text := s.text[:i]
	s.skip(i)
	return text
}

// place returns the place of a key, which goes into the last entry of every list
// of tables on its way.
func (s *lineScanner) place(place string, key []string) string {
	for _, part := range key {
		place = join(place, part)
		if n := s.counts[place]; n > 0 {
			place += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return place
}

func (s *lineScanner) note(place string, line int) {
	if _, ok := s.lines[place]; !ok {
		s.lines[place] = line
	}
}

func (s *lineScanner) skip(n int) {
	n = min(n, len(s.text))
	s.line += strings.Count(s.text[:n], "\n")
	s.text = s.text[n:]
}

// skipBlank skips blanks within a line.
func (s *lineScanner) skipBlank() { s.skip(len(s.text) - len(strings.TrimLeft(s.text, " \t"))) }

// skipSpace skips blanks, line ends and comments.
func (s *lineScanner) skipSpace() { s.skipAny(" \t\r\n") }

// skipSeparators is skipSpace that also skips commas.
func (s *lineScanner) skipSeparators() { s.skipAny(" \t\r\n,") }

func (s *lineScanner) skipAny(chars string) {
	for {
		s.skip(len(s.text) - len(strings.TrimLeft(s.text, chars)))
		if !strings.HasPrefix(s.text, "#") {
			return
		}
		n := strings.IndexByte(s.text, '\n')
		if n < 0 {
			n = len(s.text)
		}
		s.skip(n)
	}
}
