package bouncehound_test

import (
	"testing"

	. "bouncehound"
)

func TestKey(t *testing.T) {
	for address, want := range map[string]string{
		"":                             "",
		"lena@example.com":             "lena@example.com",
		"Lena.Maier@EXAMPLE.com":       "lena.maier@example.com",
		"lena@example.com.":            "lena@example.com",
		"Jürgen@BÜCHER.example":        "jürgen@xn--bcher-kva.example",
		"jürgen@xn--bcher-kva.example": "jürgen@xn--bcher-kva.example",
		`"a@b"@Example.com`:            `"a@b"@example.com`,
		"LENA":                         "lena",
		"lena@[192.0.2.1]":             "lena@[192.0.2.1]",
		"lena@-ü-.Example":             "lena@-ü-.example", // IDNA refuses it
		"a_b@under_score.Example":      "a_b@under_score.example",
		"lena@":                        "lena@",
	} {
		if got := Key(address); got != want {
			t.Errorf("Key(%q) = %q, want %q", address, got, want)
		}
		if got := Key(Key(address)); got != want {
			t.Errorf("Key of the key of %q = %q, want %q", address, got, want)
		}
	}
}

func TestDomain(t *testing.T) {
	for address, want := range map[string]string{
		"lena@Example.com": "example.com", "lena": "", "": "", "@example.com": "example.com", "x@BÜCHER.example": "xn--bcher-kva.example", `"a@b"@example.com`: "example.com",
	} {
		if got := Domain(address); got != want {
			t.Errorf("Domain(%q) = %q, want %q", address, got, want)
		}
	}
}

// FuzzKey: any bytes have a key, and a key is its own key.
func FuzzKey(f *testing.F) {
	for _, s := range []string{"lena@example.com", "Ä@Ö.example", "İ@İ.example", "a@\xff", "ß@ß.example", "a@b@c", "ſ@K.example", "@.\u00ad", "a@b.example.\u00ad"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if key := Key(address); Key(key) != key {
			t.Errorf("Key(%q) = %q, whose key is %q", address, key, Key(key))
		}
	})
}
