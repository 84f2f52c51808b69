package parser

import (
	"testing"

	"bouncehound"
)

// TestNearWild reads what is near the reports of testdata/prose, testdata/james, testdata/pec and testdata/mailman and
// isn't one: nobody is blamed for it.
func TestNearWild(t *testing.T) {
	const daemon = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: jo@example.org\n"
	const robot = "Return-Path: <>\nFrom: Majordomo <majordomo@lists.example.org>\nTo: jo@example.org\n"
	const mdn = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was automatically rejected by a rule of mine.\n\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; lena@example.com\nDisposition: "
	for _, c := range []struct{ name, in string }{
		{"a rule of the house, in Finnish", daemon + "Subject: Uusi käytäntö\nContent-Type: text/plain; charset=utf-8\n\nExe-liitteet palautetaan (550 5.7.1) maanantaista alkaen. Kysymykset: lena@example.org.\n"},
		{"refusals of a day, in Estonian", daemon + "Subject: Päeva kokkuvõte\nContent-Type: text/plain; charset=utf-8\n\n550 5.1.1 lena@example.com\n\nvastused: omar@example.net\n"},
		{"a mailbox that its user should empty", daemon + "Subject: Quota\n\nThe mailbox lena@example.org is full. Please delete letters.\n"},
		{"an account that was closed, told to its keeper", daemon + "Subject: Account report\n\nlena@example.org has been closed on request. omar@example.org is inactive.\n"},
		{"a letter that went on without its file", daemon + "Subject: {Virus?} in your letter\n\nA file in it was blocked. The rest went on.\n\nFrom: jo@example.org\nTo: lena@example.com\nSubject: Prices\n"},
		{"a keeper answers about James", "Return-Path: <postmaster@example.net>\nFrom: Postmaster <postmaster@example.net>\nTo: jo@example.org\nSubject: Re: Your order\n\nHi. This is the James mail server at mx.example.com. That is what it writes when it fails:\n\nFailed recipient(s):\nlena@example.com\n\nError message:\n550 none\n"},
		{"the quotation of James in a reply", "Return-Path: <>\nFrom: Postmaster <postmaster@example.net>\nTo: jo@example.org\nUser-Agent: Thunderbird\nSubject: Re: Your order\n\nHi. This is the James mail server at mx.example.com.\n\nFailed recipient(s):\nlena@example.com\n"},
		{"read, says the receipt", daemon + "Subject: Receipt\n" + mdn + "manual-action/MDN-sent-manually; displayed\n--b--\n"},
		{"deleted by hand, says the receipt", daemon + "Subject: Receipt\n" + mdn + "manual-action/MDN-sent-automatically; deleted\n--b--\n"},
		{"a person's receipt", "Return-Path: <lena@example.com>\nFrom: lena@example.com\nTo: jo@example.org\nSubject: Receipt\n" + mdn + "automatic-action/MDN-sent-automatically; deleted\n--b--\n"},
		{"a subscription", robot + "Subject: Subscription rejected\n\nYour subscription to tea-talk@lists.example.org was refused: only members may post invitations.\n"},
		{"a posting that waits", robot + "Subject: Your message awaits approval\n\nYour message to tea-talk@lists.example.org awaits the approval of its moderator.\n"},
		{"a welcome", robot + "Subject: Welcome to tea-talk\n\nWelcome. Write to tea-talk@lists.example.org. Non-members are not allowed to do so.\n"},
		{"a posting about refusals", robot + "List-Id: <tea-talk.lists.example.org>\nSubject: [tea-talk] Your message was rejected?\n\nYour message was rejected by lena@lists.example.org, I read.\n"},
		{"a reply to a robot", "Return-Path: <>\nFrom: Majordomo <majordomo@lists.example.org>\nTo: jo@example.org\nSubject: Re: Your message was rejected\n\nPosting is only allowed to members of tea-talk@lists.example.org.\n"},
		{"certified mail was taken", "From: posta-certificata@pec.example\nTo: jo@example.org\nX-Ricevuta: accettazione\nSubject: ACCETTAZIONE: Prezzi\n\nil messaggio indirizzato a lena@pec.example (\"posta certificata\") con errore 550 nel titolo\n"},
		{"certified mail was not taken", "From: posta-certificata@pec.example\nTo: jo@example.org\nX-Ricevuta: non-accettazione\nSubject: AVVISO DI NON ACCETTAZIONE: Prezzi\n\nnel messaggio destinato a lena@pec.example e' stato rilevato un errore formale\n"},
		{"somebody passes on a notice of certified mail", "From: Omar <omar@example.net>\nTo: jo@example.org\nX-Ricevuta: errore-consegna\nSubject: I: AVVISO DI MANCATA CONSEGNA: Prezzi\n\ndestinato all'utente \"lena@pec.example\" e' stato rilevato un errore\n"},
		{"somebody passes on a report as a file", "Return-Path: <omar@example.net>\nFrom: Omar <omar@example.net>\nTo: jo@example.org\nSubject: Undeliverable\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThis came back, 550 for lena@example.com.\n\n--b\nContent-Type: application/octet-stream; name=\"report.eml\"\n\nFrom: MAILER-DAEMON@mx.example.com\nTo: omar@example.net\nSubject: failure notice\nMessage-ID: <1@mx.example.com>\n\n<lena@example.com>: 550 none\n\n--b--\n"},
		{"a forwarding was set up, in German", daemon + "Subject: Weiterleitung eingerichtet\nContent-Type: text/plain; charset=utf-8\n\nDie Weiterleitung an lena@example.com ist eingerichtet. Eine Kopie zu behalten ist nicht möglich.\n"},
		{"a posting to be approved", robot + "Subject: tea-talk: approval required\n\nA message from lena@example.com to tea-talk@lists.example.org needs your approval. Its writer is not authorized to post without it.\n"},
		{"a parcel, in Spanish", "Return-Path: <>\nFrom: Paquetes <aviso@correo.example>\nTo: jo@example.org\nSubject: Entrega fallida de su paquete\n\nSu paquete no ha sido entregado. Escriba a lena@correo.example (ref 550).\n"},
		{"what waits, in Finnish", daemon + "Subject: Viesti odottaa\n\nViesti vastaanottajalle lena@example.com odottaa.\n\n451 4.7.1 odota\n"},
		{"people who help, numbered", daemon + "Subject: Undeliverable\n\nYour letter was not sent on. Please write to one of these for assistance:\n\n1. lena@example.com\n2. omar@example.net\n"},
	} {
		for _, rec := range Parse([]byte(c.in)).Recipients {
			if rec.Action == bouncehound.Failed || rec.Action == bouncehound.Delayed || rec.Action == bouncehound.Complained {
				t.Errorf("%s: %s %s", c.name, rec.Action, rec.Address)
			}
		}
	}
}
