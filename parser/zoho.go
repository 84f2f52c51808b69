package parser

import (
	"strings"

	"bouncehound"
)

// readZoho reads the reports of Zoho Mail: a line a recipient, with the reply cut into
// "error codes".
//
//	User-Agent: Zoho Mail
//
//	lena@example.com Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 no such user
//	omar@example.com, ERROR CODE :554 - 5.7.1 looks like spam
//
//	Received:from mail.zoho.com by mx.zohomail.com
func readZoho(m *message) *bouncehound.Report {
	h := m.header()
	if !containsFold(h.get("User-Agent"), "zoho") && !containsFold(h.get("X-Mailer"), "zoho") || !isDaemon(h.get("From")) {
		return nil
	}
	text := m.text()
	action := bouncehound.Failed
	if containsFold(text, "could not be delivered yet") || m.tellsDelay(text) {
		action = bouncehound.Delayed
	}
	var recs []bouncehound.Recipient
	for pos := 0; pos < len(text) && len(recs) < maxRecipients; {
		line, next := lineAt(text, pos)
		pos = next
		i := indexFold(line, "error_code :")
		if j := indexFold(line, "error code :"); i < 0 {
			i = j
		}
		if i < 0 {
			continue
		}
		a, end := findAddress(line[:i])
		if a == "" {
			continue
		}
		recs = append(recs, bouncehound.Recipient{Action: action, Address: a, Diagnostic: zohoReply(line[end:])})
	}
	return reportOf(recs)
}

// zohoReply puts a reply together again: ", ERROR CODE :554 - 5.7.1 looks like spam" is
// "554 5.7.1 looks like spam". What is said before the code is Zoho's own.
func zohoReply(s string) string {
	s = strings.NewReplacer("ERROR_CODE :", "ERROR CODE :").Replace(s)
	own, reply, _ := strings.Cut(s, "ERROR CODE :")
	reply = strings.ReplaceAll(reply, ", ERROR CODE :", " ")
	reply = strings.NewReplacer(" - ", " ", " , ", " ").Replace(reply)
	if reply = strings.TrimSpace(reply); len(reply) > 3 {
		return reply
	}
	return strings.TrimSpace(reply + " " + strings.Trim(own, " ,>"))
}
