package parser

import (
	"strings"

	"bouncehound"
)

// readMDN knows message disposition notifications (RFC 8098: read receipts, "deleted
// without being read") and the reports about authentication that domains send each
// other (DMARC, RFC 7489 section 7.2; SMTP TLS, RFC 8460). None is about delivery.
//
//	Content-Type: multipart/report; report-type=disposition-notification
//
//	Final-Recipient: rfc822;lena@example.com
//	Disposition: manual-action/MDN-sent-manually; displayed
//
// QUIRK: Dovecot's delivery agent says that it refused a letter in this form too:
// "Your message to <lena@example.com> was automatically rejected:".
func readMDN(m *message) *bouncehound.Report {
	p := &m.parts[0]
	kind := ""
	if p.mediaType == "multipart/report" {
		kind = param(p.params, "report-type")
	}
	subject := m.subject()
	switch mdn := m.part("message/disposition-notification"); {
	case hasPrefixFold(kind, "disposition-notification"), mdn != nil:
		r := &bouncehound.Report{Format: "mdn"}
		if _, why, ok := strings.Cut(m.text(), "was automatically rejected:"); ok && mdn != nil && m.fromDaemon() {
			fields := m.headerOf(m.decode(mdn))
			r.Recipients = []bouncehound.Recipient{{
				Action: bouncehound.Failed, Address: recipientAddress(fields.get("Original-Recipient"), true), Final: recipientAddress(fields.get("Final-Recipient"), false), Diagnostic: why,
			}}
		}
		return r
	case hasPrefixFold(kind, "tlsrpt"), m.header().has("TLS-Report-Domain"), m.part("application/tlsrpt+gzip", "application/tlsrpt+json") != nil:
		return &bouncehound.Report{Format: "tlsrpt"}
	case containsFold(subject, "report domain:") && containsFold(subject, "submitter"), m.hasAggregate():
		return &bouncehound.Report{Format: "dmarc"}
	}
	return nil
}

// hasAggregate says whether a part is named as RFC 7489 section 7.2.1.1 wants it:
// "receiver.example!sender.example!1772668800!1772755199.xml.gz".
func (m *message) hasAggregate() bool {
	for i := range m.parts {
		p := &m.parts[i]
		if !strings.HasPrefix(p.mediaType, "application/") {
			continue
		}
		name := param(p.params, "name")
		if name == "" {
			name = param(p.header.get("Content-Disposition"), "filename")
		}
		if strings.Count(name, "!") >= 3 {
			return true
		}
	}
	return false
}
