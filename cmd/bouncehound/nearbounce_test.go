package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bouncehound"
)

// nearBounces are the kinds of mail in testdata that are no bounce, though they look or
// quote like one: their folders, and how many messages of the kind there are at least.
var nearBounces = []struct {
	kind    string
	folders []string
	least   int
}{
	{"replies of who is away", []string{"vacation"}, 15},
	{"challenges", []string{"challenge"}, 15},
	{"read receipts", []string{"mdn"}, 15},
	{"letters that quote a report", []string{"quoted"}, 15},
	{"reports passed on", []string{"forwarded"}, 15},
	{"tickets, alerts, logs and notices of filters", []string{"ticket"}, 15},
	{"failed authentication and not-spam", []string{"no-complaint"}, 15},
	{"reports of domains to each other", []string{"dmarc-report", "tls-report"}, 15},
	{"mail of lists", []string{"list-mail"}, 15},
	{"newsletters", []string{"newsletter"}, 15},
}

// TestNearBounces holds the second promise on mail that is no bounce: nobody is blamed for
// it, and who replied or asks for proof is told.
func TestNearBounces(t *testing.T) {
	j := goldenJudge(t)
	for _, kind := range nearBounces {
		seen := 0
		for _, folder := range kind.folders {
			files, err := filepath.Glob(filepath.Join("../../testdata", folder, "*.eml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				name := folder + "/" + filepath.Base(file)
				if name == "mdn/dovecot-refusal.eml" {
					continue // a bounce in the form of a receipt
				}
				seen++
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range j.lines(bouncehound.Message{Raw: raw}) {
					switch want := (map[string]bouncehound.Action{"vacation": bouncehound.Replied, "challenge": bouncehound.Challenged})[folder]; {
					case b.Action == bouncehound.Failed, b.Action == bouncehound.Delayed, b.Action == bouncehound.Complained:
						t.Errorf("%s: %s %s", name, b.Address, b.Action)
					case want != "" && (b.Action != want || !strings.Contains(b.Address, "@")):
						t.Errorf("%s: %q %s, want %s", name, b.Address, b.Action, want)
					}
				}
			}
		}
		if seen < kind.least {
			t.Errorf("%s: %d messages, want %d", kind.kind, seen, kind.least)
		}
	}
}
