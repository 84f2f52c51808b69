package classifier

import (
	"strings"

	"bouncehound"
)

// A rule decides the verdict of a recipient that meets all it asks for. A list
// asks for any one of its entries.
type rule struct {
	ID      string             `toml:"id"`
	Text    []string           `toml:"text"`    // phrases, see phrase
	Also    []string           `toml:"also"`    // phrases, of which one must stand there too
	Without []string           `toml:"without"` // phrases of which none may stand there
	Status  []string           `toml:"status"`  // "5.2.2", or with stars for a part: "*.2.2"
	Reply   []string           `toml:"reply"`   // "550", or with stars for digits: "4**"
	Remote  []string           `toml:"remote"`  // the server that spoke: a name of the [remote] tables, a host or domain, or a phrase it signs with
	Action  bouncehound.Action `toml:"action"`  // failed if it is left out
	Weight  int                `toml:"weight"`  // -9 to 9: more specific than its length tells

	Reason      bouncehound.Reason `toml:"reason"`
	SESSubtype  string             `toml:"ses_subtype"` // where it is not the reason's own
	Why         string             `toml:"why"`         // for people: why we read it so
	Explanation string             `toml:"explanation"` // where there is more to say than the reason's own words
	Advice      string             `toml:"advice"`
	Retry       bouncehound.Retry  `toml:"retry"` // where it is not the reason's own

	Match []string `toml:"match"` // examples that this rule, of all, must decide
	Not   []string `toml:"not"`   // examples that it must not

	file  string
	line  int // 1-based, 0 if not known
	layer layer
	order int  // among all rules, as loaded
	hard  bool // its reason blames the address, which neither a refusal before the recipient was named nor words about the sender do

	text, also, without []*phrase
	statuses            []status
	replies             [][2]int
	remotes             []witness
}

// A witness is a server: it spoke from this host, or what it said bears its sign.
type witness struct {
	host string // lower case; "" if it is a phrase only
	sign *phrase
}

// A layer is a kind of rule. The lower one decides before the higher.
type layer uint8

const (
	layerOwn      layer = iota // the operator's
	layerAction                // what became of the message; no other rule speaks of the same actions
	layerToken                 // a vendor's own token, which means one thing
	layerProvider              // a provider's own text
	layerESP                   // pseudo-codes and words of mailing services
	layerText                  // text of any server
	layerEnhanced              // enhanced codes that say something
	layerHint                  // text that is worth more than a code that says nothing
	layerFiller                // enhanced codes that say little or nothing
	layerReply                 // reply codes
)

var layers = map[string]layer{
	"action": layerAction, "token": layerToken, "provider": layerProvider, "esp": layerESP, "text": layerText,
	"enhanced": layerEnhanced, "hint": layerHint, "filler": layerFiller, "reply": layerReply,
}

// holds says whether all but the rule's own text is met: the text has been found
// already.
func (r *rule) holds(q *query) bool {
	if q.action != r.Action || r.hard && !r.mayBlame(q) {
		return false
	}
	if len(r.statuses) > 0 && !r.holdsStatus(q.status) || len(r.replies) > 0 && !r.holdsReply(q.reply) {
		return false
	}
	if len(r.remotes) > 0 && !r.holdsRemote(q) {
		return false
	}
	return (len(r.also) == 0 || q.hasAny(r.also)) && !q.hasAny(r.without)
}

// mayBlame says whether a built-in rule may call the address dead: not for what was
// refused before the recipient was named, nor for text that speaks of the sender, of
// something else or of the moment, nor a domain for another host, nor by a code alone
// where the text gives another cause. A mailbox that is closed and a domain that is
// not found by a 4xx reply may be there again.
func (r *rule) mayBlame(q *query) bool {
	// Under X.7 (RFC 3463 section 3.8) it is the sender's domain or host.
	//
	// QUIRK: Sendmail says 5.7.27, the sender's null MX (RFC 7505), of the recipient's.
	if r.Reason == bouncehound.DomainNotFound && (q.elsewhere || q.status[1] == 7 && q.status[2] != 27) {
		return false
	}
	switch r.layer {
	case layerText, layerHint:
		return q.says&^saysPolicy == 0 &&
			(r.Reason != bouncehound.MailboxInactive || !q.temporary()) && (r.Reason != bouncehound.DomainNotFound || q.reply/100 != 4)
	case layerProvider, layerESP:
		return q.says&saysEarly == 0 && (q.says&saysSender == 0 || len(r.remotes) > 0)
	case layerToken:
		return q.says&saysEarly == 0
	}
	return q.says&(saysEarly|saysPolicy) == 0
}

// saysGone says whether the rule calls the address dead by words that are said of
// other things as well.
func (r *rule) saysGone() bool {
	return r.hard && (r.layer == layerText || r.layer == layerHint)
}

func (r *rule) holdsStatus(st status) bool {
	for _, pattern := range r.statuses {
		if st.meets(pattern) {
			return true
		}
	}
	return false
}

func (r *rule) holdsReply(code int) bool {
	for _, span := range r.replies {
		if code >= span[0] && code <= span[1] {
			return true
		}
	}
	return false
}

func (r *rule) holdsRemote(q *query) bool {
	for _, w := range r.remotes {
		if w.host != "" && within(q.host, w.host) {
			return true
		}
		if q.has(w.sign) {
			return true
		}
	}
	return false
}

// within says whether host is domain or below it.
func within(host, domain string) bool {
	return strings.HasSuffix(host, domain) &&
		(len(host) == len(domain) || host[len(host)-len(domain)-1] == '.')
}

// key returns the place of the rule in the order of all when size bytes of its own
// text are met: layer, then how specific it is, then the order in the files.
func (r *rule) key(size int) uint64 {
	specific := 16<<10 + r.Weight*1000 + min(size, 900)
	if len(r.also) > 0 {
		specific += 20
	}
	if len(r.remotes) > 0 {
		specific += 20
	}
	if len(r.replies) > 0 {
		specific += 10
	}
	if len(r.statuses) > 0 {
		specific += 30 - 8*r.statuses[0].stars()
	}
	return uint64(r.layer)<<56 | uint64(0xffff-specific)<<32 | uint64(r.order)
}
