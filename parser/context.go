package parser

import "strings"

// What stands around an address in a sentence says whose it is: that of the
// sender, of those who help, or a part of a link.

// proseAddresses returns the distinct addresses of a sentence that may be those of
// recipients by the words around them, at most limit.
func proseAddresses(s string, sent []string, limit int) (found []string) {
	for pos := 0; pos < len(s) && len(found) < limit; {
		a, end := findAddress(s[pos:])
		if end == 0 {
			break
		}
		before := s[pos : pos+max(0, strings.LastIndexByte(s[pos:pos+end], '@'))]
		before = before[max(0, len(before)-400):]
		pos += end
		word := strings.LastIndexAny(before, " \t\n<(\"'") + 1
		switch {
		case holds(found, a), inLink(before[word:]):
		case sayDelivered(before):
		case !holds(sent, a) && (introducesSender(before[:word]) || asksToWrite(before[:word])):
		default:
			found = append(found, a)
		}
	}
	return found
}

// inLink says whether a word that goes on with "@" is a link:
// "https://example.com/?u=lena", "mailto:lena", "www.example.com/lena".
func inLink(word string) bool {
	return strings.Contains(word, "://") || containsFold(word, "mailto:") || hasPrefixFold(word, "www.") || strings.Contains(word, "/?") || strings.Contains(word, "%2F")
}

// introducesSender says whether the words before an address call it the sender's.
func introducesSender(before string) bool {
	before = strings.TrimRight(before, " \t\n<(\"'")
	word := before[strings.LastIndexAny(before, " \t\n")+1:]
	switch strings.ToLower(strings.TrimRight(word, ":")) {
	case "from", "sender", "von", "absender", "van", "exp\u00e9diteur", "remitente", "mittente", "remetente":
		return true
	}
	return false
}

// asksToWrite says whether the last clause of before asks to write to the address
// that follows.
func asksToWrite(before string) bool {
	for i := len(before) - 2; i >= 0; i-- {
		if strings.IndexByte(".,;:!?", before[i]) >= 0 && (before[i+1] == ' ' || before[i+1] == '\n') && strings.TrimSpace(before[i+1:]) != "" {
			before = before[i+1:]
			break
		}
	}
	return askingPhrases.in(before) && !tellsFailure(before)
}

var askingPhrases = newPhrases(
	"contact", "write to", "questions", "email us", "e-mail us", "assistance", "support", "reply to", "report to", "kontakt", "wenden", "fragen", "contatt", "contacte", "adressez", "schreiben sie", "escrib", "scriv", "schrijf", "escrev", "écrire", "écrivez",
)

// offersOthers says whether a line announces addresses that are not the one that failed:
// where somebody moved to, whom a directory holds under names like his.
func offersOthers(line string) bool {
	line = strings.TrimSpace(line)
	if !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, "?") {
		return false
	}
	return otherPhrases.in(line)
}

var otherPhrases = newPhrases(
	"did you mean", "similar", "possible match", "close match", "closest", "possible address", "try one of", "new address", "of help", "moved to", "meinten sie", "ähnlich", "neue adresse", "nouvelle adresse", "nueva direcc", "nuovo indirizzo", "nieuwe adres",
)

// sayDelivered says whether the clause before an address says that its mail arrived:
// "was delivered to lena@example.com, but not to omar@example.com".
func sayDelivered(before string) bool {
	clause := before[strings.LastIndexAny(before, ",;.:!?")+1:]
	return (containsFold(clause, "was delivered to") || containsFold(clause, "were delivered to") || containsFold(clause, "has been delivered to") || containsFold(clause, "successfully delivered to")) && !tellsFailure(clause)
}

// saysDelivered says whether what is said of an address is that its mail arrived.
func saysDelivered(said string) bool {
	said = strings.TrimLeft(said, "-:=> ")
	for _, phrase := range [...]string{"delivered", "successfully delivered", "was delivered", "has been delivered", "message delivered", "mail delivered", "delivery successful"} {
		if hasPrefixFold(said, phrase) {
			return len(said) < 200 && !tellsFailure(said) && !isDelay(said)
		}
	}
	return false
}
