package classifier_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/parser"
)

// TestAccuracy judges all that is labelled and prints what was called what. With
// -update it writes docs/accuracy.md:
//
//	go test ./classifier -run TestAccuracy -update
func TestAccuracy(t *testing.T) {
	c, err := classifier.New()
	if err != nil {
		t.Fatal(err)
	}
	messages := labelledMessages(t, c)
	lines, ok := labelledLines(c)
	if !ok {
		t.Log("the tables of labelled diagnostic lines are not here; only the messages are judged")
	}
	all := []*matrix{messages}
	if ok {
		all = append(all, lines...)
	}
	var doc strings.Builder
	doc.WriteString(accuracyIntro)
	for _, m := range all {
		m.write(&doc)
		for _, miss := range m.misses {
			t.Log(miss)
		}
	}
	t.Log("\n" + doc.String())

	// The floors are a little below what was reached.
	if class, reason := messages.class.percent(), messages.reason.percent(); class < 97 || reason < 97 {
		t.Errorf("labelled messages: class %.1f %%, reason %.1f %%, below 97 and 97", class, reason)
	}
	for _, m := range all {
		if m.blamed > 0 {
			t.Errorf("%s: %d times an address was called hard for the fault of a sender or a message", m.name, m.blamed)
		}
	}
	update := flag.Lookup("update")
	if update == nil || update.Value.String() != "true" {
		return
	}
	if !ok {
		t.Skip("docs/accuracy.md is not written without the labelled diagnostic lines")
	}
	if err := os.WriteFile("../docs/accuracy.md", []byte(doc.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

const accuracyIntro = `# Accuracy

What bouncehound makes of bounces whose class and reason somebody has written down by reading them. Written by
` + "`go test ./classifier -run TestAccuracy -update`" + `, which prints each miss as well; do not edit. The labels of the
messages are in ` + "`testdata/reasons.tsv`" + `: what was provoked, as far as the message tells it, not what the program
says. Where a label differs from a verdict on purpose, ` + "[judgements.md](judgements.md)" + ` says why; it counts as a miss
all the same.
`

// labelledMessages parses and judges the messages of testdata/reasons.tsv.
func labelledMessages(t *testing.T, c *classifier.Classifier) *matrix {
	m := newMatrix("Labelled messages", "bounces caught from mail servers, from the bytes of the message to the verdict")
	data, err := os.ReadFile("../testdata/reasons.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range byFile(readTSV(data)) {
		raw, err := os.ReadFile(filepath.Join("../testdata", label[0]["file"]))
		if err != nil {
			t.Error(err)
			continue
		}
		got := parser.Parse(raw).Recipients
		for _, row := range label {
			var rec bouncehound.Recipient
			rec, got = take(got, row["recipient"])
			m.add(bouncehound.Reason(row["reason"]), c.Classify(rec), fmt.Sprintf("%s %s: %q", row["file"], row["recipient"], rec.Diagnostic))
		}
		for _, rec := range got {
			t.Errorf("%s: %s is not labelled", label[0]["file"], rec.Address)
		}
	}
	return m
}

// take returns the recipient of that address, else the first, and the others. A
// report may name an alias where the label names the mailbox behind it.
func take(list []bouncehound.Recipient, address string) (bouncehound.Recipient, []bouncehound.Recipient) {
	if len(list) == 0 {
		return bouncehound.Recipient{}, nil
	}
	n := 0
	for i, rec := range list {
		if strings.EqualFold(rec.Address, address) || strings.EqualFold(rec.Final, address) {
			n = i
			break
		}
	}
	rec := list[n]
	return rec, append(append([]bouncehound.Recipient{}, list[:n]...), list[n+1:]...)
}

// labelledLines judges the diagnostic lines of the tables beside the repository; ok
// is false if they are not there.
func labelledLines(c *classifier.Classifier) (list []*matrix, ok bool) {
	for _, table := range []struct {
		file, label, name, what string
		line                    func(row map[string]string) string
	}{
		{"diagnostics.tsv", "category", "Labelled diagnostic lines", "lines as servers said them",
			func(row map[string]string) string { return row["line"] }},
		{"provider-codes.tsv", "category", "Labelled lines of providers", "what providers document",
			func(row map[string]string) string { return row["example"] }},
		{"microsoft-ndr.tsv", "category", "Labelled codes and tokens of Microsoft", "with their texts",
			func(row map[string]string) string {
				return strings.TrimSpace(row["reply"] + " " + row["enhanced"] + " " + row["token"] + "; " + row["text"])
			}},
		{"languages.tsv", "meaning", "Labelled phrases in other languages", "each behind a bare 550",
			func(row map[string]string) string {
				if row["kind"] != "ndr-reason" || row["phrase"] == "" {
					return ""
				}
				return "550 " + row["phrase"]
			}},
	} {
		data, err := os.ReadFile(filepath.Join("../../shared/reference", table.file))
		if err != nil {
			return nil, false
		}
		m := newMatrix(table.name, table.what)
		for _, row := range readTSV(data) {
			line, want := table.line(row), bouncehound.Reason(row[table.label])
			// A line alone does not tell that nothing was lost.
			if label, ok := rowOf(want); ok && label.Class != bouncehound.None && line != "" {
				m.add(want, c.Explain(line), line)
			}
		}
		list = append(list, m)
	}
	return list, true
}

// readTSV returns the rows of a table under its header, by column.
func readTSV(data []byte) (rows []map[string]string) {
	var names []string
	for line := range bytes.Lines(data) {
		cells := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if names == nil {
			names = cells
			continue
		}
		row := map[string]string{}
		for i, cell := range cells {
			if i < len(names) {
				row[names[i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// byFile puts the rows of one file together; they stand one after the other.
func byFile(rows []map[string]string) (files [][]map[string]string) {
	for _, row := range rows {
		if n := len(files); n > 0 && files[n-1][0]["file"] == row["file"] {
			files[n-1] = append(files[n-1], row)
			continue
		}
		files = append(files, []map[string]string{row})
	}
	return files
}
