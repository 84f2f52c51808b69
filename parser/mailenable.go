package parser

import "bouncehound"

// readMailEnable reads the reports of MailEnable.
// https://www.mailenable.com/documentation/
//
//	MailEnable: Message Delivery Failure.
//
//	The following recipient(s) could not be reached:
//
//		Recipient: [SMTP:lena@example.com]
//		Reason:    The mailbox is unavailable or does not exist
func readMailEnable(m *message) *bouncehound.Report {
	line, _ := lineAt(m.opening(), 0)
	if !hasPrefixFold(line, "mailenable: ") || !m.looksLikeReport() {
		return nil
	}
	action := bouncehound.Failed
	if containsFold(line, "delay") {
		action = bouncehound.Delayed
	}
	return reportOf(blocks(m.text(), "Recipient", "Reason", action))
}
