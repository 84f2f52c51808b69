package parser

import "strings"

// A phraseSet is a list of phrases that texts are searched for in one pass, however many
// they are: each four bytes of the text are looked up in a table of those that the phrases
// begin with. Phrases have four bytes or more, their ASCII letters in lower case.
type phraseSet struct {
	begins  [1 << 12 / 64]uint64 // a bit for each hash that a phrase has
	heads   [1 << 8]uint8        // by the upper bits of the hash: one more than the index of a phrase
	next    []uint8              // by index: one more than that of the next phrase with these bits
	phrases []string
}

// newPhrases makes a set of at most 255 phrases.
func newPhrases(phrases ...string) *phraseSet {
	p := &phraseSet{phrases: phrases, next: make([]uint8, len(phrases))}
	for i, phrase := range phrases {
		h := hashOf(uint32(phrase[0]) | uint32(phrase[1])<<8 | uint32(phrase[2])<<16 | uint32(phrase[3])<<24)
		p.begins[h>>6] |= 1 << (h & 63)
		p.next[i] = p.heads[h>>4]
		p.heads[h>>4] = uint8(i + 1)
	}
	return p
}

// hashOf returns 12 bits that four bytes have in common with the same ones in another case.
func hashOf(four uint32) uint32 { return (four | 0x20202020) * 0x9e3779b1 >> 20 }

// in says whether s contains one of the phrases, ASCII letters in any case.
func (p *phraseSet) in(s string) bool {
	if len(s) < 4 {
		return false
	}
	four := uint32(s[0])<<8 | uint32(s[1])<<16 | uint32(s[2])<<24
	for i := 3; i < len(s); i++ {
		four = four>>8 | uint32(s[i])<<24
		h := hashOf(four)
		if p.begins[h>>6]>>(h&63)&1 != 0 && p.at(s[i-3:], h) != "" {
			return true
		}
	}
	return false
}

// begin returns the phrase that s begins with, "" if it begins with none.
func (p *phraseSet) begin(s string) string {
	if len(s) < 4 {
		return ""
	}
	h := hashOf(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
	if p.begins[h>>6]>>(h&63)&1 == 0 {
		return ""
	}
	return p.at(s, h)
}

// at returns the phrase of a hash that s begins with, "" if it begins with none.
func (p *phraseSet) at(s string, h uint32) string {
	for i := p.heads[h>>4]; i != 0; i = p.next[i-1] {
		if phrase := p.phrases[i-1]; len(phrase) <= len(s) && equalFold(s[:len(phrase)], phrase) {
			return phrase
		}
	}
	return ""
}

// anyPhrase says whether text holds any of the ASCII phrases in any case, or, where it is not
// all ASCII, any of the foreign ones.
func anyPhrase(s string, ascii, foreign *phraseSet) bool {
	if isASCII(s) {
		return ascii.in(s)
	}
	s = strings.ToLower(s)
	return ascii.in(s) || foreign.in(s)
}
