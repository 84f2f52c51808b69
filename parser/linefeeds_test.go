package parser

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLineFeeds compares with what replacing does: CR CR LF, CR LF and CR are line ends,
// wherever in eight bytes they stand.
func TestLineFeeds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	lineEnds := strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n")
	for range 20000 {
		raw := make([]byte, random.IntN(40))
		for i := range raw {
			raw[i] = "\r\r\nab\x8d\x00\x0c"[random.IntN(8)]
		}
		want := lineEnds.Replace(strings.ReplaceAll(string(raw), "\x00", ""))
		if got := withLineFeeds(raw); got != want {
			t.Fatalf("%q: got %q, want %q", raw, got, want)
		}
	}
}
