package classifier

import "fmt"

// TestExamples runs the examples of the operator's own rules through all rules and
// returns what does not hold: a line of match that another rule decides, a line of
// not that the rule decides. An example is a diagnostic as a server says it; "host
// => text" names the server, "delayed: text" an action other than failed.
func (c *Classifier) TestExamples() []*RuleError {
	must(c.read())
	var wrong []*RuleError
	for _, r := range c.rules {
		if r.layer == layerOwn {
			wrong = append(wrong, c.testExamples(r)...)
		}
	}
	return wrong
}

func (c *Classifier) testExamples(r *rule) (wrong []*RuleError) {
	for _, line := range r.Match {
		v := c.Explain(line)
		switch v.Rule {
		case r.ID:
		case "":
			wrong = append(wrong, r.problem("match: no rule decides %q", line))
		default:
			wrong = append(wrong, r.problem("match: %q is decided by the rule %q (%s) on %q", line, v.Rule, v.Reason, v.Matched))
		}
	}
	for _, line := range r.Not {
		if v := c.Explain(line); v.Rule == r.ID {
			wrong = append(wrong, r.problem("not: %q is decided by it on %q", line, v.Matched))
		}
	}
	return wrong
}

func (r *rule) problem(format string, args ...any) *RuleError {
	return &RuleError{r.file, r.line, r.ID, fmt.Sprintf(format, args...)}
}

// Why returns why the rule of a verdict reads what it reads so: its source or its
// reason; "" for a rule that is not known.
func (c *Classifier) Why(id string) string {
	must(c.read())
	if r := c.byID[id]; r != nil {
		return r.Why
	}
	return ""
}

// A Shadow is a built-in rule one of whose examples an own rule decides now.
type Shadow struct {
	Own, Builtin string // ids
	Example      string // a line that the built-in rule decided
}

// Shadows returns where own rules decide what built-in rules decided, once for
// each pair of rules, in the order of the built-in ones. It is no error: own rules
// are there to decide otherwise. It is worth knowing where one takes more than it
// was meant to.
func (c *Classifier) Shadows() []Shadow {
	examples, err := builtinExamples()
	if err != nil {
		return nil // cannot be: New has read the same files
	}
	must(c.read())
	var shadows []Shadow
	for _, r := range c.rules {
		if r.layer == layerOwn {
			continue
		}
		seen := map[string]bool{}
		for _, line := range examples[r.ID] {
			v := c.Explain(line)
			if own := c.byID[v.Rule]; own != nil && own.layer == layerOwn && !seen[own.ID] {
				seen[own.ID] = true
				shadows = append(shadows, Shadow{own.ID, r.ID, line})
			}
		}
	}
	return shadows
}
