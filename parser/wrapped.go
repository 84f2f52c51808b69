package parser

import "bouncehound"

// wrapped reads a report that came in another one: gateways that look for viruses
// and relays of relays send what they could not deliver as an attachment.
func (m *message) wrapped() *bouncehound.Report {
	if m.within {
		return nil
	}
	var text string
	for i := range m.parts {
		if p := &m.parts[i]; i > 0 && !p.isMultipart() && p.mediaType == "message/rfc822" {
			text = m.decode(p)
			break
		}
	}
	if text == "" {
		text = m.quoted
	}
	if text == "" {
		return nil
	}
	in := readMessage([]byte(text))
	in.within = true
	if !in.looksLikeReport() {
		return nil
	}
	for _, read := range [...]func(*message) *bouncehound.Report{readExchange, readDSN, readQmail, readPostfix, readExim, readSendmail, readProse} {
		if r := read(in); r != nil {
			m.returned, m.returnedRead = in.returnedHeader(), true
			return r
		}
	}
	return nil
}
