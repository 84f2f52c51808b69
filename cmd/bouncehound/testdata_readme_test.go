package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// caughtLeast is how many messages there are at least of each program that was run here.
var caughtLeast = map[string]int{"postfix": 15, "exim": 15, "sendmail": 15, "opensmtpd": 15, "courier": 15, "dma": 1, "nullmailer": 1}

// TestTestdataReadme holds testdata/README.md against the files: every folder is named, the
// numbers of what is no bounce are right, and every caught message has its line.
func TestTestdataReadme(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	messages := func(folder string) []string {
		files, err := filepath.Glob(filepath.Join("../../testdata", folder, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	entries, err := os.ReadDir("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.Contains(text, "`"+e.Name()+"`") {
			t.Errorf("the folder %s is not told of", e.Name())
		}
	}

	_, near, found := strings.Cut(text, "\n## What is no bounce\n")
	near, _, _ = strings.Cut(near, "\n## ")
	total := 0
	for line := range strings.SplitSeq(near, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[2], "`") {
			continue
		}
		count := 0
		for i, folder := range strings.Split(cells[2], "`") {
			if i%2 == 1 {
				count += len(messages(folder))
			}
		}
		if told, err := strconv.Atoi(strings.TrimSpace(cells[3])); err != nil || told != count {
			t.Errorf("%s: the table tells of %s messages, there are %d", strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3]), count)
		}
		if count < 15 || strings.Count(cells[4], ",") < 4 {
			t.Errorf("%s: %d messages in %s", strings.TrimSpace(cells[1]), count, strings.TrimSpace(cells[4]))
		}
		total += count
	}
	if !found || total < 150 {
		t.Errorf("%d near-bounces told of", total)
	}

	for folder, least := range caughtLeast {
		_, table, _ := strings.Cut(text, "\n### "+folder+"\n")
		table, _, _ = strings.Cut(table, "\n### ")
		files := messages(folder)
		for _, file := range files {
			if name := strings.TrimSuffix(filepath.Base(file), ".eml"); !strings.Contains(table, "\n| "+name+" |") {
				t.Errorf("%s/%s has no line", folder, name)
			}
		}
		if len(files) < least || strings.Count(table, "\n| ")-1 != len(files) {
			t.Errorf("%s: %d messages, %d lines", folder, len(files), strings.Count(table, "\n| ")-1)
		}
	}
}
