package bouncehound

import "time"

// A Standing says whether a contact may be written to.
type Standing string

const (
	OK         Standing = "ok"
	Watch      Standing = "watch"        // bounces add up; may still be written to
	DoNotEmail Standing = "do_not_email" // must not be written to
)

// A Cause says what changed a standing.
type Cause string

const (
	CauseBounce     Cause = "bounce"
	CauseComplaint  Cause = "complaint"
	CauseHand       Cause = "hand"       // a person did it
	CauseImport     Cause = "import"     // a list did it
	CauseExpired    Cause = "expired"    // the window emptied, or the policy's "for" ended
	CauseDelivered  Cause = "delivered"  // a report said that mail arrived
	CauseReclassify Cause = "reclassify" // the rules judge the bounces differently now
)

// A Contact is one address and its standing, with what decided it.
type Contact struct {
	Email          string    `json:"email"`
	Reason         Reason    `json:"reason,omitempty"`     // as class, status and diagnostic: of the bounce that decided, else of the last that counted
	Class          Class     `json:"class,omitempty"`      //
	Status         string    `json:"status,omitempty"`     //
	Diagnostic     string    `json:"diagnostic,omitempty"` //
	Bounces        int       `json:"bounces"`              // how many failed or complained, repeats left out
	FirstBouncedAt time.Time `json:"first_bounced_at,omitzero"`
	LastBouncedAt  time.Time `json:"last_bounced_at,omitzero"`
	Since          time.Time `json:"since,omitzero"` // when the standing began
	Until          time.Time `json:"-"`              // when time alone ends watch or do_not_email; zero: never
	Cause          Cause     `json:"cause,omitempty"`
	By             string    `json:"by,omitempty"` // who, if a person or a list
	Note           string    `json:"note,omitempty"`
	Standing       Standing  `json:"standing"`
}

// HashedEmail begins the Email of a contact whose address was forgotten, where only
// hashes are asked for: after it comes the SHA-256 of its Key in lower-case hexadecimal.
const HashedEmail = "sha256:"
