package classifier

import "testing"

func TestShape(t *testing.T) {
	for in, want := range map[string]string{
		"550 5.9.9 <lena@example.com>: gone fishing on mx7.example.net [192.0.2.7]":   "550 5.9.9 <<address>>: gone fishing on <host> [<ip>]",
		"554 RESOLVER.XYZ.Odd; see https://example.com/e/4711 (ticket AB12-99, 2026)": "554 RESOLVER.XYZ.Odd; see <url> (ticket <number>, <number>)",
		"no words to replace.": "no words to replace.",
		"":                     "",
	} {
		if got := Shape(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	// Two servers that say the same have one shape.
	a, b := Shape("451 4.9.9 u1@example.com: odd 17 times at a.example"), Shape("451 4.9.9 v.w@example.org: odd 4 times at b.c.example")
	if a != b {
		t.Errorf("%q and %q", a, b)
	}
}

func TestAnonymiser(t *testing.T) {
	var a Anonymiser
	got := a.Text("550 5.9.9 Lena@example.org and lena@EXAMPLE.org at mx.corp.example, 192.0.2.9, id 12ab")
	if want := "550 5.9.9 user1@example.com and user1@example.com at host1.example, 2001:db8::1, id 23xx"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := a.Text("mx.corp.example: omar@example.net"), "host1.example: user2@example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
