package parser

import "strings"

// opening returns how the first words of the message begin, as they stand: the phrases
// that formats are known by are plain ASCII in the first line, which no encoding but
// base64 changes.
func (m *message) opening() string {
	for i := range m.parts {
		p := &m.parts[i]
		if p.isMultipart() {
			continue
		}
		if p.mediaType != "text/plain" {
			return ""
		}
		return strings.TrimLeft(p.body[:min(len(p.body), 240)], " \t\n")
	}
	return ""
}
