package parser

import (
	"strings"

	"bouncehound"
)

// readPEC reads the receipts of Italy's certified mail (posta elettronica certificata, RFC 6109
// section 3), which all its providers write in one form, signed and with a file daticert.xml.
//
//	From: posta-certificata@provider.example
//	X-Ricevuta: errore-consegna
//	Subject: AVVISO DI MANCATA CONSEGNA: Our prices
//
//	<postacert tipo="errore-consegna" errore="no-dest">
//	<consegna>lena@pec.example</consegna>
//	<errore-esteso>5.1.1 - PEC - indirizzo non valido</errore-esteso>
func readPEC(m *message) *bouncehound.Report {
	rec := bouncehound.Recipient{}
	if local, _ := daemonParts(m.header().get("From")); !strings.EqualFold(local, "posta-certificata") {
		return nil
	}
	switch strings.ToLower(strings.TrimSpace(m.header().get("X-Ricevuta"))) {
	case "":
		return nil
	case "errore-consegna":
		rec.Action = bouncehound.Failed
	case "preavviso-errore-consegna": // no receipt within twelve hours; it may still come
		rec.Action = bouncehound.Delayed
	case "avvenuta-consegna":
		rec.Action = bouncehound.Delivered
	default: // accepted by the sender's own provider, handed over between providers
		return &bouncehound.Report{}
	}
	text := m.text()
	for i := range m.parts {
		p := &m.parts[i]
		if p.mediaType != "application/xml" && p.mediaType != "text/xml" {
			continue
		}
		data := m.decode(p)
		rec.Address, _ = findAddress(element(data, "consegna"))
		rec.Diagnostic = element(data, "errore-esteso")
		break
	}
	if rec.Address == "" { // … destinato all'utente "lena@pec.example" …
		if _, after, ok := strings.Cut(text, "destinat"); ok {
			rec.Address, _ = findAddress(after)
		} else if _, after, ok := strings.Cut(text, "indirizzat"); ok {
			rec.Address, _ = findAddress(after)
		}
	}
	if rec.Address == "" || m.isSender(rec.Address) {
		return nil
	}
	if rec.Diagnostic == "" && rec.Action != bouncehound.Delivered {
		for line := range strings.SplitSeq(text, "\n") {
			if containsFold(line, "errore") {
				rec.Diagnostic = line
				break
			}
		}
	}
	return &bouncehound.Report{Recipients: []bouncehound.Recipient{rec}}
}

// element returns what stands between the first tags of a name, "" if there are none.
func element(xml, name string) string {
	_, after, ok := strings.Cut(xml, "<"+name+">")
	if !ok {
		return ""
	}
	inner, _, ok := strings.Cut(after, "</"+name+">")
	if !ok {
		return ""
	}
	return strings.TrimSpace(inner)
}
