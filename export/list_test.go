package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"bouncehound"
)

// readList reads a list to its end.
func readList(t testing.TB, list string, kind bouncehound.ListKind, o ListOptions) (rows []ListRow, refused string) {
	t.Helper()
	l, err := ReadList(strings.NewReader(list), kind, o)
	if err != nil {
		t.Fatalf("%q: %v", list, err)
	}
	var out bytes.Buffer
	for {
		r, err := l.Next()
		if errors.Is(err, io.EOF) {
			return rows, out.String()
		}
		if err != nil {
			t.Fatalf("%q: %v", list, err)
		}
		if r.Problem != nil {
			if err := l.WriteRefused(&out, r, r.Problem); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, r)
	}
}

func TestReadListed(t *testing.T) {
	rows, refused := readList(t, "\xef\xbb\xbfE-Mail;Since;Note;Standing\r\n"+
		"Lena <lena@example.com>;2026-03-01;\"asked; by phone\";\r\n"+
		"'+mia@example.com;1772359200;;do_not_email\r\n"+
		";;;\r\n\r\n"+
		"noa;;;\r\n"+
		"oda@example.com, pia@example.com;03/04/2026;x;\r\n"+
		"rea@example.com;;;ok\r\n", bouncehound.ListDoNotEmail, ListOptions{})
	if len(rows) != 6 {
		t.Fatalf("%d rows", len(rows))
	}
	if got := rows[0].Listed[0]; got.Address != "lena@example.com" || !got.At.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) || got.Note != "asked; by phone" {
		t.Errorf("row 0: %+v", got)
	}
	if got := rows[1].Listed[0]; got.Address != "+mia@example.com" || got.At.Year() != 2026 {
		t.Errorf("row 1: %+v", got)
	}
	if got := rows[4].Listed; len(got) != 2 || got[1].Address != "pia@example.com" || !got[1].At.IsZero() || rows[4].Line != 7 {
		t.Errorf("row 4: %+v", rows[4])
	}
	const want = "\xef\xbb\xbfE-Mail;Since;Note;Standing;refused_because\r\n;;;;no address\r\nnoa;;;;\"\"\"noa\"\" is no address\"\r\nrea@example.com;;;ok;the row says that it may be mailed\r\n"
	if refused != want {
		t.Errorf("refused\n%q, want\n%q", refused, want)
	}
}

func TestReadSent(t *testing.T) {
	rows, refused := readList(t, "Message-ID,Contact ID,Recipient,Sent at\n"+
		"<a@example.org>,17,Lena@example.com,2026-03-01T10:00:00+01:00\n"+
		"b@example.org,,,\n"+
		",18,mia@example.com,2026-03-01 10:00\n"+
		",19,,2026-03-01 10:00\n"+
		",20,noa@example.com,3/4/26\n", bouncehound.ListSent, ListOptions{})
	want := []bouncehound.Sent{
		{MessageID: "<a@example.org>", ContactID: "17", Address: "Lena@example.com", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)},
		{MessageID: "<b@example.org>"}, {ContactID: "18", Address: "mia@example.com", At: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
	}
	for i, w := range want {
		if rows[i].Sent != w || rows[i].Problem != nil {
			t.Errorf("row %d: %+v, want %+v", i, rows[i], w)
		}
	}
	if strings.Count(refused, "\n") != 3 || !strings.Contains(refused, "neither an address nor a Message-ID") || !strings.Contains(refused, "cannot be told") {
		t.Errorf("refused %q", refused)
	}
	// Without a header columns go by number.
	rows, _ = readList(t, "a@example.org\tlena@example.com\n", bouncehound.ListSent, ListOptions{Columns: map[Field]string{FieldMessageID: "1", FieldEmail: "2"}})
	if len(rows) != 1 || rows[0].Sent.MessageID != "<a@example.org>" || rows[0].Sent.Address != "lena@example.com" {
		t.Errorf("rows %+v", rows)
	}
}

// TestReadExport: what this program exports is read again as it was.
func TestReadExport(t *testing.T) {
	contacts := []bouncehound.Contact{
		{Email: "=lena@example.com", Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Status: "5.1.1", Diagnostic: "550 5.1.1 \"no\", such\r\nuser", Note: "-1", Standing: bouncehound.DoNotEmail, Since: time.Date(2026, 3, 1, 0, 0, 0, 1e6, time.UTC)},
		{Email: `"mia li"@example.com`, Standing: bouncehound.DoNotEmail},
		{Email: "jörg@bücher.example", Standing: bouncehound.DoNotEmail},
	}
	var out strings.Builder
	if _, err := DoNotEmail(&out, Options{}, of(contacts...)); err != nil {
		t.Fatal(err)
	}
	rows, refused := readList(t, out.String(), bouncehound.ListDoNotEmail, ListOptions{})
	if len(rows) != len(contacts) || refused != "" {
		t.Fatalf("%+v, refused %q", rows, refused)
	}
	for i, c := range contacts {
		want := bouncehound.Listed{Address: c.Email, At: c.Since, Reason: c.Reason, Class: c.Class, Status: c.Status, Diagnostic: c.Diagnostic, Note: c.Note}
		if got := rows[i].Listed[0]; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for cell, want := range map[string][]string{
		"lena@example.com":                    {"lena@example.com"},
		" lena@example.com":                   {"lena@example.com"},
		"Li, Lena <lena@example.com>":         {"lena@example.com"},
		"lena@example.com mia@example.com":    {"lena@example.com", "mia@example.com"},
		"lena@example.com; <mia@example.com>": {"lena@example.com", "mia@example.com"},
		"MAILTO:lena@example.com?subject=x":   {"lena@example.com"},
		`"mia li"@example.com`:                {`"mia li"@example.com`},
		// As they come out of other programs: invisible marks, NUL, quotes that no domain ends with.
		"\u202alena@example.com\u202c":        {"lena@example.com"},
		"\u200blena@example.com":              {"lena@example.com"},
		"\ufefflena@example.com":              {"lena@example.com"},
		"Lena <\u200elena@example.com\u200e>": {"lena@example.com"},
		"lena@example.com\x00":                {"lena@example.com"},
		"'lena@example.com'":                  {"lena@example.com"},
		"'lena@example.com":                   {"'lena@example.com"}, // may be somebody
		`"lena@example.com`:                   {"lena@example.com"},  // a quote that is not closed
		`lena@example.com"`:                   {"lena@example.com"},
		"SMTP:lena@example.com":               {"lena@example.com"},
		"büro@example.com":                    {"büro@example.com"},
		"-":                                   {"-"},
		"":                                    nil,
		"lena@example.com\r\nmia@example.com\r\n": {"lena@example.com", "mia@example.com"},
	} {
		if got := Addresses(cell); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// TestFirstRows: the first row is passed over as a header only where it is none of the
// list, and of columns of one name that with the addresses is taken.
func TestFirstRows(t *testing.T) {
	for list, want := range map[string]string{
		"lena@example.com .\nmia@example.com\n":                                       `line 1: "lena@example.com ." is no address; mia@example.com`,
		"lena@\nmia@example.com\n":                                                    `line 1: "lena@" is no address; mia@example.com`,
		"who\nmia@example.com\n":                                                      "mia@example.com",
		"email,email\n,lena@example.com\n":                                            "lena@example.com",
		"email,email\nmia@example.com,lena@example.com\n":                             "mia@example.com",
		"email\nle\u200bna@example.com\nLi:mia@example.com\nle\u200cna@example.com\n": `line 2: "le\u200bna@example.com" is no address; line 3: "Li:mia@example.com" is no address; ` + "le\u200cna@example.com",
	} {
		l, err := ReadList(strings.NewReader(list), bouncehound.ListDoNotEmail, ListOptions{})
		if err != nil {
			t.Fatalf("%q: %v", list, err)
		}
		var got []string
		for r, err := l.Next(); err == nil; r, err = l.Next() {
			if r.Problem != nil {
				got = append(got, fmt.Sprintf("line %d: %v", r.Line, r.Problem))
				continue
			}
			got = append(got, r.Listed[0].Address)
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%q: %s, want %s", list, got, want)
		}
	}
	for _, mark := range []string{"\xff\xfe\x00\x00e\x00\x00\x00", "\x00\x00\xfe\xff\x00\x00\x00e"} {
		if _, err := ReadList(strings.NewReader(mark), bouncehound.ListDoNotEmail, ListOptions{}); !errors.Is(err, errUTF32) {
			t.Errorf("%q: %v", mark, err)
		}
	}
}

// FuzzImport: every row that is not empty is used or refused, and what was refused is
// written as it was: the refused rows of a list of refused rows are themselves.
func FuzzImport(f *testing.F) {
	for _, list := range []string{
		"email,note\nlena@example.com,x\nnoa,y\n", "a@b;c\n\"d\";e\n", "\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00n\x00o\x00\n\x00", "email\rnoa\r", "sep=;\nemail;x\n\"noa\";\"1\n2\"\n", "message_id,email\n,\n",
	} {
		f.Add([]byte(list), false)
		f.Add([]byte(list), true)
	}
	f.Fuzz(func(t *testing.T, list []byte, sent bool) {
		kind := bouncehound.ListDoNotEmail
		if sent {
			kind = bouncehound.ListSent
		}
		l, err := ReadList(iotest.HalfReader(bytes.NewReader(list)), kind, ListOptions{})
		if err != nil {
			return
		}
		line := 0
		for {
			r, err := l.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				return
			}
			if r.Line <= line {
				t.Fatalf("line %d after %d", r.Line, line)
			}
			line = r.Line
			for _, a := range r.Listed {
				if !bouncehound.IsAddress(a.Address) {
					t.Fatalf("%q was taken for an address", a.Address)
				}
			}
			if r.Problem == nil && !sent && len(r.Listed) == 0 {
				t.Fatal("a row is neither used nor refused")
			}
			var out bytes.Buffer
			l.refused.header = nil
			if err := l.WriteRefused(&out, r, errNoAddress); err != nil || !bytes.HasPrefix(out.Bytes(), r.raw) || !bytes.Contains(list, r.raw) {
				t.Fatalf("row %q was refused as %q, %v", r.raw, out.Bytes(), err)
			}
		}
	})
}
