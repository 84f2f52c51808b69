package parser

import (
	"strings"
	"unicode/utf8"

	"bouncehound"
)

// A group is the fields about one recipient (RFC 3464 section 2.3).
type group struct {
	original, final, actual, failed string // Original-Recipient, Final-Recipient, X-Actual-Recipient, X-Failed-Recipients
	action, status, diagnostic, mta string
	seen                            uint8
}

// Bits of group.seen: fields that stand at most once in a group.
const (
	seenOriginal = 1 << iota
	seenFinal
	seenAction
	seenStatus
	seenDiagnostic
)

// take takes a field into the group. It returns false if the field begins the next
// group: one that comes a second time, or a recipient after an empty line when this
// group is complete.
func (g *group) take(name, v string, blank bool) bool {
	bit := uint8(0)
	switch name {
	case "original-recipient":
		bit = seenOriginal
	case "final-recipient":
		bit = seenFinal
	case "action":
		bit = seenAction
	case "status":
		bit = seenStatus
	case "diagnostic-code":
		bit = seenDiagnostic
	}
	if bit != 0 {
		if g.seen&bit != 0 && (bit < seenStatus || blank) {
			return false
		}
		if blank && bit <= seenFinal && g.seen&seenAction != 0 && g.seen&(seenOriginal|seenFinal) != 0 {
			return false
		}
		g.seen |= bit
	}
	set := func(to *string) {
		if *to == "" {
			*to = v
		}
	}
	switch name {
	case "original-recipient":
		set(&g.original)
	case "final-recipient":
		set(&g.final)
	case "x-actual-recipient":
		set(&g.actual)
	case "x-failed-recipients", "x-failed-recipient":
		set(&g.failed)
	case "action":
		set(&g.action)
	case "status":
		set(&g.status)
	case "remote-mta":
		set(&g.mta)
	case "diagnostic-code":
		// QUIRK: Sun's server tells a reason in one field and the reply in a second.
		switch {
		case g.diagnostic == "" || strings.Contains(g.diagnostic, v):
			g.diagnostic = v
		case len(g.diagnostic) < maxDiagnostic:
			g.diagnostic += " " + v
		}
	}
	return true
}

// end adds the recipient of the group, if it tells of one, to the report.
func (g *group) end(r *bouncehound.Report) {
	if g.seen&(seenOriginal|seenFinal|seenAction) == 0 && g.actual == "" && g.failed == "" {
		return
	}
	rec := bouncehound.Recipient{
		Address:    recipientAddress(g.original, true),
		Final:      recipientAddress(g.final, false),
		Status:     statusOf(g.status),
		Diagnostic: typed(g.diagnostic),
		RemoteMTA:  typed(g.mta),
	}
	// sendmail tells the address it was given as final and what that led to as actual.
	if actual := tidyAddress(typed(g.actual)); actual != "" && !isHostOf(actual, rec.Final) {
		if rec.Address == "" {
			rec.Address = rec.Final
		}
		rec.Final = actual
	}
	if rec.Final == "" {
		rec.Final = recipientAddress(g.failed, false)
	}
	if rec.Address != rec.Final && strings.EqualFold(xtext(rec.Address), rec.Final) {
		rec.Address = rec.Final
	}
	if rec.Address != "" && isHostOf(rec.Final, rec.Address) {
		rec.Final = "" // as Sun's server does: lena@ims-ms-daemon
	}
	told := rec.Status
	if told == "" {
		if reply, status := bouncehound.Codes(rec.Diagnostic); status != "" {
			told = status
		} else if reply != 0 {
			told = string(rune('0' + reply/100))
		}
	}
	rec.Action = actionOf(g.action, told)
	if rec.Action == "" || rec.Address == "" && rec.Final == "" && g.action == "" {
		return
	}
	if all := listed(g.final); len(all) > 1 {
		originals := listed(g.original)
		for i, a := range all {
			one := rec
			one.Address, one.Final = a, ""
			if len(originals) == len(all) {
				one.Address, one.Final = originals[i], a
			}
			r.Recipients = append(r.Recipients, one)
		}
		return
	}
	r.Recipients = append(r.Recipients, rec)
}

// listed returns the addresses of a field that should hold one and holds a list. QUIRK: hand-made
// reports tell of several recipients in one group.
func listed(v string) []string {
	if strings.Count(v, "@") < 2 || strings.IndexByte(v, '"') >= 0 {
		return nil
	}
	if kind, _, ok := strings.Cut(v, ";"); ok && !strings.EqualFold(strings.TrimSpace(kind), "rfc822") {
		return nil
	}
	var list []string
	for _, word := range strings.FieldsFunc(typed(v), func(c rune) bool { return strings.ContainsRune(",; \t", c) }) {
		a := tidyAddress(strings.Trim(word, "<>"))
		if a == "" || len(list) == 1000 {
			return nil // not a list of addresses and nothing else
		}
		list = append(list, a)
	}
	return list
}

// isHostOf says whether a is b, or b at a host of its domain or in a channel of its
// server: a name for the inside, not another address.
func isHostOf(a, b string) bool {
	at, bt := strings.LastIndexByte(a, '@'), strings.LastIndexByte(b, '@')
	return strings.EqualFold(a, b) || at > 0 && bt > 0 && strings.EqualFold(a[:at], b[:bt]) &&
		(strings.HasSuffix(a[at+1:], "."+b[bt+1:]) || strings.IndexByte(a[at:], '.') < 0)
}

// actionOf reads an Action field; where it is missing or odd the status decides.
func actionOf(v, status string) bouncehound.Action {
	v = strings.ToLower(strings.TrimLeft(v, " \"'<("))
	for _, a := range [...]struct {
		prefix string
		action bouncehound.Action
	}{
		{"fail", bouncehound.Failed}, {"delay", bouncehound.Delayed}, {"deliverable", bouncehound.Delivered}, {"delivered", bouncehound.Delivered}, {"relay", bouncehound.Relayed},
		{"expand", bouncehound.Expanded}, {"success", bouncehound.Delivered}, {"defer", bouncehound.Delayed}, {"warn", bouncehound.Delayed},
		{"error", bouncehound.Failed}, {"undeliver", bouncehound.Failed}, {"bounce", bouncehound.Failed}, {"hard", bouncehound.Failed}, {"expired", bouncehound.Failed},
		{"reject", bouncehound.Failed}, {"transferred", bouncehound.Relayed}, {"forward", bouncehound.Relayed}, {"perm", bouncehound.Failed}, {"drop", bouncehound.Failed},
	} {
		if strings.HasPrefix(v, a.prefix) {
			return a.action
		}
	}
	if status == "" {
		return ""
	}
	switch status[0] {
	case '2':
		return bouncehound.Delivered
	case '4':
		if v == "" {
			return bouncehound.Delayed
		}
	}
	return bouncehound.Failed
}

// recipientAddress reads "rfc822;lena@example.com" and its kin. Original recipients
// come in xtext (RFC 3461 section 4) from relays that pass them on as they got them,
// and utf-8 ones in its own encoding (RFC 6533 section 3).
func recipientAddress(v string, original bool) string {
	if v == "" {
		return ""
	}
	kind, _, _ := strings.Cut(v, ";")
	a := typed(v)
	if hasPrefixFold(strings.TrimSpace(kind), "utf-8") {
		a = unicodeText(a)
	}
	if original && strings.Contains(a, "+") {
		a = strings.NewReplacer("+2B", "+", "+2b", "+", "+3D", "=", "+3d", "=").Replace(a)
	}
	return cleanAddress(a)
}

// xtext decodes +HH of RFC 3461 section 4. A plain address may hold such by chance.
func xtext(s string) string {
	if strings.IndexByte(s, '+') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unicodeText decodes \x{HEX} of RFC 6533 section 3, "utf-8-addr-xtext".
func unicodeText(s string) string {
	if !strings.Contains(s, `\x{`) {
		return s
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\x{`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		hex, rest, ok := strings.Cut(after, "}")
		c := rune(0)
		for i := range min(len(hex), 7) {
			if d := unhex(hex[i]); d >= 0 {
				c = c<<4 | rune(d)
			} else {
				ok = false
			}
		}
		if !ok || len(hex) > 6 || !utf8.ValidRune(c) || c < 32 {
			b.WriteString(`\x{`)
			s = after
			continue
		}
		b.WriteRune(c)
		s = rest
	}
}
