package parser

import (
	"strings"

	"bouncehound"
)

// readQmail reads the qmail-send bounce message format (QSBMF), as netqmail, s/qmail and
// the large sites that began with qmail write it:
// https://cr.yp.to/proto/qsbmf.txt
//
//	Hi. This is the qmail-send program at example.org.
//	I'm afraid I wasn't able to deliver your message to the following addresses.
//
//	<lena@example.com>:
//	192.0.2.7 does not like recipient.
//	Remote host said: 550 5.1.1 no such user here
//
//	--- Below this line is a copy of the message.
func readQmail(m *message) *bouncehound.Report {
	if m.parts[0].mediaType == "multipart/report" || !m.looksLikeReport() {
		return nil
	}
	text := strings.TrimLeft(m.text(), " \n")
	line, _ := lineAt(text, 0)
	if !strings.HasPrefix(line, "Hi. This is the") && !containsFold(text[:min(len(text), 400)], "qmail-send program") {
		return nil
	}
	r := &bouncehound.Report{}
	if _, host, ok := strings.Cut(line, " at "); ok {
		r.ReportingMTA = strings.TrimRight(host, ". ")
	}
	r.Recipients = qsbmfRecipients(text)
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}

// qmailHost returns the server that qmail-remote spoke with: "192.0.2.7 does not
// like recipient.", "Connected to 192.0.2.7 but …".
func qmailHost(said string) string {
	said = strings.TrimPrefix(said, "Connected to ")
	host, rest, _ := strings.Cut(said, " ")
	if strings.Count(host, ".") == 3 && (strings.HasPrefix(rest, "does not") || strings.HasPrefix(rest, "failed") || strings.HasPrefix(rest, "but ")) {
		return host
	}
	return ""
}
