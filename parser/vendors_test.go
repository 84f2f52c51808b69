package parser

import (
	"fmt"
	"strings"
	"testing"

	"bouncehound"
)

// TestVendorWords reads reports that are in words only, or tell in words what their
// machine part does not, in shapes that testdata doesn't hold.
func TestVendorWords(t *testing.T) {
	for _, c := range []struct {
		name, header, body, format string
		want                       []string // action, address, final address, status, reply, diagnostic, server
	}{
		{"yahoo, the answer on the line", "Subject: Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<a@one.example>:\n554: 5.7.9: not for us\n[DATA]\n",
			"yahoo", []string{"failed a@one.example  5.7.9 554 [554: 5.7.9: not for us] "}},
		{"yahoo's older greeting", "Subject: Delivery failure", "Message from one.example.\nUnable to deliver message to the following address(es).\n\n<a@one.example>:\nThis user has no account [-9]\n\n--- Original message follows.\n\nReceived: x\nMessage-ID: <1@two.example>\nTo: else@one.example\n",
			"yahoo", []string{"failed a@one.example   0 [This user has no account [-9]] "}},
		{"qmail's kin", "Subject: failure notice", "Your mail message to the following address(es) could not be delivered.\n\n<a@one.example>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 nobody\nGiving up on 192.0.2.7.\n",
			"qmail", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 nobody] 192.0.2.7"}},
		{"interscan", "From: IMSVA <imss@two.example>\nSubject: Mail could not be delivered", "Sent <<< RCPT TO:<a@one.example>\nReceived >>> 550-5.1.1 not\nReceived >>> 550 5.1.1 here\nSent <<< RCPT TO:<b@one.example>\nReceived >>> 250 ok\n",
			"interscan", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 not here] "}},
		{"interscan by its name", "From: InterScan MSS <x@two.example>\nSubject: Mail could not be delivered", "Sent <<< RCPT TO:<a@one.example>\nReceived >>> 550-5.1.1 not\nReceived >>> 550 5.1.1 here\nSent <<< RCPT TO:<b@one.example>\nReceived >>> 250 ok\n",
			"interscan", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 not here] "}},
		{"mdaemon warns", "From: MDaemon@two.example\nSubject: Transient Delivery Failure", "The attached message had TRANSIENT non-fatal delivery errors!\n\nFailed address: a@one.example\n\n--- Session Transcript ---\n Mon 2026-07-20 09:30:10: --> RCPT To:<a@one.example>\n Mon 2026-07-20 09:30:11: <-- 451 4.3.0 not now\n--- End Transcript ---\n",
			"mdaemon", []string{"delayed a@one.example  4.3.0 451 [451 4.3.0 not now] "}},
		{"mdaemon, two with answers of their own", "X-MDDSN-Message: 1\nSubject: Permanent Delivery Failure", "Failed address: a@one.example\nFailed address: b@one.example\n\n--- Session Transcript ---\n x: --> RCPT To:<b@one.example>\n x: <-- 552 5.2.2 full\n x: --> RCPT To:<a@one.example>\n x: <-- 550 5.1.1 none\n",
			"mdaemon", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 none] ", "failed b@one.example  5.2.2 552 [552 5.2.2 full] "}},
		{"imail, a reply of several lines", "X-Mailer: <SMTP32 v9.23>\nSubject: Undeliverable Mail", "Save to: x\n\nTo: sender@two.example\n\nundeliverable to a@one.example\n\nBody of message generated response:\n550-5.7.1 seen\n550 5.7.1 and refused a@one.example\n\nOriginal message follows.\n\nUnknown user: c@one.example\n",
			"imail", []string{"failed a@one.example  5.7.1 550 [550 5.7.1 seen and refused a@one.example] "}},
		{"mailmarshal", "Content-Type: multipart/mixed; boundary=b\nSubject: Undeliverable Mail: \"x\"", "--b\n\nYour message:\n   From: x@two.example\n\nCould not be delivered because of\n\n552 5.2.2 full\n\nThe following recipients were affected: \n    a@one.example\n    b@one.example\n\nAdditional Information\nRemote-MTA: <mx.one.example>\nReporting-MTA: <relay.two.example>\n--b--\n",
			"mailmarshal", []string{"failed a@one.example  5.2.2 552 [552 5.2.2 full] mx.one.example", "failed b@one.example  5.2.2 552 [552 5.2.2 full] mx.one.example"}},
		{"domino in French, two recipients", "X-Mailer: Lotus Domino Release 9\nSubject: =?utf-8?q?=C3=89chec?=", "Votre message\n\n  Objet : x\n\nn'a pas été remis à :\n\n  a@one.example\n  b@one.example\n\nmotif :\n\n  Utilisateur inconnu\n",
			"domino", []string{"failed a@one.example   0 [Utilisateur inconnu] ", "failed b@one.example   0 [Utilisateur inconnu] "}},
		{"the gateway of Notes", "Subject: Undeliverable message", "------- Failure Reasons  --------\n\nNobody of that name\n<a@one.example>\n\n------- Returned Message --------\nReceived: x\nFrom: y@two.example\nMessage-ID: <1@two.example>\n",
			"domino", []string{"failed a@one.example   0 [Nobody of that name] "}},
		{"groupwise, in a post office", "Subject: Mail message undeliverable", "The message that you sent was undeliverable to the following:\n\tpo.LENA (user not found)\n\tx.y@one.example (mailbox full)\n\nPossibly truncated original message follows:\n\nReceived: x\nMessage-ID: <1@two.example>\nFrom: z@two.example\nTo: lena@one.example, other@one.example\n",
			"groupwise", []string{"failed lena@one.example   0 [user not found] ", "failed x.y@one.example   0 [mailbox full] "}},
		{"amavis", "From: \"Content-filter at two.example\" <postmaster@two.example>\nSubject: BANNED contents from you", "Our content checker found\n    banned name: x.exe\n\nin email presumably from you <x@two.example>\nto the following recipients:\n-> a@one.example\n-> <b@one.example>\n\nDelivery of the email was stopped!\n",
			"amavis", []string{"failed a@one.example   0 [Our content checker found banned name: x.exe] ", "failed b@one.example   0 [Our content checker found banned name: x.exe] "}},
		{"zoho, the code alone", "X-Mailer: Zoho Mail\nSubject: Undelivered Mail Returned to Sender", "a@one.example Invalid Domain, ERROR_CODE :550\n",
			"zoho", []string{"failed a@one.example   550 [550 Invalid Domain] "}},
		{"kddi", "From: no-reply@au.example\nSubject: Re-entry", "Your mail attempted to be delivered on: Thu, 21 May 2026 20:00:00 +0900\n\n    Could not be delivered to: <a@one.example>\n    As the remote domain doesnt exist.\n",
			"kddi", []string{"failed a@one.example   0 [As the remote domain doesnt exist.] "}},
		{"hmailserver", "Subject: Message undeliverable: x", "Your message did not reach some or all of the intended recipients.\n\nThe following recipient(s) could not be reached:\n\na@one.example\n   Error Type: SMTP\n   Remote server (192.0.2.7) issued an error.\n   hMailServer sent: .\n   Remote server replied: 554 5.7.1 no\n\nhMailServer\n",
			"hmailserver", []string{"failed a@one.example  5.7.1 554 [554 5.7.1 no] 192.0.2.7"}},
		{"smartermail, a reason of two lines", "Subject: Delivery Failure", "Could not deliver message to the following recipient(s):\n\nFailed Recipient: a@one.example\nReason: Remote host said: 550 5.1.1\nno one\n\nFailed Recipient: b@one.example\nReason: 4.4.7 gave up\n\n   -- The header and top 20 lines of the message follows --\n",
			"smartermail", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 no one] ", "failed b@one.example  4.4.7 0 [4.4.7 gave up] "}},
		{"mailenable", "Subject: Message Delivery Failure", "MailEnable: Message Delivery Failure.\n\n\tRecipient: [SMTP:a@one.example]\n\tReason:    full\n",
			"mailenable", []string{"failed a@one.example   0 [full] "}},
		{"mailenable still tries", "Subject: Message Delivery Delay", "MailEnable: Message Delivery Delayed.\n\n\tRecipient: [SMTP:a@one.example]\n\tReason:    421 busy\n",
			"mailenable", []string{"delayed a@one.example   421 [421 busy] "}},
		{"ecelerity, folded", "Subject: Mail Delivery Failure", "This message was created automatically by the mail system (ecelerity).\n\n>>> a@one.example (after end of data): 550 5.7.1\n    refused by all\n",
			"ecelerity", []string{"failed a@one.example  5.7.1 550 [550 5.7.1 refused by all] "}},
		{"communigate, two", "Subject: Undeliverable mail: x", "Failed to deliver to '<a@one.example>'\nSMTP module(domain one.example) reports:\n host mx.one.example says:\n 550 5.1.1 none\n\nFailed to deliver to 'b@one.example'\nLOCAL module(account b) reports:\n account is full\n",
			"communigate", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 none] mx.one.example", "failed b@one.example   0 [account is full] "}},
		{"a blind copy has its own reason", "Subject: failure notice", "These did not get it:\n\n<a@one.example>:\n550 5.1.1 none\n\n<b@one.example>:\n552 5.2.2 full\n\nwriter.of.this@two.example\nyours truly\n\n--- Below this line is a copy of the message.\n\nReceived: x\nMessage-ID: <1@two.example>\nFrom: sender@two.example\nTo: a@one.example\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 none] ", "failed b@one.example  5.2.2 552 [552 5.2.2 full] "}},
		{"a reason in the next paragraph", "Subject: Undeliverable", "Your message was not delivered to a@one.example for the following reason:\n\nThe box is full.\n\nYours, b@two.example\n",
			"prose", []string{"failed a@one.example   0 [Your message was not delivered to a@one.example for the following reason: The box is full.] "}},
		{"gmail in one paragraph", "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: a@one.example\nSubject: Delivery Status Notification (Failure)", "Delivery to the following recipient failed permanently:\n\n     a@one.example\n\nTechnical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain one.example by mx.one.example. [192.0.2.7]. The error that the other server returned was: 550 550 5.1.1 none (state 14).\n",
			"gmail", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 none] mx.one.example"}},
		{"gmail still tries", "From: Mail Delivery Subsystem <mailer-daemon@google.com>\nX-Failed-Recipients: a@one.example, b@one.example\nSubject: Delivery Status Notification (Delay)", "THIS IS A WARNING MESSAGE ONLY.\n\nMessage will be retried for 2 more day(s)\n\nTechnical details of temporary failure: \nNobody answers.\n[one.example 192.0.2.7: socket error]\n\n----- Original message -----\n",
			"gmail", []string{"delayed a@one.example   0 [Nobody answers. [one.example 192.0.2.7: socket error]] ", "delayed b@one.example   0 [Nobody answers. [one.example 192.0.2.7: socket error]] "}},
		{"the letter was about a delay", "Subject: Undeliverable: Your parcel is delayed", "Your message did not get through.\n\nSubject: Your parcel is delayed\n\n<a@one.example>: nobody here\n\n--- Original message ---\nReceived: x\nMessage-ID: <1@two.example>\nFrom: sender@two.example\nSubject: Your parcel is delayed\n",
			"prose", []string{"failed a@one.example   0 [nobody here] "}},
		{"a refusal is no delay", "Subject: failure notice", "Your message did not get through.\nIn our list of words: we will retry your message.\n\n<a@one.example>: 550 5.1.1 nobody here\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 nobody here] "}},
		{"exchange delays, in words only", "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@two.example>\nSubject: =?utf-8?q?Zustellung_verz=C3=B6gert=3A_Tee?=", "Die Zustellung dauert an:\n\na@one.example\n\nDiagnoseinformationen:\n\nServer: mx.two.example\n\na@one.example\nRemote Server returned '400 4.4.7 Message delayed'\n",
			"exchange", []string{"delayed a@one.example  4.4.7 400 [400 4.4.7 Message delayed] "}},
		{"reasons below labels", "Subject: Delivery Notification: Delivery has failed", "Your message cannot be delivered to the following recipients:\n\n  Recipient address: a@one.example\n  Reason: refused\n  Diagnostic code: smtp;550 5.1.1 none\n\n  Recipient address: b@one.example\n  Reason: Over quota\n\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [Reason: refused Diagnostic code: smtp;550 5.1.1 none] ", "failed b@one.example   0 [Reason: Over quota] "}},
		{"the subject is no reason", "Subject: Delivery failure", "Not delivered.\n\nRecipient: a@one.example\nSubject: user unknown? mailbox full!\nReason: 451 4.7.0 no TLS\n",
			"prose", []string{"failed a@one.example  4.7.0 451 [Reason: 451 4.7.0 no TLS] "}},
		{"nor is it in a paragraph", "Subject: Delivery failure", "Your message could not be delivered to a@one.example.\nSubject: our mailbox is full\n",
			"prose", []string{"failed a@one.example   0 [Your message could not be delivered to a@one.example.] "}},
		{"a blind copy below a label", "Subject: Delivery failure", "The delivery failed:\n\nRecipient: a@one.example\nReason: 550 5.1.1 none\n\nRecipient: b@one.example\nReason: mailbox is full\n\n--- Original message ---\nReceived: x\nMessage-ID: <1@two.example>\nFrom: sender@two.example\nTo: a@one.example\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [Reason: 550 5.1.1 none] ", "failed b@one.example   0 [Reason: mailbox is full] "}},
		{"a transcript tells two apart", "Subject: Returned Mail", "The following recipients did not receive this message:\n\n    <a@one.example>\n    <b@one.example>\n\n>>> RCPT TO:<a@one.example>\n<<< 550 5.1.1 none\n>>> RCPT TO:<b@one.example>\n<<< 552 5.2.2 full\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [550 5.1.1 none] ", "failed b@one.example  5.2.2 552 [552 5.2.2 full] "}},
		{"one reason for two, told once", "Subject: Undelivered", "Your message could not be delivered to:\n\n<a@one.example>\n<b@one.example>\n\nThe server answered:\n\n554 5.7.1 refused by all\n",
			"prose", []string{"failed a@one.example  5.7.1 554 [554 5.7.1 refused by all] ", "failed b@one.example  5.7.1 554 [554 5.7.1 refused by all] "}},
		{"powermta", "Subject: Delivery report", "Hello, this is the mail server on pmta.example.\n\n<a@one.example> delivered successfully\n<b@one.example> delivery delayed; will try again\n<c@one.example> delivery failed; will not continue trying\n<d@one.example> relayed\n",
			"powermta", []string{"delivered a@one.example   0 [] ", "delayed b@one.example   0 [] ", "failed c@one.example   0 [] ", "relayed d@one.example   0 [] "}},
		{"one of two got it", "Subject: Undeliverable", "Your message was delivered to a@one.example, but could not be delivered to b@one.example: unknown user.\n",
			"prose", []string{"failed b@one.example   0 [Your message was delivered to a@one.example, but could not be delivered to b@one.example: unknown user.] "}},
		{"not yahoo's", "Subject: Mail Delivery Failure", "I was unable to deliver your message to the following addresses:\n\na@one.example\nb@one.example\n\nReason: 550 5.1.1 none\n",
			"prose", []string{"failed a@one.example  5.1.1 550 [Reason: 550 5.1.1 none] ", "failed b@one.example  5.1.1 550 [Reason: 550 5.1.1 none] "}},
		{"postfix only warns", "Subject: Delayed Mail (still being retried)", "This is the mail system at host two.example.\n\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n\n<a@one.example>: connect to mx.one.example: Connection timed out\n",
			"postfix", []string{"delayed a@one.example   0 [connect to mx.one.example: Connection timed out] "}},
	} {
		r := Parse([]byte("Return-Path: <>\nFrom: Mailer <mailer-daemon@two.example>\nTo: sender@two.example\n" + c.header + "\n\n" + c.body))
		if strings.Contains(c.header, "From: ") { // the header's own
			r = Parse([]byte("Return-Path: <>\nTo: sender@two.example\n" + c.header + "\n\n" + c.body))
		}
		var got []string
		for _, rec := range r.Recipients {
			got = append(got, fmt.Sprintf("%s %s %s %s %d [%s] %s", rec.Action, rec.Address, rec.Final, rec.Status, rec.Reply, rec.Diagnostic, rec.RemoteMTA))
		}
		if r.Format != c.format || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %s\n%s\nwant %s\n%s", c.name, r.Format, strings.Join(got, "\n"), c.format, strings.Join(c.want, "\n"))
		}
	}
}

// TestVendorsKeepToTheirOwn shows each reader what persons write with the same words, and
// copies that are for others than the sender.
func TestVendorsKeepToTheirOwn(t *testing.T) {
	for _, body := range []string{
		"Sorry, we were unable to deliver your message to the following address.\n\n<a@one.example>:\n550 none\n",
		"Failed Recipient: a@one.example\nReason: 550 none\n",
		"The message that you sent was undeliverable to the following:\n\ta@one.example (user not found)\n",
		"Your mail sent on: Monday\n\n    Could not be delivered to: <a@one.example>\n",
		"Failed to deliver to 'a@one.example'\nSMTP module(x) reports:\n 550 none\n",
		"a@one.example, ERROR CODE :550 - none\n",
		"Undeliverable to a@one.example\n",
		"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered. The following address(es) failed:\n\n  a@one.example\n    550 none\n",
		"This is the mail system at host two.example.\n\n<a@one.example>: host mx.one.example said: 550 5.1.1 none\n",
		"Hi. This is the qmail-send program at two.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<a@one.example>:\n550 none\n",
		"   ----- The following addresses had permanent fatal errors -----\n<a@one.example>\n\n   ----- Transcript of session follows -----\n550 5.1.1 <a@one.example>... User unknown\n",
	} {
		for _, header := range []string{"Subject: Fw: is that yours?\nIn-Reply-To: <1@two.example>", "Subject: the parcel\nReturn-Path: <person@two.example>\nUser-Agent: Thunderbird", "Subject: Undeliverable mail: returned to sender"} {
			r := Parse([]byte("From: Person <person@two.example>\nTo: sender@three.example\n" + header + "\n\nLook what I got:\n\n" + body))
			if r.Understood() {
				t.Errorf("%q: %s %+v", body, r.Format, r.Recipients)
			}
			r = Parse([]byte("From: Person <person@two.example>\nTo: sender@three.example\n" + header + "\n\n" + body))
			if r.Understood() {
				t.Errorf("%q, nothing before it: %s %+v", body, r.Format, r.Recipients)
			}
		}
	}
	confirmed := "Return-Path: <>\nFrom: Postmaster@two.example\nX-Mailer: Lotus Domino Release 9\nSubject: DELIVERED: x\n\nYour message\n\n  Subject: x\n\nwas delivered to:\n\n  a@one.example\n\nat 10:00\n"
	if r := Parse([]byte(confirmed)); r.Understood() {
		t.Errorf("a confirmation: %s %+v", r.Format, r.Recipients)
	}
	virus := "From: \"Content-filter at two.example\" <postmaster@two.example>\nTo: postmaster@two.example\nSubject: VIRUS in mail TO YOU\n\nOur content checker found a virus in an email to you from <x@three.example>.\nDelivery of the email was stopped!\n-> a@one.example\n"
	if r := Parse([]byte(virus)); r.Understood() {
		t.Errorf("a notice for the recipient: %+v", r.Recipients)
	}
}

// TestNotificationsNameTheirMail takes the original message from where SES tells of it.
func TestNotificationsNameTheirMail(t *testing.T) {
	for _, c := range []struct{ mail, messageID, subject, contact string }{
		{`"headers":[{"name":"Message-ID","value":"<1@two.example>"},{"name":"Subject","value":"=?utf-8?q?Gr=C3=BC=C3=9Fe?="},{"name":"X-Contact-Id","value":"42"}]`, "<1@two.example>", "Grüße", "42"},
		{`"commonHeaders":{"messageId":"<2@two.example>","subject":"Tea","from":["a@two.example"],"to":["b@one.example"]}`, "<2@two.example>", "Tea", ""},
		{`"source":"a@two.example"`, "", "", ""},
	} {
		raw := "From: AWS Notifications <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message\n\n" +
			`{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"b@one.example","diagnosticCode":"smtp; 550 none"}]},"mail":{` + c.mail + "}}\n"
		r := Options{Capture: []string{"X-Contact-Id"}}.Parse([]byte(raw))
		if len(r.Recipients) != 1 || r.Recipients[0].Action != bouncehound.Failed || r.Original.MessageID != c.messageID || r.Original.Subject != c.subject || r.Original.Headers["X-Contact-Id"] != c.contact {
			t.Errorf("%s: %+v", c.mail, r)
		}
	}
}
