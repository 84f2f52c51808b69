package db

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"io"
	"mime"
)

// quotedPrintable undoes quoted-printable (RFC 2045, section 6.7) wherever it may be; what
// is none stays.
func quotedPrintable(text []byte) []byte {
	if !bytes.Contains(text, []byte("=")) {
		return nil
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		rest := text[i+1:]
		var octet [1]byte
		switch {
		case text[i] != '=':
			plain = append(plain, text[i])
		case bytes.HasPrefix(rest, []byte("\r\n")):
			i += 2
		case bytes.HasPrefix(rest, []byte("\n")):
			i++
		case len(rest) < 2:
			plain = append(plain, '=')
		default:
			if _, err := hex.Decode(octet[:], rest[:2]); err != nil {
				plain = append(plain, '=')
				continue
			}
			plain = append(plain, octet[0])
			i += 2
		}
	}
	return plain
}

// base64Runs returns what lines of base64 (RFC 2045, section 6.8) hold, one run of them a
// line.
func base64Runs(text []byte) []byte {
	var plain, run []byte
	end := func() {
		run = bytes.TrimRight(run, "=")
		if len(run) >= 8 {
			octets := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
			n, _ := base64.RawStdEncoding.Decode(octets, run) // as far as it goes
			plain = append(append(plain, octets[:n]...), '\n')
		}
		run = run[:0]
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.ContainsFunc(line, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=')
		}) {
			end()
			continue
		}
		run = append(run, line...)
	}
	end()
	return plain
}

// encodedWords undoes encoded words (RFC 2047), those of any charset as if it were like
// ASCII.
func encodedWords(text []byte) []byte {
	if !bytes.Contains(text, []byte("=?")) {
		return nil
	}
	d := mime.WordDecoder{CharsetReader: func(_ string, input io.Reader) (io.Reader, error) { return input, nil }}
	plain, err := d.DecodeHeader(string(text))
	if err != nil {
		return nil
	}
	return []byte(plain)
}

// entities undoes character references of HTML.
func entities(text []byte) []byte {
	if !bytes.Contains(text, []byte("&")) {
		return nil
	}
	return []byte(html.UnescapeString(string(text)))
}
