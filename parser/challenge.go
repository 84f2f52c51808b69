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
	from := h.get("From")
	known := h.has("X-Boxbe-Challenge") || h.has("X-TMDA-Fingerprint") || h.has("X-ASK-Auth") || h.has("X-Bluebottle-Request") ||
		!isDaemon(from) && (containsFold(from, "@boxbe.com") || containsFold(from, "@spamarrest.com") || containsFold(from, "@bluebottle.com")) ||
		containsFold(h.get("X-Delivery-Agent"), "tmda") && (containsFold(from, "-confirm-") || containsFold(h.get("Subject"), "confirm"))
	if !known {
		return nil
	}
	return &bouncehound.Report{Recipients: []bouncehound.Recipient{{Action: bouncehound.Challenged, Address: cleanAddress(from)}}}
}
