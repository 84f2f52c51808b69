package parser

import (
	"strings"

	"bouncehound"
)

// proseRecipients looks for recipients where they may stand, the surest place first.
func (m *message) proseRecipients(text string, action bouncehound.Action) (recs []bouncehound.Recipient) {
	sent := m.sentAddresses()
	for _, e := range entries(text) {
		if m.mayFail(e.address, sent) && (!e.asked || holds(sent, e.address) || tellsFailure(e.said)) {
			recs = append(recs, e.recipient(action))
		}
	}
	listed := len(recs) > 0 && m.like == surely
	if len(recs) == 0 {
		for _, a := range addresses(m.header().get("X-Failed-Recipients"), maxRecipients) {
			recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
		}
	}
	if len(recs) == 0 {
		recs = m.labelled(text, action, sent)
		m.reasonsBelow(recs, text)
		listed = m.like == surely
	}
	if len(recs) == 0 && m.like == surely {
		if recs = m.bareNames(text, action, sent); len(recs) > 0 {
			return recs // the letter has given them their domains
		}
	}
	if len(recs) == 0 {
		recs = m.refusedInLines(text, action, sent)
	}
	if len(recs) == 0 {
		recs = m.inParagraphs(text, action, sent)
	}
	if len(recs) == 0 {
		recs = readSession(text).recipients(action)
	}
	if len(recs) == 0 && m.like == surely {
		if a := m.letterTo(text, sent); a != "" && m.subjectIs(bounceSubject) {
			recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
		} else if a := m.refusedInCode(text, sent); a != "" && action == bouncehound.Failed {
			recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
		}
	}
	if len(sent) > 0 {
		var known []bouncehound.Recipient
		for _, rec := range recs {
			// A blind copy is not among those it was sent to, but has its own reason.
			if holds(sent, rec.Address) || holds(sent, rec.Final) || listed && isRefusal(rec.Diagnostic) {
				known = append(known, rec)
			}
		}
		if len(known) > 0 {
			return known
		}
	}
	if m.like < surely {
		return nil // too little speaks for a report to blame someone
	}
	return recs
}

// isRefusal says whether what is said of an address tells that it failed.
func isRefusal(said string) bool {
	if reply, status := bouncehound.Codes(oneLine(said, maxDiagnostic)); reply != 0 || status != "" {
		return true
	}
	return tellsFailure(said)
}

// labelled takes the addresses that a label on their line says to be recipients.
func (m *message) labelled(text string, action bouncehound.Action, sent []string) (recs []bouncehound.Recipient) {
	for pos := 0; pos < len(text) && len(recs) < 50; {
		line, next := lineAt(text, pos)
		pos = next
		at := strings.IndexByte(line, '@')
		if at < 0 {
			continue
		}
		head := line[:at]
		for _, label := range recipientLabels {
			if !containsFold(head, label) {
				continue
			}
			if a, _ := findAddress(line[indexFold(line, label)+len(label):]); a != "" && m.mayFail(a, sent) {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
			}
			break
		}
	}
	return recs
}

// recipientLabels are what programs set before the address that failed.
var recipientLabels = [...]string{
	"recipient:", "recipient address:", "rcpt to:", "undeliverable address:", "error-for:", "failed address:", "user account:", "final-recipient:", "original-recipient:",
	"undeliverable to", "recipients:", "adresat:", "odbiorca:", "mottagare:", "mottaker:", "modtager:", "vastaanottaja:", "penerima:",
	"p\u0159\u00edjemce:", "c\u00edmzett:", "al\u0131c\u0131:", "\u03c0\u03b1\u03c1\u03b1\u03bb\u03ae\u03c0\u03c4\u03b7\u03c2:", "\u043e\u043b\u0443\u0447\u0430\u0442\u0435\u043b\u044c:", "\u0434\u0435\u0440\u0436\u0443\u0432\u0430\u0447:", "\uc218\uc2e0\uc790", "\ubc1b\ub294 \uc0ac\ub78c", "\ubc1b\ub294\uc0ac\ub78c",
	"destinataire :", "destinataire:", "destinatario:", "empf\u00e4nger:", "ontvanger:", "\u5b9b\u5148", "\u6536\u4ef6\u4eba",
}

// inParagraphs takes the addresses of sentences that tell of failing. Where the
// address stands in one sentence and the failing in the next, it takes the first one
// of the paragraph: others are those to write to instead.
func (m *message) inParagraphs(text string, action bouncehound.Action, sent []string) (recs []bouncehound.Recipient) {
	take := func(in, paragraph string, limit int) {
		for _, a := range proseAddresses(in, sent, 50) {
			if limit > 0 && m.mayFail(a, sent) {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a, Diagnostic: paragraph})
				limit--
			}
		}
	}
	announced := false // the paragraph before tells of failing and ends in a colon
	waiting := 0       // this many recipients, the last ones, were told of there: "… for the following reason:"
	for len(text) > 0 && len(recs) < 50 {
		paragraph, rest, _ := strings.Cut(text, "\n\n")
		text = rest
		if isBlank(paragraph) {
			continue
		}
		for i := len(recs) - waiting; i < len(recs) && strings.IndexByte(paragraph, '@') < 0 && len(paragraph) < 600; i++ {
			recs[i].Diagnostic += "\n" + paragraph
		}
		waiting = 0
		listed := announced
		failing := m.tellsAction(paragraph, action)
		announced = (failing || listed) && strings.HasSuffix(strings.TrimSpace(paragraph), ":") && !asksToWrite(paragraph)
		if !failing && !listed || strings.IndexByte(paragraph, '@') < 0 {
			continue
		}
		if listed {
			take(paragraph, paragraph, 50)
			continue
		}
		before := len(recs)
		for left := paragraph; left != ""; {
			var sentence string
			if sentence, left = cutSentence(left); m.tellsAction(sentence, action) {
				take(sentence, paragraph, 50)
			}
		}
		if len(recs) == before {
			take(paragraph, paragraph, 1)
		}
		if announced {
			waiting = len(recs) - before
		}
	}
	return recs
}

// tellsAction says whether words tell that something became of a letter.
func (m *message) tellsAction(s string, action bouncehound.Action) bool {
	switch action {
	case bouncehound.Delayed:
		return tellsFailure(s) || isDelay(s)
	case bouncehound.Delivered:
		return tellsSuccess(s)
	}
	return m.tellsFailing(s)
}

// cutSentence cuts the first sentence off a paragraph.
func cutSentence(s string) (sentence, rest string) {
	for i := 0; i+1 < len(s); i++ {
		switch s[i] {
		case '.', '!', '?':
			if s[i+1] == ' ' || s[i+1] == '\n' {
				return s[:i+1], s[i+2:]
			}
		case 0xe3: // the ideographic full stop
			if strings.HasPrefix(s[i:], "\u3002") {
				return s[:i+3], s[i+3:]
			}
		}
	}
	return s, ""
}

// sentAddresses returns whom the returned message went to, as far as its header tells.
func (m *message) sentAddresses() []string {
	h := m.returnedHeader()
	if len(h) == 0 {
		return nil
	}
	sent := addresses(h.get("To"), 50)
	for _, name := range [...]string{"Cc", "X-Envelope-To", "Envelope-To", "X-Original-To", "X-RCPT-TO"} {
		sent = append(sent, addresses(h.get(name), 50)...)
	}
	return sent
}

// mayFail says whether an address among the words may be that of a recipient, and not of
// the sender, of the server that reports or of those who help.
func (m *message) mayFail(a string, sent []string) bool {
	if holds(sent, a) {
		return !m.isSender(a) // he may have had a copy
	}
	local, _, _ := strings.Cut(a, "@")
	for _, helper := range [...]string{"postmaster", "mailer-daemon", "support", "abuse", "helpdesk", "admin", "webmaster", "hostmaster", "help", "noreply", "no-reply"} {
		if strings.EqualFold(local, helper) {
			return false
		}
	}
	for _, stranger := range m.strangers() {
		if strings.EqualFold(stranger, a) {
			return false
		}
	}
	return true
}

// isSender says whether an address is that of who sent the returned message.
func (m *message) isSender(a string) bool {
	for _, name := range [...]string{"From", "Sender", "Return-Path"} {
		for _, sender := range addresses(m.returnedHeader().get(name), 4) {
			if strings.EqualFold(unwrapAddress(sender), a) {
				return true
			}
		}
	}
	return false
}

// strangers returns the addresses of the sender and of who reports.
func (m *message) strangers() []string {
	if m.strange != nil {
		return m.strange
	}
	m.strange = make([]string, 0, 16)
	for _, name := range [...]string{"From", "To", "Delivered-To", "Reply-To", "X-Original-To", "Sender"} {
		m.strange = append(m.strange, addresses(m.header().get(name), 8)...)
	}
	for _, name := range [...]string{"From", "Sender", "Return-Path", "Reply-To", "Errors-To"} {
		m.strange = append(m.strange, addresses(m.returnedHeader().get(name), 8)...)
	}
	return m.strange
}

func holds(list []string, a string) bool {
	for _, s := range list {
		if strings.EqualFold(s, a) {
			return true
		}
	}
	return false
}
