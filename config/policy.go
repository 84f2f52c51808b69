package config

import (
	"slices"

	"bouncehound"
)

// reasons are those that a contact's count can have a limit for: all but those of
// class none, which never count.
var reasons = []bouncehound.Reason{
	bouncehound.UserUnknown, bouncehound.MailboxInactive, bouncehound.MailboxMoved, bouncehound.DomainNotFound,
	bouncehound.MailboxFull, bouncehound.DomainUnreachable, bouncehound.ConnectionFailed, bouncehound.ServerError,
	bouncehound.Expired, bouncehound.MailLoop, bouncehound.RecipientRejected, bouncehound.SenderBlocked,
	bouncehound.SenderRejected, bouncehound.AuthFailed, bouncehound.RateLimited, bouncehound.RelayDenied,
	bouncehound.PolicyRefused, bouncehound.SpamContent, bouncehound.Virus, bouncehound.MessageTooLarge,
	bouncehound.ContentRejected, bouncehound.ProtocolError, bouncehound.Suppressed, bouncehound.ComplaintReceived,
	bouncehound.ReasonUndetermined,
}

func readPolicy(t *table) bouncehound.Policy {
	p := bouncehound.DefaultPolicy()
	t.flag("observe", &p.Observe)
	for _, l := range []struct {
		key   string
		limit *bouncehound.Limit
	}{
		{"hard", &p.Hard}, {"soft", &p.Soft}, {"transit", &p.Transit},
		{"complaint", &p.Complaint}, {"block", &p.Block}, {"undetermined", &p.Undetermined},
	} {
		t.table(l.key).limit(l.limit)
	}
	byReason := t.table("reason")
	for _, reason := range reasons {
		limit, has := p.Reasons[reason]
		one := byReason.table(string(reason))
		counted := one.set("count")
		if one.limit(&limit) {
			if !has && !counted {
				one.wrong("count", "", "is missing")
			}
			p.Reasons[reason] = limit
		}
	}
	byReason.done()
	t.done()
	return p
}

// limit reads a limit over what it is already and says whether anything of it is
// configured.
func (t *table) limit(l *bouncehound.Limit) bool {
	configured := slices.ContainsFunc([]string{"count", "within", "at_most", "for", "grace"}, t.set)
	t.number("count", &l.Count)
	t.duration("within", &l.Within, 0, forever)
	atMost := string(l.AtMost)
	t.choice("at_most", &atMost, string(bouncehound.OncePerDay), string(bouncehound.OncePerMessage))
	l.AtMost = bouncehound.AtMost(atMost)
	t.duration("for", &l.For, 0, forever)
	t.duration("grace", &l.Grace, 0, forever)
	if l.Grace > 0 && l.Within > 0 && l.Grace >= l.Within {
		t.wrong("grace", "", "must be shorter than within, or no bounce would ever flag")
	}
	t.done()
	return configured || t.values != nil
}
