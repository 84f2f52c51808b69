package classifier

import (
	"strings"

	"bouncehound"
)

// Words returns the verdict with what follows from its rule and its reason: the
// explanation and the advice always, class, fault, SES names and retry where they
// are absent. It is for verdicts read back from a store that keeps no words. A rule
// that is not known (any more) is left out of it.
func (c *Classifier) Words(v bouncehound.Verdict) bouncehound.Verdict {
	row, ok := reasonRow(v.Reason)
	if !ok {
		row, _ = reasonRow(bouncehound.ReasonUndetermined)
	}
	v.Explanation, v.Advice = row.Explanation, row.Advice
	subtype, retry := row.SESSubtype, row.Retry
	must(c.read())
	// A rule that decides otherwise today has nothing to say of this verdict.
	if r := c.byID[v.Rule]; r != nil && r.Reason == v.Reason {
		v.Explanation = or(r.Explanation, v.Explanation)
		v.Advice = or(r.Advice, v.Advice)
		subtype, retry = or(r.SESSubtype, subtype), or(r.Retry, retry)
	}
	v.Class, v.Fault, v.Retry = or(v.Class, row.Class), or(v.Fault, row.Fault), or(v.Retry, retry)
	if v.SESType == "" {
		v.SESType, v.SESSubtype = row.SESType, subtype
		if subtype == "NoEmail" {
			v.SESType = "Permanent" // whatever the reason
		}
	}
	return v
}

// Explain judges a text as the diagnostic of a failed recipient: a code
// ("5.7.129"), a reply code ("550", "605"), a token ("RESOLVER.RST.NotAuthorized")
// or a whole line as a server said it.
func (c *Classifier) Explain(text string) bouncehound.Verdict {
	return c.judge(example(text))
}

// example makes the recipient of an example line. "host => text" names the server
// that said it, "action: text" what became of the message.
func example(line string) bouncehound.Recipient {
	r := bouncehound.Recipient{Action: bouncehound.Failed, Diagnostic: strings.TrimSpace(line)}
	for _, action := range allActions {
		if rest, ok := strings.CutPrefix(r.Diagnostic, string(action)+": "); ok {
			r.Action, r.Diagnostic = action, rest
			break
		}
	}
	if host, text, ok := strings.Cut(r.Diagnostic, " => "); ok && strings.Contains(host, ".") && !strings.ContainsAny(host, " @") {
		r.RemoteMTA, r.Diagnostic = host, text
	}
	r.Reply, r.Status = bouncehound.Codes(r.Diagnostic)
	return r
}

func or[T ~string](first, second T) T {
	if first != "" {
		return first
	}
	return second
}
