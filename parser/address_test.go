package parser

import (
	"reflect"
	"testing"
)

func TestCleanAddress(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"x\x1b[31m@example.com", ""}, // not 31m@example.com, who is somebody else
		{"le\x00na@example.com", ""},
		{"lena@Example.COM", "lena@example.com"},
		{"<Lena.Berg@Example.com>", "Lena.Berg@example.com"},
		{`"Berg, Lena" <lena@example.com>`, "lena@example.com"},
		{"lena@example.com (Lena)", "lena@example.com"},
		{"'lena@example.com'", "lena@example.com"},
		{"<@relay.example,@other.example:lena@example.com>", "lena@example.com"},
		{`"lena berg"@example.com`, `"lena berg"@example.com`},
		{`"lena"@example.com`, "lena@example.com"},
		{"lena@[192.0.2.7]", "lena@[192.0.2.7]"},
		{"lena@example.com.", "lena@example.com"},
		{"jürgen@bücher.example", "jürgen@bücher.example"},
		{"o'neil@example.com", "o'neil@example.com"},
		{"lena+tag=a@example.com", "lena+tag=a@example.com"},
		{"lena@localhost", "lena@localhost"},
		{"lena", ""},
		{"@example.com", ""},
		{"lena@", ""},
		{"lena@-x", ""},
		{"lena@exam ple.com", ""},
		{"<lena@exa\x00mple.com>", ""},
		{"", ""},
	} {
		if got := cleanAddress(c.in); got != c.want {
			t.Errorf("cleanAddress(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"Lena <lena@example.com>, omar@example.org (Omar), LENA@example.com", []string{"lena@example.com", "omar@example.org"}},
		{"送信先user@example.jp宛", []string{"user@example.jp"}},
		{"an jürgen@bücher.example, bitte", []string{"jürgen@bücher.example"}},
		{"mail to lena@example.com.", []string{"lena@example.com"}},
		{"“lena@example.com”", []string{"lena@example.com"}},
		{"<日本@example.jp>", []string{"日本@example.jp"}},
		{"see http://example.com/@lena or a@b", nil},
		{"@@@@ a@@b.example", nil},
	} {
		if got := addresses(c.in, 10); !reflect.DeepEqual(got, c.want) {
			t.Errorf("addresses(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := addresses("a@x.example b@x.example c@x.example", 2); len(got) != 2 {
		t.Errorf("limit not kept: %q", got)
	}
}

func TestUnwrapAddress(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"SRS0=x7Qa=ZT=Example.com=lena@relay.example", "lena@example.com"},
		{"SRS0+x7Qa=ZT=example.com=lena=x@relay.example", "lena=x@example.com"},
		{"srs1=Ab12=first.example==x7Qa=ZT=example.com=lena@second.example", "lena@example.com"},
		{"prvs=1234567abc=lena@example.com", "lena@example.com"},
		{"btv1==123==lena@example.com", "lena@example.com"},
		{"SRS0=broken@relay.example", "SRS0=broken@relay.example"},
		{"prvs=@example.com", "prvs=@example.com"},
		{"lena@example.com", "lena@example.com"},
	} {
		if got := unwrapAddress(c.in); got != c.want {
			t.Errorf("unwrapAddress(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestVERP(t *testing.T) {
	const pattern = "bounce+{token}@example.com"
	for _, c := range []struct{ pattern, address, want string }{
		{pattern, "bounce+lena=example.org@example.com", "lena@example.org"},
		{pattern, "Bounce+lena=berg=example.org@EXAMPLE.com", "lena=berg@example.org"},
		{pattern, "bounce+4711@example.com", ""}, // a key, not an address
		{pattern, "bounce+@example.com", ""},
		{pattern, "other+lena=example.org@example.com", ""},
		{"", "bounce+lena=example.org@example.com", ""},
		{"nothing@example.com", "nothing@example.com", ""},
	} {
		if got := verpAddress(verpToken(c.pattern, c.address)); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.pattern, c.address, got, c.want)
		}
	}
}

func TestDecapsulated(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"IMCEASMTP-lena+40example+2Ecom@corp.example", "lena@example.com"},
		{"IMCEASMTP-broken@corp.example", "IMCEASMTP-broken@corp.example"},
		{"IMCEASMTP-a+4@corp.example", "IMCEASMTP-a+4@corp.example"},
		{"lena@example.com", "lena@example.com"},
		{"", ""},
	} {
		if got := decapsulated(c.in); got != c.want {
			t.Errorf("decapsulated(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
