// Package classifier judges what a report says of a recipient. All it knows of
// servers is data: the rules in rules/*.toml, each with its proof beside it. The Go
// code reads the rules, finds those that a diagnostic could meet in one pass and
// takes the first that holds.
//
// Which rule is first is settled when the rules are loaded: by layer (own rules, a
// vendor's token, a provider's text, the pseudo-codes and words of mailing
// services, text of any server, enhanced codes, vague text, codes that say little,
// reply codes), then by how specific the rule is, then by its place in the file.
package classifier

import (
	"bytes"
	"strconv"
	"sync"

	"bouncehound"
)

// A Classifier applies rules. It is safe for concurrent use.
type Classifier struct {
	read    func() error // the rules, as far as words go by them; what is wrong in own files
	prepare func() error // read, and then all that deciding goes by
	rules   []*rule      // in the order loaded: own files first
	byID    map[string]*rule
	phrases []*phrase // what the automaton looks for; a literal of each
	text    *automaton
	codes   codeIndex
	hosts   map[string][]candidate // rules that ask for a server and for nothing else
	actions map[bouncehound.Action][]candidate
}

// A candidate is a rule that may decide, with its place in the order of all.
type candidate struct {
	rule *rule
	key  uint64 // the smallest that holds decides
}

// New returns a classifier that applies the rules of the given files, in their
// order, before the built-in ones. The error joins all that is wrong, each with the
// file, the line where it is known, the rule and what to do; the type of each is
// [*RuleError].
//
// The built-in rules are read when they are first asked for: most starts of the
// program judge nothing, and would wait for it three times as long as for all else.
func New(own ...File) (*Classifier, error) {
	files, err := builtinFiles()
	if err != nil {
		return nil, err
	}
	c := later(own, files, decodeBuiltin)
	if len(own) > 0 {
		err = c.read()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// newFrom reads the other files with decode, and their examples if decode does.
func newFrom(own, others []File, decode func(File) ruleFile) (*Classifier, error) {
	c := later(own, others, decode)
	if err := c.prepare(); err != nil {
		return nil, err
	}
	return c, nil
}

// later returns a classifier that has yet to read its rules.
func later(own, others []File, decode func(File) ruleFile) *Classifier {
	c := &Classifier{}
	l := &loader{classifier: c, remotes: map[string][]string{}}
	c.read = sync.OnceValue(func() error { return l.load(own, others, decode) })
	c.prepare = sync.OnceValue(func() error {
		if err := c.read(); err != nil {
			return err
		}
		if err := l.prepare(); err != nil {
			return err
		}
		c.index()
		return nil
	})
	return c
}

// must is for what fails only where a built-in file is bad, which a test rules out.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Classify judges one recipient. The verdict is complete: class, reason, fault, SES
// names, the rule and the text it decided on, and words for people.
func (c *Classifier) Classify(r bouncehound.Recipient) bouncehound.Verdict {
	v := c.judge(r)
	if r.Action == bouncehound.Failed && r.Address == "" {
		// As Amazon SES calls a failure whose address could not be read.
		v.SESType, v.SESSubtype = "Permanent", "NoEmail"
	}
	if hint := didYouMean(r.Address, v.Reason); hint != "" {
		v.Advice = hint + " " + v.Advice
	}
	return v
}

func (c *Classifier) judge(r bouncehound.Recipient) bouncehound.Verdict {
	must(c.prepare())
	q := newQuery(r)
	defer q.free()
	d := c.decide(q)
	if d.rule == nil {
		v := bouncehound.Verdict{Reason: bouncehound.ReasonNotABounce}
		if r.Action == bouncehound.Failed {
			v.Reason, v.Confidence = bouncehound.ReasonUndetermined, bouncehound.LowConfidence
		}
		return c.Words(v)
	}
	return c.Words(bouncehound.Verdict{
		Reason: d.rule.Reason, Rule: d.rule.ID, Matched: d.matched, Confidence: c.confidence(q, d),
	})
}

// A decision is the rule that decides and on what.
type decision struct {
	candidate
	matched string
	onText  bool // the rule asked for text
}

// decide returns the first rule of all that holds.
func (c *Classifier) decide(q *query) decision {
	best := decision{candidate: candidate{key: ^uint64(0)}}
	consider := func(list []candidate, matched func() string) {
		for _, cand := range list {
			if cand.key < best.key && cand.rule.holds(q) {
				best = decision{candidate: cand, matched: matched()}
			}
		}
	}
	consider(c.actions[q.action], func() string { return string(q.action) })
	if q.action != bouncehound.Failed && best.rule != nil && len(q.text) == 0 {
		return best
	}
	c.find(q)
	for _, f := range q.found {
		for _, cand := range c.phrases[f.phrase].candidates {
			if cand.key >= best.key {
				break
			}
			if cand.rule.holds(q) && !(cand.rule.saysGone() && (f.url || c.phrases[f.phrase].ofOther(q.text, f.start, f.stop))) {
				best = decision{candidate: cand, matched: q.original(f.start, f.stop), onText: true}
				break
			}
		}
	}
	c.codes.status(q.status, func(list []candidate) { consider(list, q.statusText) })
	c.codes.reply(q.reply, func(list []candidate) { consider(list, func() string { return strconv.Itoa(q.reply) }) })
	eachSuffix(q.host, func(suffix string) { consider(c.hosts[suffix], func() string { return q.host }) })
	return best
}

// find notes every phrase that stands in the text, in one pass.
func (c *Classifier) find(q *query) {
	if len(q.seen) < len(c.phrases) {
		q.seen, q.tried = make([]uint32, len(c.phrases)), make([]uint32, len(c.phrases))
		q.round = 0
	}
	if q.round++; q.round == 0 {
		clear(q.seen)
		clear(q.tried)
		q.round = 1
	}
	q.found, q.says = q.found[:0], 0
	names := bytes.IndexByte(q.text, '@') >= 0 || bytes.Contains(q.text, []byte("://"))
	c.text.scan(q.text, func(literal int32, end int) {
		for _, i := range c.text.phrases[literal] {
			p := c.phrases[i]
			seen := q.seen[i] == q.round
			if seen && p.says&^q.says == 0 || q.tried[i] == q.round {
				continue
			}
			if len(p.parts) > 1 {
				// The whole text is gone through for it; once is enough.
				q.tried[i] = q.round
			}
			start, stop, ok := p.at(q.text, end)
			if !ok {
				continue
			}
			said := true
			if names {
				address, url := nameAround(q.text, start, stop)
				if address && !p.sign {
					continue
				}
				said = !url
			}
			if said {
				q.says |= p.says
			}
			if !seen {
				q.seen[i] = q.round
				q.found = append(q.found, finding{i, start, stop, !said})
			}
		}
	})
	// X.1.7 and X.1.8 are about the sender's address (RFC 3463 section 3.2).
	if isLoginReply(q.reply) || q.status[1] == 1 && (q.status[2] == 7 || q.status[2] == 8) {
		q.says |= saysSender
	}
}
