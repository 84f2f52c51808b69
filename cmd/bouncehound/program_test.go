package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// newTestProgram returns a program that sees no configuration but what its flags name.
func newTestProgram(t *testing.T, stdin string, stdout, stderr io.Writer) *program {
	t.Helper()
	return &program{
		stdin: strings.NewReader(stdin), stdout: stdout, stderr: stderr,
		environ: []string{"BOUNCEHOUND_CONFIG=" + t.TempDir() + "/none.toml"}, now: time.Now,
	}
}

func TestDemo(t *testing.T) {
	code, stdout, stderr := run(t, "", "demo")
	if code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	for _, want := range []string{
		"14 messages", "lena@example.com,user_unknown,hard", "every signature was valid", "not_a_bounce", "auto_reply", "messages --unread",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ü 日本":                  "plain ü 日本",
		"\x1b[31mred\x1b[0m\x07":      "\uFFFD[31mred\uFFFD[0m\uFFFD",
		"a\u202egpj.exe":              "a\uFFFDgpj.exe",
		"two\nlines\tand a tab\u0085": "two\nlines and a tab\uFFFD",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	p := &program{now: func() time.Time { return now }}
	for in, want := range map[string]time.Time{
		"":                     {},
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-01T08:00:00Z": time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
		"90m":                  now.Add(-90 * time.Minute),
		"7d":                   now.AddDate(0, 0, -7),
		"2w":                   now.AddDate(0, 0, -14),
	} {
		if got, err := p.parseSince(in); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"yesterday", "7", "d", "-3d", "1.5h", "7dd"} {
		if got, err := p.parseSince(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}
