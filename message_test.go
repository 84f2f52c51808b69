package bouncehound_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	. "bouncehound"
)

func id(raw string) string { return Message{Raw: []byte(raw)}.ID() }

func TestMessageID(t *testing.T) {
	same := [][]string{
		{"A: b\n\ntext", "A: b\r\n\r\ntext", "A: b\r\rtext", "A: b\n\r\ntext\n", "A: b\n\ntext\r\n\r\n\r\n", "A: b\n\ntext\n\r\r\n",
			"From x@example.com Thu Jan  1 00:00:00 2026\nA: b\n\ntext", "From x@example.com Thu Jan  1 00:00:00 2026\r\nA: b\r\n\r\ntext\r\n",
			">From x@example.com Thu Jan  1 00:00:00 2026\nA: b\n\ntext"},
		{"A: b\n\ntext \n"},
		{"A: b\n\n\ntext"},
		{"From: b\n\ntext"},
		{"A: b\n\nFrom x\ntext"},
		{"", "\n", "\r\n\r\n", "From x@example.com\n"},
		{"\n\ntext"},
	}
	seen := map[string]string{}
	for _, group := range same {
		want := id(group[0])
		if len(want) != 64 {
			t.Errorf("id %q", want)
		}
		for _, raw := range group {
			if got := id(raw); got != want {
				t.Errorf("%q and %q differ", raw, group[0])
			}
		}
		if other, ok := seen[want]; ok {
			t.Errorf("%q and %q are the same", group[0], other)
		}
		seen[want] = group[0]
	}
	// The SHA-256 of the six octets "A:b\n\nc", so that ids outlive this code.
	if got, want := id("A:b\r\n\r\nc\r\n"), sha256Hex("A:b\n\nc"); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}

func TestPartialMessageID(t *testing.T) {
	whole := Message{Raw: []byte("A: b\n\ntext"), Size: 10}
	part := whole
	part.Partial, part.Size = true, 1000
	longer := part
	longer.Size = 1001
	if whole.ID() == part.ID() || part.ID() == longer.ID() {
		t.Error("the size is not part of the id of a partial message")
	}
}

// FuzzMessageID: line ends, a From_ line and empty lines at the end make no difference.
func FuzzMessageID(f *testing.F) {
	f.Add([]byte("A: b\n\ntext\n"))
	f.Add([]byte("From "))
	f.Add([]byte("\r\r\n\n\r"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		lf := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		if id(string(raw)) != id(string(lf)) {
			t.Errorf("%q differs with LF", raw)
		}
		if crlf := bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")); id(string(crlf)) != id(string(lf)) {
			t.Errorf("%q differs with CRLF", raw)
		}
		// A From_ line needs its end to be one.
		if !bytes.HasPrefix(lf, []byte("From ")) && !bytes.HasPrefix(lf, []byte(">From ")) && id(string(raw)) != id(string(raw)+"\r\n\n") {
			t.Errorf("%q differs with empty lines at the end", raw)
		}
	})
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
