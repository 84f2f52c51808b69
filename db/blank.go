package db

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bouncehound"
)

// spellings returns an address as it stands in texts, in lower case: as it is, and as
// it stands in an envelope address made for it (VERP, SRS), and as JSON writes both.
func spellings(addresses ...string) []string {
	var all []string
	seen := map[string]bool{"": true}
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	for _, a := range addresses {
		a = strings.ToLower(a)
		at := strings.LastIndex(a, "@")
		if at < 1 {
			continue
		}
		for _, s := range []string{a, a[:at] + "=" + a[at+1:]} {
			add(s)
			add(strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`))
		}
	}
	return all
}

// without returns a text with forgottenText in place of addresses, given their
// spellings; what only ends or begins like one of them stays.
func without(text string, spellings []string) string {
	for _, s := range spellings {
		lower := strings.ToLower(text)
		if len(lower) != len(text) { // a letter whose other case is of another length
			lower = asciiLower(text)
		}
		if !strings.Contains(lower, s) {
			continue
		}
		var b strings.Builder
		verp := !strings.Contains(s, "@")
		done := 0
		for from := 0; ; {
			i := strings.Index(lower[from:], s)
			if i < 0 {
				break
			}
			begin := from + i
			end := begin + len(s)
			from = end
			if before, _ := utf8.DecodeLastRuneInString(text[:begin]); begin > 0 && goesOn(before, !verp) {
				continue
			}
			if after, n := utf8.DecodeRuneInString(text[end:]); n > 0 && goesOn(after, true) {
				next, m := utf8.DecodeRuneInString(text[end+n:])
				if after != '.' && after != '-' && after != '+' && after != '%' || m > 0 && goesOn(next, false) {
					continue
				}
			}
			b.WriteString(text[done:begin])
			b.WriteString(forgottenText)
			done = end
		}
		if done > 0 {
			text = b.String() + text[done:]
		}
	}
	return text
}

// goesOn says whether an address may go on with a character; signs says whether those
// that also part addresses from other words count.
func goesOn(r rune, signs bool) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || signs && strings.ContainsRune(".-+%", r)
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// blankBounce returns of a bounce of a forgotten address what tells nobody who it was.
func blankBounce(b bouncehound.Bounce) bouncehound.Bounce {
	b.Address, b.Final, b.Diagnostic, b.RemoteMTA, b.Matched, b.ContactID, b.Source = "", "", "", "", "", "", ""
	b.Original, b.MessageID = bouncehound.Original{}, ""
	return b
}

// withoutForgotten takes addresses that were forgotten, and what was sent to them, out
// of a message that names one as a recipient; it returns nil where it names none. The
// addresses of the bounces themselves stay, to be found by.
func (t *transaction) withoutForgotten(j *bouncehound.Judged) ([]string, error) {
	var of []string
	for _, b := range j.Bounces {
		for _, a := range []string{b.Address, b.Final} {
			key, err := t.key(a)
			if err != nil {
				return nil, err
			}
			if isForgotten(key) {
				of = append(of, spellings(a, bouncehound.Key(a))...)
			}
		}
	}
	if of == nil {
		return nil, nil
	}
	o := &j.Report.Original
	for _, text := range []*string{&o.MessageID, &o.InReplyTo, &o.References, &o.Subject, &o.From, &o.To, &j.Message.Source} {
		*text = without(*text, of)
	}
	headers := map[string]string{}
	for name, value := range o.Headers {
		if clean := without(value, of); clean == value && len(j.Bounces) > 1 {
			headers[name] = value
		}
	}
	o.Headers = headers
	if len(j.Bounces) == 1 {
		*o = bouncehound.Original{}
	}
	notes := make([]string, len(j.Report.Notes))
	for i, n := range j.Report.Notes {
		notes[i] = without(n, of)
	}
	j.Report.Notes = notes
	bounces := make([]bouncehound.Bounce, len(j.Bounces))
	for i, b := range j.Bounces {
		b.Original = *o
		b.Final, b.Diagnostic, b.Matched = without(b.Final, of), without(b.Diagnostic, of), without(b.Matched, of)
		bounces[i] = b
	}
	j.Bounces = bounces
	return of, nil
}
