package bouncehound

// A Verdict is what we make of one recipient. It follows from the recipient and
// the rules alone, so it can be made again when the rules change.
type Verdict struct {
	Class       Class      `json:"class"`
	Reason      Reason     `json:"reason"`
	Fault       Fault      `json:"fault,omitempty"`
	SESType     string     `json:"ses_type,omitempty"`    // Permanent, Transient or Undetermined, as Amazon SES would say; absent for complaints and where nothing was lost
	SESSubtype  string     `json:"ses_subtype,omitempty"` // General, MailboxFull, …
	Rule        string     `json:"rule,omitempty"`        // the id of the rule that decided
	Matched     string     `json:"matched,omitempty"`     // the text or code on which it decided
	Confidence  Confidence `json:"confidence,omitempty"`
	Explanation string     `json:"explanation,omitempty"` // what happened, in plain words
	Advice      string     `json:"advice,omitempty"`      // whose move it is and what to do
	Retry       Retry      `json:"retry,omitempty"`
}

// A Class says what the sender should do.
type Class string

const (
	Hard         Class = "hard"         // this address will not work
	Soft         Class = "soft"         // it may work later
	Block        Class = "block"        // the sender or the message was refused; says nothing about the address
	Complaint    Class = "complaint"    // the reader does not want our mail
	None         Class = "none"         // nothing was lost
	Undetermined Class = "undetermined" // failed, cause not told
)

// A Fault says whose move it is.
type Fault string

const (
	FaultRecipient       Fault = "recipient"
	FaultRecipientDomain Fault = "recipient_domain"
	FaultSender          Fault = "sender"
	FaultMessage         Fault = "message"
	FaultTransit         Fault = "transit"
	FaultUnknown         Fault = "unknown"
)

// A Reason says why. The table of package classifier gives each its class, its
// fault and its words.
type Reason string

const (
	UserUnknown        Reason = "user_unknown"
	MailboxInactive    Reason = "mailbox_inactive"
	MailboxMoved       Reason = "mailbox_moved"
	DomainNotFound     Reason = "domain_not_found"
	MailboxFull        Reason = "mailbox_full"
	DomainUnreachable  Reason = "domain_unreachable"
	ConnectionFailed   Reason = "connection_failed"
	ServerError        Reason = "server_error"
	Expired            Reason = "expired"
	MailLoop           Reason = "mail_loop"
	RecipientRejected  Reason = "recipient_rejected"
	SenderBlocked      Reason = "sender_blocked"
	SenderRejected     Reason = "sender_rejected"
	AuthFailed         Reason = "auth_failed"
	RateLimited        Reason = "rate_limited"
	RelayDenied        Reason = "relay_denied"
	PolicyRefused      Reason = "policy"
	SpamContent        Reason = "spam_content"
	Virus              Reason = "virus"
	MessageTooLarge    Reason = "message_too_large"
	ContentRejected    Reason = "content_rejected"
	ProtocolError      Reason = "protocol_error"
	Suppressed         Reason = "suppressed"
	ComplaintReceived  Reason = "complaint"
	ReasonUndetermined Reason = "undetermined"

	// Reasons of class none.
	ReasonDelayed    Reason = "delayed"
	ReasonDelivered  Reason = "delivered" // also for relayed and expanded
	ReasonAutoReply  Reason = "auto_reply"
	ReasonChallenged Reason = "challenge"
	ReasonNotABounce Reason = "not_a_bounce"
)

// Confidence says how sure a verdict is.
type Confidence string

const (
	HighConfidence   Confidence = "high"   // text and code agree, or a vendor's own token
	MediumConfidence Confidence = "medium" // text or a specific code alone
	LowConfidence    Confidence = "low"    // only a class of codes
)

// Retry says whether sending again helps.
type Retry string

const (
	RetryNever    Retry = "never"
	RetryLater    Retry = "later"
	RetryAfterFix Retry = "after_fix"
)
