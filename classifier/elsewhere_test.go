package classifier

import (
	"testing"

	"bouncehound"
)

// TestOtherHostsAreNoDomains: a host that was not found is held against the domain
// of the recipient only where it is that domain.
func TestOtherHostsAreNoDomains(t *testing.T) {
	c := newBuiltin(t)
	const postfix = "Host or domain name not found. Name service error for name=gone.example.org type=A: Host not found"
	const sendmail = "550 5.1.2 <jo@example.net>... Host unknown (Name server: gone.example.org.: host not found)"
	for _, test := range []struct {
		name, address, final, status, diagnostic string
		want                                     bouncehound.Reason
	}{
		{"the domain itself", "jo@gone.example.org", "", "5.4.4", postfix, bouncehound.DomainNotFound},
		{"in other letters", "jo@GONE.Example.org.", "", "5.4.4", postfix, bouncehound.DomainNotFound},
		{"the domain behind an alias", "team@example.net", "jo@gone.example.org", "5.4.4", postfix, bouncehound.DomainNotFound},
		{"the MX of the domain", "jo@example.net", "", "5.4.4", postfix, bouncehound.DomainUnreachable},
		{"a server below the domain", "jo@example.org", "", "5.4.4", postfix, bouncehound.DomainUnreachable},
		{"with a code that says more", "jo@example.net", "", "5.1.2", postfix, bouncehound.DomainUnreachable},
		{"nobody is known", "", "", "5.4.4", postfix, bouncehound.DomainNotFound},
		{"Sendmail, the MX", "jo@example.net", "", "5.1.2", sendmail, bouncehound.DomainUnreachable},
		{"Sendmail, only the text names the recipient", "", "", "5.1.2", sendmail, bouncehound.DomainUnreachable},
		{"Sendmail, the domain", "jo@gone.example.org", "", "5.1.2", sendmail, bouncehound.DomainNotFound},
		{"perhaps the same in its other spelling", "jo@bücher.example", "", "5.4.4",
			"Host or domain name not found. Name service error for name=xn--bcher-kva.example type=AAAA: Host not found", bouncehound.DomainNotFound},
		{"no name after all", "jo@example.net", "", "5.4.4", "Host not found. Name service error for name=", bouncehound.DomainNotFound},
	} {
		rec := bouncehound.Recipient{Action: bouncehound.Failed, Address: test.address, Final: test.final, Status: test.status, Diagnostic: test.diagnostic}
		if v := c.Classify(rec); v.Reason != test.want {
			t.Errorf("%s: %s by %s, want %s", test.name, v.Reason, v.Rule, test.want)
		}
	}
}

// TestNothingOfTheMomentIsHard: a state that may pass is not held against an
// address, nor words about a server, a message or a limit.
func TestNothingOfTheMomentIsHard(t *testing.T) {
	c := newBuiltin(t)
	for _, line := range []string{
		"550 5.2.1 mailbox temporarily disabled, try again later",
		"550 5.2.1 <jo@example.net>: mailbox temporarily locked",
		"450 4.2.1 mailbox locked",
		"421 account suspended",
		"450 account disabled",
		"550 recipient is not available right now",
		"550 recipient unavailable, try again in 5 minutes",
		"550 mailbox unavailable; greylisted",
		"451 4.3.0 user unknown in database lookup, temporary failure",
		"550 5.1.1 unable to verify user at this time",
		"550 5.1.1 too many unknown users from your IP",
		"550 5.1.1 sender not permitted",
		"550 5.1.3 sender address syntax",
		"553 5.1.3 From: header is not a valid address",
		"550 invalid address: Reply-To header",
		"550 the account used to send this message is disabled",
		"554 the SMTP user account has expired",
		"550 Account disabled: quota exceeded",
		"550 5.7.1 this service has been discontinued",
		"550 SMTP service no longer available on this port",
		"550 message has been removed",
		"550 mail server has moved to a new address",
		"550 IP has been replaced by policy",
		"550 5.7.1 listed at an rbl, host not found",
		"550 the mailbox owner has disabled external mail",
		"550 user does not exist in the list of permitted posters",
		"550 5.2.2 mailbox full, account inactive",
		"550 IP address not found in DNS",
		"450 mailbox not found, still provisioning",
		"550 5.1.1 temporarily rejected",
		"550 Absender Konto gesperrt",
		"550 Ihr Konto ist gesperrt",
		"550 nicht mehr aktiv: Ihr Zertifikat",
		"550 Postfach vorübergehend gesperrt, versuchen Sie es später noch einmal",
		"550 Utilisateur inconnu pour l'authentification",
		"550 La cuenta del remitente está suspendida",
		"550 发件人地址不存在",
		"550 发件人域名不存在",
		"550 送信元ドメインが存在しません",
		"550 발신자 주소를 찾을 수 없습니다",
		"550 адрес отправителя не найден",
		"550 почтовый ящик временно заблокирован",
	} {
		if v := c.Explain(line); v.Class == bouncehound.Hard {
			t.Errorf("%s by %s on %q: %s", v.Reason, v.Rule, v.Matched, line)
		}
	}
	for _, line := range []string{
		"550 5.2.1 mailbox disabled",
		"450 4.1.1 <jo@example.net>: Recipient address rejected: unverified address: user unknown",
		"550 5.2.0 account temporarily suspended, subscriber has not paid",
		"550 5.1.3 bad recipient address syntax",
		"550 the user has moved to another address",
	} {
		if v := c.Explain(line); v.Class != bouncehound.Hard {
			t.Errorf("%s by %s on %q: %s", v.Reason, v.Rule, v.Matched, line)
		}
	}
}
