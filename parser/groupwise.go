package parser

import (
	"strings"

	"bouncehound"
)

// readGroupWise reads the reports of the GroupWise Internet Agent (Novell, OpenText). It
// names users as its directory does, often without a domain.
// https://www.novell.com/documentation/groupwise18/gw18_guide_admin/data/adm_gwia.html
//
//	The message that you sent was undeliverable to the following:
//		lena@example.com (user not found)
//		OMAR (mailbox full)
//
//	Possibly truncated original message follows:
//
//	The attached file had the following undeliverable recipient(s):
//		lena@example.com
//
//	Transcript of session follows:
//	Command: RCPT TO:<lena@example.com>
//	Response: 550 5.1.1 no such user
func readGroupWise(m *message) *bouncehound.Report {
	subject := m.subject()
	if !hasPrefixFold(subject, "message status - undeliverable") && !hasPrefixFold(subject, "mail message undeliverable") &&
		!containsFold(m.header().get("X-Mailer"), "groupwise") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	i := indexFold(text, "undeliverable to the following")
	if j := indexFold(text, "undeliverable recipient"); i < 0 {
		i = j
	}
	if i < 0 {
		return nil
	}
	_, next := lineAt(text, i)
	sent := m.sentAddresses()
	var recs []bouncehound.Recipient
	for next < len(text) && len(recs) < maxRecipients {
		line, after := lineAt(text, next)
		next = after
		if isBlank(line) {
			if len(recs) > 0 {
				break
			}
			continue
		}
		name, why, _ := strings.Cut(strings.TrimSpace(line), " (")
		if a := directoryAddress(name, sent); a != "" {
			recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a, Diagnostic: strings.TrimSuffix(why, ")")})
		}
	}
	t := dialogue(text)
	for i := range recs {
		if recs[i].Diagnostic == "" {
			t.fill(&recs[i], len(recs) == 1)
		}
	}
	return reportOf(recs)
}

// directoryAddress returns the address that a name of the directory stands for: itself, or
// that of those the letter was sent to whose local part it is. "po.LENA" is LENA in the
// post office "po".
func directoryAddress(name string, sent []string) string {
	if a := tidyAddress(strings.Trim(name, "<>\"")); a != "" {
		return a
	}
	name = name[strings.LastIndexByte(name, '.')+1:]
	for _, a := range sent {
		if local, _, _ := strings.Cut(a, "@"); name != "" && strings.EqualFold(local, name) {
			return a
		}
	}
	if len(sent) == 1 && name != "" && strings.IndexByte(name, ' ') < 0 {
		return sent[0]
	}
	return ""
}
