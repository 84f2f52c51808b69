package classifier

import (
	"cmp"
	"slices"

	"bouncehound"
)

// index makes every rule findable by the rarest thing it asks for: its text, else
// its codes, else the server, else the action. Nothing here depends on the order
// of a map.
func (c *Classifier) index() {
	c.codes = codeIndex{byStatus: map[status][]candidate{}, byReply: map[int][]candidate{}}
	c.hosts = map[string][]candidate{}
	c.actions = map[bouncehound.Action][]candidate{}
	known := make(map[string]*phrase, 16*len(c.rules))
	for _, r := range c.rules {
		c.intern(known, r.text)
		c.intern(known, r.also)
		c.intern(known, r.without)
		for i := range r.remotes {
			r.remotes[i].sign = c.internOne(known, r.remotes[i].sign)
			r.remotes[i].sign.sign = true
		}
		switch {
		case len(r.text) > 0:
			for _, p := range r.text {
				p.candidates = append(p.candidates, candidate{r, r.key(p.size())})
			}
		case len(r.statuses) > 0:
			for _, st := range r.statuses {
				c.codes.addStatus(st, candidate{r, r.key(0)})
			}
		case len(r.replies) > 0:
			for _, span := range r.replies {
				for code := span[0]; code <= span[1]; code++ {
					// A code of its own comes before a range.
					c.codes.byReply[code] = append(c.codes.byReply[code], candidate{r, r.key(100 - (span[1] - span[0]))})
				}
			}
		case len(r.remotes) > 0:
			for _, w := range r.remotes {
				if w.host != "" {
					c.hosts[w.host] = append(c.hosts[w.host], candidate{r, r.key(0)})
				}
				w.sign.candidates = append(w.sign.candidates, candidate{r, r.key(0)})
			}
		case len(r.also) > 0:
			for _, p := range r.also {
				p.candidates = append(p.candidates, candidate{r, r.key(0)})
			}
		default:
			c.actions[r.Action] = append(c.actions[r.Action], candidate{r, r.key(0)})
		}
	}
	c.internWords(known, beforeRecipient, saysEarly)
	c.internWords(known, aboutSender, saysSender)
	c.internWords(known, forNow, saysNow)
	c.internWords(known, aboutOther, saysOther)
	c.internWords(known, otherCause, saysPolicy)

	var literals []string
	byLiteral := make(map[string]int32, len(c.phrases))
	var phrases [][]int32
	for i, p := range c.phrases {
		slices.SortFunc(p.candidates, func(a, b candidate) int { return cmp.Compare(a.key, b.key) })
		n, ok := byLiteral[p.literal()]
		if !ok {
			n = int32(len(literals))
			byLiteral[p.literal()] = n
			literals, phrases = append(literals, p.literal()), append(phrases, nil)
		}
		phrases[n] = append(phrases[n], int32(i))
	}
	c.text = newAutomaton(literals)
	c.text.phrases = phrases
}

// intern replaces each phrase of list by the one that is written alike, so that
// every phrase is looked for once.
func (c *Classifier) intern(known map[string]*phrase, list []*phrase) {
	for i, p := range list {
		list[i] = c.internOne(known, p)
	}
}

func (c *Classifier) internWords(known map[string]*phrase, words []string, says saying) {
	for _, w := range words {
		if p, ok := newPhrase(w); ok {
			c.internOne(known, p).says |= says
		}
	}
}

func (c *Classifier) internOne(known map[string]*phrase, p *phrase) *phrase {
	written := p.String()
	if same, ok := known[written]; ok {
		return same
	}
	p.index = len(c.phrases)
	known[written] = p
	c.phrases = append(c.phrases, p)
	return p
}
