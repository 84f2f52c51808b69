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
	found := map[string]*phrase{} // as written
	for _, r := range c.rules {
		switch {
		case len(r.text) > 0:
			for i, p := range r.text {
				c.addPhrase(found, r.Text[i], p, candidate{r, r.key(p.size())})
			}
		case len(r.statuses) > 0:
			for _, st := range r.statuses {
				c.codes.byStatus[st] = append(c.codes.byStatus[st], candidate{r, r.key(0)})
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
				c.addPhrase(found, "\x00"+w.sign.literal(), w.sign, candidate{r, r.key(0)})
			}
		case len(r.also) > 0:
			for i, p := range r.also {
				c.addPhrase(found, r.Also[i], p, candidate{r, r.key(0)})
			}
		default:
			c.actions[r.Action] = append(c.actions[r.Action], candidate{r, r.key(0)})
		}
	}

	var literals []string
	byLiteral := map[string]int32{}
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

// addPhrase makes p, written so, lead to a candidate.
func (c *Classifier) addPhrase(found map[string]*phrase, written string, p *phrase, cand candidate) {
	same, ok := found[written]
	if !ok {
		copied := *p
		same = &copied
		found[written] = same
		c.phrases = append(c.phrases, same)
	}
	same.candidates = append(same.candidates, cand)
}
