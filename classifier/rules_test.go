package classifier

import (
	"flag"
	"fmt"
	"testing"
)

var _ = flag.Bool("update", false, "rewrite the golden files")

// TestRules runs every example of every rule through all the rules: an example
// must be decided by its own rule, so that no rule can quietly hide another.
func TestRules(t *testing.T) {
	c := newBuiltin(t)
	if len(c.rules) < 200 {
		t.Fatalf("only %d rules", len(c.rules))
	}
	for _, r := range c.rules {
		if len(r.Match) == 0 {
			t.Errorf("%s has no example", r.ID)
		}
		for _, wrong := range c.testExamples(r) {
			t.Error(wrong)
		}
	}
}

// TestEveryPhraseIsProved: each phrase of a rule stands in one of its examples, so
// that a phrase which another rule hides is found.
func TestEveryPhraseIsProved(t *testing.T) {
	for _, r := range newBuiltin(t).rules {
		for i, p := range r.text {
			proved := false
			for _, line := range r.Match {
				q := newQuery(example(line))
				if _, _, ok := p.find(q.text); ok {
					proved = true
				}
			}
			if !proved {
				t.Errorf("%s:%d: %s: no example for %q", r.file, r.line, r.ID, r.Text[i])
			}
		}
	}
}

func newBuiltin(t testing.TB) *Classifier {
	t.Helper()
	files, err := builtinFiles()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newFrom(nil, files, decodeTOML)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNewLeavesOutExamplesOnly: what New reads of the built-in files lacks the
// examples and nothing else.
func TestNewLeavesOutExamplesOnly(t *testing.T) {
	whole := newBuiltin(t)
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.rules) > 0 {
		t.Error("the rules were read before anything was asked")
	}
	if err := c.prepare(); err != nil {
		t.Fatal(err)
	}
	if len(c.rules) != len(whole.rules) {
		t.Fatalf("%d rules, want %d", len(c.rules), len(whole.rules))
	}
	for i, r := range whole.rules {
		got := *c.rules[i]
		if len(got.Match)+len(got.Not) > 0 {
			t.Errorf("%s: examples were read", r.ID)
		}
		got.Match, got.Not = r.Match, r.Not
		if want := fmt.Sprint(plain(*r)); fmt.Sprint(plain(got)) != want {
			t.Errorf("%s: got %v, want %s", r.ID, plain(got), want)
		}
	}
}

// plain is a rule without what is made of its text when it is loaded.
func plain(r rule) rule {
	r.text, r.also, r.without, r.remotes = nil, nil, nil, nil
	return r
}
