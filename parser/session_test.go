package parser

import "testing"

// TestProgramOutput: what the program for local mail printed is the cause; sendmail's
// conclusion below only says that it failed.
func TestProgramOutput(t *testing.T) {
	for _, c := range []struct{ name, transcript, want string }{
		{"of mail.local", "mail.local: unknown user: lena\n554 <lena@example.com>... Service unavailable\n",
			"mail.local: unknown user: lena: 554 <lena@example.com>... Service unavailable"},
		{"of two lines", "vacation: no such file\n  or directory\n554 5.3.0 unknown mailer error 1\n",
			"vacation: no such file or directory: 554 5.3.0 unknown mailer error 1"},
		{"none", "554 5.0.0 Service unavailable\n", "554 5.0.0 Service unavailable"},
		{"said by a server", "... while talking to mx.example.com.:\n>>> RCPT To:<lena@example.com>\n<<< 550 no such user\n554 5.0.0 Service unavailable\n", "550 no such user"},
		{"before another conclusion", "lena: as written\n550 5.1.1 <lena@example.com>... User unknown\n", "550 5.1.1 <lena@example.com>... User unknown"},
	} {
		raw := "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: Service unavailable\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" +
			"   ----- The following addresses had permanent fatal errors -----\n<lena@example.com>\n\n   ----- Transcript of session follows -----\n" + c.transcript +
			"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: RFC822; lena@example.com\nAction: failed\nStatus: 5.5.0\n\n--b--\n"
		got := Parse([]byte(raw)).Recipients
		if len(got) != 1 || got[0].Diagnostic != c.want {
			t.Errorf("%s: got %+v, want %q", c.name, got, c.want)
		}
	}
}
