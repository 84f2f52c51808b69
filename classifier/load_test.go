package classifier

import (
	"errors"
	"strings"
	"testing"

	"bouncehound"
)

const ownRule = `
[[rule]]
id     = "mycompany/lists"
text   = ["list.example.net says no"]
reason = "recipient_rejected"
why    = "Our list server refuses people who are no members."
match  = ["550 5.1.1 list.example.net says no, user unknown"]
`

func TestOwnRulesComeFirst(t *testing.T) {
	c, err := New(File{"lists.toml", []byte(ownRule)})
	if err != nil {
		t.Fatal(err)
	}
	v := c.Explain("550 5.1.1 list.example.net says no, user unknown")
	if v.Rule != "mycompany/lists" || v.Reason != bouncehound.RecipientRejected || v.Confidence != bouncehound.HighConfidence {
		t.Errorf("%+v", v)
	}
	if v := c.Explain("550 5.1.1 user unknown"); v.Rule != newBuiltin(t).Explain("550 5.1.1 user unknown").Rule {
		t.Errorf("the built-in rules are gone: %+v", v)
	}
}

// TestOwnRuleConditions: each kind of condition finds its rule by itself.
func TestOwnRuleConditions(t *testing.T) {
	const rest = "\nreason = \"policy\"\nwhy = \"test\"\nmatch = [\"x\"]\nid = \"own/r\"\n"
	hit := bouncehound.Recipient{
		Action: bouncehound.Failed, Address: "jo@example.net", Status: "5.9.7", Reply: 577,
		Diagnostic: "577 5.9.7 strange, but signed by marsmail", RemoteMTA: "MX1.mars.example.",
	}
	for condition, want := range map[string]bool{
		`text = ["strange*signed"]`:                                   true,
		`text = ["strange"]` + "\n" + `also = ["marsmail"]`:           true,
		`text = ["strange"]` + "\n" + `also = ["venusmail"]`:          false,
		`text = ["strange"]` + "\n" + `without = ["signed"]`:          false,
		`text = ["trange"]`:                                           false,
		`text = ["*trange"]`:                                          true,
		`also = ["marsmail"]`:                                         true,
		`status = ["5.9.7"]`:                                          true,
		`status = ["*.9.*"]`:                                          true,
		`status = ["5.9.1-7"]`:                                        true,
		`status = ["5.9.1-6"]`:                                        false,
		`status = ["4.9.7"]`:                                          false,
		`reply = ["577"]`:                                             true,
		`reply = ["57*"]`:                                             true,
		`reply = ["550"]`:                                             false,
		`remote = ["mars.example"]`:                                   true,
		`remote = ["ars.example"]`:                                    false,
		`remote = ["marsmail"]`:                                       true,
		`text = ["strange"]` + "\n" + `remote = ["venus.example"]`:    false,
		`action = "delayed"` + "\n" + `text = ["strange"]`:            false,
		`status = ["5.9.7"]` + "\n" + `reply = ["550"]`:               false,
		`status = ["5.9.7"]` + "\n" + `remote = ["mx1.mars.example"]`: true,
		`reply = ["5**"]` + "\n" + `also = ["marsmail"]`:              true,
		`text = ["nothing of it", "strange, but signed by marsmail"]`: true,
	} {
		c, err := New(File{"own.toml", []byte("[[rule]]\n" + condition + rest)})
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := c.Classify(hit).Rule == "own/r"; got != want {
			t.Errorf("%s: decided %v, want %v", condition, got, want)
		}
	}
	c, err := New(File{"own.toml", []byte("[[rule]]\naction = \"delayed\"\ntext = [\"strange\"]" + rest)})
	if err != nil {
		t.Fatal(err)
	}
	hit.Action = bouncehound.Delayed
	if v := c.Classify(hit); v.Rule != "own/r" {
		t.Errorf("own rule for delays: %+v", v)
	}
}

// TestLoadErrors: all that is wrong is told at once, with file, line and rule.
func TestLoadErrors(t *testing.T) {
	const good = "reason = \"policy\"\nwhy = \"w\"\nmatch = [\"m\"]\n"
	for _, test := range []struct {
		name, data string
		want       []string
	}{
		{"no TOML", "[[rule]\nid = 3", []string{"own.toml:2: "}},
		{"unknown key", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\n" + good + "explanaton = \"y\"\n", []string{`own.toml:7: unknown key "rule.explanaton"; did you mean "explanation"?`}},
		{"wrong type", "[[rule]]\nid = \"a\"\ntext = \"x\"\n" + good, []string{"own.toml"}},
		{"no id", "[[rule]]\ntext = [\"x\"]\n" + good, []string{"own.toml:1: a rule needs an id"}},
		{"no condition", "\n[[rule]]\nid = \"a\"\n" + good, []string{`own.toml:2: rule "a": a rule needs a condition`}},
		{"action alone", "[[rule]]\nid = \"a\"\naction = \"delayed\"\n" + good, []string{`own.toml:1: rule "a": action alone would decide everything`}},
		{"no such action", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\naction = \"faild\"\n" + good, []string{`no action is called "faild"`}},
		{"no such reason", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\nreason = \"user_unknwon\"\nwhy = \"w\"\nmatch = [\"m\"]\n", []string{`no reason is called "user_unknwon"; did you mean "user_unknown"?`}},
		{"bad status", "[[rule]]\nid = \"a\"\nstatus = [\"5.x.1\", \"*.*.*\", \"3.1.1\", \"5.7.9-1\", \"5.7.*-9\"]\n" + good, []string{`"5.x.1" is not`, `"*.*.*" is not`, `"3.1.1" is not`, `"5.7.9-1" is not`, `"5.7.*-9" is not`}},
		{"bad reply", "[[rule]]\nid = \"a\"\nreply = [\"55\", \"abc\", \"100\"]\n" + good, []string{`"55" is not`, `"abc" is not`, `"100" is not`}},
		{"empty phrase", "[[rule]]\nid = \"a\"\ntext = [\"**\", \" \"]\n" + good, []string{`text: "**" is empty`, `text: " " is empty`}},
		{"empty remote", "[[rule]]\nid = \"a\"\nremote = [\"\"]\n" + good, []string{`remote: "" is empty`}},
		{"layer", "layer = \"token\"\n" + ownRule, []string{"own.toml:1: layer is for built-in files"}},
		{"weight", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\nweight = 10\n" + good, []string{"weight 10 is not from -9 to 9"}},
		{"retry", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\nretry = \"maybe\"\n" + good, []string{`retry is "maybe"`}},
		{"subtype", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\nses_subtype = \"Full\"\n" + good, []string{`no SES subtype is called "Full"`}},
		{"taken", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\n" + good + "[[rule]]\nid = \"a\"\ntext = [\"y\"]\n" + good,
			[]string{`own.toml:7: rule "a": the id is taken by the rule at own.toml:1`}},
		{"taken by a built-in one", strings.Replace(ownRule, "mycompany/lists", "text/spam", 1), []string{`the id is taken by the rule at own.toml:2; ids must differ`}},
		{"two at once", "[[rule]]\ntext = [\"x\"]\nwhy = \"w\"\n", []string{"a rule needs an id", `no reason is called ""`, "a rule needs at least one line in match"}},
		{"no why", "[[rule]]\nid = \"a\"\ntext = [\"x\"]\nreason = \"policy\"\nmatch = [\"m\"]\n", []string{"a rule needs a why"}},
	} {
		c, err := New(File{"own.toml", []byte(test.data)})
		if err == nil || c != nil {
			t.Errorf("%s: taken", test.name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got\n%v\nwant %s", test.name, err, want)
			}
		}
		var problem *RuleError
		if !errors.As(err, &problem) {
			t.Errorf("%s: %T is no RuleError", test.name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(ownRule))
	f.Add([]byte("[[rule]]\nid = \"a\"\ntext = [\"*x*y*\"]\nstatus = [\"*.*.1\"]\nreply = [\"***\"]\n"))
	f.Add([]byte("[remote]\nx = [\"a.b\"]\n[[rule]]\nremote = [\"x\", \"\"]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Without the built-in rules, which take most of the time and do not change.
		c, err := newFrom([]File{{"fuzz.toml", data}}, nil, nil)
		if (c == nil) != (err != nil) {
			t.Fatalf("classifier %v, error %v", c != nil, err)
		}
		if c == nil {
			return
		}
		for _, r := range c.rules {
			if r.layer != layerOwn {
				break
			}
			for _, line := range r.Match {
				c.Explain(line)
			}
		}
	})
}
