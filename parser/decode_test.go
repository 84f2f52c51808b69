package parser

import (
	"strings"
	"testing"
)

func TestDecodeBase64(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"bGVu\nYQ==\n", "lena"},
		{"bGVuYQ", "lena"},
		{"bGVu YQ==\n-- \na footer", "lena"},
		{"*bGVu*YQ==", "lena"},
		{"bGVu!\n YQ==", "lena"},
		{"bGVu\n*** cut here ***\nYQ==", "lena"},
		{"a gateway = looked at it:\nbGVuYQ==", "lena"},
		{"bGVuYQ\n(no virus found, mx.example)", "lena"},
		{"b", ""},
		{"", ""},
	} {
		if got := string(decodeBase64(c.in)); got != c.want {
			t.Errorf("decodeBase64(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDecodeQuoted(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a=3Db", "a=b"},
		{"a=\nb= \t\nc", "abc"},
		{"raw \xe4 and =C3=A4", "raw \xe4 and ä"},
		{"=zz =4", "=zz =4"},
		{"x=", "x"},
		{"=3d=3D", "=="},
	} {
		if got := string(decodeQuoted(c.in)); got != c.want {
			t.Errorf("decodeQuoted(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestToUTF8(t *testing.T) {
	for _, c := range []struct{ in, label, want string }{
		{"plain", "utf-8", "plain"},
		{"gr+APYA3w-er +- 1", "unicode-1-1-utf-7", "größer + 1"},
		{"+2D3eAA-", "UTF-7", "\U0001f600"},
		{"+ZeVnLIqe", "utf-7", "日本語"},
		{"a+b +", "x-unicode-2-0-utf-7", "a+b +"},
		{"Empfänger", "iso-8859-1", "Empfänger"},
		{"Empfänger", "ansi_x3.4-1968", "Empfänger"},
		{"Empfänger", "x-user-defined", "Empfänger"},
		{"\xc5\xa3 \xcb\xcf", "koi8-r", "её ко"},
		{"für", "uft-8", "für"},
		{"f\xfcr", "", "für"},
		{"f\xfcr", "utf-8", "für"},
		{"f\xfcr", "no-such-charset", "für"},
		{"für", "no-such-charset", "für"},
		{"f\xfcr", "iso-8859-1", "für"},
		{"\xf0\xe9\xf3\xf8\xed\xef", "koi8-r", "ПИСЬМО"},
		{"\xd1\xdd\xc9\xcb", "", "ящик"},
		{"\x1b$B%a!<%k\x1b(B", "us-ascii", "メール"},
		{"$B%a!<%k(B", "iso-2022-jp", "メール"},
		{"costs $B and (B", "us-ascii", "costs $B and (B"},
		{"plain", "unicode-1-1-utf-7", "plain"},
		{"\xff\xfe", "utf-8", "ÿþ"},
	} {
		if got := toUTF8(c.in, c.label); got != c.want {
			t.Errorf("toUTF8(%q, %q) = %q, want %q", c.in, c.label, got, c.want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{" a\r\n\tb  c ", 100, "a b c"},
		{"a\x00b\x1b[31m\u202ec\u00a0d", 100, "ab[31mc d"},
		{"\xffa", 100, "\uFFFDa"},
		{"ääää", 5, "ää"},
		{"a b", 2, "a"},
		{strings.Repeat(" ", 1000) + "a", 100, ""},
	} {
		if got := oneLine(c.in, c.limit); got != c.want {
			t.Errorf("oneLine(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"<html><head><title>x</title><style>p{}</style></head><p>a<br>b</p><p>c &lt;d@e.example&gt;</p></html>", "\n\na\nb\n\n\n\nc <d@e.example>\n\n"},
		{"a <lena@example.com> b", "a <lena@example.com> b"},
		{"<pre>a\n b</pre>", "\na\n b\n"},
		{"<table><tr><td>a</td><td>b</td></tr></table>", "\n\n\na b \n\n\n"},
		{"a<!-- <p>no --> b", "a b"},
		{"a&nbsp;b <script>if (a<b) x()</script>c", "a b c"},
		{"unclosed <p", "unclosed <p"},
	} {
		if got := htmlText(c.in); got != c.want {
			t.Errorf("htmlText(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWithLineFeeds(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a\r\nb\rc\nd", "a\nb\nc\nd"},
		{"a\r\r\nb", "a\nb"},
		{"a\r\r", "a\n\n"},
		{"\x00a\x00\r\n", "a\n"},
		{"", ""},
	} {
		if got := withLineFeeds([]byte(c.in)); got != c.want {
			t.Errorf("withLineFeeds(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestOctalBytes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`Empf\303\244nger`, "Empfänger"},
		{`C:\377`, `C:\377`}, // no UTF-8: left as it is
		{`a\1`, `a\1`},
	} {
		if got := octalBytes(c.in); got != c.want {
			t.Errorf("octalBytes(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
