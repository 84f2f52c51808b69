package parser

import "bouncehound"

// readChallenge reads the mail of challenge-response systems (TMDA, Boxbe, Spam
// Arrest, Active Spam Killer): the letter waits until its sender proves to be a person.
//
//	Subject: Please confirm your message
//
//	Your message to lena@example.com is being held. Follow this link to have it delivered.
func readChallenge(m *message) *bouncehound.Report {
	h := m.header()
	known := h.has("X-Boxbe-Challenge") || h.has("X-TMDA-Fingerprint") || containsFold(h.get("X-Delivery-Agent"), "tmda") && containsFold(h.get("Subject"), "confirm") ||
		containsFold(h.get("From"), "boxbe") || containsFold(h.get("From"), "spamarrest")
	if !known {
		return nil
	}
	return &bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Challenged, Address: cleanAddress(h.get("From"))}}}
}
