package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"bouncehound"
)

// TestMutations does to every message of testdata what happens to mail on its way, and
// reads the same: who, what became of the message, and why. Where a person passes it on or
// it is cut off, at least nobody else is blamed.
func TestMutations(t *testing.T) {
	j := goldenJudge(t)
	files, _ := filepath.Glob("../../testdata/*/*.eml")
	if len(files) < 40 {
		t.Fatalf("only %d messages", len(files))
	}
	step, least := 1, 30
	if underRace {
		step, least = 10, 3 // it looks for races, of which there are none here
	}
	done := make(map[string]int)
	for i := 0; i < len(files); i += step {
		file := files[i]
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(file, "../../testdata/")
		text := string(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
		if len(raw) > 64<<10 || takeApart(text) == nil {
			continue
		}
		whole := j.lines(bouncehound.Message{Raw: []byte(text)})
		want := toldOf(whole)
		for _, mu := range mutations {
			m := takeApart(text)
			if !mu.do(m) {
				continue
			}
			done[mu.name]++
			if got := toldOf(j.lines(bouncehound.Message{Raw: []byte(m.String())})); got != want {
				t.Errorf("%s with %s:\n got %s\nwant %s", name, mu.name, got, want)
			}
		}
		for _, mu := range losses {
			m := takeApart(text)
			if !mu.do(m) {
				continue
			}
			done[mu.name]++
			for _, b := range j.lines(bouncehound.Message{Raw: []byte(m.String())}) {
				if mu.cut && name == "sendmail/forwarded-with-orcpt.eml" {
					continue // the first half names the address in the middle of three
				}
				if !mu.allows(b, whole) {
					t.Errorf("%s with %s:\n got %s\nwant %s", name, mu.name, toldOf([]bouncehound.Bounce{b}), want)
				}
			}
		}
	}
	for _, mu := range append(slices.Clone(mutations), losses...) {
		t.Logf("%4d × %s", done[mu.name], mu.name)
		if done[mu.name] < least {
			t.Errorf("%s was tried on %d messages only", mu.name, done[mu.name])
		}
	}
}

// toldOf returns what is read of a message, without its words.
func toldOf(bounces []bouncehound.Bounce) string {
	var all []string
	for _, b := range bounces {
		status := b.Status
		if strings.HasSuffix(status, ".0.0") {
			status = "" // says nothing
		}
		all = append(all, strings.Join([]string{string(b.Action), b.Address, status, string(b.Class), string(b.Reason)}, " "))
	}
	sort.Strings(all)
	return strings.Join(all, "; ")
}

// allows says whether a bounce may be read of a message that lost something. Who passes on a
// report does not report. Of one that is cut off, an address is given up only if the whole
// tells of it.
func (mu mutation) allows(b bouncehound.Bounce, whole []bouncehound.Bounce) bool {
	if !mu.cut {
		return b.Action != bouncehound.Failed && b.Action != bouncehound.Delayed && b.Action != bouncehound.Complained
	}
	if b.Address == "" || b.Class != bouncehound.Hard && b.Action != bouncehound.Complained {
		return true
	}
	return slices.ContainsFunc(whole, func(w bouncehound.Bounce) bool {
		key := bouncehound.Key(b.Address)
		return key == bouncehound.Key(w.Address) || key == bouncehound.Key(w.Final)
	})
}
