package parser

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bouncehound"
)

// Every test binary takes -update, so that `go test ./... -update` works.
var _ = flag.Bool("update", false, "rewrite the golden files")

// testdata calls f with each message of testdata.
func testdata(t testing.TB, f func(name string, raw []byte)) {
	t.Helper()
	files, _ := filepath.Glob("../testdata/*/*.eml")
	if len(files) < 40 {
		t.Fatalf("only %d messages", len(files))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f(strings.TrimPrefix(file, "../testdata/"), raw)
	}
}

// TestTestdata holds what must be true of every report, whatever the message.
func TestTestdata(t *testing.T) {
	testdata(t, func(name string, raw []byte) {
		checkReport(t, name, Parse(raw))
	})
}

// TestLineEnds reads every message with LF, CRLF and CR line ends and with a From_ line.
func TestLineEnds(t *testing.T) {
	testdata(t, func(name string, raw []byte) {
		want := Parse(raw)
		lf := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		for form, other := range map[string][]byte{
			"again":     raw,
			"LF":        lf,
			"CRLF":      bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")),
			"CR":        bytes.ReplaceAll(lf, []byte("\n"), []byte("\r")),
			"From_ LF":  append([]byte("From MAILER-DAEMON Thu Mar  5 09:00:02 2026\n"), lf...),
			"From_ CR":  append([]byte("From MAILER-DAEMON Thu Mar  5 09:00:02 2026\r"), bytes.ReplaceAll(lf, []byte("\n"), []byte("\r"))...),
			"From_ raw": append([]byte("From MAILER-DAEMON Thu Mar  5 09:00:02 2026\r\n"), raw...),
		} {
			if got := Parse(other); !reflect.DeepEqual(got, want) {
				t.Errorf("%s with %s:\n got %+v\nwant %+v", name, form, got, want)
			}
		}
	})
}

// checkReport reports what must not be in any report.
func checkReport(t *testing.T, name string, r bouncehound.Report) {
	t.Helper()
	line := func(what, s string, limit int) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) }) || len(s) > limit {
			t.Errorf("%s: %s is not one line of UTF-8: %.200q", name, what, s)
		}
	}
	address := func(what, a string) {
		line(what, a, 600)
		if a == "" {
			return
		}
		local, domain, ok := strings.Cut(a, "@")
		if i := strings.LastIndexByte(a, '@'); ok && i > 0 {
			local, domain = a[:i], a[i+1:]
		}
		if !ok || local == "" || domain == "" || strings.ToLower(domain) != domain || strings.ContainsAny(domain, " <>,;\"") || local[0] != '"' && strings.ContainsAny(local, " <>,;") {
			t.Errorf("%s: %s is no address: %q", name, what, a)
		}
	}
	for _, rec := range r.Recipients {
		address("recipient", rec.Address)
		address("final recipient", rec.Final)
		if strings.EqualFold(rec.Address, rec.Final) && rec.Final != "" || rec.Address == "" && rec.Final != "" {
			t.Errorf("%s: recipient %q, final recipient %q", name, rec.Address, rec.Final)
		}
		line("diagnostic", rec.Diagnostic, maxDiagnostic)
		line("remote MTA", rec.RemoteMTA, 255)
		if rec.Status != "" && rec.Status != statusOf(rec.Status) {
			t.Errorf("%s: status %q", name, rec.Status)
		}
		if rec.Reply != 0 && (rec.Reply < 400 || rec.Reply > 699) {
			t.Errorf("%s: reply %d", name, rec.Reply)
		}
		if rec.Action == "" || rec.Action == bouncehound.NoAction {
			t.Errorf("%s: action %q", name, rec.Action)
		}
	}
	if r.Unread && len(r.Recipients) > 0 {
		t.Errorf("%s: unread, with %d recipients", name, len(r.Recipients))
	}
	o := r.Original
	for what, s := range map[string]string{
		"reporting MTA": r.ReportingMTA, "message id": r.MessageID, "original id": o.MessageID, "in reply to": o.InReplyTo, "references": o.References,
		"subject": o.Subject, "from": o.From, "to": o.To, "date": o.Date, "list id": o.ListID, "notes": strings.Join(r.Notes, " "),
	} {
		line(what, s, maxValue)
	}
	for name, s := range o.Headers {
		line(name, s, maxValue)
	}
}
