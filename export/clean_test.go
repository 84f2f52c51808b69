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
	"unicode/utf8"

	textencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"bouncehound"
)

// gone removes addresses that begin with "gone".
func gone(addresses []string) ([]Removal, error) {
	all := make([]Removal, len(addresses))
	for i, a := range addresses {
		if strings.HasPrefix(a, "gone") {
			all[i] = Removal{"user_unknown", `no such mailbox, "` + a + `"`}
		}
	}
	return all, nil
}

func cleanText(t testing.TB, list string, o CleanOptions) (kept, removed string, report CleanReport) {
	t.Helper()
	var k, r strings.Builder
	if o.Check == nil {
		o.Check = gone
	}
	report, err := Clean(t.Context(), &k, &r, strings.NewReader(list), o)
	if err != nil {
		t.Fatalf("%q: %v", list, err)
	}
	return k.String(), r.String(), report
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, list, kept, removed string }{
		{"commas",
			"Name,Email,City\r\nLena,lena@example.com,Ulm\r\nGone,gone@example.com,Bern\r\nMia,mia@example.com,Wien\r\n",
			"Name,Email,City\r\nLena,lena@example.com,Ulm\r\nMia,mia@example.com,Wien\r\n",
			"Name,Email,City,removed_reason,removed_why\r\nGone,gone@example.com,Bern,user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\r\n"},
		{"semicolons, no line end at the end",
			"e-mail;name\nlena@example.com;\"Li; Lena\"\n\ngone@example.com;x",
			"e-mail;name\nlena@example.com;\"Li; Lena\"\n\n",
			"e-mail;name;removed_reason;removed_why\ngone@example.com;x;user_unknown;\"no such mailbox, \"\"gone@example.com\"\"\"\n"},
		{"no header, short rows",
			"1\tlena@example.com\ta\n2\tgone@example.com\n3\n",
			"1\tlena@example.com\ta\n3\n",
			"2\tgone@example.com\t\tuser_unknown\t\"no such mailbox, \"\"gone@example.com\"\"\"\n"},
		{"one column", "lena@example.com\ngone1@example.com\n", "lena@example.com\n", "gone1@example.com,user_unknown,\"no such mailbox, \"\"gone1@example.com\"\"\"\n"},
		{"line ends in quotes",
			"email,note\n\"gone@example.com\",\"two\nlines, and \"\"one\"\" more\"\nlena@example.com,\"a\r\n\nb\"\n",
			"email,note\nlena@example.com,\"a\r\n\nb\"\n",
			"email,note,removed_reason,removed_why\n\"gone@example.com\",\"two\nlines, and \"\"one\"\" more\",user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\n"},
		{"old Macs", "email,n\rlena@example.com,1\rgone@example.com,2\r", "email,n\rlena@example.com,1\r",
			"email,n,removed_reason,removed_why\rgone@example.com,2,user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\r"},
		{"Excel's first line", "sep=;\r\nMail;n\r\ngone@example.com;1\r\nlena@example.com;2\r\n", "sep=;\r\nMail;n\r\nlena@example.com;2\r\n",
			"sep=;\r\nMail;n;removed_reason;removed_why\r\ngone@example.com;1;user_unknown;\"no such mailbox, \"\"gone@example.com\"\"\"\r\n"},
		{"a stray quote hides nobody", "email,n\n\"lena@example.com,1\ngone@example.com,2\nmia\"@example.com,3\n", "email,n\n\"lena@example.com,1\nmia\"@example.com,3\n",
			"email,n,removed_reason,removed_why\ngone@example.com,2,user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\n"},
		{"as people write them", "n,email\n1,Lena Li <lena@example.com>\n2,\"Gone <gone@example.com>\"\n3,mailto:gone2@example.com\n4,\n5,\"lena@example.com; gone3@example.com\"\n",
			"n,email\n1,Lena Li <lena@example.com>\n4,\n",
			"n,email,removed_reason,removed_why\n2,\"Gone <gone@example.com>\",user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\n" +
				"3,mailto:gone2@example.com,user_unknown,\"no such mailbox, \"\"gone2@example.com\"\"\"\n" +
				"5,\"lena@example.com; gone3@example.com\",user_unknown,\"gone3@example.com: no such mailbox, \"\"gone3@example.com\"\"\"\n"},
		{"no rows", "email\n", "email\n", "email,removed_reason,removed_why\n"},
		{"nothing", "", "", ""},
		{"a house is no address", "address,contact\n1 High Street,gone@example.com\n2 High Street,lena@example.com\n", "address,contact\n2 High Street,lena@example.com\n",
			"address,contact,removed_reason,removed_why\n1 High Street,gone@example.com,user_unknown,\"no such mailbox, \"\"gone@example.com\"\"\"\n"},
	} {
		kept, removed, _ := cleanText(t, c.list, CleanOptions{})
		if kept != c.kept || removed != c.removed {
			t.Errorf("%s: kept\n%q\nwant\n%q\nremoved\n%q\nwant\n%q", c.name, kept, c.kept, removed, c.removed)
		}
	}
}

// TestCleanEncodings: the same list in every encoding, an octet at a time.
func TestCleanEncodings(t *testing.T) {
	const list, wantKept = "Name;email\r\nJosé;lena@example.com\r\nZoë;gone@example.com\r\n\"Åsa\r\nLi\";mia@example.com\r\n", "Name;email\r\nJosé;lena@example.com\r\n\"Åsa\r\nLi\";mia@example.com\r\n"
	const wantRemoved = "Name;email;removed_reason;removed_why\r\nZoë;gone@example.com;user_unknown;\"no such mailbox, \"\"gone@example.com\"\"\"\r\n"
	for name, e := range map[string]textencoding.Encoding{
		"UTF-8": textencoding.Nop, "UTF-8 with a mark": unicode.UTF8BOM, "Windows-1252": charmap.Windows1252,
		"UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16BE": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16LE without a mark": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16BE without a mark": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	} {
		written := func(s string) string {
			b, err := e.NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		var kept, removed strings.Builder
		report, err := Clean(t.Context(), &kept, &removed, iotest.OneByteReader(strings.NewReader(written(list))), CleanOptions{Check: gone})
		if err != nil || report.Kept != 2 || report.Removed != 1 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		if kept.String() != written(wantKept) || removed.String() != written(wantRemoved) {
			t.Errorf("%s: kept %q, removed %q", name, kept.String(), removed.String())
		}
	}
}

func TestCleanSyntax(t *testing.T) {
	const list = "email\nlena@example.com\nlena@gmial.com\nlena@example\n-\n\"\"\ngone@example.com\n"
	var hints []string
	o := CleanOptions{CheckSyntax: true, Hint: func(line int, address string) error {
		hints = append(hints, fmt.Sprint(line, " ", address))
		return nil
	}}
	kept, removed, report := cleanText(t, list, o)
	if kept != "email\nlena@example.com\nlena@gmial.com\n" || report != (CleanReport{Kept: 2, Removed: 4}) || strings.Count(removed, ",syntax,") != 3 {
		t.Errorf("kept %q, removed %q, %+v", kept, removed, report)
	}
	if got := strings.Join(hints, ", "); got != "2 lena@example.com, 3 lena@gmial.com" {
		t.Errorf("hints %s", got)
	}
	if _, _, report := cleanText(t, list, CleanOptions{}); report != (CleanReport{Kept: 5, Removed: 1, NoAddress: 2}) {
		t.Errorf("report %+v", report)
	}
}

func TestCleanColumns(t *testing.T) {
	const list = "id,private,work\n1,gone@example.com,lena@example.com\n2,lena@example.com,gone@example.com\n"
	for column, want := range map[string]string{"Work": "id,private,work\n1,gone@example.com,lena@example.com\n", "2": "id,private,work\n2,lena@example.com,gone@example.com\n"} {
		o := CleanOptions{}
		o.Columns = map[Field]string{FieldEmail: column}
		if kept, _, _ := cleanText(t, list, o); kept != want {
			t.Errorf("column %s: kept %q", column, kept)
		}
	}
	for list, o := range map[string]ListOptions{
		list:                  {Columns: map[Field]string{FieldEmail: "home"}},
		"name,city\nLena,Ulm": {},
	} {
		var out strings.Builder
		_, err := Clean(t.Context(), &out, nil, strings.NewReader(list), CleanOptions{ListOptions: o, Check: gone})
		var column *ColumnError
		if !errors.As(err, &column) || out.Len() > 0 {
			t.Errorf("%q: %v, wrote %q", list, err, out.String())
		}
	}
}

// TestColumnError: of a file that is no list only the beginning is told.
func TestColumnError(t *testing.T) {
	long := strings.Repeat("ä", 5_000)
	for _, columns := range [][]string{{long}, slices.Repeat([]string{long}, 50)} {
		if text := (&ColumnError{Field: FieldEmail, Columns: columns}).Error(); len(text) > 2_000 || !utf8.ValidString(text) {
			t.Errorf("%d columns: %d octets", len(columns), len(text))
		}
	}
}

// TestCleanFails: what cannot be read, looked up or written is an error.
func TestCleanFails(t *testing.T) {
	broken := errors.New("broken")
	list := "email\n" + strings.Repeat("lena@example.com\n", 20_000)
	ask := func([]string) ([]Removal, error) { return nil, broken }
	for name, run := range map[string]func() error{
		"reading": func() error {
			_, err := Clean(t.Context(), io.Discard, nil, io.MultiReader(strings.NewReader(list), iotest.ErrReader(broken)), CleanOptions{Check: gone})
			return err
		},
		"looking up": func() error {
			_, err := Clean(t.Context(), io.Discard, nil, strings.NewReader(list), CleanOptions{Check: ask})
			return err
		},
		"writing": func() error {
			_, err := Clean(t.Context(), failingWriter{broken}, nil, strings.NewReader(list), CleanOptions{Check: gone})
			return err
		},
	} {
		if err := run(); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Clean(t.Context(), io.Discard, nil, strings.NewReader("email\n"+strings.Repeat("a", 2<<20)), CleanOptions{Check: gone}); !errors.Is(err, ErrRowTooLong) {
		t.Errorf("a long row: %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// FuzzClean: the rows that are kept are those that may be mailed, octet for octet, and
// with nobody to remove the list is as it was.
func FuzzClean(f *testing.F) {
	for _, list := range []string{
		"Name,Email\r\nLena,lena@example.com\r\nGone,gone@example.com\r\n", "e-mail;n\n\"gone@example.com\";\"a\n\"\"b\"\n\nlena@example.com;x",
		"\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00g\x00o\x00n\x00e\x00@\x00a\x00.\x00b\x00\n\x00", "sep=|\nmail|n\ngone@a.b|\"x", "gone@a.b\rlena@a.b\r", "\xef\xbb\xbf\"email\"\n\"a@b\" ,c\n", "email\nJos\xe9 <a@b>\n\"\n",
	} {
		f.Add([]byte(list), true)
		f.Add([]byte(list), false)
	}
	nobody := func(a []string) ([]Removal, error) { return make([]Removal, len(a)), nil }
	f.Fuzz(func(t *testing.T, list []byte, syntax bool) {
		read := func() io.Reader {
			if len(list)%2 == 0 {
				return iotest.HalfReader(bytes.NewReader(list))
			}
			return bytes.NewReader(list)
		}
		var same bytes.Buffer
		if _, err := Clean(t.Context(), &same, nil, read(), CleanOptions{Check: nobody}); err != nil {
			return // no column of addresses
		}
		if !bytes.Equal(same.Bytes(), list) {
			t.Fatalf("nobody to remove: %q became %q", list, same.Bytes())
		}

		// The same by hand: the rows as they are, less those that are to go.
		s, at, header, _, err := ListOptions{}.open(bytes.NewReader(list))
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Clone(s.mark)
		before, head, err := s.begin(header)
		if want = append(want, before...); err == nil && head != nil {
			want = append(want, head.raw...)
		}
		removed := 0
		for {
			r, err := s.next()
			if err != nil {
				break
			}
			all := Addresses(r.text(at[FieldEmail]))
			goes := syntax && len(all) == 0
			for _, a := range all {
				goes = goes || strings.HasPrefix(a, "gone") || syntax && bouncehound.CheckAddress(a) != nil
			}
			if goes && !r.empty() {
				removed++
				continue
			}
			want = append(want, r.raw...)
		}
		var kept, rest bytes.Buffer
		report, err := Clean(t.Context(), &kept, &rest, read(), CleanOptions{Check: gone, CheckSyntax: syntax})
		if err != nil || report.Removed != removed || !bytes.Equal(kept.Bytes(), want) {
			t.Fatalf("%q: kept %q, want %q; removed %d, want %d; %v", list, kept.Bytes(), want, report.Removed, removed, err)
		}
	})
}

// BenchmarkClean cleans a list of 100,000 rows, less the time to look them up.
func BenchmarkClean(b *testing.B) {
	var list strings.Builder
	list.WriteString("id,email,name,city\r\n")
	for i := range 100_000 {
		fmt.Fprintf(&list, "%d,contact.%07d@domain%03d.example,\"Reader, %d\",Ulm\r\n", i, i, i%997, i)
	}
	b.SetBytes(int64(list.Len()))
	for b.Loop() {
		report, err := Clean(b.Context(), io.Discard, nil, strings.NewReader(list.String()), CleanOptions{Check: func(a []string) ([]Removal, error) { return make([]Removal, len(a)), nil }})
		if err != nil || report.Kept != 100_000 {
			b.Fatal(report, err)
		}
	}
}
