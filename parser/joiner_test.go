package parser

import (
	"strings"
	"testing"
)

// TestJoiner joins texts in turn: what was returned before stays as it was.
func TestJoiner(t *testing.T) {
	var j joiner
	first := j.join("", "", "a")
	second := j.join(first, " ", "b")
	other := j.join("x", " ", "y")
	third := j.join(second, " ", "c")
	fork := j.join(second, " ", "d")
	if first != "a" || second != "a b" || other != "x y" || third != "a b c" || fork != "a b d" {
		t.Errorf("got %q, %q, %q, %q, %q", first, second, other, third, fork)
	}
	long := ""
	for range 1000 {
		long = j.join(long, spaceAfter(long), "ab")
	}
	if want := strings.TrimSpace(strings.Repeat("ab ", 1000)); long != want {
		t.Errorf("got %d bytes, want %d", len(long), len(want))
	}
}
