package classifier

import (
	"slices"

	b "bouncehound"
)

// A ReasonRow is what follows from a reason.
type ReasonRow struct {
	Reason      b.Reason
	Class       b.Class
	Fault       b.Fault // "" where nothing was lost
	SESType     string  // as Amazon SES names it: Permanent, Transient, Undetermined; "" for complaints and where nothing was lost
	SESSubtype  string
	Retry       b.Retry // "" where nothing was lost
	Explanation string  // what happened, in plain words
	Advice      string  // whose move it is and what to do
}

// Reasons returns the table of all reasons, in the order of the design: those of
// failures first, those where nothing was lost last.
func Reasons() []ReasonRow { return slices.Clone(reasons) }

func reasonRow(r b.Reason) (ReasonRow, bool) {
	for i := range reasons {
		if reasons[i].Reason == r {
			return reasons[i], true
		}
	}
	return ReasonRow{}, false
}

var reasons = []ReasonRow{
	{b.UserUnknown, b.Hard, b.FaultRecipient, "Permanent", "General", b.RetryNever,
		"The receiving server says that there is no such mailbox: the part before the @ is wrong, or the mailbox was deleted.",
		"Do not send to this address again. Check its spelling, and ask the contact for a current address by phone or some other way."},
	{b.MailboxInactive, b.Hard, b.FaultRecipient, "Permanent", "General", b.RetryNever,
		"The mailbox exists or existed, but it is disabled, suspended or closed and takes no mail.",
		"Do not send to this address again. Ask the contact by phone or some other way whether they still use it or have a new one."},
	{b.MailboxMoved, b.Hard, b.FaultRecipient, "Permanent", "General", b.RetryNever,
		"The person has moved to another address or left the organisation, and mail is not forwarded.",
		"Do not send to this address again. If the message names a new address or a colleague, ask the contact before you use it."},
	{b.DomainNotFound, b.Hard, b.FaultRecipientDomain, "Permanent", "General", b.RetryNever,
		"The domain, the part after the @, does not exist or declares that it takes no mail.",
		"Do not send to this address again. Look for a typing error in the domain; otherwise ask the contact for another address."},
	{b.MailboxFull, b.Soft, b.FaultRecipient, "Transient", "MailboxFull", b.RetryLater,
		"The mailbox is full. The address is right, but the contact has to make room before anything can arrive.",
		"Nothing to change on your side. Send again in a few days; if it stays full for weeks, the mailbox is probably abandoned."},
	{b.DomainUnreachable, b.Soft, b.FaultRecipientDomain, "Transient", "General", b.RetryLater,
		"No mail server could be found for the contact's domain: its DNS entries are missing, broken or did not answer.",
		"Only the contact's mail administrator can fix this. Check the spelling of the domain, then send again in a day or two."},
	{b.ConnectionFailed, b.Soft, b.FaultTransit, "Transient", "General", b.RetryLater,
		"The contact's mail server could not be reached: it refused the connection, did not answer, or the connection broke off.",
		"This says nothing about the address. Send again later; if it fails for days, tell the contact by phone or some other way."},
	{b.ServerError, b.Soft, b.FaultRecipientDomain, "Transient", "General", b.RetryLater,
		"The contact's mail server has a problem of its own: it is overloaded, out of storage or set up wrongly.",
		"Only the contact's mail administrator can fix this. Send again later."},
	{b.Expired, b.Soft, b.FaultTransit, "Transient", "General", b.RetryLater,
		"The message was tried again and again until the time allowed for it ran out. The reports do not say what went wrong.",
		"This says nothing certain about the address. Send again later; if it keeps failing, check the domain with your mail administrator."},
	{b.MailLoop, b.Soft, b.FaultRecipientDomain, "Transient", "General", b.RetryLater,
		"The message went round in circles between mail servers until one of them stopped it, usually because forwarding on the contact's side leads back to where it started.",
		"Only the contact or their mail administrator can put the forwarding right. Tell them by phone or some other way, then send again."},
	{b.RecipientRejected, b.Block, b.FaultRecipient, "Transient", "General", b.RetryAfterFix,
		"The address exists, but this mailbox or group does not take mail from you: it accepts certain senders only, or has blocked you.",
		"The address itself is fine. Ask the contact or their administrator to allow your sender address, then send again."},
	{b.SenderBlocked, b.Block, b.FaultSender, "Transient", "General", b.RetryAfterFix,
		"The receiving server refuses your mail server or your domain because of its reputation or because it is on a block list.",
		"The contact has done nothing wrong. Have your mail administrator check the block list or the provider's postmaster page, ask for removal, then send again."},
	{b.SenderRejected, b.Block, b.FaultSender, "Transient", "General", b.RetryAfterFix,
		"The receiving server refuses the sender address or its domain, for example because it does not exist or cannot take replies.",
		"The contact's address is not the problem. Check the From and return address you send with, and that their domain exists and takes mail."},
	{b.AuthFailed, b.Block, b.FaultSender, "Transient", "General", b.RetryAfterFix,
		"Your message could not be proved to come from you: SPF, DKIM, DMARC, reverse DNS, the login or the encryption did not satisfy the server.",
		"The contact's address is fine. Have your mail administrator put the authentication of your sending domain in order, then send again."},
	{b.RateLimited, b.Block, b.FaultSender, "Transient", "General", b.RetryLater,
		"Too many messages, recipients or connections in a short time: a limit on your side or at the receiver was reached.",
		"The address is fine. Wait, send more slowly or in smaller batches, and send this message again."},
	{b.RelayDenied, b.Block, b.FaultSender, "Transient", "General", b.RetryAfterFix,
		"The server that was asked to take the message does not serve this recipient's domain, or does not accept that you send through it.",
		"Have your mail administrator check the outgoing server and the login; if your set-up is right, the contact's domain points to the wrong mail server."},
	{b.PolicyRefused, b.Block, b.FaultSender, "Transient", "General", b.RetryAfterFix,
		"A rule of the receiving organisation refused the message. It was a decision about the sender or the message, not about the address.",
		"Keep the address. Ask the contact or their administrator which rule it was and to let your mail through, then send again."},
	{b.SpamContent, b.Block, b.FaultMessage, "Transient", "ContentRejected", b.RetryAfterFix,
		"The receiving server took the message for spam.",
		"The address is fine. Look at links, wording and attachments, send a plainer message, and have your sending reputation checked if it happens often."},
	{b.Virus, b.Block, b.FaultMessage, "Transient", "ContentRejected", b.RetryAfterFix,
		"The receiving server found malware, or took an attachment or link for malware.",
		"The address is fine. Scan your computer and the attachment, remove it or share the file in another way, then send again."},
	{b.MessageTooLarge, b.Block, b.FaultMessage, "Transient", "MessageTooLarge", b.RetryAfterFix,
		"The message with its attachments is larger than the receiving or your own server allows.",
		"The address is fine. Send smaller attachments, split them over several messages, or send a link to the file."},
	{b.ContentRejected, b.Block, b.FaultMessage, "Transient", "ContentRejected", b.RetryAfterFix,
		"The receiving server refuses something in the message: a kind of attachment, its format, or headers that do not follow the standards.",
		"The address is fine. Leave out or rename the attachment; if there is none, have the program that made the message checked, then send again."},
	{b.ProtocolError, b.Block, b.FaultTransit, "Undetermined", "Undetermined", b.RetryAfterFix,
		"The two mail servers did not understand each other: a command was wrong, missing or out of order.",
		"This says nothing about the address. Show the bounce to your mail administrator: the sending or the receiving server is probably set up wrongly."},
	{b.Suppressed, b.Block, b.FaultSender, "Permanent", "Suppressed", b.RetryNever,
		"Your own mailing service did not send the message, because the address had bounced, complained or unsubscribed before.",
		"Find out in the mailing service why the address is on its suppression list. Take it off only if you know that it works and that the contact wants your mail."},
	{b.ComplaintReceived, b.Complaint, b.FaultRecipient, "", "", b.RetryNever,
		"The contact, or someone reading the mailbox, marked your mail as spam or asked to be left alone.",
		"Stop sending to this address. Write again only if the contact asks for it."},
	{b.ReasonUndetermined, b.Undetermined, b.FaultUnknown, "Undetermined", "Undetermined", b.RetryLater,
		"The message was not delivered, but the server did not say why.",
		"Nothing is known against the address. Read the bounce message itself, send again once, and ask your mail administrator if it fails again."},

	{b.ReasonDelayed, b.None, "", "", "", "",
		"The message is late, not lost. The server keeps trying.",
		"Nothing to do. If it cannot be delivered in the end, another message will say so."},
	{b.ReasonDelivered, b.None, "", "", "", "",
		"The message was delivered, or handed on to a server or list that sends no further reports.",
		"Nothing to do."},
	{b.ReasonAutoReply, b.None, "", "", "", "",
		"An automatic reply, such as an out-of-office note. The message arrived.",
		"Nothing to do. Read it if you wait for an answer: it may name a deputy or a date."},
	{b.ReasonChallenged, b.None, "", "", "", "",
		"The contact's mail system wants you to confirm that you are a person before it hands the message over.",
		"Follow the instructions in the message if you want it to be delivered."},
	{b.ReasonNotABounce, b.None, "", "", "", "",
		"This message does not say anything about the delivery of another one.",
		"Nothing to do."},
}
