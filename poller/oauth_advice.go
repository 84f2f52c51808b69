package poller

// hintSignIn is what to do about a sign-in that is over.
const hintSignIn = "sign in again: bouncehound auth MAILBOX (with flow = \"refresh_token\": put a new refresh token in its place)"

// saidByTokenEndpoint are errors of token endpoints: Microsoft's by their numbers
// (learn.microsoft.com, "Microsoft Entra authentication and authorization error
// codes"), Google's by their texts, all others by RFC 6749 section 5.2 and RFC 8628
// section 3.5. A number may be the beginning of another: the longer one comes first.
var saidByTokenEndpoint = []advice{
	{"AADSTS7000215", "the client secret is wrong: client_secret must be the secret's value, not its id"},
	{"AADSTS7000222", "the client secret has expired: make a new one under Certificates & secrets of the app registration"},
	{"AADSTS7000218", "Microsoft wants a secret: set client_secret_file, or for the device flow switch on Allow public client flows under Authentication of the app registration"},
	{"AADSTS7000112", "the application is switched off in this tenant: switch it on under Enterprise applications"},
	{"AADSTS7000229", "the application has no service principal in this tenant: give it admin consent there"},
	{"AADSTS700016", "no such application in this tenant: check client_id (the application id) and tenant"},
	{"AADSTS700027", "the certificate is not the one registered: upload it under Certificates & secrets of the app registration, and check certificate_file"},
	{"AADSTS700024", "the certificate's assertion is out of its time: check the clock of this machine"},
	{"AADSTS700082", "the sign-in has expired, since it was not used for so long; " + hintSignIn},
	{"AADSTS70008", "the sign-in has expired; " + hintSignIn},
	{"AADSTS70043", "the sign-in has expired by a conditional access policy; " + hintSignIn},
	{"AADSTS50173", "the sign-in was revoked, as by a new password; " + hintSignIn},
	{"AADSTS50078", "the second factor has to be shown again; " + hintSignIn},
	{"AADSTS70011", "the scope is wrong: use https://outlook.office365.com/.default for an application, or leave scopes out"},
	{"AADSTS1002012", "an application's scope must end with /.default: leave scopes out"},
	{"AADSTS500011", "the scope names no service of this tenant: leave scopes out"},
	{"AADSTS650057", "the application lacks a permission for this scope: add Office 365 Exchange Online's IMAP permission to the app registration"},
	{"AADSTS650052", "the tenant has no Exchange Online for this application: check tenant and its licences"},
	{"AADSTS65001", "consent is missing: have an administrator grant admin consent under API permissions of the app registration"},
	{"AADSTS900023", "tenant is no id or domain of a tenant"},
	{"AADSTS90002", "no such tenant: check tenant (its id or domain), and authority for a national cloud"},
	{"AADSTS53003", "a conditional access policy forbids it: have the administrator exempt this application or account, or use flow = \"client_credentials\""},
	{"AADSTS530003", "a conditional access policy wants a registered device: use flow = \"client_credentials\""},
	{"AADSTS53000", "a conditional access policy wants a managed device: use flow = \"client_credentials\""},
	{"AADSTS53001", "a conditional access policy wants a domain-joined device: use flow = \"client_credentials\""},
	{"AADSTS50076", "a second factor (MFA) is wanted; " + hintSignIn + ", or use flow = \"client_credentials\""},
	{"AADSTS50079", "a second factor (MFA) has to be set up for the account: sign in with a browser once; then " + hintSignIn},
	{"AADSTS50057", "the account is switched off"},
	{"AADSTS50034", "no such account in this tenant: check tenant and who signs in"},
	{"AADSTS50020", "the account belongs to another tenant: check tenant and who signs in"},
	{"AADSTS50059", "the tenant is not known: set tenant"},

	{"client is unauthorized to retrieve", "the service account may not act for this mailbox: in the Google admin console, under Security, API controls, Domain-wide delegation, " +
		"allow its client ID the scope https://mail.google.com/; it may take an hour"},
	{"invalid email or user id", "Google knows no such user: username must be the mailbox's address in your Workspace"},
	{"account not found", "no such service account: its key or the account itself was deleted; make a new key"},
	{"invalid jwt signature", "the key of the service account was deleted: make a new one"},
	{"token must be a short-lived token", "the assertion is out of its time: check the clock of this machine"},
	{"admin_policy_enforced", "the Workspace administrator does not allow this scope: have it allowed under Security, API controls"},
	{"deleted_client", "the OAuth client was deleted: make a new one, and sign in anew"},
	{"has been expired or revoked", "the refresh token is not good any more; Google ends those of an app in status Testing after 7 days: publish it or make it internal, and " + hintSignIn},

	{"expired_token", "the code has expired: run bouncehound auth MAILBOX again, and enter the code sooner"},
	{"authorization_declined", "whoever signed in declined; run bouncehound auth MAILBOX again"}, // QUIRK: Microsoft's word for access_denied
	{"access_denied", "access was declined, by whoever signed in or by the administrator"},
	{"invalid_client", "the provider does not know this client or its secret: check client_id and client_secret_file"},
	{"invalid_grant", "the sign-in is not good any more (expired, revoked, or the password was changed); " + hintSignIn},
	{"unauthorized_client", "the client may not use this flow: allow it where the application is registered"},
	{"unsupported_grant_type", "the provider does not know this flow: check flow and token_url"},
	{"invalid_scope", "the provider does not know a scope, or does not give it to this client: check scopes"},
	{"temporarily_unavailable", "the provider is not able to just now; the next poll tries again"},
}
