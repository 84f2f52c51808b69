package config

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Where tokens come from, and what for, if the configuration does not say:
// learn.microsoft.com, "Authenticate an IMAP, POP or SMTP connection using OAuth";
// developers.google.com, "OAuth 2.0 Mechanism".
const (
	microsoftAuthority = "https://login.microsoftonline.com"
	microsoftAppScope  = "https://outlook.office365.com/.default"
	microsoftUserScope = "https://outlook.office.com/IMAP.AccessAsUser.All"
	googleTokenURL     = "https://oauth2.googleapis.com/token"
	googleScope        = "https://mail.google.com/"
)

// Flows of OAuth2.
const (
	flowClient  = "client_credentials"
	flowRefresh = "refresh_token"
	flowDevice  = "device"
	flowAccount = "service_account"
	flowCommand = "command"
)

// An oauth2Table is [mailbox.oauth2] while it is read.
type oauth2Table struct {
	*table
	out                 OAuth2
	authority, tokenURL string
	deviceURL           string
	problems            int // of the document before this table
}

func readOAuth2(t *table, auth string) *OAuth2 {
	o := &oauth2Table{table: t.table("oauth2"), problems: len(t.doc.problems)}
	o.keys()
	o.done()
	present := len(o.asked) > 0 && slices.ContainsFunc(o.asked, o.set)
	switch {
	case auth != "oauth2" && present:
		t.wrong("oauth2", `set auth = "oauth2"`, "is without effect unless auth is \"oauth2\"")
		return nil
	case auth != "oauth2":
		return nil
	case !present:
		t.wrong("oauth2", "write [mailbox.oauth2] with provider and client_id, or token_command", "is missing")
		return nil
	}
	o.infer()
	if len(t.doc.problems) == o.problems { // else one mistake would bring others with it
		o.check()
		o.endpoints()
	}
	return &o.out
}

// keys reads every key, whatever the others say.
func (o *oauth2Table) keys() {
	out := &o.out
	o.choice("provider", &out.Provider, "microsoft", "google", "custom")
	o.choice("flow", &out.Flow, flowClient, flowRefresh, flowDevice, flowAccount)
	o.text("tenant", &out.Tenant)
	o.text("client_id", &out.ClientID)
	out.ClientSecret = o.secret("client_secret")
	o.date("client_secret_expires", &out.ClientSecretExpires)
	out.Certificate = o.secret("certificate")
	out.CertificateKey = o.secret("certificate_key")
	out.ServiceAccount = o.secret("service_account")
	out.RefreshToken = o.secret("refresh_token")
	out.Token = o.secret("token")
	o.url("authority", &o.authority)
	o.url("token_url", &o.tokenURL)
	o.url("device_url", &o.deviceURL)
	o.list("scopes", &out.Scopes)
}

// anySet says whether a key, or its _file or _command, is configured.
func (o *oauth2Table) anySet(key string) bool {
	return o.set(key) || o.set(key+"_file") || o.set(key+"_command")
}

// infer finds the flow where only one can be meant.
func (o *oauth2Table) infer() {
	out := &o.out
	switch {
	case out.Flow != "":
	case o.anySet("token"):
		out.Flow = flowCommand
	case o.anySet("service_account"):
		out.Flow = flowAccount
	case o.anySet("refresh_token"):
		out.Flow = flowRefresh
	case o.set("device_url"):
		out.Flow = flowDevice
	case out.Provider != "google" && (o.anySet("client_secret") || o.anySet("certificate")):
		out.Flow = flowClient
	case out.Provider == "google":
		o.wrong("flow", "", `set service_account_file (Workspace) or refresh_token_file`)
	default:
		o.wrong("flow", "", `set client_secret_file or certificate_file for "client_credentials", refresh_token_file for "refresh_token", or flow = "device" for bouncehound auth`)
	}
}

// uses are the keys that have an effect with a flow.
var uses = map[string][]string{
	flowClient:  {"client_id", "tenant", "authority", "token_url", "client_secret", "client_secret_expires", "certificate", "certificate_key", "scopes"},
	flowRefresh: {"client_id", "tenant", "authority", "token_url", "client_secret", "client_secret_expires", "certificate", "certificate_key", "scopes", "refresh_token"},
	flowDevice:  {"client_id", "tenant", "authority", "token_url", "client_secret", "client_secret_expires", "certificate", "certificate_key", "scopes", "device_url"},
	flowAccount: {"service_account", "token_url", "scopes"},
	flowCommand: {"token"},
}

// check holds what the flow and the provider need, and what they can't use.
func (o *oauth2Table) check() {
	out := &o.out
	for _, key := range o.asked {
		base := strings.TrimSuffix(strings.TrimSuffix(key, "_file"), "_command")
		general := key == "flow" || key == "provider" && out.Flow != flowCommand
		if o.set(key) && !general && !slices.Contains(uses[out.Flow], base) {
			o.wrong(key, "", "is without effect in the flow %q", out.Flow)
		}
	}
	if out.Flow == flowCommand {
		if out.Token.IsSet() && out.Token.from().value != "" {
			o.wrong("token", "set token_command or token_file", "would end within hours")
		}
		return
	}
	if out.Provider == "" {
		o.wrong("provider", `"microsoft", "google" or "custom"`, "is missing")
	}
	if out.Flow != flowAccount && out.ClientID == "" {
		o.wrong("client_id", "the id that the provider gave the application", "is missing")
	}
	if out.Flow == flowRefresh && !out.RefreshToken.IsSet() {
		o.wrong("refresh_token", "set refresh_token_file", "is missing")
	}
	if out.Flow == flowAccount && !out.ServiceAccount.IsSet() {
		o.wrong("service_account", "set service_account_file", "is missing")
	}
	o.checkClient()
	o.checkProvider()
}

// checkClient holds how the client proves who it is.
func (o *oauth2Table) checkClient() {
	out := &o.out
	switch secret, cert, key := out.ClientSecret.IsSet(), out.Certificate.IsSet(), out.CertificateKey.IsSet(); {
	case secret && (cert || key):
		o.wrong("client_secret", "", "and certificate_file exclude each other")
	case cert != key && cert:
		o.wrong("certificate_key", "set certificate_key_file", "is missing")
	case cert != key:
		o.wrong("certificate", "set certificate_file", "is missing")
	case out.Flow == flowClient && !secret && !cert:
		o.wrong("client_secret", "set client_secret_file, or certificate_file and certificate_key_file", "is missing")
	case !secret && o.set("client_secret_expires"):
		o.wrong("client_secret_expires", "a certificate says itself when it ends", "is without effect without client_secret")
	}
}

func (o *oauth2Table) checkProvider() {
	out := &o.out
	only := func(provider string, keys ...string) {
		for _, key := range keys {
			if out.Provider != provider && o.set(key) {
				o.wrong(key, "", "is for provider = %q", provider)
			}
		}
	}
	only("microsoft", "tenant", "authority")
	only("custom", "device_url")
	if out.Flow == flowAccount {
		only("google", "provider")
	}
	switch out.Provider {
	case "microsoft":
		if o.set("token_url") {
			o.wrong("token_url", "set authority", `is for the other providers`)
		}
		if strings.Trim(out.Tenant, nameChars) != "" {
			o.wrong("tenant", "", "must be the id or the domain of a tenant")
		}
		shared := slices.Contains([]string{"", "common", "organizations", "consumers"}, out.Tenant)
		if shared && out.Flow == flowClient {
			o.wrong("tenant", "the tenant's id or domain, as in contoso.onmicrosoft.com", "must be set in the flow %q", out.Flow)
		}
	case "google":
		if out.Flow == flowClient || out.Flow == flowDevice {
			o.wrong("flow", "use service_account_file (Workspace), refresh_token_file, or an app password", "Google gives no mail scope to the flow %q", out.Flow)
		}
	case "custom":
		if o.tokenURL == "" {
			o.wrong("token_url", "", "is missing")
		}
		if out.Flow == flowDevice && o.deviceURL == "" {
			o.wrong("device_url", "", "is missing")
		}
	}
}

// endpoints fills in what the provider is known for.
func (o *oauth2Table) endpoints() {
	out := &o.out
	out.TokenURL, out.DeviceURL = o.tokenURL, o.deviceURL
	var scopes []string
	switch out.Provider {
	case "microsoft":
		if o.authority == "" {
			o.authority = microsoftAuthority
		}
		if out.Tenant == "" {
			out.Tenant = "common"
		}
		base := strings.TrimRight(o.authority, "/") + "/" + out.Tenant + "/oauth2/v2.0"
		out.TokenURL = base + "/token"
		scopes = []string{microsoftUserScope, "offline_access"}
		if out.Flow == flowDevice {
			out.DeviceURL = base + "/devicecode"
		}
		if out.Flow == flowClient {
			scopes = []string{microsoftAppScope}
		}
	case "google":
		if out.Flow == flowAccount { // the key file names the endpoint
			scopes = []string{googleScope}
		} else if out.TokenURL == "" {
			out.TokenURL = googleTokenURL
		}
	}
	if len(out.Scopes) == 0 {
		out.Scopes = scopes
	}
}

// url reads an endpoint that secrets are sent to.
func (o *oauth2Table) url(key string, into *string) {
	text := ""
	o.text(key, &text)
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Port() != "" && !port(u.Port()):
		o.wrong(key, `such as "https://login.example.com/token"`, "is no URL of a server")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		o.wrong(key, "http:// is for loopback hosts only", "must begin with https://")
	case u.User != nil || u.Fragment != "" || u.RawQuery != "":
		o.wrong(key, "", "must hold no user name, password, ? or #")
	default:
		*into = text
	}
}

// date reads a day, as "2027-05-01" or without quotes.
func (t *table) date(key string, into *time.Time) {
	v, ok := t.take(key)
	if !ok {
		return
	}
	switch raw := v.raw.(type) {
	case time.Time:
		*into = time.Date(raw.Year(), raw.Month(), raw.Day(), 0, 0, 0, 0, time.UTC)
		return
	case string:
		if day, err := time.Parse(time.DateOnly, raw); err == nil {
			*into = day
			return
		}
	}
	t.wrong(key, `such as "2027-05-01"`, "is no date")
}
