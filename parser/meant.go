package parser

import (
	"strings"

	"bouncehound"
)

// whoWasMeant settles for every recipient which address the sender used and which
// one the mail ended at.
func (m *message) whoWasMeant(r *bouncehound.Report, o Options) {
	lost := 0
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		if rec.Address == "" {
			rec.Address, rec.Final = rec.Final, ""
		}
		if strings.EqualFold(rec.Address, rec.Final) {
			rec.Final = ""
		}
		if rec.Action == bouncehound.Replied || rec.Action == bouncehound.Challenged {
			continue
		}
		lost++
	}
	if lost != 1 || len(r.Recipients) != 1 {
		return
	}
	rec := &r.Recipients[0]
	meant := ""
	if o.VERP != "" {
		meant, _ = m.verp(o.VERP)
	}
	if meant == "" && rec.Final == "" {
		meant = m.sentTo(rec.Address)
	}
	if meant == "" || strings.EqualFold(meant, rec.Address) {
		return
	}
	if rec.Final == "" {
		rec.Final = rec.Address
	}
	rec.Address = meant
	if strings.EqualFold(rec.Address, rec.Final) {
		rec.Final = ""
	}
}

// verp returns the recipient that the address this report was sent to encodes, else the
// token in it: the number of a contact, a key, which says whom only to who made it.
func (m *message) verp(pattern string) (meant, key string) {
	take := func(a string) bool {
		token := verpToken(pattern, a)
		if meant = verpAddress(token); meant == "" && key == "" {
			key = token
		}
		return meant != ""
	}
	for _, f := range m.header() {
		switch {
		case strings.EqualFold(f.name, "To"), strings.EqualFold(f.name, "Delivered-To"), strings.EqualFold(f.name, "X-Original-To"),
			strings.EqualFold(f.name, "Envelope-To"), strings.EqualFold(f.name, "X-Envelope-To"):
			for _, a := range addresses(f.value, 4) {
				if take(a) {
					return meant, ""
				}
			}
		}
	}
	for _, name := range [...]string{"Return-Path", "Sender", "Errors-To"} {
		if a := cleanAddress(m.returnedHeader().get(name)); a != "" && take(a) {
			return meant, ""
		}
	}
	return "", key
}

// toldByVERP reads a report that names nobody, and that came to an address which does.
func (m *message) toldByVERP(pattern string) (r bouncehound.Report) {
	meant, _ := m.verp(pattern)
	text := m.text()
	if meant == "" || !m.subjectIs(bounceSubject) && !tellsFailure(text) {
		return r
	}
	rec := bouncehound.Recipient{Action: bouncehound.Failed, Address: meant}
	if isDelay(m.subject()) || isDelay(text[:min(len(text), 1500)]) {
		rec.Action = bouncehound.Delayed
	}
	m.findReply(&rec)
	m.findReason(&rec)
	r.Format = "verp"
	r.Recipients = []bouncehound.Recipient{rec}
	return r
}

// sentTo returns the one address that the returned message was sent to where that is
// another than the one that failed, "" where there are several, none, or where it
// may be that of a list or of the sender: then who was meant is not known.
func (m *message) sentTo(failed string) string {
	h := m.returnedHeader()
	if len(h) == 0 || isList(h) {
		return ""
	}
	to := addresses(h.get("To"), 2)
	if len(to) != 1 || h.has("Cc") || h.has("Resent-To") {
		return ""
	}
	if failed == "" {
		return to[0]
	}
	from := cleanAddress(h.get("From"))
	if from == "" || strings.EqualFold(bouncehound.Domain(to[0]), bouncehound.Domain(from)) {
		return ""
	}
	// That the mail passed through the address it was sent to shows that it was
	// forwarded from there; without such a trace it may have been a blind copy.
	for i := range h {
		switch {
		case strings.EqualFold(h[i].name, "Delivered-To"), strings.EqualFold(h[i].name, "X-Original-To"), strings.EqualFold(h[i].name, "X-Forwarded-To"),
			strings.EqualFold(h[i].name, "X-Forwarded-For"), strings.EqualFold(h[i].name, "Envelope-To"):
			if containsAddress(h[i].value, to[0]) {
				return to[0]
			}
		case strings.EqualFold(h[i].name, "Received"):
			if _, after, ok := strings.Cut(h[i].value, "for <"); ok && containsAddress(after, to[0]) {
				return to[0]
			}
		}
	}
	return ""
}

// containsAddress says whether s names the address, and not one that ends or begins so.
func containsAddress(s, address string) bool {
	address = strings.ToLower(address)
	for {
		i := indexFold(s, address)
		if i < 0 {
			return false
		}
		end := i + len(address)
		if (i == 0 || !isAtext(s[i-1]) || s[i-1] == '\'') && (end == len(s) || !isAlnum(s[end]) && (s[end] != '.' || end+1 == len(s) || !isAlnum(s[end+1]))) {
			return true
		}
		s = s[i+1:]
	}
}
