package parser

import (
	"strings"

	"bouncehound"
)

// readDomino reads the words of HCL (Lotus, IBM) Domino where the machine part is missing,
// in any language: the blocks stand in the same order.
// https://help.hcl-software.com/domino/
//
//	Your message
//
//	  Subject: Invoice
//
//	was not delivered to:
//
//	  lena@example.com
//
//	because:
//
//	  User lena (lena@example.com) not listed in Domino Directory
//
// The SMTP gateway of Notes 4 lists a reason and below it the address, in turn:
//
//	------- Failure Reasons  --------
//
//	User not listed in public Name & Address Book
//	lena@example.com
//
//	------- Returned Message --------
func readDomino(m *message) *bouncehound.Report {
	h := m.header()
	mailer := h.get("X-Mailer")
	gateway := strings.EqualFold(m.subject(), "undeliverable message")
	if !gateway && !containsFold(mailer, "domino") && !containsFold(mailer, "lotus notes") && !hasPrefixFold(m.subject(), "delivery failure: ") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	if gateway {
		if _, list, ok := strings.Cut(text, "Failure Reasons "); ok {
			return reportOf(reasonsFirst(list))
		}
		return nil
	}
	// A block that ends in a colon announces the next: first the recipients, then why.
	var recs []bouncehound.Recipient
	announced, before := false, ""
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		switch {
		case paragraph == "":
			continue
		case announced && len(recs) == 0 && strings.IndexByte(paragraph, '@') > 0:
			action := bouncehound.Failed
			if m.tellsDelay(before) {
				action = bouncehound.Delayed
			}
			for line := range strings.SplitSeq(paragraph, "\n") {
				if a := cleanAddress(line); a != "" {
					recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
				}
			}
		case announced && len(recs) > 0 && recs[0].Diagnostic == "":
			for i := range recs {
				recs[i].Diagnostic = paragraph
			}
		}
		announced, before = strings.HasSuffix(paragraph, ":"), paragraph
	}
	if len(recs) == 0 || recs[0].Diagnostic == "" {
		return nil // where no reason is told, nothing may have failed
	}
	return reportOf(recs)
}

// reasonsFirst reads lines of which each address ends what is said of it.
func reasonsFirst(list string) (recs []bouncehound.Recipient) {
	why := ""
	var lines joiner
	for pos := 0; pos < len(list) && len(recs) < maxRecipients; {
		line, next := lineAt(list, pos)
		pos = next
		line = strings.Trim(line, " \t-")
		if line == "" {
			continue
		}
		if a := tidyAddress(strings.Trim(line, "<>")); a != "" && strings.IndexByte(line, ' ') < 0 {
			recs = append(recs, bouncehound.Recipient{Action: bouncehound.Failed, Address: a, Diagnostic: why})
			why = ""
			continue
		}
		if len(why) < maxDiagnostic {
			why = lines.join(why, spaceAfter(why), line)
		}
	}
	return recs
}
