package notify

import (
	"time"

	"bouncehound"
)

// postmark is Postmark's bounce, spam complaint, delivery and subscription change
// webhooks. Postmark signs nothing: receivers know it by basic authentication or by a
// header field of their own.
// https://postmarkapp.com/developer/webhooks/webhooks-overview
//
//	{"RecordType":"Bounce","MessageStream":"outbound","ID":42,"Type":"HardBounce","TypeCode":1,
//	 "Name":"Hard bounce","MessageID":"…","Metadata":{"X-Contact-Id":"42"},"ServerID":0,
//	 "Description":"…","Details":"smtp;550 5.1.1 …","Email":"lena@example.com","From":"news@example.org",
//	 "BouncedAt":"2026-01-27T16:28:50Z","DumpAvailable":false,"Inactive":true,"CanActivate":true,"Subject":"News"}
var postmark = dialect{
	name: "postmark",
	types: []bouncehound.EventType{
		bouncehound.ContactDoNotEmail, bouncehound.ContactReleased, bouncehound.BounceRecorded,
	},
	open: unsigned(sayPostmark),
}

// postmarkCommon is what all of Postmark's records have.
type postmarkCommon struct {
	RecordType    string
	MessageStream string
	ServerID      int
	Metadata      map[string]string
}

type postmarkBounce struct {
	postmarkCommon
	ID            int64
	Type          string
	TypeCode      int
	Name          string
	MessageID     string
	Description   string
	Details       string
	Email         string
	From          string
	BouncedAt     time.Time
	DumpAvailable bool
	Inactive      bool // Postmark itself would send there no more
	CanActivate   bool // never after a complaint
	Subject       string
}

type postmarkDelivery struct {
	postmarkCommon
	MessageID   string
	Recipient   string
	DeliveredAt time.Time
	Details     string
}

type postmarkSubscription struct {
	postmarkCommon
	MessageID         *string // null: no message was the cause
	ChangedAt         time.Time
	Recipient         string
	Origin            string
	SuppressSending   bool
	SuppressionReason *string // null of a reactivation
	Tag               *string
}

// A postmarkType is one of Postmark's bounce types.
type postmarkType struct {
	code        int
	kind, name  string
	description string
}

// https://postmarkapp.com/developer/api/bounce-api#bounce-types
var (
	postmarkHard      = postmarkType{1, "HardBounce", "Hard bounce", "The server was unable to deliver the message: the address does not work."}
	postmarkTransient = postmarkType{2, "Transient", "Message delayed", "The message could not be delivered yet."}
	postmarkReply     = postmarkType{64, "AutoResponder", "Auto responder", "An automatic reply."}
	postmarkDNS       = postmarkType{256, "DnsError", "DNS error", "The domain of the recipient could not be reached."}
	postmarkSpam      = postmarkType{512, "SpamNotification", "Spam notification", "The message was judged to be spam."}
	postmarkUnknown   = postmarkType{2048, "Unknown", "Unknown", "The message could not be delivered; why is not known."}
	postmarkSoft      = postmarkType{4096, "SoftBounce", "Soft bounce", "The message could not be delivered this time; the address may work later."}
	postmarkVirus     = postmarkType{8192, "VirusNotification", "Virus notification", "Malware was found in the message."}
	postmarkChallenge = postmarkType{16384, "ChallengeVerification", "Spam challenge verification", "The recipient's system wants the sender to prove himself."}
	// Its code is that of the list; the example of the spam complaint webhook has 512.
	postmarkComplaint = postmarkType{100001, "SpamComplaint", "Spam complaint", "The recipient marked the message as spam."}
	postmarkBlocked   = postmarkType{100006, "Blocked", "ISP block", "The message or its sender was refused; the address is not to blame."}
)

func sayPostmark(n notice, _ time.Time) (any, error) {
	common := postmarkCommon{RecordType: "Bounce", MessageStream: "outbound", Metadata: n.headers()}
	if common.Metadata == nil {
		common.Metadata = map[string]string{}
	}
	switch n.tiding() {
	case unusable:
		return n.postmark(common, postmarkHard, true), nil
	case complains:
		common.RecordType = "SpamComplaint"
		return n.postmark(common, postmarkComplaint, true), nil
	case failure:
		return n.postmark(common, postmarkFailure(n.bounce), false), nil
	case pending:
		return n.postmark(common, postmarkTransient, false), nil
	case replied:
		return n.postmark(common, postmarkReply, false), nil
	case challenge:
		return n.postmark(common, postmarkChallenge, false), nil
	case arrived:
		common.RecordType = "Delivery"
		return postmarkDelivery{common, n.messageID(), n.email, n.at.UTC(), n.diagnostic()}, nil
	case barred, unbarred:
		common.RecordType = "SubscriptionChange"
		s := postmarkSubscription{postmarkCommon: common, ChangedAt: n.event.At.UTC(), Recipient: n.email, Origin: "Customer"}
		if n.tiding() == barred {
			manual := "ManualSuppression"
			s.SuppressSending, s.SuppressionReason = true, &manual
		}
		return s, nil
	}
	return nil, nil // Postmark does not tell of mail that it dropped
}

// postmarkFailure returns the type of a bounce that is not the address's fault, or
// not for good.
func postmarkFailure(b *bouncehound.Bounce) postmarkType {
	switch {
	case b.Reason == bouncehound.DomainUnreachable:
		return postmarkDNS
	case b.Class == bouncehound.Soft:
		return postmarkSoft
	case b.Reason == bouncehound.SpamContent:
		return postmarkSpam
	case b.Reason == bouncehound.Virus:
		return postmarkVirus
	case b.Class == bouncehound.Block:
		return postmarkBlocked
	}
	return postmarkUnknown
}

func (n notice) postmark(common postmarkCommon, t postmarkType, inactive bool) postmarkBounce {
	b := postmarkBounce{
		postmarkCommon: common, ID: n.event.Sequence, Type: t.kind, TypeCode: t.code, Name: t.name, MessageID: n.messageID(),
		Description: t.description, Email: n.email, From: n.sender(), BouncedAt: n.at.UTC(), Inactive: inactive, CanActivate: t != postmarkComplaint,
	}
	if n.bounce != nil {
		b.Subject = n.bounce.Original.Subject
	}
	if text := n.diagnostic(); text != "" {
		b.Details = "smtp;" + text
	}
	return b
}
