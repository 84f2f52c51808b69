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
// QUIRK: the delivery agents of Dovecot and Cyrus say that they refused a letter in this form
// too, as RFC 5429 section 2.1 lets Sieve's reject do: see refusedBySieve.
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
		if mdn == nil || !m.fromDaemon() {
			return r
		}
		fields := m.headerOf(m.decode(mdn))
		if why, ok := refusedBySieve(m.text()); ok && !containsFold(fields.get("Disposition"), "manual") && !containsFold(fields.get("Disposition"), "displayed") {
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

// refusedBySieve returns the reason of a letter that was refused, if the words of a receipt say that
// it was: Dovecot's "Your message to <lena@example.com> was automatically rejected:", Cyrus's
// "Your message was automatically rejected by Sieve, a mail filtering language. The following
// reason was given:".
func refusedBySieve(text string) (why string, ok bool) {
	_, why, ok = strings.Cut(text, "was automatically rejected")
	if !ok {
		return "", false
	}
	if _, given, told := strings.Cut(why, "reason was given:"); told {
		return given, true
	}
	return strings.CutPrefix(why, ":")
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
