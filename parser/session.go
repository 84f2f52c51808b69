package parser

import (
	"strings"

	"bouncehound"
)

// A session is the transcript of an SMTP dialogue as sendmail and its kin append it:
// ">>>" is what the reporting server sent, "<<<" what it was answered, and a line
// "550 <lena@example.com>... User unknown" what it concluded.
type session struct {
	host  string
	lines []sessionLine
	about map[string]*sessionLine // by address in lower case: see index
}

type sessionLine struct {
	address string // whom it is about; empty if it does not say
	host    string
	text    string
	answer  bool // said by the other side
}

func readSession(s string) (t session) {
	host, about := "", ""
	var lines joiner
	pending := "" // an answer that named no one, and that the next conclusion follows from
	output := ""  // of the program that was to deliver, without a code
	for pos := 0; pos < len(s) && len(t.lines) < maxRecipients; {
		line, next := lineAt(s, pos)
		pos = next
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case containsFold(line, "while talking to "):
			host = hostAfter(line, "alking to ")
			if t.host == "" {
				t.host = host
			}
			about, pending, output = "", "", ""
		case containsFold(line, "transcript of session"):
		case strings.HasPrefix(line, ">>>"):
			about, output = "", ""
			if containsFold(line, "rcpt to") {
				about = cleanAddress(line[3:])
			}
		case strings.HasPrefix(line, "<<<"):
			text := strings.TrimSpace(line[3:])
			if text != "" && (text[0] == '4' || text[0] == '5') {
				// Lines of one reply are joined: "550-…", "550 …".
				if n := len(t.lines); n > 0 && t.lines[n-1].answer && t.lines[n-1].address == about && len(text) > 4 && strings.HasPrefix(t.lines[n-1].text, text[:3]) && strings.HasPrefix(t.lines[n-1].text[3:], "-") && len(t.lines[n-1].text) < maxDiagnostic {
					t.lines[n-1].text = lines.join(t.lines[n-1].text, " ", text) // joinReply takes the codes out
					continue
				}
				t.lines = append(t.lines, sessionLine{about, host, text, true})
				if about == "" && pending == "" {
					pending = text
				}
			}
		default:
			if len(line) > 3 && (line[0] == '4' || line[0] == '5') && isDigits(line[:3]) {
				a, _ := findAddress(line)
				if a != "" && pending != "" && innerReply(line) == line {
					line, pending = pending, ""
				} else if output != "" && pending == "" && programFailed(line) {
					line = output + ": " + line
				}
				output = ""
				t.lines = append(t.lines, sessionLine{a, host, line, false})
			} else if i := strings.Index(line, "... "); i > 0 {
				if a, _ := findAddress(line[:i]); a != "" {
					t.lines = append(t.lines, sessionLine{a, host, line[i+4:], false})
				}
			} else if len(output) < 500 {
				output = strings.TrimPrefix(output+" "+line, " ")
			}
		}
	}
	return t
}

// programFailed says whether a conclusion tells no more than that the program for local
// mail failed; what it printed stands above.
//
//	mail.local: unknown user: lena
//	554 <lena@example.com>... Service unavailable
func programFailed(line string) bool {
	return containsFold(line, "service unavailable") || containsFold(line, "unknown mailer error")
}

// fill gives a recipient what the transcript says of it: what the other side
// answered rather than what was concluded from that. only says that no other
// recipient may be meant by what names none.
func (t *session) fill(rec *bouncehound.Recipient, only bool) {
	if t.about == nil {
		t.index()
	}
	said := t.about[strings.ToLower(rec.Address)]
	if said == nil || rec.Address == "" {
		said = t.about[strings.ToLower(rec.Final)]
	}
	if unnamed := t.about[""]; only && unnamed != nil && (said == nil || !said.answer && unnamed.answer) || said == nil && only {
		said = unnamed
	}
	if said == nil {
		return
	}
	if rec.Diagnostic == "" {
		rec.Diagnostic = said.text
	}
	if rec.RemoteMTA == "" {
		rec.RemoteMTA = said.host
	}
}

// index notes the best line about each address.
func (t *session) index() {
	t.about = make(map[string]*sessionLine)
	for i := range t.lines {
		l := &t.lines[i]
		k := strings.ToLower(l.address)
		if best := t.about[k]; best == nil || l.answer && !best.answer {
			t.about[k] = l
		}
	}
}

// recipients returns those that the transcript alone tells of.
func (t session) recipients(action bouncehound.Action) (recs []bouncehound.Recipient) {
	for _, l := range t.lines {
		if l.address == "" {
			continue
		}
		recs = append(recs, bouncehound.Recipient{Action: action, Address: l.address, Diagnostic: l.text, RemoteMTA: l.host})
	}
	return recs
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
