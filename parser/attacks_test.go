package parser

import (
	"fmt"
	"strings"
	"testing"
)

const machine = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"

// TestAttacks reads odd, forged and broken mail. want lists action, recipient, final
// recipient (after ">"), status and reply of each recipient.
func TestAttacks(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		// Mail that is no report, or names others.
		{"a person called Postmaster", "From: Postmaster Omar <omar@example.net>\nSubject: Mail problems\n\nMails to lena@example.com could not be delivered; check ines@example.com too.\n", ""},
		{"a desk called Delivery System", "Return-Path: <>\nFrom: \"Delivery System Support\" <tickets@example.com>\nSubject: Ticket 550 opened\n\nYou cannot answer this mail. lena@example.com is responsible.\n", ""},
		{"an administrator writes", "From: System Administrator <it@example.com>\nSubject: maintenance\n\nMails to info@example.com cannot be received on Sunday.\n", ""},
		{"an administrator's program reports", "From: System Administrator <it@example.com>\nSubject: Undeliverable: Invoice\n\nlena@example.com: 550 5.1.1 no such user\n", "failed lena@example.com 5.1.1 550"},
		{"a desk that quotes a report to the null sender's honour", "Return-Path: <>\nFrom: desk@example.net\nSubject: [Ticket 7] we got it\n\nYou wrote:\n\nFinal-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.1.1\n", ""},
		{"a report sent to a list", "From: bob@example.net\nList-Id: <x.lists.example>\nSubject: look\n" + machine + "Final-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n", ""},
		{"a person's letter from a web mail", "Message-ID: <CAxyz@mail.gmail.com>\nFrom: omar@example.net\nSubject: Undeliverable: your invoice\n\nlena@example.com could not be reached: 550 5.1.1\n", ""},
		{"addresses in links", daemon + "\nYour message could not be delivered. See https://help.example.org/why?u=lena@example.com or mailto:desk@example.org; if you cannot,\nunsubscribe at www.x.example/?e=omar@example.net or http://x.example/u/ines%2B1@example.org.\n", ""},
		{"an address to ask", daemon + "\nYour message was rejected because of its content. For questions write to\n\nkundendienst@example.org\n\nRegards\n", ""},
		{"an address to ask, in a line", daemon + "\nYour message was refused by our filter. If you cannot make sense of that, contact beratung@example.org.\n", ""},
		{"our own address", daemon + "\nIt could not be delivered.\n\n--- Original message ---\nReceived: by x\nFrom: News <news@shop.example>\nTo: news@shop.example\nSubject: x\n", ""},
		{"the sender in a summary", daemon + "\nThe message\n  from: other@shop.example\n  to: lena@example.com\ncould not be delivered: 550 5.1.1 user unknown\n", "failed lena@example.com 5.1.1 550"},

		{"a sender whose name ends as the recipient's", daemon + "\nlena@example.com: 550 5.1.1 unknown\n\n--- Original message ---\nReceived: by x\nFrom: elena@example.com\nTo: lena@example.com\nSubject: x\n", "failed lena@example.com 5.1.1 550"},
		{"a sender who had a copy", daemon + "\nThe message of news@shop.example to lena@example.com was rejected.\n\n--- Original message ---\nReceived: by x\nFrom: news@shop.example\nTo: lena@example.com\nCc: news@shop.example\nSubject: x\n", "failed lena@example.com  0"},
		{"a sender signed with BATV who had a copy", daemon + "\nThe message of news@shop.example to lena@example.com was rejected.\n\n--- Original message ---\nReturn-Path: <prvs=0123456789=news@shop.example>\nFrom: Shop <shop@shop.example>\nTo: lena@example.com, news@shop.example\nSubject: x\n", "failed lena@example.com  0"},
		{"a complaint about a letter to ourselves", "From: fbl@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b\nContent-Type: message/rfc822\n\nFrom: news@shop.example\nTo: News <news@shop.example>\n\n--b--\n", ""},
		{"a vacation message from Exchange", "Return-Path: <>\nFrom: Lena <lena@example.com>\nX-MS-Exchange-Organization-SCL: -1\nSubject: Not here\n\nomar@example.com\n550 5.1.1 is my number\n", ""},
		{"a letter of the guild of postmasters", "From: postmasters-guild@example.net\nSubject: Dinner\n\nlena@example.com could not come: 550 5.1.1\n", ""},

		// Delays and successes.
		{"a success without a machine part", daemon + "\nThis is the mail system at host mx.example.org.\n\nYour message was successfully delivered to the destination(s)\nlisted below.\n\n<lena@example.com>: delivery via mx.example.com[192.0.2.1]:25: 250 2.0.0 Ok: queued as 4B1\n", "delivered lena@example.com 2.0.0 0"},
		{"a success of an unknown program", "From: MAILER-DAEMON@x.example\nSubject: Successful Mail Delivery Report\n\nYour message was successfully delivered to\n\n<lena@example.com>: 250 2.0.0 Ok: queued as 550\n", "delivered lena@example.com 2.0.0 0"},
		{"sendmail's success", "From: Mail Delivery Subsystem <MAILER-DAEMON@x.example>\nSubject: Return receipt\n\nThe original message was received at Thu, 5 Mar 2026 09:00:02 +0100\n\n   ----- The following addresses had successful delivery notifications -----\n<lena@example.com>  (successfully delivered to mailbox)\n\n   ----- Transcript of session follows -----\n<lena@example.com>... Successfully delivered\n", "delivered lena@example.com  0"},
		{"a success among failures", daemon + "\nYour message was successfully delivered to some recipients, but not to this one:\n\n<lena@example.com>: 550 5.1.1 unknown\n", "failed lena@example.com 5.1.1 550"},
		{"a delay in German", "From: MAILER-DAEMON@x.example\nSubject: Warnung: noch nicht zugestellt\n\nIhre Nachricht an lena@example.com konnte noch nicht zugestellt werden. Es wird weiter versucht.\n", "delayed lena@example.com  0"},
		{"a delay that fears for the worst", "From: MAILER-DAEMON@x.example\nSubject: Delivery Status Notification (Delay)\n\nThere was a temporary problem delivering your message to lena@example.com. We will retry for 46 more hours. You'll be notified if the delivery fails permanently.\n", "delayed lena@example.com  0"},
		{"a failure after delays", daemon + "\nDelivery to lena@example.com was delayed several times and is now abandoned: 550 5.1.1 no such user\n", "failed lena@example.com 5.1.1 550"},
		{"delayed and failed by headings", "From: MAILER-DAEMON@x.example\nSubject: Mail delivery problem\n\nThese addresses failed:\n\n<lena@example.com>: 550 5.1.1 unknown\n\nThese are delayed:\n\n<omar@example.com>: 452 4.2.2 full\n", "failed lena@example.com 5.1.1 550, delayed omar@example.com 4.2.2 452"},
		{"sendmail's two lists", "From: Mail Delivery Subsystem <MAILER-DAEMON@x.example>\nSubject: Returned mail: see transcript for details\n\n   ----- The following addresses had permanent fatal errors -----\n<lena@example.com>\n\n   ----- The following addresses had transient non-fatal errors -----\n<omar@example.com>\n\n   ----- Transcript of session follows -----\n550 5.1.1 <lena@example.com>... User unknown\n<omar@example.com>... Deferred: busy\n", "failed lena@example.com 5.1.1 550, delayed omar@example.com  0"},
		{"a consequence of the first refusal", daemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n----- Transcript of session follows -----\n... while talking to mx.example.com.:\n>>> RCPT To:<lena@example.com>\n<<< 550 5.1.1 no such user\n>>> DATA\n<<< 503 5.5.1 need RCPT\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.5.1\nDiagnostic-Code: smtp; 503 5.5.1 Valid RCPT command must precede DATA\n--b--\n", "failed lena@example.com 5.1.1 550"},
		{"a delivery that counts", daemon + machine + "Final-Recipient: rfc822; lena@example.com\nAction: delivered\nDiagnostic-Code: smtp; 250 2.1.5 ok; 550 in the queue\n--b--\n", "delivered lena@example.com 2.1.5 0"},

		// Broken reports.
		{"an action in another language", daemon + machine + "Final-Recipient: rfc822; lena@example.com\nAction: \xc3\xa9chec\nDiagnostic-Code: smtp; 550 5.1.1 no\n--b--\n", "failed lena@example.com 5.1.1 550"},
		{"indented fields", daemon + machine + "  Reporting-MTA: dns; mx.example.org\n\n  Final-Recipient: rfc822; lena@example.com\n  Action: failed\n  Status: 5.1.1\n\n--b--\n", "failed lena@example.com 5.1.1 0"},
		{"a wrong inner boundary", daemon + "Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/report; report-type=delivery-status; boundary=wrong\n\n--right\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.1.1\n\n--right\nContent-Type: message/rfc822\n\nTo: omar@example.net\n--right--\n--out--\n", "failed lena@example.com 5.1.1 0"},
		{"forwarded by a program", "From: MAILER-DAEMON@shop.example\nSubject: Fwd: Undelivered Mail\nContent-Type: multipart/mixed; boundary=out\n\n--out\n\n\n--out\nContent-Type: message/rfc822\n\n" + daemon + machine + "Final-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n--out--\n", "failed lena@example.com 5.1.1 0"},
		{"no empty line behind the header of a part", daemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\nReporting-MTA: dns; mx.example.net\nFinal-Recipient: rfc822; lena@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n", "failed lena@example.com 5.1.1 0"},
		{"spaces before colons", daemon + machine + "Final-Recipient : rfc822; lena@example.com\nAction : failed\nStatus\t: 5.1.1\n--b--\n", "failed lena@example.com 5.1.1 0"},
		{"a byte order mark", "\ufeff" + daemon + "\n<lena@example.com>: 550 5.1.1 unknown\n", "failed lena@example.com 5.1.1 550"},
		{"a machine part of octets", daemon + "Content-Type: multipart/mixed; boundary=out\n\n--out\n\nsee there\n--out\nContent-Type: application/octet-stream; name=details.txt\nContent-Transfer-Encoding: base64\n\nUmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlLm5ldA0KDQpGaW5hbC1SZWNpcGll\nbnQ6IHJmYzgyMjsgbGVuYUBleGFtcGxlLmNvbQ0KQWN0aW9uOiBmYWlsZWQNClN0YXR1\nczogNS4xLjENCg==\n--out--\n", "failed lena@example.com 5.1.1 0"},
		{"nobody named, but by the address it came to", "To: bounce+lena=example.com@shop.example\n" + daemon + "\nThe mailbox is full: 552 5.2.2 quota\n", "failed lena@example.com 5.2.2 552"},
		{"nobody named, a delay", "To: bounce+lena=example.com@shop.example\n" + daemon + "\nWarning message only: 452 4.2.2 quota\n", "delayed lena@example.com 4.2.2 452"},
		{"nobody named, and no report", "To: bounce+lena=example.com@shop.example\nFrom: omar@example.net\nSubject: hello\n\nIt failed.\n", ""},
		{"rows of a table", daemon + "Content-Type: text/html\n\n<html><table><tr><th>Recipient</th><th>Reason</th></tr><tr><td>lena@example.com</td><td>550 5.1.1 no such user</td></tr><tr><td>omar@example.com</td><td>552 5.2.2 full</td></tr></table></html>\n", "failed lena@example.com 5.1.1 550, failed omar@example.com 5.2.2 552"},
		{"two share a reason", daemon + "\n<lena@example.com>, <omar@example.com>:\n550 5.1.1 no such user\n", "failed lena@example.com 5.1.1 550, failed omar@example.com 5.1.1 550"},
		{"xtext all through", daemon + machine + "Original-Recipient: rfc822;lena+21a@example.com\nFinal-Recipient: rfc822; lena!a@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n", "failed lena!a@example.com 5.1.1 0"},
	} {
		got := ""
		for i, rec := range (Options{VERP: "bounce+{token}@shop.example"}).Parse([]byte(c.in)).Recipients {
			if i > 0 {
				got += ", "
			}
			address := rec.Address
			if rec.Final != "" {
				address += ">" + rec.Final
			}
			got += fmt.Sprintf("%s %s %s %d", rec.Action, address, rec.Status, rec.Reply)
		}
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}
