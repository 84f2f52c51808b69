package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bouncehound/poller/imaptest"
)

// TestLogHash: an address is logged as docs/operations.md says, and its fields are those
// that are told there.
func TestLogHash(t *testing.T) {
	if got := logged("Lena@example.com", false); got != "07a0a464fe39" { // printf %s lena@example.com | sha256sum
		t.Errorf("logged as %s", got)
	}
	w := newWorld(t, imaptest.Memory(t), "")
	w.append(unknownUser("1", "lena@example.com"))
	_, log := w.run(0, "poll")
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	fields := func(text string) []string {
		line := regexp.MustCompile(`(?m)^.*msg=message.*$`).FindString(text)
		line = line[max(strings.Index(line, "level="), 0):]
		return regexp.MustCompile(`[a-z]+=\S*`).FindAllString(line, -1)
	}
	want, got := fields(string(doc)), fields(log)
	for i, field := range got {
		if strings.HasPrefix(field, "uid=") {
			got[i] = "uid=7"
		}
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("logged %v, docs/operations.md has %v", got, want)
	}
}
