package classifier

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A phrase is text that a rule asks for. It is compared after normalisation and
// begins and ends at the edge of a word. A star at its beginning or end lifts
// that; a star within it stands for up to maxGap bytes of anything.
type phrase struct {
	parts               [][]byte // the literals between the stars, at least one
	key                 int      // the part the automaton looks for: the longest
	openStart, openStop bool
	index               int         // among all phrases of the classifier
	sign                bool        // a server's, which an address may bear too
	says                saying      // what it tells of the text it stands in
	candidates          []candidate // the rules that ask for it as their text, by key, the smallest first
}

// maxGap is how many bytes a star within a phrase may stand for.
const maxGap = 90

// newPhrase reads a phrase as written in a rule; ok is false if nothing is left of it.
func newPhrase(written string) (p *phrase, ok bool) {
	p = &phrase{openStart: strings.HasPrefix(written, "*"), openStop: strings.HasSuffix(written, "*")}
	for part := range strings.SplitSeq(strings.Trim(written, "*"), "*") {
		text, ok := lowerASCII(part)
		if !ok {
			// Spaces beside a star count; normalise takes them off.
			text = normalise(nil, "x"+part+"x", 0)
			text = text[1 : len(text)-1]
		}
		if len(text) == 0 {
			continue
		}
		p.parts = append(p.parts, text)
		if len(text) > len(p.parts[p.key]) {
			p.key = len(p.parts) - 1
		}
	}
	return p, len(p.parts) > 0 && len(bytes.TrimSpace(p.parts[p.key])) > 0
}

// lowerASCII does what normalise does to ASCII without odd spaces, as most phrases
// are; ok is false for all else.
func lowerASCII(part string) (text []byte, ok bool) {
	text = make([]byte, len(part))
	for i := range len(part) {
		c := part[i]
		switch {
		case c >= utf8.RuneSelf || c < ' ' || c == ' ' && i > 0 && part[i-1] == ' ':
			return nil, false
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		text[i] = c
	}
	return text, true
}

// literal is what the automaton looks for.
func (p *phrase) literal() string { return string(p.parts[p.key]) }

// String writes the phrase as a rule would, normalised: equal phrases are written
// alike.
func (p *phrase) String() string {
	s := string(p.parts[0])
	for _, part := range p.parts[1:] {
		s += "*" + string(part)
	}
	if p.openStart {
		s = "*" + s
	}
	if p.openStop {
		s += "*"
	}
	return s
}

// size says how specific the phrase is, in bytes.
func (p *phrase) size() int {
	n := 0
	for _, part := range p.parts {
		n += len(part)
	}
	return n
}

// at says whether the phrase stands in text with its literal ending at end, and
// where.
func (p *phrase) at(text []byte, end int) (start, stop int, ok bool) {
	if len(p.parts) == 1 {
		start = end - len(p.parts[0])
		return start, end, p.edges(text, start, end)
	}
	return p.find(text)
}

// find returns the first place of the phrase in text.
func (p *phrase) find(text []byte) (start, stop int, ok bool) {
	for from := 0; ; {
		i := bytes.Index(text[from:], p.parts[0])
		if i < 0 {
			return 0, 0, false
		}
		start = from + i
		stop = start + len(p.parts[0])
		from = start + 1
		whole := true
		for _, part := range p.parts[1:] {
			window := text[stop:min(stop+maxGap+len(part), len(text))]
			j := bytes.Index(window, part)
			if j < 0 {
				whole = false
				break
			}
			stop += j + len(part)
		}
		if whole && p.edges(text, start, stop) {
			return start, stop, true
		}
	}
}

// edges says whether the phrase at text[start:stop] neither begins nor ends
// within a word. Only ASCII letters and digits make words here: other scripts
// inflect or do not put spaces.
func (p *phrase) edges(text []byte, start, stop int) bool {
	if !p.openStart && start > 0 && isWord(text[start-1]) && isWord(text[start]) {
		return false
	}
	return p.openStop || stop >= len(text) || !isWord(text[stop]) || !isWord(text[stop-1])
}

func isWord(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }

// nameAround says whether text[start:stop] is a part of an address or of a URL: what
// people and hosts are called says nothing of what happened. A whole address is no
// part.
func nameAround(text []byte, start, stop int) (address, url bool) {
	for i := start; i < stop; i++ {
		if breaksName(text[i]) || text[i] == '@' {
			return false, false
		}
	}
	for start > 0 && !breaksName(text[start-1]) {
		start--
	}
	for stop < len(text) && !breaksName(text[stop]) {
		stop++
	}
	name := text[start:stop]
	if bytes.Contains(name, []byte("://")) {
		return false, true
	}
	// "lena@example.com:unknown" is an address and a word.
	return bytes.IndexByte(name, '@') > 0 && bytes.IndexByte(name, ':') < 0, false
}
