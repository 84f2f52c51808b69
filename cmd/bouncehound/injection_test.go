package main

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bouncehound/poller/imaptest"
)

// hostile is a report whose every text, written by a stranger, means to be more than text:
// escape codes for the terminal (7-bit and 8-bit, a title, a clear screen), marks that turn the
// line around, line breaks for the log, formulas for the spreadsheet, markup for the browser.
const hostile = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\n" +
	"Subject: \u202eUndelivered\u202c \x1b[31m\r\nMessage-ID: <hostile\x1b[2J@mx.example.net>\r\n" +
	"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt could not be delivered.\r\n\r\n" +
	"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\x1b]0;title\x07.example.net\r\n\r\n" +
	"Final-Recipient: rfc822; =1+1@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n" +
	"Diagnostic-Code: smtp; 550 5.1.1 =cmd|' /C calc'!A0 \x1b[31mUser unknown\x1b[0m \u202e \u2028 \u009b31m \x9b31m \x07\x00 <script>alert(1)</script>\r\n" +
	" level=ERROR msg=\"forged\r\n\r\n" +
	"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <=news@example.org>\r\nSubject: @SUM(1) \x1b[5m\r\nX-Contact-Id: -1+1\x1b[5m\r\n\r\n--b--\r\n"

// everywhere is a report with the same in every field that anybody may write: in header
// fields also as encoded words, for what is decoded gets past who looks at the bytes.
func everywhere() []byte {
	evil := "\x1b]0;t\x07\x1b[2J\u009b31m\u202e\u2066\u061c\u2028\u2029\u200e\ufeff\U000e0041 <script>x</script> \x85 \u0085 =1+1;=1+1;x"
	word := "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("=1+1 "+evil+"\r\nlevel=ERROR msg=forged")) + "?="
	field := func(names ...string) (all string) {
		for _, n := range names {
			all += n + ": <" + evil + "@example.org> " + word + "\r\n"
		}
		return all
	}
	return []byte("Return-Path: <>\r\n" + field("Subject", "Message-ID", "To", "X-Failed-Recipients") + "From: MAILER-DAEMON@mx.example.net (" + word + ")\r\n" +
		"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + evil + "\r\n\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; " + evil + "\r\nReceived-From-MTA: dns; " + evil + "\r\n\r\n" +
		"Original-Recipient: rfc822; \"" + evil + "\"@example.com\r\nFinal-Recipient: rfc822; \"" + evil + "\"@example.com\r\nAction: failed\r\nStatus: 5.1.1 (" + evil + ")\r\n" +
		"Remote-MTA: dns; " + evil + "\r\nDiagnostic-Code: smtp; 550 5.1.1 " + evil + " " + word + "\r\n\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\n" + field("Message-ID", "In-Reply-To", "References", "Subject", "From", "To", "Date", "List-Id", "X-Contact-Id") + "\r\nHello.\r\n\r\n--b--\r\n")
}

// TestInjection lets no text of a stranger's be more than text wherever we print it.
func TestInjection(t *testing.T) {
	server := imaptest.Memory(t, "Archive")
	w := newWorld(t, server, "[mailbox.poll]\nafter = \"keep\"\nsince = \"30y\"\n[mailbox.capture]\nheaders = [\"X-Contact-Id\"]\n")
	w.append([]byte(hostile))
	w.append(everywhere())
	worst := filepath.Join(t.TempDir(), "worst.eml")
	if err := os.WriteFile(worst, everywhere(), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "\x1b[31m=1+1.eml")
	plain := filepath.Join(t.TempDir(), "plain.eml") // CSV gives a file's name as it is, and that is the caller's own
	for _, name := range []string{file, plain} {
		if err := os.WriteFile(name, []byte(hostile), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	_, logs := w.run(0, "poll")
	if n := strings.Count(logs, "level=ERROR"); n != strings.Count(logs, `\"forged`) && n > 0 {
		t.Errorf("a line of the log is forged:\n%s", logs)
	}
	bounces := w.bounces()
	if len(bounces) != 2 || bounces[0].Address == "" {
		t.Fatalf("%d bounces: %+v", len(bounces), bounces)
	}
	outputs := map[string]string{"poll": logs}
	for _, args := range [][]string{
		{"parse", file}, {"parse", "--output", "csv", plain}, {"parse", "--output", "json", file},
		{"parse", worst}, {"parse", "--output", "csv", worst}, {"parse", "--output", "json", worst}, {"reclassify", "--reparse"}, {"check"},
		{"list"}, {"list", "--output", "csv"}, {"list", "--output", "json"},
		{"show", bounces[0].Address}, {"show", "--output", "csv", bounces[0].Address}, {"show", "--output", "json", bounces[0].Address},
		{"messages"}, {"messages", "--output", "csv"}, {"messages", "--output", "json"},
		{"export", "bounces"}, {"export", "contacts"}, {"export", "do-not-email"}, {"export", "bounces", "--output", "json"},
		{"rules", "unknown"}, {"explain", "550 \x1b[31m\u202eUser unknown"}, {"webhooks", "list"},
	} {
		out, errs := w.run(0, args...)
		name := strings.Join(args, " ")
		outputs[name] = out
		outputs[name+" (stderr)"] = errs
		if strings.Contains(name, "csv") || args[0] == "export" && !strings.Contains(name, "json") {
			records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(records) < 2 {
				t.Errorf("%s: %d records, %v", name, len(records), err)
			}
			for _, record := range records {
				for _, cell := range record {
					for part := range strings.SplitSeq(cell, ";") { // and one that takes semicolons for commas
						if part != "" && strings.ContainsRune("=+-@\t\r", rune(part[0])) {
							t.Errorf("%s: a spreadsheet would carry out %q", name, cell)
						}
					}
				}
			}
		}
		if strings.Contains(name, "json") {
			for line := range strings.Lines(out) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: no JSON: %s", name, line)
				}
			}
		}
	}
	_, errs := w.run(1, "parse", file+"\x1b[2J")
	outputs["an error"] = errs
	for name, out := range outputs {
		if !utf8.ValidString(out) {
			t.Errorf("%s is not UTF-8: %q", name, out)
		}
		for i, r := range out {
			if r != '\n' && r != '\r' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r >= 0xe0000 && r <= 0xe007f) {
				t.Errorf("%s: %U would reach the terminal, after %q", name, r, out[max(0, i-60):i])
				break
			}
		}
	}
}
