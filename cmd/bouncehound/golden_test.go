package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/parser"
)

// goldenNow is later than every message in testdata.
var goldenNow = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// goldenOptions ask for the headers that the messages in testdata carry.
var goldenOptions = parser.Options{Capture: []string{"X-Contact-Id", "X-Campaign-Id"}}

// TestGolden reads and judges every testdata/FORMAT/NAME.eml and compares it with
// the NAME.json beside: its flat bounces as JSON Lines, without source and words.
func TestGolden(t *testing.T) {
	j := goldenJudge(t)
	files, err := filepath.Glob("../../testdata/*/*.eml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(filepath.ToSlash(file), "../../testdata/"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, j, raw)
			path := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; go test ./... -update writes it: look at it before you commit", err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestGoldenComplete fails on golden files whose message is gone.
func TestGoldenComplete(t *testing.T) {
	files, err := filepath.Glob("../../testdata/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := os.Stat(strings.TrimSuffix(file, ".json") + ".eml"); err != nil {
			t.Error(err)
		}
	}
}

func goldenJudge(tb testing.TB) judge {
	tb.Helper()
	c, err := classifier.New()
	if err != nil {
		tb.Fatal(err)
	}
	return judge{options: goldenOptions, classifier: c, now: func() time.Time { return goldenNow }}
}

func golden(t *testing.T, j judge, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	lines := jsonLines(&b)
	for _, bounce := range j.lines(bouncehound.Message{Raw: raw}) {
		bounce.Source, bounce.Explanation, bounce.Advice = "", "", ""
		if err := lines.Encode(bounce); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}
