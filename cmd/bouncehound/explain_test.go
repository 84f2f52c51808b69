package main

import (
	"slices"
	"strings"
	"testing"
)

// TestExplainLines: each line is explained by itself, whatever its end; one that is too
// long is told by its number, after those before it.
func TestExplainLines(t *testing.T) {
	var got []string
	take := func(text string) error { got = append(got, text); return nil }
	if err := eachLine(strings.NewReader(" 550 5.1.1 \r\n\n421 4.7.0"), take); err != nil || !slices.Equal(got, []string{"550 5.1.1", "421 4.7.0"}) {
		t.Errorf("%q, %v", got, err)
	}
	got = nil
	err := eachLine(strings.NewReader("550 5.1.1\n\n"+strings.Repeat("x", longestLine+1)+"\n421\n"), take)
	if err == nil || !strings.HasPrefix(err.Error(), "line 3 has more than") || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}
