package parser

import (
	"strings"

	"bouncehound"
)

// opening returns how the first words of the message begin: the phrases that formats are
// known by are plain ASCII in the first line.
func (m *message) opening() string {
	for i := range m.parts {
		p := &m.parts[i]
		if p.isMultipart() || i > 0 && p.mediaType == "message/delivery-status" {
			continue
		}
		text := p.body
		switch {
		case p.mediaType == "text/html":
			text = m.text()
		case p.mediaType != "text/plain":
			return ""
		case !isPlain(p):
			text = m.decode(p)
		}
		text = withoutBanner(strings.TrimLeft(text[:min(len(text), 2000)], " \t\n"))
		return text[:min(len(text), 240)]
	}
	return ""
}

// withoutBanner returns a text without the warning that a gateway has set above it: that the
// message came from outside, that it was looked at for viruses. It ends at an empty line.
func withoutBanner(text string) string {
	for range 2 {
		banner, rest, ok := strings.Cut(text[:min(len(text), 1200)], "\n\n")
		if !ok || banners.begin(strings.TrimLeft(banner, "[*!-=_# \n")) == "" {
			return text
		}
		text = strings.TrimLeft(text[len(text[:min(len(text), 1200)])-len(rest):], " \t\n")
	}
	return text
}

// banners are how such warnings begin.
var banners = newPhrases(
	"caution:", "caution -", "caution!", "external:", "external]", "external email", "external e-mail", "external mail", "external message", "external sender", "warning: external", "warning: this e", "warning: this m",
	"this email originated", "this e-mail originated", "this message originated", "this email came from", "this e-mail came from", "this message came from",
	"this message was checked", "this message has been scanned", "this email has been scanned", "this e-mail has been scanned", "you don't often get", "some people who received",
	"achtung:", "vorsicht:", "externe e-mail", "attention :", "attention:", "expéditeur externe", "courriel externe", "atención:", "attenzione:", "cuidado:", "let op:", "extern bericht",
)

// withoutFooter returns a text without what a gateway has set below it: a short paragraph under a
// line of two dashes, in which no server answers.
func withoutFooter(text string) string {
	i := strings.LastIndex(text, "\n--\n")
	if j := strings.LastIndex(text, "\n-- \n"); j > i {
		i = j
	}
	if i < 0 || len(text)-i > 1000 || isBlank(text[:i]) {
		return text
	}
	footer := strings.TrimSpace(text[i+4:])
	if strings.Contains(footer, "\n\n") {
		return text
	}
	for line := range strings.SplitSeq(footer, "\n") {
		if reply, status := bouncehound.Codes(strings.TrimSpace(line)); reply != 0 || status != "" {
			return text
		}
	}
	return text[:i+1]
}

// withoutMark returns a subject without what a gateway has set before it: "[EXTERNAL]",
// "***SPAM***", "{Spam?}".
func withoutMark(subject string) string {
	for range 2 {
		rest := ""
		switch {
		case subject == "":
			return ""
		case subject[0] == '[', subject[0] == '{', subject[0] == '(':
			end := strings.IndexAny(subject[:min(len(subject), 40)], "]})")
			if end < 0 || !marks.in(subject[:end+1]) {
				return subject
			}
			rest = subject[end+1:]
		case subject[0] == '*':
			end := strings.LastIndex(subject[:min(len(subject), 40)], "*")
			if !marks.in(subject[:end]) {
				return subject
			}
			rest = subject[end+1:]
		default:
			mark := plainMarks.begin(subject)
			if mark == "" {
				return subject
			}
			rest = subject[len(mark):]
		}
		subject = strings.TrimLeft(rest, " :-")
	}
	return subject
}

var (
	marks      = newPhrases("external", "extern", "[ext]", "spam", "junk", "bulk", "suspicious", "suspect", "caution", "outside")
	plainMarks = newPhrases("external:", "ext: ", "spam: ", "spam? ", "{spam?}")
)
