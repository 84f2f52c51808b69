package parser

// weighDaemon weighs what was sent in the name of a mail server. Its keepers, its filters
// and its statistics write in that name too. Where no letter is returned, they are known by
// saying that they answer nothing (auto-generated, RFC 3834 section 5), by a sender that takes
// replies where the subject or the address does not speak for a report (a report has
// the null sender, RFC 3464 section 2), and as mailings.
func (m *message) weighDaemon(from, subject string, keeper bool) int8 {
	h := m.header()
	bounce := m.subjectIs(bounceSubject)
	named := !isDaemonAddress(from) // it is only called so: people and departments are, too
	switch {
	case named && !bounce && (isAnswer(subject) || isPerson(h)):
		return noReport
	case keeper && !bounce && (h.has("User-Agent") || isMailProgram(h.get("X-Mailer")) || isMailing(h)):
		return noReport // he wrote himself
	case named && !bounce:
		return maybe
	case len(m.returnedHeader()) > 0:
		return surely
	case answersNothing(h):
		return maybe
	}
	sender := cleanAddress(h.get("Return-Path"))
	takesReplies := sender != "" && !isDaemon(sender)
	switch {
	case named && takesReplies:
		return likely
	case bounce:
		return surely
	case keeper && sameAddress(sender, from):
		return noReport
	case keeper && sender == "":
		return likely
	case takesReplies:
		return maybe
	}
	return surely
}
