package export

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bouncehound"
)

// readStrictly reads CSV by the grammar of RFC 4180 section 2 and nothing more
// lenient: CRLF ends a line, and every octet of a quoted cell is kept.
func readStrictly(s string) (records [][]string, err error) {
	for s != "" {
		var record []string
		for more := true; more; {
			var cell string
			if strings.HasPrefix(s, `"`) {
				s = s[1:]
				for {
					i := strings.IndexByte(s, '"')
					if i < 0 {
						return nil, errors.New("a quoted cell does not end")
					}
					cell, s = cell+s[:i], s[i+1:]
					if !strings.HasPrefix(s, `"`) {
						break
					}
					cell, s = cell+`"`, s[1:]
				}
			} else {
				i := strings.IndexAny(s, ",\"\r\n")
				if i < 0 {
					return nil, errors.New("the last line does not end")
				}
				cell, s = s[:i], s[i:]
			}
			record = append(record, cell)
			switch {
			case strings.HasPrefix(s, ","):
				s = s[1:]
			case strings.HasPrefix(s, "\r\n"):
				s, more = s[2:], false
			default:
				return nil, errors.New("neither a comma nor CRLF after a cell")
			}
		}
		records = append(records, record)
	}
	return records, nil
}

// Whatever is in the cells comes back, by the strict reader to the octet and by
// the standard library's, which makes LF of CRLF.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a", "a,b", `"`, `""`, "'", "\r", "\n", "\r\n", " a", "a ", "=1", "'=1", "''=1", "' =1", "\t", "-", "＝1", "'＠", "\xff", "a\xffb", "\x00", `"'=`, `\.`, "ü", "\ufeff"} {
		f.Add(s, "x", true)
		f.Add("y", s, false)
	}
	f.Fuzz(func(t *testing.T, a, b string, raw bool) {
		var out strings.Builder
		row := bouncehound.Contact{Email: a, Diagnostic: b, Note: a + b, Standing: bouncehound.Standing(b)}
		if _, err := DoNotEmail(&out, Options{Raw: raw}, of(row)); err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(out.String()) {
			t.Errorf("%q is not UTF-8", out.String())
		}
		strict, err := readStrictly(out.String())
		if err != nil || len(strict) != 2 {
			t.Fatalf("%q: %d records, %v", out.String(), len(strict), err)
		}
		std, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(std) != 2 {
			t.Fatalf("%q: %d records, %v", out.String(), len(std), err)
		}
		for i, want := range map[int]string{0: a, 4: b, 10: a + b, 11: b} {
			want = strings.ToValidUTF8(want, "\uFFFD")
			got := strict[1][i]
			if !raw {
				if live := strings.TrimLeft(got, `"`); isFormula(live) && live[0] != '\'' {
					t.Errorf("%q is live", got)
				}
				got = Undefuse(got)
			}
			if got != want {
				t.Errorf("%q came back as %q", want, got)
			}
			got = std[1][i]
			if !raw {
				got = Undefuse(got)
			}
			if want = strings.ReplaceAll(want, "\r\n", "\n"); got != want {
				t.Errorf("%q came back from the standard library as %q", want, got)
			}
		}
	})
}

func TestDefuse(t *testing.T) {
	for cell, want := range map[string]string{
		"":                   "",
		"plain":              "plain",
		"lena@example.com":   "lena@example.com",
		"5.1.1":              "5.1.1",
		"<a@example.com>":    "<a@example.com>",
		"=1+1":               "'=1+1",
		"+49 89":             "'+49 89",
		"-":                  "'-",
		"@SUM(A1)":           "'@SUM(A1)",
		"\tx":                "'\tx",
		"\rx":                "'\rx",
		" =1":                "' =1",
		"\n\n +1":            "'\n\n +1",
		"\n":                 "'\n",
		" \n":                "' \n",
		"＝1":                 "'＝1",
		"＋1":                 "'＋1",
		"－1":                 "'－1",
		"＠1":                 "'＠1",
		"！1":                 "！1",
		"'":                  "'",
		"'quoted'":           "'quoted'",
		"'=1":                "''=1",
		"''=1":               "'''=1",
		"' =1":               "'' =1",
		" '=1":               " '=1",
		"a=1":                "a=1",
		" a":                 " a",
		"\u200b=1":           "\u200b=1",
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
		`"=1`:                `'"=1`,
		`"a"`:                `"a"`,
		"smtp; 550 no":       "smtp; 550 no",
		"x;=1+1;y":           "x;'=1+1;y",
		"x;'=1;-2":           "x;''=1;'-2",
		`x;"=1+1;y`:          `x;'"=1+1;y`,
		"=1;":                "'=1;",
	} {
		got := Defuse(cell)
		if got != want {
			t.Errorf("Defuse(%q) = %q, want %q", cell, got, want)
		}
		if back := Undefuse(got); back != cell {
			t.Errorf("Undefuse(%q) = %q, want %q", got, back, cell)
		}
	}
	// What was never defused stays as it is.
	for _, cell := range []string{"'", "'a", "''", "=1", "+1", "'a=1", " '=1"} {
		if got := Undefuse(cell); got != cell {
			t.Errorf("Undefuse(%q) = %q", cell, got)
		}
	}
}

func FuzzDefuse(f *testing.F) {
	for _, s := range []string{"", "=", "'=", "''", "' '=", "＝", "\t", " \n-", "a;=", `;"=;'`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Defuse(s)
		if Undefuse(d) != s {
			t.Errorf("%q became %q and then %q", s, d, Undefuse(d))
		}
		if d != "" && strings.ContainsRune("=+-@\t\r\n", rune(d[0])) {
			t.Errorf("%q is still live", d)
		}
		for part := range strings.SplitSeq(d, ";") {
			if part = strings.TrimLeft(part, `" `); part != "" && strings.ContainsRune("=+-@", rune(part[0])) {
				t.Errorf("%q is live where semicolons part cells", d)
			}
		}
	})
}

// TestTimes: times are written as package time writes them.
func TestTimes(t *testing.T) {
	l := &line{}
	base := time.Date(2026, 2, 28, 23, 59, 59, 0, time.FixedZone("", 3600))
	for _, at := range []time.Time{
		base, base.Add(time.Second), base.Add(time.Hour), base.Add(time.Hour + 120*time.Millisecond), base.Add(1), base.Add(999_999_999), base.Add(2 * time.Hour), base,
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 0), time.Unix(-1, 5e8), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 1e6, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), {},
	} {
		l.buf, l.begun = l.buf[:0], false
		l.time(at)
		want := at.UTC().Format(time.RFC3339Nano)
		if at.IsZero() {
			want = ""
		}
		if got := string(l.buf); got != want {
			t.Errorf("%s is written as %s, want %s", at, got, want)
		}
	}
}
