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
func readMDN(m *message) *bouncehound.Report {
	p := &m.parts[0]
	kind := ""
	if p.mediaType == "multipart/report" {
		kind = param(p.params, "report-type")
	}
	switch {
	case hasPrefixFold(kind, "disposition-notification"), m.part("message/disposition-notification") != nil:
		return &bouncehound.Report{Format: "mdn"}
	case hasPrefixFold(kind, "tlsrpt"), m.header().has("TLS-Report-Domain"), m.part("application/tlsrpt+gzip", "application/tlsrpt+json") != nil:
		return &bouncehound.Report{Format: "tlsrpt"}
	case hasPrefixFold(m.header().words("Subject"), "report domain:") && strings.Contains(m.header().words("Subject"), "ubmitter"):
		return &bouncehound.Report{Format: "dmarc"}
	}
	return nil
}
