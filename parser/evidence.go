package parser

import "strings"

// looksLikeReport says whether a mail server or its keeper wrote the message to say what
// became of another one. What a person quotes is no evidence, nor is a subject alone.
func (m *message) looksLikeReport() bool {
	if m.like == 0 {
		m.like = -1
		if m.isReport() {
			m.like = 1
		}
	}
	return m.like > 0
}

func (m *message) isReport() bool {
	h := m.header()
	if m.isStatusReport() || h.has("X-Failed-Recipients") {
		return true
	}
	from := h.get("From")
	if isDaemon(from) {
		return !isAnswer(h.words("Subject"))
	}
	if isList(h) {
		return false
	}
	if strings.TrimSpace(h.get("Return-Path")) == "<>" {
		return !isAnswer(h.words("Subject"))
	}
	return isBounceSubject(h.words("Subject")) && !h.has("In-Reply-To") && !h.has("References")
}

// isStatusReport says whether the message is a multipart/report about delivery (RFC 6522).
func (m *message) isStatusReport() bool {
	p := &m.parts[0]
	if p.mediaType != "multipart/report" {
		return false
	}
	kind := param(p.params, "report-type")
	return kind == "" || hasPrefixFold(kind, "delivery") || hasPrefixFold(kind, "message") || hasPrefixFold(kind, "global")
}

// isList says whether a mailing list sent the message.
func isList(h header) bool {
	return h.has("List-Id") || h.has("List-Post") || h.has("Mailing-List") || hasPrefixFold(h.get("Precedence"), "list")
}

// isDaemon says whether a From field is that of a mail server.
func isDaemon(from string) bool {
	if from == "" {
		return false
	}
	local := from
	name := ""
	if open := strings.LastIndexByte(from, '<'); open >= 0 {
		name, local = from[:open], from[open+1:]
	}
	if at := strings.LastIndexByte(local, '@'); at >= 0 {
		if at+1 < len(local) && name == "" {
			if i := strings.IndexByte(local[at:], '('); i >= 0 {
				name = local[at+i:]
			}
		}
		local = local[:at]
	}
	local = strings.Trim(local, " \t\"'<>")
	for _, daemon := range [...]string{"mailer-daemon", "postmaster", "mail-daemon", "maildaemon", "mailerdaemon", "mailer_daemon",
		"mdaemon", "mail-delivery", "mail.delivery", "maildelivery", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e", "delivery-status", "delivery-subsystem",
		"bounce-notification", "mail-system", "mailsystem", "undeliverable", "mmdf"} {
		if hasPrefixFold(local, daemon) {
			return true
		}
	}
	if name == "" {
		return false
	}
	name = decodeWords(name)
	for _, daemon := range [...]string{"mail delivery", "mailer-daemon", "mailer daemon", "delivery subsystem", "mail daemon", "system administrator",
		"delivery system", "mail administrator", "postmaster", "mail system", "delivery failure", "delivery notification",
		"systemadministrator", "administrateur système", "internet mail delivery", "mail router", "mail deliver"} {
		if containsFold(name, daemon) {
			return true
		}
	}
	return false
}

// isAnswer says whether a subject is that of a reply or a forwarded mail.
func isAnswer(subject string) bool {
	for _, prefix := range [...]string{"re:", "re ", "re[", "aw:", "fw:", "fwd:", "wg:", "tr:", "rv:", "sv:", "vs:", "ref:", "odp:", "antw:", "rif:", "res:", "enc:", "回复", "答复", "转发", "回覆", "轉寄"} {
		if hasPrefixFold(subject, prefix) {
			return true
		}
	}
	return false
}

// isBounceSubject says whether a subject is one that mail servers give their reports.
func isBounceSubject(subject string) bool {
	if subject == "" || isAnswer(subject) {
		return false
	}
	for _, phrase := range [...]string{
		"undeliver", "failure notice", "returned mail", "delivery status notification", "delivery failure", "delivery failed", "mail delivery failed",
		"nondeliverable", "non-deliver", "delivery has failed", "delivery problem", "mail system error", "returned to sender", "returning message to sender",
		"message status - undeliver", "delivery report", "could not be delivered", "delivery notification", "delivery error", "delivery unsuccessful",
		"mail failed", "unable to deliver", "failed mail", "user unknown", "mail returned", "message delivery fail", "undelivered", "not delivered", "delivery delayed", "delayed mail",
	} {
		if containsFold(subject, phrase) {
			return true
		}
	}
	return false
}
