package parser

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestIndexFoldRandomly compares with a search in lower case.
func TestIndexFoldRandomly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(letters string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return string(b)
	}
	for range 50000 {
		s, needle := word("aAbBqQ- (", random.IntN(24)), word("abq- (", 1+random.IntN(4))
		if got, want := indexFold(s, needle), strings.Index(strings.ToLower(s), needle); got != want {
			t.Fatalf("indexFold(%q, %q) = %d, want %d", s, needle, got, want)
		}
	}
}
