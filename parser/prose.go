package parser

import (
	"strings"

	"bouncehound"
)

// readProse is the last reader: for what no one specified. It wants a message that is
// a report by other signs, and an address at the head of a line, in a paragraph about
// failing, in a transcript, or as the only one the returned message went to.
//
//	Your message to lena@example.com could not be delivered: the mailbox is full.
//
// It rather says nothing than something wrong: addresses of the sender and of
// those who help are passed over, and where the returned message names its
// recipients, only they count.
func readProse(m *message) *bouncehound.Report {
	if !m.looksLikeReport() || m.parts[0].mediaType == "multipart/report" && !m.isStatusReport() {
		return nil // a complaint or receipt that its reader did not understand is about no delivery
	}
	if m.isToOwner() {
		return nil // who fails in it is not told of a letter of ours
	}
	text := withoutFooter(m.text())
	subject := m.subject()
	action := bouncehound.Failed
	if m.tellsDelay(text) {
		action = bouncehound.Delayed
	}
	if action == bouncehound.Failed && !tellsFailure(text) && (tellsSuccess(subject) || tellsSuccess(text[:min(len(text), 1500)])) {
		action = bouncehound.Delivered
	}
	if action == bouncehound.Failed && !m.subjectIs(bounceSubject) && !m.tellsFailing(text) && !m.header().has("X-Failed-Recipients") && m.refusedInCode(text, m.sentAddresses()) == "" {
		if m.like == surely && isDaemonAddress(m.header().get("From")) {
			return m.wrapped()
		}
		return nil
	}
	if m.like < surely {
		if reply, status := bouncehound.Codes(text); reply == 0 && status == "" || !tellsFailure(text) {
			return nil
		}
	}
	recs := m.proseRecipients(text, action)
	if len(recs) == 0 && m.like == surely && action == bouncehound.Failed && (tellsFailure(text) || m.subjectIs(bounceSubject)) {
		if r := m.wrapped(); r != nil {
			return r
		}
		if to := addresses(m.returnedHeader().get("To"), 2); len(to) == 1 && !isList(m.returnedHeader()) && !m.isSender(to[0]) && !m.isSendersOwn(to[0]) {
			recs = []bouncehound.Recipient{{Action: action, Address: to[0]}}
		}
	}
	if len(recs) == 0 {
		return nil
	}
	recs = withoutRepeats(recs)
	for i := range recs {
		if recs[i].Action == bouncehound.Delayed && refusedForGood(recs[i].Diagnostic) && !isDelay(subject) {
			recs[i].Action = bouncehound.Failed
		}
	}
	tellApart(recs, text)
	switch {
	case len(recs) == 1:
		m.findReply(&recs[0])
		m.findReason(&recs[0])
	case allSilent(recs):
		// One reply is told for all of them.
		m.findReply(&recs[0])
		for i := range recs {
			recs[i].Diagnostic = recs[0].Diagnostic
		}
	}
	for i := range recs {
		recs[i].Diagnostic = withoutLetter(recs[i].Diagnostic)
	}
	return &bouncehound.Report{Recipients: recs}
}

// isSendersOwn says whether the address that a letter went to is at the sender's own domain,
// of which a server elsewhere can't tell: a list, that he put in the place of its members. So
// is the address that this report came to, as a report that was returned shows.
func (m *message) isSendersOwn(to string) bool {
	if isDaemon(m.returnedHeader().get("From")) || sameAddress(m.header().get("To"), to) {
		return true
	}
	domain := bouncehound.Domain(to)
	if from := bouncehound.Domain(cleanAddress(m.returnedHeader().get("From"))); from != domain {
		return false
	}
	host := bouncehound.Domain(cleanAddress(m.header().get("From")))
	return host != "" && host != domain && !strings.HasSuffix(host, "."+domain)
}

func allSilent(recs []bouncehound.Recipient) bool {
	for i := range recs {
		if recs[i].Diagnostic != "" {
			return false
		}
	}
	return true
}
