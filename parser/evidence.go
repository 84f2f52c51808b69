package parser

import "strings"

// looksLikeReport says whether a mail server or its keeper wrote the message to say what
// became of another one. What a person quotes is no evidence, nor is a subject alone: a
// letter that gives a report's words as its own may have that as well.
func (m *message) looksLikeReport() bool {
	if m.like == 0 {
		m.like = m.weighReport()
	}
	return m.like > barely
}

// What weighReport says.
const (
	noReport = -1
	barely   = 1 // a subject alone speaks for it: worth a look by a person, but nobody is blamed
	maybe    = 2 // a null sender or a display name alone speaks for it: others write with these too
	likely   = 3 // also an address that mail servers have: their keepers write under it, and swindlers
	surely   = 4
)

func (m *message) weighReport() int8 {
	h := m.header()
	from := h.get("From")
	daemon := m.fromDaemon()
	if isList(h) && !daemon {
		return noReport // a report that was sent to a list is about mail of the list
	}
	if m.isStatusReport() || h.has("X-Failed-Recipients") {
		return surely
	}
	if isVacation(h) || isRobot(h) {
		return noReport
	}
	subject := m.subject()
	if m.statusPartOfServer(subject) {
		return surely
	}
	keeper := containsFold(from, "postmaster") || containsFold(from, "admin") // a person may sit behind it
	if (!daemon || keeper) && !m.opensAsReport() && (isAnswer(subject) || m.subjectIs(autoSubject)) {
		return noReport
	}
	if daemon {
		return m.weighDaemon(from, subject, keeper)
	}
	if isMailing(h) || isTicketSubject(subject) {
		return noReport
	}
	null := h.get("Return-Path") == "<>"
	if m.subjectIs(bounceSubject) && (null || !isPerson(h)) {
		switch returned := m.returnedHeader(); {
		case len(returned) == 0 && answersNothing(h):
			return noReport
		case len(returned) == 0 && !h.has("Return-Path"):
			return barely
		case len(returned) == 0:
			return maybe // parcels, payments and campaigns fail too
		case isDaemon(returned.get("From")), sameAddress(returned.get("From"), from):
			return noReport // somebody passes on a report, or his own letter with one
		}
		return surely
	}
	if null && !hasPrefixFold(h.get("Auto-Submitted"), "auto-replied") && !isPerson(h) {
		if answersNothing(h) && len(m.returnedHeader()) == 0 {
			return noReport
		}
		return maybe
	}
	return noReport
}

// opensAsReport says whether the first words are those of a program that cannot be taken for a
// person. QUIRK: Apache James gives its report the subject of a reply, "Re: Your order", and the
// field In-Reply-To.
func (m *message) opensAsReport() bool {
	h := m.header()
	return h.get("Return-Path") == "<>" && !h.has("User-Agent") && !isMailProgram(h.get("X-Mailer")) && hasPrefixFold(m.opening(), "hi. this is the james mail server at ")
}

// answersNothing says whether a program says that no message made it write (RFC 3834
// section 5). QUIRK: sendmail writes "auto-generated (failure)" over its reports.
func answersNothing(h header) bool {
	return strings.EqualFold(strings.TrimSpace(h.get("Auto-Submitted")), "auto-generated")
}

func sameAddress(a, b string) bool {
	a = cleanAddress(a)
	return a != "" && strings.EqualFold(a, cleanAddress(b))
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
	return from != "" && strings.EqualFold(unwrapAddress(cleanAddress(h.get("Return-Path"))), from)
}

// isMailProgram says whether an X-Mailer field names a program that people write with.
func isMailProgram(mailer string) bool {
	return mailPrograms.in(mailer)
}

var mailPrograms = newPhrases(
	"outlook", "apple mail", "iphone", "ipad", "thunderbird", "foxmail", "the bat", "lotus notes", "evolution", "kmail", "sylpheed", "claws", "airmail (", "spark", "mutt", "roundcube", "webmail", "windows live mail", "windows mail",
)

// statusPartOfServer says whether the message has a machine part that was not attached by a
// person. QUIRK: gateways that rebuild a report call it a multipart/mixed.
func (m *message) statusPartOfServer(subject string) bool {
	h := m.header()
	if m.parts[0].mediaType != "multipart/mixed" || m.part("message/delivery-status", "message/global-delivery-status") == nil {
		return false
	}
	return (h.get("Return-Path") == "<>" || hasPrefixFold(h.get("Auto-Submitted"), "auto-")) && !isPerson(h) && !isAnswer(subject) && !isMailing(h) && !isTicketSubject(subject)
}

// reportPart returns which part is the multipart/report that the message is, 0 where it is none.
// QUIRK: lists and gateways that add a part of theirs put the whole into a multipart/mixed,
// as its first part. Who passes on a report puts his own words before it.
func (m *message) reportPart() int {
	if m.parts[0].mediaType == "multipart/mixed" && len(m.parts) > 1 && m.parts[1].mediaType == "multipart/report" {
		return 1
	}
	return 0
}

// isStatusReport says whether the message is a multipart/report about delivery (RFC 6522).
func (m *message) isStatusReport() bool {
	p := &m.parts[m.reportPart()]
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
	if from == "<>" || strings.HasSuffix(from, "<@>") {
		return true // QUIRK: Courier's own address
	}
	local, name := daemonParts(from)
	if isDaemonLocal(local) {
		return true
	}
	if name == "" {
		return false
	}
	return daemonNames.in(decodeWords(name))
}

var daemonNames = newPhrases(
	"mail delivery", "mailer-daemon", "mailer daemon", "delivery subsystem", "mail daemon", "system administrator",
	"delivery system", "mail administrator", "postmaster", "mail system", "delivery failure", "delivery notification",
	"systemadministrator", "administrateur système", "internet mail delivery", "mail router", "mail deliver",
)

// isDaemonAddress says whether the address of a From field is that of a mail server,
// whatever name stands beside it.
func isDaemonAddress(from string) bool {
	local, _ := daemonParts(from)
	return from == "<>" || strings.HasSuffix(from, "<@>") || isDaemonLocal(local)
}

// daemonParts returns the local part and the display name of a From field.
func daemonParts(from string) (local, name string) {
	local = from
	if open := strings.LastIndexByte(from, '<'); open >= 0 {
		name, local = from[:open], from[open+1:]
	} else if strings.IndexByte(from, '@') < 0 {
		name = from // QUIRK: Exchange 2003 and Outlook write "System Administrator" alone
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
	daemon := daemonLocals.begin(local)
	return daemon != "" && (len(local) == len(daemon) || daemon != "postmaster" || !isAlnum(local[len(daemon)]))
}

var daemonLocals = newPhrases(
	"mailer-daemon", "postmaster", "mail-daemon", "maildaemon", "mailerdaemon", "mailer_daemon",
	"mdaemon", "mail-delivery", "mail.delivery", "maildelivery", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e", "delivery-status", "delivery-subsystem",
	"bounce-notification", "mail-system", "mailsystem", "undeliverable", "mmdf",
)
