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
	}
	return nil
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
