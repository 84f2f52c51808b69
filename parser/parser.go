// Package parser reads bounce messages into reports: facts only, no judgement.
//
// A message is taken apart once (message.go, split.go) and then shown to an
// ordered list of formats, of which the first to know it answers. What every
// answer needs is done for all of them here: addresses are unwrapped, the most
// specific codes are taken, the original message is read.
//
// Charsets are go-message's. Its walk is not used: it ends at a boundary that is
// broken or missing and at a header line that is none, which reports cut short on
// their way are full of, it decodes every part, of which a report needs two, and it
// gives a part's text once, where many formats look at it.
package parser

import (
	"strings"

	"bouncehound"
)

// Options say what to look for besides the report itself. The zero value is of use.
type Options struct {
	Capture []string // header fields of the returned message to keep in Original.Headers, named so
	VERP    string   // the sender's envelope address with a place marked: "bounce+{token}@example.com". There is the recipient, or a key, which is kept in Original.Headers as "verp"
}

// Parse reads one raw message without options. It never fails: whatever the message is,
// what can be read of it is in the report and what cannot is in its notes. A
// report without recipients says nothing about delivery.
func Parse(raw []byte) bouncehound.Report { return Options{}.Parse(raw) }

// Parse reads one raw message, as [Parse] does.
func (o Options) Parse(raw []byte) bouncehound.Report {
	m := readMessage(raw)
	var r bouncehound.Report
	for i := range formats {
		if answer := formats[i].read(m); answer != nil {
			r = *answer
			if r.Format == "" {
				r.Format = formats[i].name
			}
			break
		}
	}
	if r.Format == "" && o.VERP != "" && m.looksLikeReport() && m.like == surely {
		r = m.toldByVERP(o.VERP)
	}
	if r.Format == "" {
		r.Unread = m.looksLikeReport() && m.like >= likely || m.like > 0 && tellsFailure(m.text())
	}
	r.MessageID = messageID(m.header().get("Message-ID"))
	r.Received = receivedDate(m.header().get("Received"))
	r.Date, _ = readDate(m.header().get("Date"))
	if r.Format != "" || r.Unread {
		r.Original = m.original(o.Capture)
		if o.VERP != "" {
			m.captureKey(&r.Original, o.VERP)
		}
	}
	m.settle(&r, o)
	r.Notes = append(m.notes, r.Notes...)
	m.release()
	return r
}

// A format is one way in which mail systems speak of delivery.
type format struct {
	name string
	// read returns what m says, or nil if m is not in this format.
	read func(m *message) *bouncehound.Report
}

// formats in the order they are tried: first what names its kind by structure,
// then the narrow formats, which may call on a broader one and mend its answer,
// then the standard, then text by known programs, then guesses at prose.
var formats = []format{
	{"challenge", readChallenge},
	{"arf", readARF},
	{"feedback", readFeedback},
	{"mdn", readMDN},
	{"ses", readSES},
	{"notice", readNotice},
	{"pec", readPEC},
	{"exchange", readExchange},
	{"mdaemon", readMDaemon},
	{"zoho", readZoho},
	{"ecelerity", readEcelerity},
	{"communigate", readCommuniGate},
	{"gmail", readGmail},
	{"exim", readExim},
	{"opensmtpd", readOpenSMTPD},
	{"courier", readCourier},
	{"dsn", readDSN},
	{"qmail", readQmail},
	{"yahoo", readYahoo},
	{"messagelabs", readMessageLabs},
	{"postfix", readPostfix},
	{"groupwise", readGroupWise},
	{"sendmail", readSendmail},
	{"dma", readDMA},
	{"exchange5", readExchange5},
	{"domino", readDomino},
	{"imail", readIMail},
	{"mailmarshal", readMailMarshal},
	{"interscan", readInterScan},
	{"amavis", readAmavis},
	{"powermta", readPowerMTA},
	{"hmailserver", readHMailServer},
	{"smartermail", readSmarterMail},
	{"mailenable", readMailEnable},
	{"kddi", readKDDI},
	{"listmanager", readListManager},
	{"autoreply", readAutoReply},
	{"prose", readProse},
}

// settle does for the recipients of every format what none should have to do
// itself: one line of diagnostic, codes, unwrapped addresses, no recipient twice.
func (m *message) settle(r *bouncehound.Report, o Options) {
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		rec.Address, rec.Final = unwrapAddress(rec.Address), unwrapAddress(rec.Final)
		settleCodes(rec)
	}
	if len(r.Recipients) == 1 && (r.Recipients[0].Action == bouncehound.Failed || r.Recipients[0].Action == bouncehound.Delayed) && saysNothing(r.Recipients[0].Diagnostic) {
		m.findReply(&r.Recipients[0])
		m.findGmailSentence(&r.Recipients[0])
		settleCodes(&r.Recipients[0])
	}
	for i := range r.Recipients {
		r.Recipients[i].RemoteMTA = hostName(r.Recipients[i].RemoteMTA)
	}
	withoutOthersReplies(r.Recipients)
	if kept := m.withoutCutShort(r.Recipients); len(kept) < len(r.Recipients) {
		r.Recipients = kept
		if len(kept) == 0 {
			r.Format, r.Unread = "", true
		}
	}
	m.whoWasMeant(r, o)
	r.Recipients = withoutRepeats(r.Recipients)
	r.ReportingMTA = hostName(r.ReportingMTA)
}

// hostName returns a server's name without what is often put behind it: "mx.example.com
// [192.0.2.7]", "mx.example.com (192.0.2.7, the server for the domain …)".
func hostName(s string) string {
	s = oneLine(s, 255)
	if i := strings.IndexAny(s, " (["); i > 0 {
		s = s[:i]
	}
	return strings.TrimRight(s, ".,;:")
}
