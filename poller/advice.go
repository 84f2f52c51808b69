package poller

import (
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// An advice is what to do about an answer that holds a text, in any case of letters.
type advice struct{ text, hint string }

// adviceOn returns the hint of the first advice whose text is in the answer.
func adviceOn(answer string, list []advice) string {
	answer = strings.ToLower(answer)
	for _, a := range list {
		if strings.Contains(answer, strings.ToLower(a.text)) {
			return a.hint
		}
	}
	return ""
}

const (
	hintNoPasswords = `Exchange Online takes no passwords: use auth = "oauth2" with [mailbox.oauth2] provider = "microsoft"`
	hintConnections = "other clients hold the mailbox's connections, or idle = true does; the next poll tries again"
	hintAppPassword = `the account wants an app password (made in its security settings) in place of its own, or auth = "oauth2"`
)

// saidByIMAP are answers of the large providers' IMAP servers, whose codes say less
// than their texts.
var saidByIMAP = []advice{
	// QUIRK: Exchange Online lets anybody with a good token in, and says this to the
	// first command after it.
	{"authenticated but not connected", "the token is good, but its owner may not open this mailbox: run New-ServicePrincipal with the object id shown under Enterprise applications, " +
		"then Add-MailboxPermission for the mailbox in username, and see that IMAP is enabled for it (Get-CASMailbox); it may take an hour, and passes by itself if there were too many logins"},
	{"request is throttled", "the server has had too many requests of this account: poll less often; the next poll tries again"},
	{"basic authentication is disabled", hintNoPasswords},
	{"basicauthblocked", hintNoPasswords},
	{"application-specific password", hintAppPassword},
	{"app password", hintAppPassword},
	{"log in via your web browser", "the provider wants to see the account's owner: sign in with a browser once, and see that two-step verification is on"},
	{"web login required", "the provider wants to see the account's owner: sign in with a browser once, and see that two-step verification is on"},
	{"not enabled for imap", "switch IMAP on in the settings of the mailbox, or have its administrator do so"},
	{"imap access is disabled", "switch IMAP on in the settings of the mailbox, or have its administrator do so"},
	{"imap is disabled", "switch IMAP on in the settings of the mailbox, or have its administrator do so"},
	{"unsafe login", "the provider holds this client to be unsafe: see in its web mail that IMAP is on, and use an authorization code made there as the password"}, // QUIRK: NetEase
	{"too many simultaneous connections", hintConnections},
	{"maximum number of connections", hintConnections}, // QUIRK: Dovecot gives a code, proxies before it may not
	{"too many connections", hintConnections},
	{"connection limit", hintConnections},
	{"command or bandwidth limits", "the provider's limit for today is reached: poll less often, or set max_per_poll"},
}

// hintToken says what to do about a token that the IMAP server refused.
func (p *Poller) hintToken(err error) string {
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return ""
	}
	if hint := adviceOn(answer.Text, saidByIMAP); hint != "" {
		return hint
	}
	switch {
	case later(err):
		return hintAnswer("login", answer)
	case exchangeOnline(p.Mailbox.Host):
		return "the token is not good for this mailbox: check that username is the mailbox's address, that the permission is Office 365 Exchange Online's IMAP.AccessAsApp " +
			"(not Microsoft Graph's) with admin consent, that New-ServicePrincipal was run with the object id shown under Enterprise applications, and that IMAP is enabled for the mailbox"
	case strings.Contains(strings.ToLower(answer.Text), "invalid credentials"): // Gmail
		return "the token is not good for this mailbox: check that username is the address that gave its consent (or that the service account acts for), " +
			"that the scope is https://mail.google.com/, and that IMAP is switched on"
	}
	return "the server does not take this token for this user: check username, the scopes and that the token is meant for this server"
}

// later reports whether the server refuses for now, whoever asks. Such an answer says
// nothing of the credentials, which are not to be renewed or spared for it.
//
// QUIRK: Gmail, Yahoo and Exchange Online say so in words, with [ALERT] or no code at all.
func later(err error) bool {
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return true
	case imap.ResponseCodeAuthenticationFailed, imap.ResponseCodeAuthorizationFailed, imap.ResponseCodeExpired:
		return false
	}
	text := strings.ToLower(answer.Text)
	return slices.ContainsFunc(forNow, func(words string) bool { return strings.Contains(text, words) })
}

// forNow are words, in lower case, of those who refuse for now.
var forNow = []string{
	"authenticated but not connected", "request is throttled", "too many simultaneous connections", "maximum number of connections", "too many connections", "connection limit",
	"command or bandwidth limits", "rate limit", "try again later", "temporary", "temporarily", "server busy", "server error", "system error", "internal error",
}

// exchangeOnline reports whether a host:port is Microsoft's, in any of its clouds.
func exchangeOnline(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return false
	}
	for _, domain := range []string{"office365.com", "outlook.com", "office365.us", "partner.outlook.cn"} {
		if host = strings.ToLower(host); host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
