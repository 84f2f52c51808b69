package parser

import (
	"strings"

	"bouncehound"
)

// readDMA reads the reports of the DragonFly Mail Agent, which has no machine part:
// https://github.com/corecode/dma (mail.c, "bounce")
//
//	This is the DragonFly Mail Agent v0.13 at mx.example.org.
//
//	There was an error delivering your mail to <lena@example.com>.
//
//	mx.example.com [192.0.2.7] did not like our RCPT TO:
//	550 5.1.1 no such user
//
//	Message headers follow.
func readDMA(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "this is the dragonfly mail agent") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	_, said, ok := strings.Cut(text, "delivering your mail to ")
	if !ok {
		return nil
	}
	who, said, _ := strings.Cut(said, "\n")
	rec := bouncehound.Recipient{Action: bouncehound.Failed, Address: cleanAddress(who)}
	if said = strings.TrimSpace(said); said != "" {
		before, reply, ok := strings.Cut(said, "did not like our ")
		if ok {
			rec.RemoteMTA, _, _ = strings.Cut(before, " ")
			if _, after, found := strings.Cut(reply, ":\n"); found {
				said = after
			}
		}
		rec.Diagnostic = said
	}
	return &bouncehound.Report{
		ReportingMTA: hostAfter(text, " at "),
		Recipients:   []bouncehound.Recipient{rec},
	}
}
