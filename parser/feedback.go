package parser

import (
	"strings"

	"bouncehound"
)

// readFeedback reads complaints that are not in the format of RFC 5965.
//
// Outlook.com's Junk Mail Reporting Program returns the message whole, with the
// reader in a field of its own (https://sendersupport.olc.protection.outlook.com/snds/):
//
//	From: staff@hotmail.com
//	Subject: complaint about message from 192.0.2.7
//
//	X-HmXmrOriginalRecipient: lena@example.com
//
// Apple Mail unsubscribes by a mail of its own, which its reader asked for:
//
//	X-Apple-Unsubscribe: true
//	Subject: unsubscribe
func readFeedback(m *message) *bouncehound.Report {
	h := m.header()
	complaint := func(a string) *bouncehound.Report {
		return &bouncehound.Report{
			Recipients: []bouncehound.Recipient{{Action: bouncehound.Complained, Address: a}},
		}
	}
	if strings.EqualFold(h.get("X-Apple-Unsubscribe"), "true") {
		if a := cleanAddress(h.get("From")); a != "" {
			return complaint(a)
		}
		return nil
	}
	if !hasPrefixFold(m.subject(), "complaint about message from") || !hasPrefixFold(cleanAddress(h.get("From")), "staff@hotmail.") {
		return nil // or somebody passes it on
	}
	returned := m.returnedHeader()
	for _, name := range [...]string{"X-HmXmrOriginalRecipient", "X-RCPT-TO"} {
		if a := cleanAddress(returned.get(name)); a != "" {
			return complaint(a)
		}
	}
	if to := addresses(returned.get("To"), 2); len(to) == 1 && !m.isSender(to[0]) {
		return complaint(to[0])
	}
	return nil
}
