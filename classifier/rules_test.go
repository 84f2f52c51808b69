package classifier

import (
	"flag"
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
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
