package classifier

import (
	"strings"
	"testing"
)

func TestExamplesOfOwnRules(t *testing.T) {
	const data = `
[[rule]]
id     = "own/full"
text   = ["mailbox full"]
reason = "mailbox_full"
why    = "test"
match  = ["552 Mailbox full", "552 5.2.2 no room for this"]
not    = ["550 user unknown", "mailbox full of joy"]

[[rule]]
id     = "own/hidden"
text   = ["very unusual words"]
reason = "policy"
why    = "test"
match  = ["very unusual words", "they say mailbox full in very unusual words", "nothing of that"]
`
	c, err := New(File{"own.toml", []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range c.TestExamples() {
		got = append(got, e.Error())
	}
	want := []string{
		`own.toml:2: rule "own/full": match: "552 5.2.2 no room for this" is decided by the rule "enhanced/x.2.2"`,
		`own.toml:2: rule "own/full": not: "mailbox full of joy" is decided by it on "mailbox full"`,
		`own.toml:10: rule "own/hidden": match: no rule decides "nothing of that"`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %d:\n%s", len(got), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}

	shadows := c.Shadows()
	found := false
	for _, s := range shadows {
		if s.Own == "own/full" && s.Builtin == "text/mailbox-full" {
			found = true
		}
		if s.Own == "own/hidden" {
			t.Errorf("it hides nothing: %+v", s)
		}
	}
	if !found {
		t.Errorf("own/full takes examples of text/mailbox-full: %+v", shadows)
	}
	if s := newBuiltin(t).Shadows(); len(s) > 0 {
		t.Errorf("without own rules: %+v", s)
	}
}

func TestWhy(t *testing.T) {
	c := newBuiltin(t)
	if why := c.Why(c.Explain("5.2.2").Rule); !strings.Contains(why, "RFC 3463") {
		t.Errorf("5.2.2: %q", why)
	}
	if why := c.Why("no/such-rule"); why != "" {
		t.Errorf("a rule that is none: %q", why)
	}
}
