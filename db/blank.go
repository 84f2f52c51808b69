package db

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"bouncehound"
)

// A spelling is an address as it may stand in a text, in lower case.
type spelling struct {
	text   string
	begins string // signs that an address could go on with to the left: where one is before it, it is another address
	ends   string // and to the right
}

// What may stand in a local part besides letters, digits and "_", and in a domain.
const (
	localSigns  = ".-+%"
	domainSigns = ".-"
)

// spellings returns addresses as they may stand in texts: as they are, in an envelope
// address made for them (VERP, SRS, the percent and bang of old), in a query of a URL, in
// xtext (RFC 3461), as a reference in HTML, and the domain as people read it.
func spellings(addresses ...string) []spelling {
	var all []spelling
	seen := map[string]bool{"": true}
	add := func(begins, text, ends string) {
		if !seen[text] {
			seen[text] = true
			all = append(all, spelling{text, begins, ends})
		}
	}
	for _, a := range addresses {
		a = strings.ToLower(a)
		at := strings.LastIndex(a, "@")
		if at < 1 {
			continue
		}
		local := a[:at]
		for _, domain := range []string{a[at+1:], bouncehound.Domain(a), bouncehound.DomainInUnicode(a)} {
			add(localSigns, local+"@"+domain, domainSigns)
			add("", local+"="+domain, domainSigns)
			add("", domain+"="+local, localSigns) // SRS0=hash=time=domain=local@forwarder
			add(localSigns, local+"%"+domain, domainSigns)
			add(domainSigns, domain+"!"+local, localSigns)
			add(localSigns, local+"&#64;"+domain, domainSigns)
			add(localSigns, strings.ToLower(url.QueryEscape(local))+"%40"+domain, domainSigns)
			add(localSigns, local+"%40"+domain, domainSigns)
			if x := xtext.Replace(local); x != local {
				add(localSigns, x+"@"+domain, domainSigns)
			}
			if quoted, err := encode(local); err == nil && string(quoted) != `"`+local+`"` { // a quoted local part, in JSON
				add("", strings.Trim(string(quoted), `"`)+"@"+domain, domainSigns)
			}
		}
	}
	return all
}

var xtext = strings.NewReplacer("+", "+2b", "=", "+3d")

// without returns a text with forgottenText in place of an address, given its spellings;
// what only ends or begins like one of them stays.
func without(text string, of []spelling) string {
	for _, s := range of {
		lower := strings.ToLower(text)
		if len(lower) != len(text) { // a letter whose other case is of another length
			lower = asciiLower(text)
		}
		if !strings.Contains(lower, s.text) {
			continue
		}
		var b strings.Builder
		done := 0
		for from := 0; ; {
			i := strings.Index(lower[from:], s.text)
			if i < 0 {
				break
			}
			begin := from + i
			end := begin + len(s.text)
			from = end
			if goesOnBefore(lower[:begin], s.begins) || goesOnAfter(lower[end:], s.ends) {
				continue
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

// goesOnBefore says whether an address may have begun in the text before it: with a letter
// that is not part of an escape (%3C, \n, \u003c), a digit, or one of these signs.
func goesOnBefore(before, signs string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return before != "" && mayBeIn(r, signs) && !escapeBefore.MatchString(before[max(0, len(before)-6):])
}

var escapeBefore = regexp.MustCompile(`(%(0[9ad]|20|22|2[678cf]|3[a-f]|5b|7b)|\\[nrt]|\\u00(0[9ad]|2[0267]|3[ce]))$`)

// goesOnAfter says whether it may go on after it; a sign alone at the end, as that of a
// sentence, is none of it.
func goesOnAfter(after, signs string) bool {
	r, n := utf8.DecodeRuneInString(after)
	if after == "" || !mayBeIn(r, signs) || fileName.MatchString(after[:min(len(after), 6)]) {
		return false
	}
	next, m := utf8.DecodeRuneInString(after[n:])
	return !strings.ContainsRune(signs, r) || m > 0 && mayBeIn(next, "")
}

// fileName is what makes a file's name of an address; none of these is a domain's end.
var fileName = regexp.MustCompile(`^\.(csv|eml|json|mbox|msg|txt|xlsx|xml)\b`)

func mayBeIn(r rune, signs string) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || strings.ContainsRune(signs, r)
}

// withoutJSON does that in the strings of a JSON text, and leaves all else as it is.
func withoutJSON(text string, of []spelling) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(text) {
			break
		}
		var was string
		if err := json.Unmarshal([]byte(text[i:end+1]), &was); err == nil {
			if is := without(was, of); is != was {
				quoted, err := encode(is)
				if err == nil {
					b.WriteString(text[done:i])
					b.Write(quoted)
					done = end + 1
				}
			}
		}
		i = end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
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
func (t *transaction) withoutForgotten(j *bouncehound.Judged) ([]spelling, error) {
	var of []spelling
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
	for _, text := range []*string{&o.MessageID, &o.InReplyTo, &o.References, &o.Subject, &o.From, &o.To, &o.Date, &o.ListID,
		&j.Message.Source, &j.Report.MessageID, &j.Report.ReportingMTA} {
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
		b.Final, b.Diagnostic, b.Matched, b.RemoteMTA = without(b.Final, of), without(b.Diagnostic, of), without(b.Matched, of), without(b.RemoteMTA, of)
		b.MessageID, b.ReportingMTA = j.Report.MessageID, j.Report.ReportingMTA
		bounces[i] = b
	}
	j.Bounces = bounces
	return of, nil
}
