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
}

type sessionLine struct {
	address string // whom it is about; empty if it does not say
	host    string
	text    string
	answer  bool // said by the other side
}

func readSession(s string) (t session) {
	host, about := "", ""
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
			about = ""
		case strings.HasPrefix(line, ">>>"):
			about = ""
			if containsFold(line, "rcpt to") {
				about = cleanAddress(line[3:])
			}
		case strings.HasPrefix(line, "<<<"):
			text := strings.TrimSpace(line[3:])
			if text != "" && (text[0] == '4' || text[0] == '5') {
				// Lines of one reply are joined: "550-…", "550 …".
				if n := len(t.lines); n > 0 && t.lines[n-1].answer && t.lines[n-1].address == about && len(text) > 4 && strings.HasPrefix(t.lines[n-1].text, text[:3]+"-") && len(t.lines[n-1].text) < maxDiagnostic {
					t.lines[n-1].text += " " + text[4:]
					continue
				}
				t.lines = append(t.lines, sessionLine{about, host, text, true})
			}
		default:
			if len(line) > 3 && (line[0] == '4' || line[0] == '5') && isDigits(line[:3]) {
				a, _ := findAddress(line)
				t.lines = append(t.lines, sessionLine{a, host, line, false})
			} else if i := strings.Index(line, "... "); i > 0 {
				if a, _ := findAddress(line[:i]); a != "" {
					t.lines = append(t.lines, sessionLine{a, host, line[i+4:], false})
				}
			}
		}
	}
	return t
}

// fill gives a recipient what the transcript says of it. only says that no
// other recipient may be meant by what names none.
func (t session) fill(rec *bouncehound.Recipient, only bool) {
	var said, unnamed *sessionLine
	for i := range t.lines {
		l := &t.lines[i]
		switch {
		case l.address == "":
			if unnamed == nil || l.answer && !unnamed.answer {
				unnamed = l
			}
		case strings.EqualFold(l.address, rec.Address) || strings.EqualFold(l.address, rec.Final):
			if said == nil || l.answer && !said.answer {
				said = l
			}
		}
	}
	if said == nil || !said.answer && unnamed != nil && unnamed.answer && only {
		if only && unnamed != nil {
			said = unnamed
		}
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
