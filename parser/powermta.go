package parser

import (
	"strings"

	"bouncehound"
)

// readPowerMTA reads the words of PowerMTA where its machine part, which is standard, got
// lost: each recipient has a line with its own fate.
// https://www.bird.com/docs/powermta
//
//	Hello, this is the mail server on pmta.example.org.
//
//	<lena@example.com> delivery failed; will not continue trying
//	<omar@example.com> delivery delayed; will try again
//	<ines@example.com> delivered successfully
func readPowerMTA(m *message) *bouncehound.Report {
	if !hasPrefixFold(m.opening(), "hello, this is the mail server on ") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	r := &bouncehound.Report{ReportingMTA: hostAfter(text, "mail server on ")}
	for pos := 0; pos < len(text) && len(r.Recipients) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		a, fate, ok := strings.Cut(strings.TrimPrefix(line, "<"), "> ")
		if a = tidyAddress(a); !ok || a == "" {
			continue
		}
		rec := bouncehound.Recipient{Address: a}
		switch {
		case hasPrefixFold(fate, "delivery failed"):
			rec.Action = bouncehound.Failed
		case hasPrefixFold(fate, "delivery delayed"):
			rec.Action = bouncehound.Delayed
		case hasPrefixFold(fate, "delivered"):
			rec.Action = bouncehound.Delivered
		case hasPrefixFold(fate, "relayed"):
			rec.Action = bouncehound.Relayed
		default:
			continue
		}
		r.Recipients = append(r.Recipients, rec)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	return r
}
