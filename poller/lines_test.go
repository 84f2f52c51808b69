package poller

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// through reads what a server says as go-imap would get it, where size is the buffer's.
func through(t testing.TB, from io.Reader, size, most int) string {
	t.Helper()
	l := &lines{r: bufio.NewReaderSize(from, size)}
	var got []byte
	for p := make([]byte, most); ; {
		n, err := l.Read(p)
		got = append(got, p[:n]...)
		if err == io.EOF {
			return string(got)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestMended: what go-imap would end the connection over becomes what it takes.
func TestMended(t *testing.T) {
	for in, want := range map[string]string{
		"*  522 EXISTS\n":          "* 522 EXISTS\n",
		"*      3 EXISTS  \r\n":    "* 3 EXISTS\r\n",
		"* 7 FETCH (UID 19436 )\n": "* 7 FETCH (UID 19436)\n",
		`* 7 FETCH (UID 1 FLAGS (\Seen)  RFC822.SIZE 5)` + "\n":   `* 7 FETCH (UID 1 FLAGS (\Seen) RFC822.SIZE 5)` + "\n",
		"* 7 FETCH ( UID 1   BODY[] {7}\r\n*  3 )\n )\n":          "* 7 FETCH (UID 1 BODY[] {7}\r\n*  3 )\n)\n",
		"* 7 FETCH (BODY[] {2}\r\nhi\r\n)\r\n* 1 EXISTS\r\n":      "* 7 FETCH (BODY[] {2}\r\nhi)\r\n* 1 EXISTS\r\n",
		"* 7 FETCH (BODY[] {2} \r\nhi UID 5  FLAGS (x]y ) )\n":    "* 7 FETCH (BODY[] {2}\r\nhi UID 5 FLAGS (x_y))\n",
		`* FLAGS (\Answered OIB-Seen-[Gmail]/All Mail \*)` + "\n": `* FLAGS (\Answered OIB-Seen-[Gmail_/All Mail \*)` + "\n",
		`* FLAGS ("\\Deleted" \Seen \ a\b *x)` + "\n":             `* FLAGS (___Deleted_ \Seen _ a_b _x)` + "\n",
		"* FLAGS (\x04 É $Forwarded )\n":                          "* FLAGS (_ __ $Forwarded)\n",
		"* FLAGS NIL\r\n* 1 RECENT\r\n":                           "* 1 RECENT\r\n",
		`* OK [PERMANENTFLAGS (\Seen [x]y \* )]  so  many` + "\n": `* OK [PERMANENTFLAGS (\Seen [x_y \*)]  so  many` + "\n",
		"* OK [PERMANENTFLAGS Flags] x\n":                         "* OK (PERMANENTFLAGS Flags] x\n",
		"* OK [UIDNEXT ] x\n":                                     "* OK (UIDNEXT ] x\n",
		"* OK [HIGHESTMODSEQ -1] x\n":                             "* OK (HIGHESTMODSEQ -1] x\n",
		"* ok [uidvalidity 7] x\n":                                "* ok [UIDVALIDITY 7] x\n",
		"T1 OK [COPYUID 9 1:3 4:*] Done\n":                        "T1 OK (COPYUID 9 1:3 4:*] Done\n",
		"T1 OK [CAPABILITY IMAP4rev1 ID ]\n":                      "T1 OK (CAPABILITY IMAP4rev1 ID ]\n",
		"T1  OK [READ-WRITE]done\n":                               "T1 OK [READ-WRITE] done\n",
		"* OK [ALERT\n":                                           "* OK (ALERT\n",
		"* OK [] x\n":                                             "* OK (] x\n",
		"* OK [192.0.2.1]:143 ready\n":                            "* OK [192.0.2.1] :143 ready\n",
		"[COPYUID 124 1 233]\r\nT1 OK MOVE\r\n":                   "T1 OK MOVE\r\n",
		"\r\n* VANISHED 1:3\r\n* 3 STORE\r\nT1 OK done\r\n":       "T1 OK done\r\n",
		`* ID ("name" "x" "version" NIL)` + "\r\n":                "",
		"* ENABLED UTF8=ACCEPT\r\n":                               "",
		`* LIST (\HasNoChildren )  "/"  "a  ( b )" ` + "\r\n":     `* LIST (\HasNoChildren) "/" "a  ( b )"` + "\r\n",
		"* SEARCH  1 2  3  \r\n":                                  "* SEARCH 1 2 3\r\n",
	} {
		const hello = "* OK [ALERT] hello\r\n"
		if got := through(t, strings.NewReader(hello+in), 4096, 512); got != hello+want {
			t.Errorf("%q\n got %q\nwant %q", in, got, hello+want)
		}
	}
	for _, first := range []string{"* HELLO\r\n", "\r\n", "+OK POP3 ready\r\n", "220 mail.example.com ESMTP\r\n", "[x\r\n"} { // what greets is told as it is
		if got := through(t, strings.NewReader(first), 4096, 512); got != first {
			t.Errorf("%q became %q", first, got)
		}
	}
}

// conversation makes up what a server says that follows RFC 9051, with octets in literals
// and strings that look as if they did not.
func conversation(r *rand.Rand) string {
	one := func(all ...string) string { return all[r.IntN(len(all))] }
	some := func(least, most int, of func() string) string {
		var all []string
		for range least + r.IntN(most-least+1) {
			all = append(all, of())
		}
		return strings.Join(all, " ")
	}
	text := func() string { return one("done", "a  b", "( x )", "{5}", "[x] y", "*  3 EXISTS", "é", "]", " ", `"`) }
	quoted := func() string {
		return `"` + one("", " ", "a  ( b )", `\"`, `\\`, "{5}", "FLAGS ( x ", "INBOX", "é", ")]") + `"`
	}
	literal := func() string {
		octets := one("", "\r\n", "*  3 EXISTS\r\n", "\r\n\r\nT1  OK [x\r\n", " )", "* FLAGS (a]b )\r\n{3}\r\n", strings.Repeat("x ", r.IntN(300)), "\x00\xff\n")
		return fmt.Sprintf("{%d}\r\n%s", len(octets), octets)
	}
	flag := func() string { return one(`\Seen`, `\Answered`, "$Forwarded", "x.y", "[a", "NIL", "\\Recent") }
	name := func() string { return one("INBOX", "a]b", "&AOQ-", "FLAGS", quoted(), quoted(), literal()) }
	number := func() string { return fmt.Sprint(r.Uint32()) }
	item := func() string {
		return one("UID "+number(), "FLAGS ("+some(0, 3, flag)+")", "RFC822.SIZE "+number(), `INTERNALDATE " 4-Jan-2026 10:00:00 +0000"`, "MODSEQ ("+number()+")",
			"BODY[] "+literal(), "BODY[] "+quoted(), "BODY[] NIL", "BODY[HEADER.FIELDS (DATE "+quoted()+")]<0> "+literal(), `ENVELOPE (NIL `+quoted()+` (("a" NIL "b" "c")) NIL)`)
	}
	code := func() string {
		return one("[ALERT]", "[UIDNEXT "+number()+"]", "[UIDVALIDITY 7]", "[COPYUID 9 1:3,5 4:6,9]", "[APPENDUID 9 4]", "[HIGHESTMODSEQ 18446744073709551615]", "[NOMODSEQ]", "[X-Y (a \"b\" {5}) c]",
			"[PERMANENTFLAGS ("+some(1, 3, flag)+one("", ` \*`)+")]", "[CAPABILITY IMAP4rev1 AUTH=PLAIN RIGHTS=]", "[READ-ONLY]", "[BADCHARSET (UTF-8)]", "[UNSEEN 3]")
	}
	response := func() string {
		switch r.IntN(9) {
		case 0:
			return "* " + one("OK", "NO", "BAD", "PREAUTH", "BYE", "ok") + " " + one(code()+" ", "") + text()
		case 1:
			return one("T1", "T99", "a") + " " + one("OK", "NO", "BAD") + " " + one(code()+" ", "") + text()
		case 2, 3, 4:
			return "* " + number() + " FETCH (" + some(1, 4, item) + ")"
		case 5:
			return "* " + one("LIST", "list") + " (" + some(0, 3, flag) + ") " + one(`"/"`, "NIL", `"\\"`) + " " + name() + one("", ` ("CHILDINFO" ("SUBSCRIBED"))`)
		case 6:
			return "+ " + one("OK [", "") + text()
		case 7:
			return "* " + one("FLAGS ("+some(0, 3, flag)+")", "SEARCH "+some(1, 200, number), "SEARCH", "CAPABILITY IMAP4rev1", `NAMESPACE (("" "/")) NIL (("#a" NIL "X" ("b")))`,
				`ESEARCH (TAG "T1") UID ALL 1:3`, "STATUS "+name()+" (MESSAGES 3)", "MYRIGHTS "+name()+" lrs")
		}
		return "* " + number() + " " + one("EXISTS", "RECENT", "EXPUNGE")
	}
	all := "* OK hello\r\n"
	for range 1 + r.IntN(12) {
		all += response() + "\r\n"
	}
	return all
}

// TestLinesPass: what follows the RFC is not changed, however it comes and is read; and
// where it is cut off, neither.
func TestLinesPass(t *testing.T) {
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := conversation(r)
		if r.IntN(4) == 0 {
			all = all[:r.IntN(len(all))]
		}
		var from io.Reader = strings.NewReader(all)
		switch r.IntN(3) {
		case 0:
			from = iotest.OneByteReader(from)
		case 1:
			from = iotest.HalfReader(from)
		}
		if got := through(t, from, []int{16, 80, 4096}[r.IntN(3)], 1+r.IntN(200)); got != all {
			t.Fatalf("seed %d:\n got %q\nwant %q", seed, got, all)
		}
	}
}

// FuzzLines: whatever a server says, it comes through whole, in the same way however it
// comes, and a literal as it is.
func FuzzLines(f *testing.F) {
	for seed := range uint64(50) {
		f.Add([]byte(conversation(rand.New(rand.NewPCG(seed, 2)))), uint16(seed))
	}
	f.Add([]byte("* OK x\r\n* 1 FETCH (BODY[] {9999999999999999999}\r\n* 1 FETCH (FLAGS (a{3}\r\nx"), uint16(9))
	f.Fuzz(func(t *testing.T, all []byte, most uint16) {
		const size = 1 << 16 // longer lines pass as they are
		got := through(t, bytes.NewReader(all), size, 4096)
		if again := through(t, iotest.OneByteReader(bytes.NewReader(all)), size, 1+int(most)%300); len(all) < size && again != got {
			t.Errorf("%q became %q and %q", all, got, again)
		}
		if len(got) > 2*len(all) {
			t.Errorf("%q became %q", all, got)
		}
		octets := fmt.Sprintf("* OK x\r\n* 1 FETCH (BODY[] {%d}\r\n%s)\r\n", len(all), all)
		if got := through(t, strings.NewReader(octets), size, 1+int(most)); got != octets {
			t.Errorf("%q became %q", octets, got)
		}
	})
}

// TestLinesAllocate: nothing, for what is well.
func TestLinesAllocate(t *testing.T) {
	all := strings.Repeat("* 7 FETCH (UID 7 RFC822.SIZE 4096 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\" FLAGS (\\Seen $Forwarded))\r\n* 3 EXISTS\r\nT1 OK done\r\n", 100)
	from := strings.NewReader(all)
	l := &lines{r: bufio.NewReaderSize(from, 64<<10)}
	p := make([]byte, 4096)
	if n := testing.AllocsPerRun(20, func() {
		from.Reset(all)
		for {
			if _, err := l.Read(p); err != nil {
				return
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkLines compares with a buffer alone.
func BenchmarkLines(b *testing.B) {
	one := "* 7 FETCH (UID 7 RFC822.SIZE 4096 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\")\r\n* 7 FETCH (UID 7 BODY[] {4096}\r\n" + strings.Repeat("x", 4096) + ")\r\n"
	all := strings.Repeat(one, 500)
	for _, plain := range []bool{true, false} {
		b.Run(fmt.Sprintf("plain=%v", plain), func(b *testing.B) {
			from := strings.NewReader(all)
			buffer := bufio.NewReaderSize(from, 64<<10)
			var r io.Reader = buffer
			if !plain {
				r = &lines{r: buffer}
			}
			p := make([]byte, 4096)
			for b.Loop() {
				from.Reset(all)
				for {
					if _, err := r.Read(p); err != nil {
						break
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/message")
		})
	}
}
