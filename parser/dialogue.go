package parser

import (
	"strings"

	"bouncehound"
)

// dialogue reads the transcripts that gateways make of an SMTP session: each line with
// the mark of its writer, which says who spoke. The answers are what counts.
//
//	Sent >>> RCPT TO:<lena@example.com>                InterScan; the arrows vary
//	Received <<< 550 5.1.1 no such user
//
//	Thu 2026-05-21 09:30:10: --> RCPT To:<lena@example.com>     MDaemon
//	Thu 2026-05-21 09:30:11: <-- 550 5.1.1 no such user
//
//	Command: RCPT TO:<lena@example.com>                GroupWise
//	Response: 550 5.1.1 no such user
func dialogue(text string) session {
	var b strings.Builder
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		pos = next
		if i, n := mark(line, sentMarks[:]); i >= 0 {
			b.WriteString(">>> ")
			line = line[i+n:]
		} else if i, n := mark(line, answerMarks[:]); i >= 0 {
			b.WriteString("<<< ")
			line = line[i+n:]
		} else {
			continue
		}
		b.WriteString(strings.TrimSpace(line))
		b.WriteByte('\n')
	}
	return readSession(b.String())
}

var (
	sentMarks   = [...]string{"Sent >>>", "Sent <<<", ": --> ", "Command:"}
	answerMarks = [...]string{"Received <<<", "Received >>>", ": <-- ", "Response:"}
)

// mark returns where one of the marks stands near the beginning of a line, and its length.
func mark(line string, marks []string) (at, length int) {
	head := line[:min(len(line), 48)]
	for _, s := range marks {
		if i := strings.Index(head, s); i >= 0 {
			return i, len(s)
		}
	}
	return -1, 0
}

// refused returns the recipients whom a session refused, each with the answer.
func (t session) refused(action bouncehound.Action) (recs []bouncehound.Recipient) {
	for _, l := range t.lines {
		if l.address != "" && l.answer {
			recs = append(recs, bouncehound.Recipient{Action: action, Address: l.address, Diagnostic: l.text, RemoteMTA: l.host})
		}
	}
	return recs
}
