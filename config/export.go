package config

import (
	"strings"
)

// TimeInPath stands in the path of an export for the time it is written.
const TimeInPath = "{time}"

func readExport(t *table) Export {
	e := Export{Format: "csv", Shape: "native"}
	t.need("what", &e.What)
	if e.What != "" {
		t.choice("what", &e.What, "bounces", "contacts", "do-not-email")
	}
	if !t.set("schedule") {
		t.wrong("schedule", "", "is missing")
	}
	t.cron("schedule", &e.Schedule)
	if !t.set("path") {
		t.wrong("path", "", "is missing")
	}
	t.file("path", &e.Path)
	t.choice("format", &e.Format, "csv", "json")
	t.choice("shape", &e.Shape, "native", "ses", "mailgun", "sendgrid", "postmark")
	if e.Shape != "native" && e.What != "do-not-email" {
		t.wrong("shape", "", "is for do-not-email only")
	}
	t.flag("hashed", &e.Hashed)
	if e.Hashed && e.Shape != "native" {
		t.wrong("hashed", "", "a provider wants addresses: leave it out, or shape")
	}
	t.flag("raw", &e.Raw)
	if e.Raw && e.Format == "json" {
		t.wrong("raw", "", `is without effect when format is "json"`)
	}
	t.text("reason", &e.Reason)
	t.text("class", &e.Class)
	t.text("mailbox", &e.Mailbox)
	t.text("cursor", &e.Cursor)
	switch {
	case len(e.Cursor) > maxName || strings.Trim(e.Cursor, nameChars) != "":
		t.wrong("cursor", "", "may hold only letters, digits, \"-\", \"_\" and \".\", at most %d of them", maxName)
	case e.Cursor != "" && e.Path != "" && !strings.Contains(e.Path, TimeInPath):
		// Only what is new is in the file: the next would take the place of rows that nobody may have read.
		t.wrong("path", `such as "changes-`+TimeInPath+`.csv"`, "must hold %s when cursor is set", TimeInPath)
	}
	t.done()
	return e
}

// sameExports notes exports that would take each other's file or rows.
func sameExports(tables []*table, exports []Export) {
	for i, e := range exports {
		for j, other := range exports[:i] {
			if e.Path != "" && e.Path == other.Path {
				tables[i].wrong("path", "", "is that of export #%d too", j+1)
			}
			if e.Cursor != "" && e.Cursor == other.Cursor && e.What == other.What {
				tables[i].wrong("cursor", "", "is that of export #%d too: each would miss what the other has had", j+1)
			}
		}
	}
}
