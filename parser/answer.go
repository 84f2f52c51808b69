package parser

import "strings"

// isAnswer says whether a subject is that of a reply or a forwarded mail: it begins with a word
// that mail programs write for that, and a colon. What gateways set before it is passed over:
//
//	Re: Undelivered Mail Returned to Sender
//	[EXTERN] AW: Unzustellbar: Rechnung
//	***SPAM*** Fwd: failure notice
//	Re[2]: failure notice
func isAnswer(subject string) bool {
	for range 4 {
		subject = strings.TrimLeft(subject, " ")
		if stars, ok := strings.CutPrefix(subject, "***"); ok {
			if _, rest, closed := strings.Cut(stars, "***"); closed {
				subject = rest
				continue
			}
		}
		if end := strings.IndexByte(subject, ']'); end > 0 && end < 80 && subject[0] == '[' {
			subject = subject[end+1:]
			continue
		}
		head, _, ok := strings.Cut(strings.Replace(subject[:min(len(subject), 32)], "\uff1a", ":", 1), ":")
		if !ok {
			break
		}
		head = strings.ToLower(strings.TrimRight(head, " 0123456789[]()^"))
		switch {
		case isGatewayMark(head):
			subject = subject[strings.IndexByte(subject, ':')+1:]
			continue
		case isAnswerWord(head):
			return true
		}
		break
	}
	for _, prefix := range [...]string{"re ", "spam re ", "回复", "答复", "转发", "回覆", "轉寄", "返信", "転送"} {
		if hasPrefixFold(subject, prefix) {
			return true
		}
	}
	return false
}

// isAnswerWord knows the words for reply and forward of mail programs in their languages.
func isAnswerWord(s string) bool {
	switch s {
	case "re", "fw", "fwd", "ref", // English
		"aw", "wg", "antwort", // German
		"tr", "rép", "réf", // French
		"rv", "res", "enc", // Spanish, Portuguese
		"r", "i", "rif", // Italian
		"antw", "doorst", // Dutch
		"sv", "vs", "vb", "vl", // Nordic
		"odp", "pd", // Polish
		"ynt", "ilt", "i̇lt", // Turkish
		"vá", "továbbítás", // Hungarian
		"απ", "σχετ", "πρθ", // Greek
		"ha", "отв", "ответ", "пер", "пересл", // Russian
		"回复", "答复", "转发", "回覆", "轉寄", "返信", "転送", "답장", "전달": // Chinese, Japanese, Korean
		return true
	}
	return false
}

// isGatewayMark knows what gateways write before the subject of mail from outside.
func isGatewayMark(s string) bool {
	switch s {
	case "ext", "extern", "external", "externe", "externo", "spam", "caution":
		return true
	}
	return false
}
