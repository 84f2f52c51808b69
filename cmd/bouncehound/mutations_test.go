package main

import (
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// A mutation is what gateways, lists, archives and mail programs do to a message on its way,
// none of which changes what it says.
type mutation struct {
	name string
	// do changes a message, or says that it is not one to do this to.
	do  func(m *mimePart) bool
	cut bool // the end is lost
}

// mutations after which everything must be read as before.
var mutations = []mutation{
	{name: "headers of the way on top", do: func(m *mimePart) bool {
		m.fields = append([]string{
			"Received: from mx.example.net (mx.example.net [192.0.2.99])\n\tby in.example.org with ESMTPS id 4711\n\tfor <bounces@example.org>; Fri, 20 Nov 2026 10:00:00 +0000",
			"ARC-Seal: i=1; a=rsa-sha256; t=1795168800; cv=none; d=example.net; s=arc;\n\tb=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
			"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=arc;\n\th=from:to:subject; bh=QUJD; b=REVG",
			"ARC-Authentication-Results: i=1; in.example.org; dkim=none; spf=none smtp.helo=mx.example.net; dmarc=fail (p=reject) header.from=example.net",
			"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=k1; h=from:to:subject;\n bh=QUJD; b=REVG",
			"Authentication-Results: in.example.org; dkim=fail (bad signature); spf=softfail",
			"X-Spam-Status: No, score=1.7 required=5.0 tests=BOUNCE_MESSAGE,URIBL_BLOCKED,\n\tMAILBOX_FULL autolearn=no",
			"X-Virus-Scanned: clean",
		}, m.fields...)
		return true
	}},
	{name: "long fields folded", do: func(m *mimePart) bool {
		for i, f := range m.fields {
			name, v, ok := strings.Cut(f, ":")
			v = strings.TrimSpace(v)
			if !ok || strings.Contains(v, "\n") || strings.Contains(v, "\"") {
				continue
			}
			if at := strings.LastIndexByte(v, ' '); at > 0 {
				m.fields[i] = name + ":\n " + v[:at] + "\n\t" + v[at+1:]
			}
		}
		return true
	}},
	{name: "names of fields in capitals", do: func(m *mimePart) bool {
		for i, f := range m.fields {
			name, v, _ := strings.Cut(f, ":")
			m.fields[i] = strings.ToUpper(name) + ":" + v
		}
		return true
	}},
	{name: "base64", do: func(m *mimePart) bool { return encodeTexts(m, (*mimePart).write64) }},
	{name: "quoted-printable", do: func(m *mimePart) bool { return encodeTexts(m, (*mimePart).writeQP) }},
	{name: "another charset", do: otherCharset},
	{name: "UTF-16", do: func(m *mimePart) bool {
		return recode(m, func(string) (encoding.Encoding, string) {
			return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16"
		})
	}},
	{name: "the machine part labelled as text", do: func(m *mimePart) bool { return relabel(m, "text/plain; charset=us-ascii") }},
	{name: "the machine part labelled as octets", do: func(m *mimePart) bool {
		return relabel(m, "application/octet-stream; name=details.txt")
	}},
	{name: "the machine part first", do: func(m *mimePart) bool {
		for i, p := range m.parts {
			if p.kind() == "message/delivery-status" && i == 1 {
				m.parts[0], m.parts[1] = m.parts[1], m.parts[0]
				return true
			}
		}
		return false
	}},
	{name: "multipart/mixed", do: func(m *mimePart) bool {
		if m.kind() != "multipart/report" || m.find("message/delivery-status") == nil {
			return false
		}
		m.set("Content-Type", fmt.Sprintf("multipart/mixed; boundary=%q", m.boundary))
		return true
	}},
	{name: "report-type left out", do: func(m *mimePart) bool {
		if m.kind() != "multipart/report" || m.param("report-type") != "delivery-status" {
			return false
		}
		m.set("Content-Type", fmt.Sprintf("multipart/report; boundary=%q", m.boundary))
		return true
	}},
	{name: "groups of fields run together", do: func(m *mimePart) bool {
		return status(m, func(s string) string {
			for strings.Contains(s, "\n\n") {
				s = strings.ReplaceAll(s, "\n\n", "\n")
			}
			return s
		})
	}},
	{name: "groups of fields far apart", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return strings.ReplaceAll(s, "\n\n", "\n\n\n") })
	}},
	{name: "spaces before the colons", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return statusNames.ReplaceAllString(s, "$1 :") })
	}},
	{name: "fields in capitals", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return statusNames.ReplaceAllStringFunc(s, strings.ToUpper) })
	}},
	{name: "fields in small letters", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return statusNames.ReplaceAllStringFunc(s, strings.ToLower) })
	}},
	{name: "types of addresses left out", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return addressType.ReplaceAllString(s, "$1: ") })
	}},
	{name: "types of addresses in capitals, brackets", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return typedAddress.ReplaceAllString(s, "$1: RFC822 ; <$2>") })
	}},
	{name: "addresses as UTF-8", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return addressType.ReplaceAllString(s, "$1: utf-8; ") })
	}},
	{name: "addresses wrapped by SRS", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return plainAddress.ReplaceAllString(s, "$1; SRS0=abCD=7Y=$3=$2@relay.example") })
	}},
	{name: "addresses wrapped by BATV", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return plainAddress.ReplaceAllString(s, "$1; prvs=1234abcdef=$2@$3") })
	}},
	{name: "actions and codes with remarks", do: func(m *mimePart) bool {
		return status(m, func(s string) string {
			s = strings.NewReplacer("Action: failed\n", "Action: Failed (bounced)\n", "Action: delayed\n", "Action: Delayed (will retry)\n").Replace(s)
			return regexp.MustCompile(`(?m)^Status: (\d\.\d+\.\d+)$`).ReplaceAllString(s, "Status: $1 (see RFC 3463)")
		})
	}},
	{name: "lines that end in spaces", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return strings.ReplaceAll(s, "\n", " \n") })
	}},
	{name: "fields of the machine part unfolded", do: func(m *mimePart) bool {
		return status(m, func(s string) string { return regexp.MustCompile(`\n[ \t]+(\S)`).ReplaceAllString(s, " $1") })
	}},
	{name: "fields of the machine part folded", do: func(m *mimePart) bool {
		return status(m, func(s string) string {
			return regexp.MustCompile(`(?m)^(Diagnostic-Code: \S+) (\S+) (\S+) `).ReplaceAllString(s, "$1\n $2\n\t$3 ")
		})
	}},
	{name: "kinds of parts in other letters", do: func(m *mimePart) bool {
		done := false
		m.each(func(leaf *mimePart) {
			if kind := leaf.field("Content-Type"); strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "text/") {
				leaf.set("Content-Type", strings.ToUpper(kind[:1])+strings.Replace(kind[1:], "/", "/X-"[:1], 1))
				done = true
			}
		})
		return done
	}},
	{name: "a preamble", do: func(m *mimePart) bool {
		if m.boundary == "" {
			return false
		}
		m.preamble = "\nThis is a multi-part message in MIME format.\n"
		return true
	}},
	{name: "another boundary", do: func(m *mimePart) bool {
		kind, params, err := mime.ParseMediaType(m.field("Content-Type"))
		if m.boundary == "" || err != nil || strings.Contains(m.boundary, "eximdsn") {
			return false // Exim's boundary is what its reports are known by
		}
		m.boundary = "--=_Part(1)'17/=?:,"
		params["boundary"] = m.boundary
		m.set("Content-Type", mime.FormatMediaType(kind, params))
		return true
	}},
	{name: "a mark of a gateway in the subject", do: func(m *mimePart) bool {
		if m.field("Subject") == "" {
			return false
		}
		m.set("Subject", "[EXTERNAL] "+m.field("Subject"))
		return true
	}},
	{name: "a mark of a spam filter in the subject", do: func(m *mimePart) bool {
		if m.field("Subject") == "" {
			return false
		}
		m.set("Subject", "***SPAM*** "+m.field("Subject"))
		return true
	}},
	{name: "HTML instead of plain text", do: func(m *mimePart) bool {
		p := plainText(m)
		if p == nil || m.find("message/delivery-status") == nil {
			return false
		}
		text, ok := p.text()
		if !ok {
			return false
		}
		p.set("Content-Type", strings.TrimPrefix(contentType("text/html", p), "Content-Type: "))
		p.write64(htmlOf(text))
		return true
	}},
	{name: "a footer below the words", do: func(m *mimePart) bool { return changeText(m, func(s string) string { return s + footer }) }},
	{name: "a footer below a rule", do: func(m *mimePart) bool {
		return changeText(m, func(s string) string {
			return s + "\n______________________________________________________________________\nThis email has been scanned by the Example Security service.\nFor more information please visit http://www.example.org/scan\n______________________________________________________________________\n"
		})
	}},
	{name: "an alternative in HTML", do: func(m *mimePart) bool {
		p := plainText(m)
		if p == nil {
			return false
		}
		text, ok := p.text()
		if !ok {
			return false
		}
		plain := &mimePart{fields: entityFields(p), body: p.body}
		rich := &mimePart{fields: []string{contentType("text/html", p)}}
		rich.write64(htmlOf(text))
		p.keepOthers("multipart/alternative; boundary=\"=_either\"")
		p.body, p.boundary, p.parts = "", "=_either", []*mimePart{plain, rich}
		return true
	}},
	{name: "a footer in a part of its own", do: func(m *mimePart) bool {
		if m.kind() != "multipart/mixed" && m.kind() != "multipart/report" || m.find("message/delivery-status") == nil {
			return false
		}
		m.parts = append(m.parts, &mimePart{fields: []string{"Content-Type: text/plain; charset=us-ascii"}, body: footer})
		return true
	}},
	{name: "a gateway's banner above the words", do: func(m *mimePart) bool {
		return changeText(m, func(s string) string { return banner + s })
	}},
	{name: "in a part of a gateway", do: func(m *mimePart) bool {
		if m.find("message/delivery-status") == nil {
			return false
		}
		inner := &mimePart{fields: entityFields(m), parts: m.parts, boundary: m.boundary, preamble: m.preamble, epilogue: m.epilogue}
		m.keepOthers("multipart/mixed; boundary=\"=_gateway\"")
		m.boundary, m.preamble, m.epilogue = "=_gateway", "", ""
		m.parts = []*mimePart{inner, {fields: []string{"Content-Type: text/plain; charset=us-ascii"}, body: footer}}
		return true
	}},
	{name: "a copy of a journal", do: func(m *mimePart) bool {
		journal := "Sender: postmaster@example.net\nSubject: " + m.field("Subject") + "\nMessage-Id: <j1@example.org>\nRecipient: bounces@example.org\n"
		*m = mimePart{
			fields: []string{
				"From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>", "To: journal@example.org", "Subject: " + strings.ReplaceAll(m.field("Subject"), "\n", ""),
				"X-MS-Journal-Report:", "Return-Path: <>", "Message-ID: <j2@example.org>", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=\"=_journal\"",
			},
			boundary: "=_journal",
			parts:    []*mimePart{{fields: []string{"Content-Type: text/plain; charset=utf-8"}, body: journal}, {fields: []string{"Content-Type: message/rfc822"}, body: m.String()}},
		}
		return true
	}},
	{name: "cut off in the returned message", do: func(m *mimePart) bool {
		last := len(m.parts) - 1
		if last < 1 || m.find("message/delivery-status") == nil || m.parts[last].kind() != "message/rfc822" {
			return false
		}
		head, body, _ := strings.Cut(m.parts[last].body, "\n\n")
		if len(body) < 40 {
			return false
		}
		m.parts[last].body = head + "\n\n" + body[:20]
		return true
	}},
}

// Mutations after which nobody else may be read, though what was said may be lost: a person
// or a rule of his passes it on, or it is cut off.
var losses = []mutation{
	{name: "passed on, quoted", do: func(m *mimePart) bool { return passOn(m, "> ", "Fwd: ") }},
	{name: "passed on, inline", do: func(m *mimePart) bool { return passOn(m, "", "FW: ") }},
	{name: "passed on without a prefix", do: func(m *mimePart) bool { return passOn(m, "", "") }},
	{name: "passed on as an attachment", do: func(m *mimePart) bool { return attach(m, "Fwd: ", 1) }},
	{name: "passed on twice", do: func(m *mimePart) bool { return attach(m, "", 2) }},
	{name: "an answer", do: func(m *mimePart) bool { return passOn(m, "> ", "Re: ") }},
	{name: "cut off after a third", do: func(m *mimePart) bool { return cutOff(m, 3) }, cut: true},
	{name: "cut off after a half", do: func(m *mimePart) bool { return cutOff(m, 2) }, cut: true},
}

// passOn writes a message of a person with what his mail program shows of m.
func passOn(m *mimePart, mark, prefix string) bool {
	shown := "From: " + m.field("From") + "\nSent: Friday, 20 November 2026 10:01\nTo: " + m.field("To") + "\nSubject: " + m.field("Subject") + "\n\n"
	m.each(func(leaf *mimePart) {
		if text, ok := leaf.text(); ok && (leaf.kind() == "text/plain" || strings.HasPrefix(leaf.kind(), "message/")) && utf8.ValidString(text) {
			shown += text + "\n"
		}
	})
	words := "Hello,\n\nwhat does this mean? Did you get my message?\n\nJo\n\n-----Original Message-----\n" + mark + strings.ReplaceAll(shown, "\n", "\n"+mark) + "\n"
	subject := m.field("Subject")
	*m = mimePart{fields: personal(prefix + subject), body: words}
	m.set("Content-Type", "text/plain; charset=utf-8")
	return true
}

// attach writes a message of a person that m is attached to.
func attach(m *mimePart, prefix string, times int) bool {
	for range times {
		subject := m.field("Subject")
		*m = mimePart{
			fields: append(personal(prefix+subject), "Content-Type: multipart/mixed; boundary=\"=_"+fmt.Sprint(len(m.String()))+"\""), boundary: "=_" + fmt.Sprint(len(m.String())),
			parts: []*mimePart{{fields: []string{"Content-Type: text/plain; charset=utf-8"}, body: "Can you tell what is wrong? Regards, Jo\n"}, {fields: []string{"Content-Type: message/rfc822"}, body: m.String()}},
		}
	}
	return true
}

func personal(subject string) []string {
	return []string{
		"Return-Path: <jo@example.org>", "From: Jo Doe <jo@example.org>", "To: help@example.org", "Subject: " + subject,
		"Date: Fri, 20 Nov 2026 10:02:00 +0000", "Message-ID: <q1@example.org>", "MIME-Version: 1.0",
	}
}

// cutOff leaves one nth of a message.
func cutOff(m *mimePart, n int) bool {
	text := m.String()
	cut := strings.LastIndexByte(text[:len(text)/n], '\n') + 1
	head, body, ok := strings.Cut(text[:cut], "\n\n")
	if !ok {
		return false
	}
	*m = mimePart{fields: strings.Split(head, "\n"), body: body}
	return true
}

const (
	banner = "CAUTION: This e-mail came from outside of your organisation. Do not click links or open attachments\nunless you know the sender.\n\n"
	footer = "\n--\nThis message was checked for viruses by the gateway of example.org. It may hold confidential matter;\nwhoever is not its recipient please deletes it and tells privacy@example.org.\n"
)

var statusNames = regexp.MustCompile(`(?m)^([A-Za-z][A-Za-z-]*):`)

var (
	addressType  = regexp.MustCompile(`(?mi)^((?:Final|Original)-Recipient): *rfc822; *`)
	plainAddress = regexp.MustCompile(`(?mi)^((?:Final|Original)-Recipient: *rfc822); *([a-z0-9.]+)@([a-z0-9.-]+)$`)
	typedAddress = regexp.MustCompile(`(?mi)^((?:Final|Original)-Recipient): *rfc822; *([^<>\s]+)$`)
)

// status changes the fields of the machine part.
func status(m *mimePart, f func(string) string) bool {
	p := m.find("message/delivery-status", "message/global-delivery-status")
	if p == nil || p.field("Content-Transfer-Encoding") == "base64" {
		return false
	}
	changed := f(p.body)
	if changed == p.body {
		return false
	}
	p.body = changed
	return true
}

func relabel(m *mimePart, kind string) bool {
	p := m.find("message/delivery-status")
	if p == nil {
		return false
	}
	p.set("Content-Type", kind)
	return true
}

// plainText returns the first leaf of plain text that is not the machine part.
func plainText(m *mimePart) *mimePart {
	p := m.find("text/plain")
	if p == nil || strings.Contains(p.body, "Reporting-MTA:") || m.kind() == "multipart/alternative" {
		return nil
	}
	return p
}

// changeText changes the words of a message.
func changeText(m *mimePart, f func(string) string) bool {
	p := plainText(m)
	if p == nil {
		return false
	}
	text, ok := p.text()
	if !ok {
		return false
	}
	switch p.field("Content-Transfer-Encoding") {
	case "base64":
		p.write64(f(text))
	case "quoted-printable":
		p.writeQP(f(text))
	default:
		p.body = f(text)
	}
	return true
}

func encodeTexts(m *mimePart, write func(*mimePart, string)) bool {
	done := false
	m.each(func(leaf *mimePart) {
		text, ok := leaf.text()
		if !ok || !strings.HasPrefix(leaf.kind(), "text/plain") && leaf.kind() != "text/html" {
			return
		}
		write(leaf, text)
		done = true
	})
	return done
}

// otherCharset writes texts in another charset that holds their letters.
func otherCharset(m *mimePart) bool {
	return recode(m, func(text string) (encoding.Encoding, string) {
		for _, c := range []struct {
			name string
			e    encoding.Encoding
		}{
			{"windows-1252", charmap.Windows1252}, {"koi8-r", charmap.KOI8R}, {"windows-1250", charmap.Windows1250}, {"iso-8859-7", charmap.ISO8859_7},
			{"windows-1254", charmap.Windows1254}, {"windows-1255", charmap.Windows1255}, {"windows-1256", charmap.Windows1256},
			{"shift_jis", japanese.ShiftJIS}, {"big5", traditionalchinese.Big5}, {"euc-kr", korean.EUCKR}, {"gb18030", simplifiedchinese.GB18030},
		} {
			if _, err := c.e.NewEncoder().String(text); err == nil {
				return c.e, c.name
			}
		}
		return nil, ""
	})
}

// recode writes the plain texts of a message that are UTF-8 in another charset.
func recode(m *mimePart, choose func(text string) (encoding.Encoding, string)) bool {
	done := false
	m.each(func(leaf *mimePart) {
		charset := strings.ToLower(leaf.param("charset"))
		text, ok := leaf.text()
		if !ok || leaf.kind() != "text/plain" || !utf8.ValidString(text) || strings.Contains(text, "\x1b") || charset != "" && charset != "utf-8" && charset != "us-ascii" {
			return
		}
		e, name := choose(text)
		if e == nil {
			return
		}
		coded, err := e.NewEncoder().String(text)
		if err != nil {
			return
		}
		leaf.set("Content-Type", mime.FormatMediaType("text/plain", map[string]string{"charset": name}))
		leaf.write64(coded)
		done = true
	})
	return done
}

// entityFields are the fields of a part that tell what it is; keepOthers leaves only the
// others, and says that the part is something else now.
func entityFields(p *mimePart) (fields []string) {
	for _, f := range p.fields {
		if strings.HasPrefix(strings.ToLower(f), "content-") {
			fields = append(fields, f)
		}
	}
	return fields
}

func (p *mimePart) keepOthers(kind string) {
	var fields []string
	for _, f := range p.fields {
		if !strings.HasPrefix(strings.ToLower(f), "content-") {
			fields = append(fields, f)
		}
	}
	p.fields = append(fields, "Content-Type: "+kind)
}

func contentType(kind string, p *mimePart) string {
	if charset := p.param("charset"); charset != "" {
		return "Content-Type: " + kind + "; charset=" + charset
	}
	return "Content-Type: " + kind
}

// htmlOf writes plain text as mail programs do in HTML.
func htmlOf(text string) string {
	text = regexp.MustCompile(`(?m)^ +`).ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("\u00a0", len(s)) })
	text = strings.NewReplacer("\u00a0", "&nbsp;", "&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\n").Replace(text)
	return "<html><head><style>p { margin: 0 }</style></head><body>\n<div>" + text + "</div>\n</body></html>\n"
}
