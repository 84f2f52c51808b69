package classifier

import "bouncehound"

// confidence says how sure a decision is: high where a vendor's own token or the
// operator's rule decided, or where text and code say the same; low where there was
// only a code that says little; medium otherwise.
func (c *Classifier) confidence(q *query, d decision) bouncehound.Confidence {
	if q.action != bouncehound.Failed {
		return bouncehound.HighConfidence
	}
	switch d.rule.layer {
	case layerOwn, layerAction, layerToken:
		return bouncehound.HighConfidence
	case layerFiller, layerReply:
		return bouncehound.LowConfidence
	case layerEnhanced:
		return bouncehound.MediumConfidence
	}
	agree := len(d.rule.statuses) > 0 || c.codeSays(q) == d.rule.Reason
	switch {
	case d.rule.Reason == bouncehound.ReasonUndetermined, d.rule.layer == layerHint && !agree:
		return bouncehound.LowConfidence
	case agree && d.rule.layer != layerHint:
		return bouncehound.HighConfidence
	}
	return bouncehound.MediumConfidence
}

// codeSays returns the reason that the codes alone would give, "" if they say
// nothing.
func (c *Classifier) codeSays(q *query) bouncehound.Reason {
	best := candidate{key: ^uint64(0)}
	consider := func(list []candidate) {
		for _, cand := range list {
			if cand.key < best.key && cand.rule.holds(q) {
				best = cand
			}
		}
	}
	c.codes.status(q.status, consider)
	c.codes.reply(q.reply, consider)
	if best.rule == nil {
		return ""
	}
	return best.rule.Reason
}
