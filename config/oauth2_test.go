package config

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// oauth2Mailbox is a mailbox up to the keys of its [mailbox.oauth2], on line 7.
const oauth2Mailbox = `[[mailbox]]
name = "m"
host = "h.example.com"
username = "u@example.com"
auth = "oauth2"
[mailbox.oauth2]
`

// microsoft is all that the flow of an application needs.
const microsoft = `provider = "microsoft"
tenant = "contoso.example"
client_id = "c"
client_secret_file = "s"
`

func TestOAuth2(t *testing.T) {
	const login = "https://login.microsoftonline.com/"
	for name, c := range map[string]struct {
		keys string
		want OAuth2 // without the secrets
		set  string // the secrets that are
	}{
		"an application with a secret": {microsoft + `client_secret_expires = "2027-05-01"`, OAuth2{
			Provider: "microsoft", Flow: "client_credentials", Tenant: "contoso.example", ClientID: "c",
			ClientSecretExpires: time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC),
			TokenURL:            login + "contoso.example/oauth2/v2.0/token", Scopes: []string{"https://outlook.office365.com/.default"},
		}, "client_secret"},
		"a date without quotes": {microsoft + `client_secret_expires = 2027-05-01`, OAuth2{
			Provider: "microsoft", Flow: "client_credentials", Tenant: "contoso.example", ClientID: "c",
			ClientSecretExpires: time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC),
			TokenURL:            login + "contoso.example/oauth2/v2.0/token", Scopes: []string{"https://outlook.office365.com/.default"},
		}, "client_secret"},
		"a certificate in a national cloud": {`provider = "microsoft"
tenant = "t"
client_id = "c"
certificate_file = "c.pem"
certificate_key_file = "k.pem"
authority = "https://login.microsoftonline.us/"
scopes = ["https://outlook.office365.us/.default"]`, OAuth2{
			Provider: "microsoft", Flow: "client_credentials", Tenant: "t", ClientID: "c",
			TokenURL: "https://login.microsoftonline.us/t/oauth2/v2.0/token", Scopes: []string{"https://outlook.office365.us/.default"},
		}, "certificate certificate_key"},
		"a sign-in at Microsoft": {"provider = \"microsoft\"\nclient_id = \"c\"\nflow = \"device\"", OAuth2{
			Provider: "microsoft", Flow: "device", Tenant: "common", ClientID: "c",
			TokenURL: login + "common/oauth2/v2.0/token", DeviceURL: login + "common/oauth2/v2.0/devicecode",
			Scopes: []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"},
		}, ""},
		"a refresh token of Google's": {"provider = \"google\"\nclient_id = \"c\"\nclient_secret = \"s\"\nrefresh_token_file = \"r\"", OAuth2{
			Provider: "google", Flow: "refresh_token", ClientID: "c", TokenURL: "https://oauth2.googleapis.com/token",
		}, "client_secret refresh_token"},
		"a service account": {"provider = \"google\"\nservice_account_file = \"key.json\"", OAuth2{
			Provider: "google", Flow: "service_account", Scopes: []string{"https://mail.google.com/"},
		}, "service_account"},
		"another provider's application": {"provider = \"custom\"\nclient_id = \"c\"\nclient_secret = \"s\"\ntoken_url = \"http://127.0.0.1:9/t\"", OAuth2{
			Provider: "custom", Flow: "client_credentials", ClientID: "c", TokenURL: "http://127.0.0.1:9/t",
		}, "client_secret"},
		"another provider's sign-in": {"provider = \"custom\"\nclient_id = \"c\"\ntoken_url = \"https://i.example/t\"\ndevice_url = \"https://i.example/d\"\nscopes = [\"imap\"]", OAuth2{
			Provider: "custom", Flow: "device", ClientID: "c", TokenURL: "https://i.example/t", DeviceURL: "https://i.example/d", Scopes: []string{"imap"},
		}, ""},
		"a command": {`token_command = "get-token"`, OAuth2{Flow: "command"}, "token"},
	} {
		t.Run(name, func(t *testing.T) {
			m := mustParse(t, oauth2Mailbox+c.keys).Mailboxes[0]
			if m.Auth != "oauth2" || m.OAuth2 == nil || m.Password.IsSet() {
				t.Fatalf("got %+v", m)
			}
			got := *m.OAuth2
			set := ""
			for _, s := range []struct {
				name   string
				secret *Secret
			}{
				{"client_secret", &got.ClientSecret}, {"certificate", &got.Certificate}, {"certificate_key", &got.CertificateKey},
				{"service_account", &got.ServiceAccount}, {"refresh_token", &got.RefreshToken}, {"token", &got.Token},
			} {
				if s.secret.IsSet() {
					set += " " + s.name
				}
				*s.secret = Secret{}
			}
			if !reflect.DeepEqual(got, c.want) || strings.TrimSpace(set) != c.set {
				t.Errorf("got %+v with%s\nwant %+v with %s", got, set, c.want, c.set)
			}
		})
	}
}

func TestOAuth2Environment(t *testing.T) {
	c := mustParse(t, oauth2Mailbox+strings.Replace(microsoft, "client_secret_file = \"s\"\n", "", 1),
		"BOUNCEHOUND_MAILBOX_M_OAUTH2_CLIENT_SECRET=fromenv", "BOUNCEHOUND_MAILBOX_M_OAUTH2_CLIENT_SECRET_EXPIRES=2028-01-02")
	o := c.Mailboxes[0].OAuth2
	if s, err := o.ClientSecret.Read(context.Background()); s != "fromenv" || err != nil || o.ClientSecretExpires.Year() != 2028 {
		t.Errorf("got %q, %v, %v", s, err, o.ClientSecretExpires)
	}
}

func TestOAuth2Problems(t *testing.T) {
	custom := "provider = \"custom\"\nclient_id = \"c\"\ntoken_url = \"https://i.example/t\"\n"
	for name, c := range map[string]struct{ keys, want string }{
		"nothing": {"", `oauth2: is missing (write [mailbox.oauth2] with provider and client_id, or token_command)`},
		"which flow": {"provider = \"microsoft\"\nclient_id = \"c\"",
			`oauth2.flow: set client_secret_file or certificate_file for "client_credentials", refresh_token_file for "refresh_token", or flow = "device" for bouncehound auth`},
		"which flow at Google": {"provider = \"google\"\nclient_id = \"c\"\nclient_secret = \"x\"", `oauth2.flow: set service_account_file (Workspace) or refresh_token_file`},
		"no provider":          {"client_id = \"c\"\nclient_secret = \"x\"", `oauth2.provider: is missing ("microsoft", "google" or "custom")`},
		"no client_id":         {strings.Replace(microsoft, "client_id = \"c\"\n", "", 1), `oauth2.client_id: is missing (the id that the provider gave the application)`},
		"no secret": {strings.Replace(microsoft, "client_secret_file = \"s\"", "flow = \"client_credentials\"", 1),
			`oauth2.client_secret: is missing (set client_secret_file, or certificate_file and certificate_key_file)`},
		"no refresh token":   {custom + "flow = \"refresh_token\"", `oauth2.refresh_token: is missing (set refresh_token_file)`},
		"no service account": {"provider = \"google\"\nflow = \"service_account\"", `oauth2.service_account: is missing (set service_account_file)`},
		"no tenant": {strings.Replace(microsoft, "tenant = \"contoso.example\"\n", "", 1),
			`oauth2.tenant: must be set in the flow "client_credentials" (the tenant's id or domain, as in contoso.onmicrosoft.com)`},
		"everybody's tenant": {strings.Replace(microsoft, "contoso.example", "common", 1),
			`oauth2.tenant: must be set in the flow "client_credentials" (the tenant's id or domain, as in contoso.onmicrosoft.com)`},
		"no name of a tenant": {strings.Replace(microsoft, "contoso.example", "a/b", 1), `oauth2.tenant: must be the id or the domain of a tenant`},
		"two proofs": {microsoft + "certificate_file = \"c\"\ncertificate_key_file = \"k\"",
			`oauth2.client_secret: and certificate_file exclude each other`},
		"no key":               {strings.Replace(microsoft, "client_secret_file", "certificate_file", 1), `oauth2.certificate_key: is missing (set certificate_key_file)`},
		"no certificate":       {custom + "flow = \"client_credentials\"\ncertificate_key_file = \"k\"", `oauth2.certificate: is missing (set certificate_file)`},
		"no date":              {microsoft + "client_secret_expires = \"May\"", `oauth2.client_secret_expires: is no date (such as "2027-05-01")`},
		"the end of no secret": {custom + "flow = \"device\"\ndevice_url = \"https://i.example/d\"\nclient_secret_expires = 2027-05-01", `oauth2.client_secret_expires: is without effect without client_secret (a certificate says itself when it ends)`},
		"a scheme":             {microsoft + "authority = \"ftp://x\"", `oauth2.authority: must begin with https:// (http:// is for loopback hosts only)`},
		"in clear":             {strings.Replace(custom, "https", "http", 1) + "client_secret = \"x\"", `oauth2.token_url: must begin with https:// (http:// is for loopback hosts only)`},
		"no URL":               {strings.Replace(custom, "https://i.example", "i.example", 1) + "client_secret = \"x\"", `oauth2.token_url: is no URL of a server (such as "https://login.example.com/token")`},
		"a password in it":     {strings.Replace(custom, "i.example/t", "a:b@i.example/t", 1) + "client_secret = \"x\"", `oauth2.token_url: must hold no user name, password, ? or #`},
		"no token_url":         {"provider = \"custom\"\nclient_id = \"c\"\nclient_secret = \"x\"", `oauth2.token_url: is missing`},
		"no device_url":        {custom + "flow = \"device\"", `oauth2.device_url: is missing`},
		"of another provider":  {custom + "client_secret = \"x\"\ntenant = \"t\"", `oauth2.tenant: is for provider = "microsoft"`},
		"token_url of Microsoft's": {microsoft + "token_url = \"https://i.example/t\"",
			`oauth2.token_url: is for the other providers (set authority)`},
		"a service account elsewhere": {"provider = \"microsoft\"\nservice_account_file = \"x\"", `oauth2.provider: is for provider = "google"`},
		"a sign-in at Google": {"provider = \"google\"\nclient_id = \"c\"\nflow = \"device\"",
			`oauth2.flow: Google gives no mail scope to the flow "device" (use service_account_file (Workspace), refresh_token_file, or an app password)`},
		"a flow's key in another": {microsoft + "refresh_token_file = \"r\"\nflow = \"client_credentials\"", `oauth2.refresh_token_file: is without effect in the flow "client_credentials"`},
		"a command and more":      {"token_command = \"x\"\nclient_id = \"c\"", `oauth2.client_id: is without effect in the flow "command"`},
		"a token by value":        {"token = \"x\"", `oauth2.token: would end within hours (set token_command or token_file)`},
		"two ways":                {"token_command = \"x\"\ntoken_file = \"c\"", `oauth2.token: only one of token, token_file and token_command may be set`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("b.toml", []byte(oauth2Mailbox+c.keys), nil)
			var failed *Error
			if !errors.As(err, &failed) || len(failed.Problems) != 1 {
				t.Fatalf("got %v", err)
			}
			got := failed.Problems[0]
			text := strings.TrimPrefix(got.Key+": "+got.Text, `mailbox "m": `)
			if got.Hint != "" {
				text += " (" + got.Hint + ")"
			}
			if text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if got.Line < 5 {
				t.Errorf("line %d", got.Line)
			}
		})
	}
	_, err := Parse("b.toml", []byte(strings.Replace(oauth2Mailbox, "auth =", "password = \"x\"\nauth =", 1)+microsoft), nil)
	if err == nil || !strings.Contains(err.Error(), `line 5: mailbox "m": password: is without effect when auth is "oauth2"`) {
		t.Errorf("got %v", err)
	}
}
