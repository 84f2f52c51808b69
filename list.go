package bouncehound

import "time"

// A Listed is one row of an imported list of contacts. All but the address may be
// missing.
type Listed struct {
	Address    string
	At         time.Time // since when it must not be mailed, or when it was seen to be alive
	Reason     Reason
	Class      Class
	Status     string
	Diagnostic string
	Note       string
}

// A Sent is one row of a sent log: a message that the owning app sent. At least the
// address or the Message-ID is known.
type Sent struct {
	Address   string
	MessageID string // with angle brackets
	ContactID string // the app's own name for the contact
	At        time.Time
}

// A List is one import of a list, a batch that can be taken back.
type List struct {
	Batch    int64     `json:"batch"`
	Kind     ListKind  `json:"kind"`
	Source   string    `json:"source"` // the file, for people
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Note     string    `json:"note,omitempty"`
	Added    int       `json:"added"`   // rows that were new
	Present  int       `json:"present"` // rows that changed nothing
	Refused  int       `json:"refused"`
	Finished time.Time `json:"finished,omitzero"` // zero: it was broken off; what it counts is in the store
	Undone   time.Time `json:"undone,omitzero"`
}

// A ListKind says what a list is of.
type ListKind string

const (
	ListDoNotEmail ListKind = "do_not_email" // addresses not to be mailed
	ListAlive      ListKind = "alive"        // addresses that were seen to work: proof of life
	ListSent       ListKind = "sent"         // messages sent
)
