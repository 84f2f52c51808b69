package bouncehound_test

import (
	"strings"
	"testing"

	. "bouncehound"
)

func TestCheckAddress(t *testing.T) {
	for _, good := range []string{
		"lena@example.com", "Lena.Li+news@mail.example.co", `"mia li"@example.com`, "o'noa@example.org", "lena@[192.0.2.1]", "lena@[IPv6:2001:db8::1]",
		"lena@bücher.example", "lena@xn--bcher-kva.example", "läna@example.com", strings.Repeat("a", 64) + "@example.com", "a@3com.example", "lena@example.com.",
	} {
		if err := CheckAddress(good); err != nil || !IsAddress(good) {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"": "no address", "lena": "no address", "@example.com": "no address", "lena@": "no address", "lena li@example.com": "no address",
		"lena@exa mple.com": "no address", "lena@example.com, mia@example.com": "no address", "<lena@example.com>": "no address", "MailTo:lena@example.com": "no address", "\"lena@example.com": "no address",
		".lena@example.com": "a dot", "lena.@example.com": "a dot", "le..na@example.com": "a dot", "lena@.example.com": "a dot", "lena@example..com": "a dot",
		strings.Repeat("a", 65) + "@example.com": "65 octets", "lena@" + strings.Repeat("a.", 126) + "example": "259 octets", "lena@" + strings.Repeat("a", 64) + ".example": "64 octets",
		"lena@example": "no dot in it", "lena@exam_ple.com": `'_' in the domain`, "lena@-example.com": "'-' in the domain", "lena@example.123": "ends in .123", "lena@example.c": "ends in .c",
		"lena@[192.0.2]": "no IP address", "le(na)@example.com": "before the @", "le\x01na@example.com": "before the @", "lena@b\xffd.example": "no address",
	} {
		if err := CheckAddress(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", bad, err, want)
		}
	}
}
