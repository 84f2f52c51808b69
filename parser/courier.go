package parser

import (
	"strings"

	"bouncehound"
)

// readCourier reads the reports of the Courier mail server. They are standard but for
// warnings of delay, whose reply stands only among the words:
// https://www.courier-mta.org/courier/courier.html
//
//	<lena@example.com>:
//	     mx.example.com [192.0.2.7]:
//	 >>> RCPT TO:<lena@example.com>
//	 <<< 452 4.2.2 no room in the mailbox
func readCourier(m *message) *bouncehound.Report {
	if !strings.Contains(m.parts[0].params, "_courier") && !hasPrefixFold(m.header().get("Message-ID"), "<courier.") {
		return nil
	}
	r := readDSN(m)
	if r == nil {
		return nil
	}
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		if strings.HasPrefix(rec.Final, `".xalias/`) {
			rec.Final = "" // Courier's own name for what a .courier file leads to
		}
		before, reply, ok := strings.Cut(rec.Diagnostic, "<<< ")
		if !ok {
			continue
		}
		if rec.RemoteMTA == "" && !strings.HasPrefix(before, ">>>") {
			rec.RemoteMTA, _, _ = strings.Cut(before, " ")
		}
		rec.Diagnostic = strings.ReplaceAll(reply, " <<< ", " ")
	}
	return r
}
