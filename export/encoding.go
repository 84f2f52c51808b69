package export

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// An encoding is how the text of a list is written. What is neither marked nor UTF-16
// is UTF-8 cell by cell, and Windows-1252 where a cell is no UTF-8.
type encoding struct {
	width  int // octets of a code unit: 1, or 2 for UTF-16
	big    bool
	utf8   bool // certainly UTF-8: marked, or something in it can be nothing else
	legacy bool // something in it is no UTF-8
}

// errUTF32 says that a list is in UTF-32, which would pass for UTF-16 with addresses
// that nobody has.
var errUTF32 = errors.New("the text is UTF-32: save it as UTF-8")

func isUTF32(sample []byte) bool {
	return bytes.HasPrefix(sample, []byte{0xFF, 0xFE, 0, 0}) || bytes.HasPrefix(sample, []byte{0, 0, 0xFE, 0xFF})
}

// detect tells the encoding of a list from its beginning, and how long the byte order
// mark is.
func detect(sample []byte) (e encoding, mark int) {
	switch {
	case bytes.HasPrefix(sample, []byte{0xEF, 0xBB, 0xBF}):
		return encoding{width: 1, utf8: true}, 3
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}):
		return encoding{width: 2}, 2
	case bytes.HasPrefix(sample, []byte{0xFE, 0xFF}):
		return encoding{width: 2, big: true}, 2
	}
	// Without a mark: of ASCII in UTF-16 each second octet is 0, which no other text has.
	zeros := [2]int{}
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	for i, n := range zeros {
		if n > len(sample)/4 && zeros[1-i] == 0 {
			return encoding{width: 2, big: i == 0}, 0
		}
	}
	ascii := bytes.IndexFunc(sample, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	// A rune may be cut off at the end of the sample.
	for range utf8.UTFMax - 1 {
		if len(sample) > 0 && !utf8.Valid(sample) {
			sample = sample[:len(sample)-1]
		}
	}
	valid := utf8.Valid(sample)
	return encoding{width: 1, utf8: valid && !ascii, legacy: !valid}, 0
}

// decode returns the text of octets.
func (e encoding) decode(b []byte) string {
	if e.width == 2 {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = e.unit(b[2*i:])
		}
		return string(utf16.Decode(units))
	}
	if utf8.Valid(b) {
		return string(b)
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(s)
}

// unit returns the first code unit of b.
func (e encoding) unit(b []byte) uint16 {
	switch {
	case e.width == 1:
		return uint16(b[0])
	case e.big:
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// append appends a text of ours. What the encoding has no letter for, or where it is
// not sure which it is, becomes "?".
func (e encoding) append(to []byte, s string) []byte {
	if e.width == 2 {
		for _, u := range utf16.Encode([]rune(s)) {
			if e.big {
				to = append(to, byte(u>>8), byte(u))
			} else {
				to = append(to, byte(u), byte(u>>8))
			}
		}
		return to
	}
	if e.utf8 || isASCII(s) {
		return append(to, s...)
	}
	for _, r := range s {
		b, ok := byte(r), r < utf8.RuneSelf
		if !ok && e.legacy {
			b, ok = charmap.Windows1252.EncodeRune(r)
		}
		if !ok {
			b = '?'
		}
		to = append(to, b)
	}
	return to
}
