package bouncehound

import (
	"strings"
	"time"
)

// An Alert is the data of an event that wants somebody to look: a mailbox that cannot be
// read, an endpoint that takes nothing, a provider that refuses the sender. It is about
// no contact, and an endpoint must ask for it by name.
type Alert struct {
	Mailbox     string    `json:"mailbox,omitempty"`     // of mailbox.failing
	Webhook     string    `json:"webhook,omitempty"`     // of webhook.failing
	Provider    string    `json:"provider,omitempty"`    // of sender.blocked, as the rest up to Advice: a domain
	Reason      Reason    `json:"reason,omitempty"`      //
	Status      string    `json:"status,omitempty"`      // enhanced status code
	Diagnostic  string    `json:"diagnostic,omitempty"`  // what the provider said, without addresses
	Explanation string    `json:"explanation,omitempty"` //
	Advice      string    `json:"advice,omitempty"`      //
	Since       time.Time `json:"since,omitzero"`        // of mailbox.failing: the first failure in a row
	Failures    int       `json:"failures,omitempty"`    // in a row
	Error       string    `json:"error,omitempty"`       // the last
	Paused      bool      `json:"paused,omitempty"`      // the endpoint wants no more, and gets no more until it is resumed
	Sequence    int64     `json:"sequence"`              // of the event
}

// Subject returns what the alert is about: of one type there is one alert a day, in UTC,
// for each subject.
func (a Alert) Subject() string {
	switch {
	case a.Mailbox != "":
		return a.Mailbox
	case a.Webhook != "":
		return a.Webhook
	}
	return a.Provider + " " + string(a.Reason)
}

// Blocked returns the alert that a bounce is reason for, and false if it is none: the
// provider refused the sender, whoever the recipient was.
func (b Bounce) Blocked() (Alert, bool) {
	if b.Action != Failed || b.Class != Block || b.Fault != FaultSender || b.Reason == Suppressed {
		return Alert{}, false
	}
	a := Alert{
		Provider: b.Provider(), Reason: b.Reason, Status: b.Status, Diagnostic: withoutAddresses(b.Diagnostic),
		Explanation: b.Explanation, Advice: b.Advice,
	}
	return a, a.Provider != ""
}

// Provider returns the domain of who runs the server that refused: that of the server's
// name without what is in front of it, else that of the recipient's address.
func (r Recipient) Provider() string {
	end := strings.IndexFunc(r.RemoteMTA, func(c rune) bool {
		return c != '.' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
	host := r.RemoteMTA
	if end >= 0 {
		host = host[:end]
	}
	host = domainKey(host)
	if !strings.Contains(host, ".") || strings.Trim(host, "0123456789.") == "" {
		return Domain(r.Address)
	}
	labels := strings.Split(host, ".")
	keep := 2
	if n := len(labels); n > 2 && len(labels[n-1]) == 2 && sharedLabels[labels[n-2]] {
		keep = 3
	}
	return strings.Join(labels[max(0, len(labels)-keep):], ".")
}

// sharedLabels stand below the domains of countries, and domains below them: of
// example.co.uk and example.com.br three labels are somebody's own.
var sharedLabels = map[string]bool{
	"ac": true, "asn": true, "co": true, "com": true, "edu": true, "go": true, "gob": true, "gov": true, "gouv": true,
	"mil": true, "ne": true, "net": true, "nom": true, "or": true, "org": true, "sch": true,
}

// withoutAddresses replaces every word with an address in it.
func withoutAddresses(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "@") || strings.Contains(strings.ToLower(word), "%40") {
			words[i] = "[address]"
		}
	}
	return strings.Join(words, " ")
}
