package parser

import (
	"strings"

	"bouncehound"
)

// unwrapReply takes off what a reporting server puts around the reply it was
// given, where nothing but the reply is told:
//
//	Remote Server returned '550 5.1.1 no such user'                     Exchange, in any language
//	5.1.0 - Unknown address error 550-'5.1.1 no such user' (delivery attempts: 0)   IronPort
//	<mx.example.com #5.1.1 smtp;550 5.1.1 no such user>                 Exchange 2003
//	host mx.example.com [192.0.2.7]: 550 5.1.1 no such user                         Exim
//	Remote host said: 550 5.1.1 no such user [RCPT_TO]                             qmail, Yahoo
func unwrapReply(d string) string {
	if strings.Contains(d, "\u2018") && strings.Contains(d, "\u2019") { // QUIRK: Exchange in some languages
		d = strings.NewReplacer("\u2018", "'", "\u2019", "'").Replace(d)
	}
	for _, mark := range [...]string{"<<< ", "Received >>> ", "Received <<< ", "<-- "} {
		if reply, ok := strings.CutPrefix(d, mark); ok && startsReply(reply) {
			return reply
		}
	}
	for _, said := range [...]string{"]: ", " said: "} {
		if before, reply, ok := strings.Cut(d, said); ok && startsReply(reply) && len(before) < 600 && containsFold(before, "host") {
			return strings.TrimSuffix(reply, " [RCPT_TO]")
		}
	}
	if open := strings.IndexByte(d, '\''); open >= 0 && strings.Count(d, "'") >= 2 {
		end := strings.LastIndexByte(d, '\'')
		inner := strings.TrimSpace(d[open+1 : end])
		before := d[:open]
		switch {
		case len(before) > 4 && before[len(before)-1] == '-' && isDigits(before[len(before)-4:len(before)-1]) && strings.Contains(before, " - "):
			return before[len(before)-4:len(before)-1] + " " + strings.ReplaceAll(inner, "\\n", " ")
		case startsReply(inner) && len(before) < 80 && !startsReply(before):
			return inner
		}
	}
	if strings.HasPrefix(d, "<") && strings.Contains(d[:min(len(d), 200)], " #") {
		if i := indexFold(d, "smtp;"); i >= 0 {
			return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(d[i+5:]), ">"))
		}
		if host, rest, ok := strings.Cut(d[1:], " #"); ok && !strings.ContainsAny(host, " >") {
			return strings.TrimSuffix(strings.TrimSpace(rest), ">")
		}
	}
	return d
}

// innerReply returns the part of a diagnostic that holds the reply that refused, where
// the reporting server's own summary stands before it.
//
//	554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 timed out>   Amazon SES
//	550 5.0.350 Remote server returned an error -> 550 5.1.1 no such user                 Exchange Online
//	554 <lena@example.com>... 550 host unknown                                            old sendmail
func innerReply(d string) string {
	if i := strings.LastIndex(d, "-> "); i > 0 && startsReply(d[i+3:]) {
		_, inner := bouncehound.Codes(d[i+3:])
		_, outer := bouncehound.Codes(d[:i])
		if inner != "" && outer != "" && inner[1:] == outer[1:] {
			return d[:i] // the temporary answer of which the final one was made
		}
		return d[i+3:]
	}
	if i := strings.LastIndexByte(d, '<'); i > 0 && startsReply(d[i+1:]) {
		return strings.TrimSuffix(d[i+1:], ">")
	}
	if i := strings.Index(d, "... "); i > 0 && startsReply(d[i+4:]) {
		return d[i+4:]
	}
	return d
}

// startsReply says whether s begins with a reply code of failure, or an enhanced one.
func startsReply(s string) bool {
	if len(s) < 5 || s[0] != '4' && s[0] != '5' {
		return false
	}
	if s[1] == '.' {
		return s[2] >= '0' && s[2] <= '9' && strings.IndexByte(s[2:min(len(s), 6)], '.') > 0
	}
	return isDigits(s[:3]) && (s[3] == ' ' || s[3] == '-')
}

// joinReply joins the lines of one reply that were put one after the other, each with
// its code: "550-5.1.1 no such 550 5.1.1 user" is "550 5.1.1 no such user".
func joinReply(d string) string {
	if !startsReply(d) || len(d) < 12 || !isDigits(d[:3]) {
		return d
	}
	code := d[:3]
	if d[3] == '-' && strings.Contains(d, " "+code+" ") || strings.Contains(d, " "+code+"-") {
		rest := d[4:]
		status, _, _ := strings.Cut(rest, " ")
		if !startsReply(status + " ") {
			status = ""
		}
		if status != "" {
			rest = strings.ReplaceAll(rest, " "+code+"-"+status+" ", " ")
			rest = strings.ReplaceAll(rest, " "+code+" "+status+" ", " ")
		}
		if d[3] == '-' {
			rest = strings.ReplaceAll(rest, " "+code+"-", " ")
			rest = strings.Replace(rest, " "+code+" ", " ", 1)
		}
		return code + " " + rest
	}
	if d[3] == '-' {
		return code + " " + d[4:]
	}
	return d
}
