package parser

import (
	"strings"

	"bouncehound"
)

// readListManager reads what managers of mailing lists write when a list takes no
// mail from us. The list is the recipient.
//
//	Subject: Request to mailing list Tea-talk rejected            Mailman 2
//	From: tea-talk-bounces@lists.example.com
//
//	Your request to the Tea-talk mailing list … has been rejected by the list moderator.
//
//	X-MLServer: fml [fml 4.0.3]                                    fml
//	Subject: NOT MEMBER article from news@example.org (tea ML)
//
//	Subject: Bounce action notification                            Mailman 2, to the owner:
//	a member is switched off for the bounce that is attached
//
//	Hi! This is the ezmlm program.                                 ezmlm
//	Sorry, only subscribers may post.
//
//	From: Majordomo@lists.example.com                              LISTSERV, Lyris, Majordomo, Sympa:
//	Posting is only allowed to members.                            see refusesPosting
func readListManager(m *message) *bouncehound.Report {
	h := m.header()
	subject := m.subject()
	failed := func(list, why string) *bouncehound.Report {
		if list == "" {
			return nil
		}
		return &bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Failed, Address: list, Diagnostic: why[:min(len(why), 1000)]}}}
	}
	switch {
	case h.has("X-Mailman-Version") && hasPrefixFold(subject, "request to mailing list") && containsFold(subject, "rejected"):
		return failed(listOf(cleanAddress(h.get("From"))), m.text())
	case containsFold(h.get("X-MLServer"), "fml") && (containsFold(subject, "not member") || containsFold(subject, "loop alert") || containsFold(subject, "reject")):
		list, _ := findAddress(m.text())
		if list == "" {
			list = listOf(cleanAddress(h.get("From")))
		}
		return failed(list, m.text())
	case h.has("X-Mailman-Version") && (hasPrefixFold(subject, "bounce action notification") || hasPrefixFold(subject, "uncaught bounce notification")):
		return m.wrapped() // what made Mailman tell the list's owner
	case m.looksLikeReport() && strings.HasPrefix(strings.TrimSpace(m.text()), "Hi! This is the ezmlm program"):
		return failed(listOf(cleanAddress(h.get("From"))), m.text())
	case isListRobot(h.get("From")) && h.get("Return-Path") == "<>" && !isList(h) && !isAnswer(subject) && !isPerson(h):
		text := withoutFooter(m.text())
		if refusesPosting(text) {
			return failed(m.postedTo(text), text)
		}
	}
	return nil
}

// isListRobot says whether a From field is that of LISTSERV, Lyris ListManager, Majordomo, Sympa,
// Ecartis or mlmmj, which write to who posts in their own name.
func isListRobot(from string) bool {
	local, _ := daemonParts(from)
	return listRobots.begin(local) != ""
}

var listRobots = newPhrases("listserv", "lyris", "listmanager", "majordomo", "majordom", "sympa", "ecartis", "listar", "mlmmj")

// refusesPosting says whether the first words tell that a posting is refused; of a subscription
// or a command they tell otherwise. QUIRK: LISTSERV justifies its lines with blanks.
func refusesPosting(text string) bool {
	words := strings.Join(strings.Fields(text[:min(len(text), 800)]), " ")
	return !containsFold(words, "subscription") && !containsFold(words, "approv") && postingRefusals.in(words)
}

var postingRefusals = newPhrases(
	"you are not allowed to post", "you are not authorized to post", "you are not authorized to send mail to", "you are not allowed to send", "you are not permitted to post", "posting is only allowed", "only subscribers may", "only members may post", "your message was rejected", "your posting was rejected",
	"n'êtes pas autorisé à", "seuls les abonnés",
)

// postedTo returns the list that a posting went to: the only address of the returned letter, or
// the first in the text at the robot's own domain.
func (m *message) postedTo(text string) string {
	if to := addresses(m.returnedHeader().get("To"), 2); len(to) == 1 {
		return to[0]
	}
	domain := bouncehound.Domain(cleanAddress(m.header().get("From")))
	for _, a := range addresses(strings.Join(strings.Fields(text[:min(len(text), 800)]), ", "), 8) {
		if bouncehound.Domain(a) == domain && !isListRobot(a) && m.mayFail(a, nil) {
			return a
		}
	}
	return ""
}

// listOf returns the address of the list that an address of its manager belongs to.
func listOf(manager string) string {
	at := strings.LastIndexByte(manager, '@')
	if at < 0 {
		return ""
	}
	for _, role := range [...]string{"-bounces", "-owner", "-admin", "-request", "-help", "-return"} {
		if list, ok := strings.CutSuffix(manager[:at], role); ok && list != "" {
			return list + manager[at:]
		}
	}
	return manager
}
