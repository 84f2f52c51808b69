package parser

import "strings"

// looksLikeReport says whether a mail server or its keeper wrote the message to say what
// became of another one. What a person quotes is no evidence, nor is a subject alone.
func (m *message) looksLikeReport() bool {
	if m.like == 0 {
		m.like = m.weighReport()
	}
	return m.like > 0
}

// What weighReport says.
const (
	noReport = -1
	maybe    = 1 // only the null sender or a display name speaks for it: others write with these too
	surely   = 2
)

func (m *message) weighReport() int8 {
	h := m.header()
	from := h.get("From")
	daemon := isDaemon(from)
	if isList(h) && !daemon {
		return noReport // a report that was sent to a list is about mail of the list
	}
	if m.isStatusReport() || h.has("X-Failed-Recipients") {
		return surely
	}
	subject := m.subject()
	null := h.get("Return-Path") == "<>"
	if daemon && !isDaemonAddress(from) && !isBounceSubject(subject) {
		if isAnswer(subject) || isPerson(h) {
			return noReport
		}
		return maybe // people and departments are called so, too
	}
	keeper := containsFold(from, "postmaster") || containsFold(from, "admin") // a person may sit behind it
	if daemon && !keeper {
		return surely
	}
	if isAnswer(subject) || isAutoReplySubject(subject) {
		return noReport
	}
	if daemon {
		if (h.has("User-Agent") || isMailProgram(h.get("X-Mailer"))) && !isBounceSubject(subject) {
			return noReport // he wrote himself
		}
		return surely
	}
	if isBounceSubject(subject) && (null || !isPerson(h)) {
		return surely
	}
	if null && !hasPrefixFold(h.get("Auto-Submitted"), "auto-replied") && !isPerson(h) {
		return maybe
	}
	return noReport
}

// isPerson says whether a header shows that a person wrote the message: it answers
// another one, a mail program made it, or it came from the address it is signed with.
func isPerson(h header) bool {
	if h.has("In-Reply-To") || h.has("References") || h.has("Thread-Index") || h.has("User-Agent") || isMailProgram(h.get("X-Mailer")) {
		return true
	}
	if id := h.get("Message-ID"); strings.HasSuffix(id, "@mail.gmail.com>") || strings.HasSuffix(id, "@mail.yahoo.com>") {
		return true // written in their web mail, which leaves no other sign
	}
	from := cleanAddress(h.get("From"))
	return from != "" && strings.EqualFold(cleanAddress(h.get("Return-Path")), from)
}

// isMailProgram says whether an X-Mailer field names a program that people write with.
func isMailProgram(mailer string) bool {
	for _, program := range [...]string{"outlook", "apple mail", "iphone", "ipad", "thunderbird", "foxmail", "the bat", "lotus notes", "evolution", "kmail", "sylpheed", "claws", "airmail (", "spark", "mutt", "roundcube", "webmail", "windows live mail", "windows mail"} {
		if containsFold(mailer, program) {
			return true
		}
	}
	return false
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
	if from == "<>" {
		return true
	}
	local, name := daemonParts(from)
	if isDaemonLocal(local) {
		return true
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

// isDaemonAddress says whether the address of a From field is that of a mail server,
// whatever name stands beside it.
func isDaemonAddress(from string) bool {
	local, _ := daemonParts(from)
	return from == "<>" || isDaemonLocal(local)
}

// daemonParts returns the local part and the display name of a From field.
func daemonParts(from string) (local, name string) {
	local = from
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
	return strings.Trim(local, " \t\"'<>"), name
}

func isDaemonLocal(local string) bool {
	for _, daemon := range [...]string{"mailer-daemon", "postmaster", "mail-daemon", "maildaemon", "mailerdaemon", "mailer_daemon",
		"mdaemon", "mail-delivery", "mail.delivery", "maildelivery", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e", "delivery-status", "delivery-subsystem",
		"bounce-notification", "mail-system", "mailsystem", "undeliverable", "mmdf"} {
		if hasPrefixFold(local, daemon) && (len(local) == len(daemon) || daemon != "postmaster" || !isAlnum(local[len(daemon)])) {
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
