package parser

import (
	"strings"

	"bouncehound"
)

// readExchange reads the reports of Exchange 2007 and later and of Exchange Online, in
// any language: the words differ, the tokens, codes and the order of lines don't.
// https://learn.microsoft.com/exchange/mail-flow/non-delivery-reports-and-bounce-messages
//
//	Diagnostic information for administrators:
//
//	Generating server: mx.example.org
//
//	lena@example.com
//	#550 5.1.10 RESOLVER.ADR.RecipientNotFound; no such recipient ##rfc822;lena@example.com
//
//	lena@example.net
//	mx.example.net
//	Remote Server returned '550 5.2.2 <mx.example.net #5.2.2> mailbox full'
//
//	Original message headers:
//
// Most have a machine part too, which is nearly standard: it is read first and mended.
func readExchange(m *message) *bouncehound.Report {
	h := m.header()
	if !containsFold(h.get("From"), "microsoftexchange") && !hasExchangeField(h) {
		return nil
	}
	if !m.looksLikeReport() {
		return nil
	}
	r := readDSN(m)
	if r == nil && m.like == maybe {
		return nil // a vacation message from Exchange, with an address and a number
	}
	if r == nil {
		r = &bouncehound.Report{Recipients: wireLines(m.text(), m.tellsDelay(""))}
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	if r.ReportingMTA == "" {
		r.ReportingMTA = generatingServer(m.text())
	}
	for i := range r.Recipients {
		mendExchange(&r.Recipients[i])
	}
	if len(r.Recipients) == 1 && r.Recipients[0].Action == bouncehound.Failed && strings.Contains(r.Recipients[0].Diagnostic, " 4.4.7 ") {
		if cause := lastAnswer(m.text()); cause != "" {
			r.Recipients[0].Diagnostic += " <" + cause + ">"
		}
	}
	// IMCEAEX-_O=… is a name in Exchange's own directory, which no one wrote to.
	if len(r.Recipients) == 1 {
		if rec := &r.Recipients[0]; hasPrefixFold(rec.Address+rec.Final, "IMCEAEX-") {
			if to := m.sentTo(""); to != "" {
				rec.Address, rec.Final = to, ""
			}
		}
	}
	return r
}

// generatingServer returns the server that made the report: the first that a label in
// any language stands before, "Generierender Server: mx.example.org".
func generatingServer(text string) string {
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		pos = next
		_, name, ok := strings.Cut(line, ": ")
		if name = strings.TrimSpace(name); ok && len(line) < 160 && strings.Count(name, ".") > 1 && isDomain(name) {
			return name
		}
	}
	return ""
}

func hasExchangeField(h header) bool {
	for i := range h {
		if hasPrefixFold(h[i].name, "X-MS-Exchange-") || hasPrefixFold(h[i].name, "X-MS-TNEF") {
			return true
		}
	}
	return false
}

// lastAnswer returns the temporary answer that an expired message got when it was last
// tried: "… returned '421 4.4.1 nobody answers'", in any language.
func lastAnswer(text string) string {
	for {
		_, after, ok := strings.Cut(text, "'")
		if !ok {
			return ""
		}
		if after != "" && after[0] == '4' && startsReply(after) {
			// "400 4.4.7 Message delayed" is Exchange's own, too.
			if answer, _, closed := strings.Cut(after, "'"); closed && !strings.Contains(answer, " 4.4.7 ") {
				return oneLine(answer, 500)
			}
		}
		text = after
	}
}

// wireLines reads the block for administrators: an address on a line of its own, the
// server that answered on the next or not, then the answer.
func wireLines(text string, delayed bool) (recs []bouncehound.Recipient) {
	action := bouncehound.Failed
	if delayed {
		action = bouncehound.Delayed
	}
	for _, e := range entries(text) {
		reply, status := bouncehound.Codes(e.said)
		if reply == 0 && status == "" {
			continue
		}
		recs = append(recs, e.recipient(action))
	}
	return recs
}

// mendExchange takes the wire marks off a diagnostic and undoes encapsulated addresses.
func mendExchange(rec *bouncehound.Recipient) {
	d := strings.TrimSpace(rec.Diagnostic)
	if host, rest, ok := strings.Cut(d, " #"); ok && !strings.ContainsAny(host, " <'") && strings.IndexByte(host, '.') > 0 {
		rec.RemoteMTA, d = host, "#"+rest
	}
	if strings.HasPrefix(d, "#") {
		d = strings.TrimPrefix(d, "#")
		if i := strings.Index(d, "##"); i >= 0 {
			d = strings.TrimSpace(d[:i])
		}
	}
	rec.Diagnostic = d
	rec.Address, rec.Final = decapsulated(rec.Address), decapsulated(rec.Final)
}

// decapsulated undoes IMCEASMTP-lena+40example+2Ecom@example.org, Exchange's wrapping of
// an address within another address space.
func decapsulated(a string) string {
	if !hasPrefixFold(a, "IMCEASMTP-") {
		return a
	}
	at := strings.LastIndexByte(a, '@')
	if inner := tidyAddress(xtext(a[len("IMCEASMTP-"):at])); inner != "" {
		return inner
	}
	return a
}
