package bouncehound

import "time"

// An Entry is a domain never to mail, or an address or domain never to flag. A
// contact's own standing is unchanged by it.
type Entry struct {
	Kind  EntryKind `json:"entry"`
	Value string    `json:"value"` // a domain, without its subdomains, or an address; as written
	Since time.Time `json:"since,omitzero"`
	By    string    `json:"by,omitempty"`
	Note  string    `json:"note,omitempty"`
}

// An EntryKind says what an entry is for.
type EntryKind string

const (
	// EntryDomain is a domain never to mail. It outranks every standing and EntryAllow.
	EntryDomain EntryKind = "domain"
	// EntryAllow is an address or a domain never to flag: its bounces add up to watch
	// and no further, and no list flags it. A person still can.
	EntryAllow EntryKind = "allow"
)

// EntryKey returns what two spellings of an entry's value have in common: that of
// an address, or of a domain with or without an "@" before it.
func EntryKey(value string) string {
	if local, _, ok := cutLast(value, "@"); ok && local != "" {
		return Key(value)
	}
	return Domain("@" + value)
}
