package parser

import "bouncehound"

// readNotice knows what mail servers write to their own postmaster about sessions: no
// letter of ours is their subject (postconf(5) notify_classes).
//
//	Subject: Postfix SMTP server: errors from mx.example.com[192.0.2.7]
//
//	Transcript of session follows.
//
//	 Out: 220 mx.example.org ESMTP
//	 In:  EHLO mx.example.com
func readNotice(m *message) *bouncehound.Report {
	subject := m.subject()
	switch {
	case m.header().has("X-MS-Journal-Report"): // without the message; its recipients are those of any mail
		return &bouncehound.Report{}
	case hasPrefixFold(subject, "message recall "): // Exchange: which copies of a letter that had arrived could be called back
		return &bouncehound.Report{}
	case hasPrefixFold(subject, "postfix smtp server: "), hasPrefixFold(subject, "postfix smtp client: "):
		return &bouncehound.Report{}
	case m.parts[0].mediaType != "multipart/report" && m.tellsOfFiltering():
		// What a filter held back lately is a list of other people's addresses.
		return &bouncehound.Report{}
	}
	return nil
}

// tellsOfFiltering says whether a filter tells its reader or its keeper what it held back:
// a letter to him, not from him.
func (m *message) tellsOfFiltering() bool {
	h, subject := m.header(), m.subject()
	switch {
	case hasPrefixFold(h.get("Auto-Submitted"), "auto-replied"), m.subjectIs(autoSubject), isAnswer(subject):
		return false
	case anyPhrase(subject, quarantineWords, foreignQuarantine):
	case m.fromDaemon() && (containsFold(subject, "digest") || containsFold(subject, "summary") || containsFold(subject, "summaries")):
	case containsFold(subject, "in mail to you"): // amavis, to the recipient
	default:
		return false
	}
	return !m.subjectIs(bounceSubject) && len(m.returnedHeader()) == 0
}

// isToOwner says whether a server writes to the owner of the mailbox about that mailbox, as
// "Messages in your mailbox will be deleted", and returns no letter. It may name others and
// speak of failing.
func (m *message) isToOwner() bool {
	return len(m.returnedHeader()) == 0 && !m.subjectIs(bounceSubject) && ownerSubjects.in(m.subject())
}

var ownerSubjects = newPhrases(
	"your mailbox", "your new mailbox", "your mail account", "your email account", "your e-mail account", "mailbox migration",
	"ihr postfach", "ihres postfachs", "ihr mailkonto", "ihr e-mail-konto", "votre boîte", "votre compte de messagerie", "su buzón",
	"su cuenta de correo", "la tua casella", "la sua casella", "sua caixa", "uw mailbox", "uw postvak",
)

// quarantineWords are the word for quarantine, cut so that it fits many languages.
var quarantineWords = newPhrases("quarantine", "quarantaine", "quarentena", "quarantena", "cuarentena", "kwarantann", "karant")

var foreignQuarantine = newPhrases("quarantäne", "karantän", "карантин", "検疫", "隔離", "隔离", "격리")
