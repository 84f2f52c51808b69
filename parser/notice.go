package parser

import "bouncehound"

// readNotice knows what mail servers write to their own postmaster about sessions: no
// letter of ours is their subject (postconf(5) notify_classes).
//
//	Subject: Postfix SMTP server: errors from mx.example.com[192.0.2.7]
//
//	Transcript of session follows.
//
//	 Out: 220 mx.example.org ESMTP
//	 In:  EHLO mx.example.com
func readNotice(m *message) *bouncehound.Report {
	subject := m.header().get("Subject")
	switch {
	case hasPrefixFold(subject, "postfix smtp server: "), hasPrefixFold(subject, "postfix smtp client: "):
		return &bouncehound.Report{}
	case isDaemon(m.header().get("From")) && m.parts[0].mediaType != "multipart/report" && (containsFold(subject, "quarantine") || containsFold(subject, "digest") || containsFold(subject, "summary")) &&
		!isBounceSubject(subject) && len(m.returnedHeader()) == 0:
		// What a filter held back lately is a list of other people's addresses.
		return &bouncehound.Report{}
	}
	return nil
}
