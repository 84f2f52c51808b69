package bouncehound

import "strings"

// Codes reads the reply code (RFC 5321 section 4.2) and the enhanced status code
// (RFC 3463) told in a diagnostic or in any line a person pastes. Where several
// enhanced codes are told the first that says something is taken: X.0.0 gives way
// to any other. reply is 0 and status is "" where none is told.
//
// A reply code is three digits with the first from 4 to 6 (6: pseudo-codes of
// ESPs), at the start of the text, after "smtp;", or after a word that introduces
// one ("said:", "error", "code", "returned", …); a number elsewhere in prose, such
// as a port or a part of an address, is none.
func Codes(text string) (reply int, status string) {
	return replyCode(text), statusCode(text)
}

// statusCode finds the first d.d.d that stands alone: 2, 4 or 5, then two numbers
// of one to three digits, not part of a longer dotted number such as an IP address.
func statusCode(s string) string {
	generic, success := "", ""
	for i := 0; i+5 <= len(s); i++ {
		c := s[i]
		if c != '5' && c != '4' && c != '2' || s[i+1] != '.' {
			continue
		}
		if i > 0 && (isDigit(s[i-1]) || isLetter(s[i-1]) || s[i-1] == '.' && i > 1 && isDigit(s[i-2])) {
			continue
		}
		end := statusEnd(s, i)
		if end == 0 || s[i+3] != '.' || isVersion(s[:i]) {
			continue // every subject of RFC 3463 section 3 has one digit
		}
		if code := s[i:end]; c == '2' {
			if success == "" {
				success = code // gives way to a refusal that follows
			}
		} else if code[2:] != "0.0" {
			return code
		} else if generic == "" {
			generic = code
		}
		i = end
	}
	if generic == "" {
		return success
	}
	return generic
}

// statusEnd returns where the enhanced code that begins at i ends, 0 if none does.
func statusEnd(s string, i int) int {
	j := i + 1
	for range 2 {
		if j >= len(s) || s[j] != '.' {
			return 0
		}
		j++
		n := 0
		for j < len(s) && isDigit(s[j]) {
			j++
			n++
		}
		if n == 0 || n > 3 {
			return 0
		}
	}
	if j < len(s) && (isLetter(s[j]) || s[j] == '.' && j+1 < len(s) && isDigit(s[j+1])) {
		return 0
	}
	return j
}

// isVersion says whether a dotted number that follows before is that of a program.
func isVersion(before string) bool {
	switch strings.TrimRight(lastWord(before), ":=(") {
	case "version", "ver", "ver.", "v", "v.", "release", "rev", "build", "exim", "postfix", "sendmail", "openssl", "pro", "mdaemon", "imail", "mailsite", "perl", "php", "python":
		return true
	}
	return false
}

func replyCode(s string) int {
	for i := 0; i+3 <= len(s); i++ {
		if s[i] < '4' || s[i] > '6' || !isDigit(s[i+1]) || !isDigit(s[i+2]) {
			continue
		}
		if i > 0 && isDigit(s[i-1]) || i+3 < len(s) && !endsReply(s[i+3:]) {
			continue
		}
		if isTelephone(s, i) || isPort(s, i) || countsThings(s[i+3:]) {
			continue
		}
		if i > 0 && !introducesReply(s[:i]) && !(isSpace(s[i-1]) && statusFollows(s[i:])) {
			continue
		}
		return int(s[i]-'0')*100 + int(s[i+1]-'0')*10 + int(s[i+2]-'0')
	}
	return 0
}

// isTelephone says whether the three digits at i are those of "(480) 555-0100".
func isTelephone(s string, i int) bool {
	return i > 0 && s[i-1] == '(' && i+5 < len(s) && s[i+3] == ')' && isDigit(s[i+5]) ||
		i+8 <= len(s) && (s[i+3] == '-' || s[i+3] == ' ') && isDigit(s[i+4]) && isDigit(s[i+5]) && isDigit(s[i+6]) && (isDigit(s[i+7]) || i+9 <= len(s) && (s[i+7] == '-' || s[i+7] == ' ') && isDigit(s[i+8]))
}

// isPort says whether the three digits at i are one of the ports that letters are handed
// in at: "mx.example.com[192.0.2.7]:587".
func isPort(s string, i int) bool {
	return i > 1 && s[i-1] == ':' && (s[i:i+3] == "587" || s[i:i+3] == "465") && (s[i-2] == ']' || isDigit(s[i-2]) || isLetter(s[i-2]))
}

// countsThings says whether what follows a number makes it an amount: "500 days".
func countsThings(after string) bool {
	if after == "" || after[0] != ' ' {
		return false
	}
	after = after[1:]
	end := 0
	for end < len(after) && end < 12 && isLetter(after[end]) {
		end++
	}
	switch strings.ToLower(after[:end]) {
	case "days", "hours", "minutes", "seconds", "mb", "kb", "gb", "kib", "mib", "bytes", "octets", "messages", "recipients", "mails", "emails", "connections",
		"attempts", "users", "lines", "characters", "miles", "tage", "stunden", "minuten", "jours", "heures":
		return true
	}
	return false
}

// statusFollows says whether the three digits that s begins with are followed by an
// enhanced code of their own class: "550 5.1.1", "421-4.7.0". Those are a reply wherever they stand.
func statusFollows(s string) bool {
	return len(s) > 8 && (s[3] == ' ' || s[3] == '-') && s[4] == s[0] && statusEnd(s, 4) > 0
}

// introducesReply says whether a reply code may follow before.
func introducesReply(before string) bool {
	switch last := before[len(before)-1]; last {
	case '#', '\'', '"', '<', '(', '[', ';', ':', '>', '-', '=':
		// "-" and "=" of 'said:-550', "code=550"; "<" of SES's "<421 …>".
		if last == '-' && len(before) > 1 && (isDigit(before[len(before)-2]) || isLetter(before[len(before)-2])) {
			return false
		}
		return last != '=' || !strings.HasSuffix(before, "errno=")
	case ' ', '\t', '\n':
	default:
		return len(before) > 2 && before[len(before)-3:] == "\uff1a" // the colon of Chinese and Japanese
	}
	word := lastWord(before)
	if word == "" {
		return true
	}
	if isDigit(word[0]) && word[len(word)-1] == ',' {
		return false
	}
	if end := word[len(word)-1]; end == ':' || end == ';' || end == ',' || end == '>' || end == '"' || end == '\'' || end == ')' {
		return true
	}
	return replyWords[word]
}

// replyWords are the words after which a three-digit number is a reply code.
var replyWords = map[string]bool{
	"said": true, "smtp": true, "error": true, "code": true, "returned": true, "answered": true, "responded": true,
	"response": true, "reply": true, "was": true, "with": true, "status": true, "<<<": true, "is": true,
	"rcpt": true, "mail+rcpt": true, "fehler": true, "erreur": true, "->": true, "=>": true, "dsn": true,
}

// lastWord returns the last word of s, in lower case.
func lastWord(s string) string {
	end := len(s)
	for end > 0 && isSpace(s[end-1]) {
		end--
	}
	start := end
	for start > 0 && !isSpace(s[start-1]) && end-start < 32 {
		start--
	}
	b := []byte(s[start:end])
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// endsReply says whether a reply code may stand before after.
func endsReply(after string) bool {
	switch after[0] {
	case ' ', '\t', '\n', '-', ',', ';', ':', '<', '>', '"', '\'', ')', ']', '_':
		return true
	case '.':
		return len(after) == 1 || after[1] == ' '
	}
	return false
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
