package parser

import (
	"strings"

	"bouncehound"
)

// readMDaemon reads the reports of MDaemon. Releases since 2009 add a machine part; the
// reply is in the transcript only.
// https://help.mdaemon.com/mdaemon/en/queues_dsn-options.htm
//
//	The attached message had PERMANENT fatal delivery errors!
//
//	Failed address: lena@example.com
//
//	--- Session Transcript ---
//	 Thu 2026-05-21 09:30:10: --> RCPT To:<lena@example.com>
//	 Thu 2026-05-21 09:30:11: <-- 550 5.1.1 no such user
//	--- End Transcript ---
func readMDaemon(m *message) *bouncehound.Report {
	h := m.header()
	if !h.has("X-MDDSN-Message") && !(containsFold(h.get("From"), "mdaemon@") && hasPrefixFold(cleanAddress(h.get("From")), "mdaemon@")) && !h.has("X-MDaemon-Deliver-To") || !m.looksLikeReport() {
		return nil
	}
	text := m.text()
	r := readDSN(m)
	if r == nil {
		action := bouncehound.Failed
		if containsFold(text, "transient non-fatal") || containsFold(text, "only a warning") {
			action = bouncehound.Delayed
		}
		r = reportOf(mdaemonRecipients(text, action))
	}
	if r == nil {
		return nil
	}
	t := dialogue(text)
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		if reply, _ := bouncehound.Codes(rec.Diagnostic); reply == 0 {
			said := rec.Diagnostic
			rec.Diagnostic = ""
			if t.fill(rec, len(r.Recipients) == 1); rec.Diagnostic == "" {
				rec.Diagnostic = said
			}
		}
	}
	return r
}

// mdaemonRecipients reads the lines that name who failed.
func mdaemonRecipients(text string, action bouncehound.Action) (recs []bouncehound.Recipient) {
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		if containsFold(line, "session transcript") {
			break
		}
		label, rest, ok := strings.Cut(line, ":")
		if !ok || strings.IndexByte(rest, '@') < 0 {
			continue
		}
		switch {
		case containsFold(label, "failed address"), containsFold(label, "failed recipient"):
			for _, a := range addresses(rest, maxRecipients) {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a})
			}
		case containsFold(label, "no such user"), containsFold(label, "unknown user"), containsFold(label, "mailbox full"):
			if a, _ := findAddress(rest); a != "" {
				recs = append(recs, bouncehound.Recipient{Action: action, Address: a, Diagnostic: line})
			}
		}
	}
	return recs
}
