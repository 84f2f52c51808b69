package classifier

import (
	"bytes"
	"strings"
)

// What a sentence is about stands before its verb: "the token is not recognized",
// "home directory of user not found", "ldap user does not exist" have the words in them
// that servers say of a recipient, and say them of something else.

// A wordKind is what a word does in such a sentence.
type wordKind uint16

const (
	thing       wordKind = 1 << iota // something else that is found, known, valid, active or deleted
	carrier                          // the same, unless it is for somebody: "message for unknown user"
	adjunct                          // before user or account: one that nobody writes to
	part                             // after user, mailbox or address: what belongs to it, "user class"
	contact                          // who is written to
	glue                             // may stand between
	article                          // the same, before a noun
	preposition                      // what follows is a place, not the subject: "user on this server is not known"
	tells                            // what follows is another sentence
	verb                             // a predicate begins with it
)

// A list or a group is no thing, for it may be who was written to.
var words = kindsOf(map[wordKind]string{
	thing: `
		access agent api app application approver archive asn attachment autoreply auto-reply backend boundary ca calendar
		campaign case certificate channel charset class client command company condition configuration connector content conversation
		cookie country credential credentials database definition delegate device dictionary directory disk dn document driver
		encoding encryption event extension feature field file files filesystem filter folder form forwarding function gateway header homedir
		hop identity image interface invitation isp issuer key keyring keys language licence license link login macro maildir manager map
		meeting method milter mime module moderator mount mx nameserver namespace network object operator option organization
		organisation originator owner package page parameter parser partition password path peer permission plugin policy
		pool port process profile program project property protocol provider proxy quarantine queue quota record reference
		relay resource role rule scanner schema script selector server service signature site smarthost
		socket software spool storage store subject subscription syntax table tag template tenant thread ticket token tracker
		transport type url vendor verb version volume website workflow zone`,
	carrier: "connection delivery job mail message request session transaction",
	adjunct: `amavis auth authenticating callback calling db dovecot database exim external forward forwarding guest ip journal ldap milter mysql
		pgsql postfix postgres postgresql postgrey proxy relay replication reply responder return rspamd sasl service spamd sql submitting web`,
	part: `access agent attribute certificate class confirmation database filter flags format group header home key level licence license list
		map mapping password permissions policy preferences profile quota record rights role script server session settings
		signature store table template token type verification volume`,
	contact:     "account address addressee alias inbox mailbox recipient user",
	glue:        "a an and are be been had has have in is it its that the their this was were with your",
	article:     "a an any its my our that the their this your",
	preposition: "after at before by from in into on over through to under via with within",
	tells:       "addressed because claims replied reported reports responded returned returns said says sent since states tells tried which who you",
	verb:        "are cannot could couldn't disabled does doesn't had has have inactive invalid is isn't may no nonexistent not suspended unknown was wasn't were",
})

func kindsOf(list map[wordKind]string) map[string]wordKind {
	kinds := map[string]wordKind{}
	for kind, words := range list {
		for w := range strings.FieldsSeq(words) {
			kinds[w] |= kind
		}
	}
	return kinds
}

// ofOther says whether the phrase, found at text[start:stop], is said of something else
// than a recipient. Where a phrase has a gap, what stands there may be the subject.
func (p *phrase) ofOther(text []byte, start, stop int) bool {
	if ofOther(text, start) {
		return true
	}
	last := len(p.parts) - 1
	return last > 0 && ofOther(text, stop-len(bytes.TrimLeft(p.parts[last], " ")))
}

// ofOther says whether what begins at text[start:] is said of a thing that stands before
// it, or of a part of the recipient's.
func ofOther(text []byte, start int) bool {
	word, rest := cutWord(text[start:])
	first := words[string(word)]
	if head, tail, ok := bytes.Cut(word, []byte("-")); ok && words[string(head)]&contact != 0 {
		tail = tail[:wordLen(tail)]
		return len(tail) > 0 && words[string(tail)]&verb == 0 // "user-defined", but "user-unknown"
	}
	if first&article != 0 {
		word, rest = cutWord(rest)
		first = words[string(word)]
	}
	if first&(contact|verb) == 0 {
		return false
	}
	if first&contact != 0 {
		if next, _ := cutWord(rest); words[string(next)]&part != 0 {
			return true
		}
	} else if namesContact(rest) {
		next, rest := cutWord(rest)
		its, _ := cutWord(rest)
		return words[string(next)]&contact != 0 && words[string(its)]&part != 0 // "unknown user class"
	}
	// One word may be the name of the thing: "the key abc is not known here".
	owned := first&contact == 0
	named, passed := !owned, !owned
	word, before, ok := wordBefore(text, start)
	after, relative := first, false
	for range 6 {
		if !ok {
			break
		}
		kind := words[string(word)]
		owner, ofs := bytes.CutSuffix(word, []byte("'s"))
		switch {
		case after&contact != 0 && (kind&adjunct != 0 || ofs && words[string(owner)]&(thing|adjunct) != 0):
			return true
		case kind&(thing|carrier) != 0:
			lead := leadOf(text, before)
			if words[lead]&preposition != 0 && !relative {
				return false
			}
			if lead != "of" {
				return kind&thing != 0 && owned || kind&carrier != 0 && !passed
			}
			owned, passed = false, true // it is of what follows
		case string(word) == "of", string(word) == "for":
			owned, passed = true, true
		case kind&glue != 0:
		case kind&contact != 0:
			owned, passed = false, true
		case named, kind&tells != 0, bytes.IndexByte(word, '@') >= 0:
			return false
		default:
			named = true
		}
		after, relative = kind, string(word) == "that"
		word, before, ok = wordBefore(text, before)
	}
	return false
}

// namesContact says whether a recipient is among the next words, as in "no such user" and
// "not a valid mailbox".
func namesContact(text []byte) bool {
	for range 3 {
		word, rest := cutWord(text)
		if words[string(word)]&contact != 0 {
			return true
		}
		text = rest
	}
	return false
}

// leadOf returns the word before text[:end] and its article.
func leadOf(text []byte, end int) string {
	word, before, ok := wordBefore(text, end)
	if ok && words[string(word)]&article != 0 {
		word, _, _ = wordBefore(text, before)
	}
	return string(word)
}

// cutWord returns the first word of text and what follows.
func cutWord(text []byte) (word, rest []byte) {
	text = bytes.TrimLeft(text, " ")
	if n := bytes.IndexByte(text, ' '); n >= 0 {
		return text[:n], text[n:]
	}
	return text, text[len(text):]
}

// wordLen returns how many bytes of letters and digits text begins with.
func wordLen(text []byte) int {
	n := 0
	for n < len(text) && isWord(text[n]) {
		n++
	}
	return n
}

// wordBefore returns the word that ends before text[:end], without quotation marks and
// brackets, and where it begins; ok is false at the beginning of a sentence.
func wordBefore(text []byte, end int) (word []byte, begin int, ok bool) {
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	begin = bytes.LastIndexByte(text[:end], ' ') + 1
	word = text[begin:end]
	if len(word) == 0 || bytes.IndexByte([]byte(":;,.!?"), word[len(word)-1]) >= 0 {
		return nil, 0, false
	}
	word = bytes.Trim(word, "\"'`<>()[]")
	return word, begin, len(word) > 0 && word[0] != '-'
}
