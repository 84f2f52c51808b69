package config

import (
	"strings"
	"testing"
)

// A mailbox and a webhook without fault, to add faults to.
const (
	mailbox = "[[mailbox]]\nname = \"m\"\nhost = \"imap.example.com\"\nusername = \"u\"\npassword_file = \"pw\"\n"
	webhook = "[[webhook]]\nname = \"w\"\nurl = \"https://crm.example.com/\"\nsecret_file = \"s\"\n"
)

func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"unknown keys, each with the nearest", `
[store]
pth = "x"
[stor]
[[webhooks]]
name = "x"
[log]
Level = "info"
colour = "red"
`, `line 3: store.pth: unknown key (did you mean store.path?)
line 4: stor: unknown key (did you mean store?)
line 5: webhooks: unknown key (did you mean webhook?)
line 8: log.Level: unknown key (did you mean log.level?)
line 9: log.colour: unknown key`},
		{"unknown keys of a mailbox", mailbox + `
schedule = "@daily"
usernam = "x"
[mailbox.poll]
schedul = "@daily"
[mailbox.pol]
a = 1
`, `line 7: mailbox "m": schedule: unknown key (did you mean poll.schedule?)
line 8: mailbox "m": usernam: unknown key (did you mean username?)
line 10: mailbox "m": poll.schedul: unknown key (did you mean poll.schedule?)
line 11: mailbox "m": pol: unknown key (did you mean poll?)`},
		{"what is missing", "[[mailbox]]\n[[mailbox]]\nname = \"x\"\n[[webhook]]\nname = \"w\"\n", `line 1: mailbox #1: name: is missing
line 1: mailbox #1: host: is missing
line 1: mailbox #1: username: is missing
line 1: mailbox #1: password: is missing (set password_file, password_command or password)
line 2: mailbox "x": host: is missing
line 2: mailbox "x": username: is missing
line 2: mailbox "x": password: is missing (set password_file, password_command or password)
line 4: webhook "w": url: is missing
line 4: webhook "w": secret: is missing (make one with: echo "whsec_$(openssl rand -base64 32)")`},
		{"names", mailbox + mailbox + strings.Replace(mailbox, `"m"`, `"a b"`, 1) + strings.Replace(mailbox, `"m"`, `7`, 1),
			`line 7: mailbox #2: name: "m" is the name of another mailbox (line 2)
line 12: mailbox #3: name: may hold only letters, digits, "-", "_" and ".", at most 64 of them
line 17: mailbox #4: name: must be a text in quotes, not a number`},
		{"the wrong shape", "store = 1\nmailbox = 2\n[webhook]\nname = \"x\"\n[[log]]\nlevel = \"info\"\n",
			`line 1: store: must be a table, not a number (write [store])
line 2: mailbox: must be a list of tables, not a number (write [[mailbox]])
line 3: webhook: must be a list of tables, not a table (write [[webhook]])
line 5: log: must be one table, not a list of tables (write [log])`},
		{"wrong types", `
mailbox = [ 3 ]
[store]
path = 7
raw = ["full"]
[log]
addresses = "yes"
[policy]
observe = 1
hard = { count = "1", within = 30, at_most = 2021-01-01 }
[rules]
files = "x"
`, `line 2: mailbox: must be a list of tables (write [[mailbox]])
line 4: store.path: must be a text in quotes, not a number
line 5: store.raw: must be a text in quotes, not a list
line 7: log.addresses: must be true or false, not a text
line 9: policy.observe: must be true or false, not a number
line 10: policy.hard.count: must be a whole number, not a text
line 10: policy.hard.within: must be a text in quotes, not a number (such as "180d")
line 10: policy.hard.at_most: must be a text in quotes, not a date
line 12: rules.files: must be a list such as ["…", "…"], not a text`},
		{"wrong values", mailbox + `
tls = "start-tls"
auth = "pasword"
[mailbox.poll]
folders = []
since = "5 days"
after = "mov"
unread = "delete"
max_message_size = "ten"
max_per_poll = -1
[mailbox.capture]
headers = ["X-A", "x-a", "X B", "", 3]
verp = "bounce@example.com"
[log]
level = "warning"
[store]
path = ""
`, `line 7: mailbox "m": tls: "start-tls" is none of "implicit", "starttls", "none" (did you mean starttls?)
line 8: mailbox "m": auth: "pasword" is none of "password", "oauth2" (did you mean password?)
line 10: mailbox "m": poll.folders: must name at least one folder
line 11: mailbox "m": poll.since: "5 days" is no duration; write a number and s, m, h, d, w or y, such as "180d"
line 12: mailbox "m": poll.after: "mov" is none of "keep", "seen", "move", "delete" (did you mean move?)
line 13: mailbox "m": poll.unread: "delete" is none of "keep", "move"
line 14: mailbox "m": poll.max_message_size: "ten" is no size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as "10MB"
line 15: mailbox "m": poll.max_per_poll: must be between 0 and 2147483647
line 17: mailbox "m": capture.headers: item 4 must not be empty, hold control characters or begin or end with a space
line 17: mailbox "m": capture.headers: item 5 must be a text in quotes, not a number
line 17: mailbox "m": capture.headers: "x-a" stands twice
line 17: mailbox "m": capture.headers: "X B" is no name of a header field
line 18: mailbox "m": capture.verp: must be an address with {token} once, before the @ (such as "bounce+{token}@example.com")
line 20: log.level: "warning" is none of "debug", "info", "warn", "error" (did you mean warn?)
line 22: store.path: must not be empty`},
		{"bounds", mailbox + `
[mailbox.poll]
since = "0"
max_message_size = 100
[policy.reason.user_unknown]
count = 1
for = "300y"
` + webhook + `timeout = "1h"`, `line 8: mailbox "m": poll.since: must be at least 1h
line 9: mailbox "m": poll.max_message_size: must be between 16384 and 1073741824 octets
line 12: policy.reason.user_unknown.for: "300y" is too long a duration
line 17: webhook "w": timeout: must be at most 5m`},
		{"in the clear", strings.Replace(mailbox, "username", "tls = \"none\"\nca_file = \"x\"\nusername", 1) + strings.Replace(webhook, "https", "http", 1),
			`line 4: mailbox "m": tls: none would send the password in clear; it is for loopback hosts only (use "implicit" or "starttls")
line 5: mailbox "m": ca_file: is without effect when tls is none
line 10: webhook "w": url: http:// would send addresses in clear; it is for loopback hosts only (use https)`},
		{"a folder moved into itself", mailbox + "[mailbox.poll]\nfolders = [\"A\", \"B\"]\nafter = \"move\"\nmove_to = \"A\"\nunread = \"move\"\nunread_to = \"B\"\n",
			`line 9: mailbox "m": poll.move_to: "A" is one of the folders that are polled
line 11: mailbox "m": poll.unread_to: "B" is one of the folders that are polled`},
		{"policy", `
[policy]
hard = { cnt = 1 }
softt = { count = 1 }
none = { count = 1 }
transit = { at_most = "1/week" }
[policy.reason.mailbox_ful]
count = 1
[policy.reason.delivered]
count = 1
[policy.reason.expired]
within = "1d"
[policy.reason.virus]
[policy.reason.user_unknown]
count = 1
within = "2d"
grace = "2d"
`, `line 3: policy.hard.cnt: unknown key (did you mean policy.hard.count?)
line 4: policy.softt: unknown key (did you mean policy.soft?)
line 5: policy.none: unknown key
line 6: policy.transit.at_most: "1/week" is none of "1/day", "1/message"
line 7: policy.reason.mailbox_ful: unknown key (did you mean policy.reason.mailbox_full?)
line 9: policy.reason.delivered: unknown key
line 11: policy.reason.expired.count: is missing
line 13: policy.reason.virus.count: is missing
line 17: policy.reason.user_unknown.grace: must be shorter than within, or no bounce would ever flag`},
		{"webhook", `
[[webhook]]
name = "w"
url = "crm.example.com/hook"
secret = "abc"
secret_previous = "whsec_abcd"
events = ["contact.donotemail", "webhook.test"]
start = "end"
format = "standrd"
headers = { "Webhook-Id" = "x", "a b" = "x", X = 1, Y = "a\nb" }
`, `line 4: webhook "w": url: is no URL of a server (such as "https://crm.example.com/hooks/bounces")
line 5: webhook "w": secret: a signing secret must begin with whsec_ (make one with: echo "whsec_$(openssl rand -base64 32)")
line 6: webhook "w": secret_previous: a signing secret must be 24 to 64 octets in base64, not 3 (make one with: echo "whsec_$(openssl rand -base64 32)")
line 7: webhook "w": events: "contact.donotemail" is none of "bounce.recorded", "contact.watch", "contact.do_not_email", "contact.released", "contact.ok", "mailbox.failing", "webhook.failing", "sender.blocked" (did you mean contact.do_not_email?)
line 7: webhook "w": events: "webhook.test" is none of "bounce.recorded", "contact.watch", "contact.do_not_email", "contact.released", "contact.ok", "mailbox.failing", "webhook.failing", "sender.blocked"
line 8: webhook "w": start: "end" is none of "now", "beginning", "standings"
line 9: webhook "w": format: "standrd" is none of "standard", "template", "listmonk", "postmark", "sendgrid", "mailgun" (did you mean standard?)
line 10: webhook "w": headers.Webhook-Id: is set by bouncehound itself
line 10: webhook "w": headers.X: must be a text in quotes, not a number
line 10: webhook "w": headers.Y: must not hold control characters or line ends
line 10: webhook "w": headers.a b: is no name of a header field`},
		{"secrets", mailbox + "password = \"x\"\n" + strings.Replace(mailbox, `password_file = "pw"`, `password_command = []`, 1) +
			strings.NewReplacer(`"m"`, `"n"`, `password_file = "pw"`, `password = ""`).Replace(mailbox),
			`line 6: mailbox "m": password: only one of password, password_file and password_command may be set
line 8: mailbox #2: name: "m" is the name of another mailbox (line 2)
line 11: mailbox #2: password_command: must be a command for the shell or a list such as ["pass", "show", "bounces"]
line 16: mailbox "n": password: must not be empty`},
		{"what is kept for too short a time", mailbox + `
[store.retention]
raw = "23h"
bounces = "59d"
events = "0"
sent = "13d"
[policy.reason.mailbox_full]
within = "50d"
[policy.block]
within = "90d"
`, `line 8: store.retention.raw: must be at least 1d ("0" keeps for ever)
line 9: store.retention.bounces: must be at least 8w4d, as long as policy.transit.within adds bounces up
line 11: store.retention.sent: must be at least 2w ("0" keeps for ever)`},
		{"what is wrong too", mailbox + `
[mailbox.oauth2]
provider = "mcrosoft"
clientid = "c"
[[export]]
what = "donotemail"
[listen]
token_file = "t"
[store.retention]
raw = "9"
`, `line 7: mailbox "m": oauth2: is without effect unless auth is "oauth2" (set auth = "oauth2")
line 8: mailbox "m": oauth2.provider: "mcrosoft" is none of "microsoft", "google", "custom" (did you mean microsoft?)
line 9: mailbox "m": oauth2.clientid: unknown key (did you mean oauth2.client_id?)
line 10: export #1: schedule: is missing
line 10: export #1: path: is missing
line 11: export #1: what: "donotemail" is none of "bounces", "contacts", "do-not-email" (did you mean do-not-email?)
line 12: listen.token: is without effect unless address is set
line 15: store.retention.raw: "9" is no duration; write a number and s, m, h, d, w or y, such as "180d"`},
		{"texts", strings.Replace(mailbox, `"u"`, `" u"`, 1) + "ca_file = \"a\\nb\"\n[rules]\nfiles = [\"[\", \"a\", \"a\"]\n[store]\npath = { a = 1 }\nraw = true\n[listen]\naddress = \"x y\"\n",
			`line 4: mailbox "m": username: must not begin or end with a space
line 6: mailbox "m": ca_file: must be UTF-8 without control characters and line ends
line 8: rules.files: "a" stands twice
line 8: rules.files: "[" is no pattern for file names
line 10: store.path: must be a text in quotes, not a table
line 11: store.raw: must be a text in quotes, not true or false
line 13: listen.address: must be host or host:port (such as "host.example.com:9464")`},
		{"what proves the sender", strings.Replace(webhook, "secret_file", "format = \"postmark\"\nsecret_file", 1) +
			"[[webhook]]\nname = \"x\"\nurl = \"https://u:p@crm.example.com/\"\nformat = \"mailgun\"\nusername = \"u\"\nsecret_previous = \"p\"\n" +
			"[[webhook]]\nname = \"y\"\nurl = \"https://crm.example.com/\"\nformat = \"template\"\npassword = \"p\"\n" +
			strings.Replace(webhook, `"w"`, `"v"`, 1) + "template_file = \"t\"\n",
			`line 5: webhook "w": secret_file: format "postmark" has no signature (set username and password)
line 6: webhook "x": secret: is missing (the key that the receiver has as Mailgun's webhook signing key)
line 6: webhook "x": password: is missing beside the username
line 8: webhook "x": url: must hold no user name or password (set username and password)
line 11: webhook "x": secret_previous: format "mailgun" has one signature only
line 12: webhook "y": secret: is missing (make one with: echo "whsec_$(openssl rand -base64 32)")
line 12: webhook "y": username: is missing beside the password
line 12: webhook "y": template_file: is missing
line 21: webhook "v": template_file: is without effect (set format = "template")`},
		{"sizes and events", mailbox + "[mailbox.poll]\nmax_message_size = true\n" + webhook + "events = []\nsecret_previous_command = [\"\"]\n" +
			strings.Replace(webhook, `"w"`, `"v"`, 1) + "events = 1\n", `line 7: mailbox "m": poll.max_message_size: must be a size, not true or false (such as "10MB")
line 12: webhook "w": events: must name at least one type (leave it out for every contact.* type)
line 13: webhook "w": secret_previous_command: must be a command for the shell or a list such as ["pass", "show", "bounces"]
line 18: webhook "v": events: must be a list such as ["…", "…"], not a number`},
		{"syntax", "[store]\npath = \"x\n", "line 2: store.path: strings cannot contain newlines"},
		{"a key twice", "[log]\nlevel = \"info\"\nlevel = \"info\"\n", "line 3: log.level: Key 'log.level' has already been defined."},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := Parse("/x/b.toml", []byte(c.data), nil)
			if err == nil {
				t.Fatalf("no problem; got %+v", config)
			}
			got := strings.ReplaceAll(err.Error(), "/x/b.toml: ", "")
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct{ host, want string }{
		{"imap.example.com", "imap.example.com:993"},
		{"imap.example.com:143", "imap.example.com:143"},
		{"imap.example.com.:0993", "imap.example.com.:993"},
		{"192.0.2.1", "192.0.2.1:993"},
		{"[2001:db8::1]:1993", "[2001:db8::1]:1993"},
		{"[2001:db8::1]", "[2001:db8::1]:993"},
		{"2001:db8::1", "[2001:db8::1]:993"},
		{"bücher.example", "bücher.example:993"},
		{"mail_in", "mail_in:993"},
		{"imap.example.com:", ""},
		{"imap.example.com:0", ""},
		{"imap.example.com:70000", ""},
		{"imap.example.com:imaps", ""},
		{"imaps://imap.example.com", ""},
		{"imap.example.com/INBOX", ""},
		{"u@imap.example.com", ""},
		{"imap..example.com", ""},
		{":993", ""},
		{"a b", ""},
		{"9464", ""},
		{"192.0.2.300", ""},
		{"10", ""},
		{"4u.example", "4u.example:993"},
	} {
		config, err := Parse("b.toml", []byte(strings.Replace(mailbox, "imap.example.com", c.host, 1)), nil)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s is taken as %s", c.host, config.Mailboxes[0].Host)
		case c.want != "" && err != nil:
			t.Errorf("%s: %v", c.host, err)
		case err == nil && config.Mailboxes[0].Host != c.want:
			t.Errorf("%s is %s, want %s", c.host, config.Mailboxes[0].Host, c.want)
		}
	}
}

// TestScheme: where a host is meant a URL is told as such.
func TestScheme(t *testing.T) {
	for _, url := range []string{"imaps://imap.example.com", "imaps://imap.example.com:993"} {
		_, err := Parse("b.toml", []byte(strings.Replace(mailbox, "imap.example.com", url, 1)), nil)
		if err == nil || !strings.Contains(err.Error(), "leave the scheme away") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestClear holds where passwords and addresses may go in clear.
func TestClear(t *testing.T) {
	for _, c := range []struct {
		host string
		ok   bool
	}{
		{"localhost", true}, {"LOCALHOST.", true}, {"mail.localhost", true}, {"127.0.0.1", true}, {"127.1.2.3", true}, {"[::1]", true},
		{"[::ffff:127.0.0.1]", true}, {"localhost.example.com", false}, {"notlocalhost", false}, {"10.0.0.1", false}, {"0.0.0.0", false},
		{"127.0.0.1.example.com", false},
	} {
		data := strings.Replace(mailbox, "imap.example.com", c.host+":1143", 1) + "tls = \"none\"\n" +
			strings.Replace(webhook, "https://crm.example.com", "http://"+c.host+":8080", 1)
		_, err := Parse("b.toml", []byte(data), nil)
		if c.ok && err != nil {
			t.Errorf("%s: %v", c.host, err)
		}
		if !c.ok && (err == nil || len(err.(*Error).Problems) != 2) {
			t.Errorf("%s: %v, want a problem for the mailbox and one for the webhook", c.host, err)
		}
	}
}

func TestURLs(t *testing.T) {
	for _, bad := range []string{
		"https://", "https:///hook", "https://:443/", "https://crm.example.com:0/", "https://crm.example.com:70000/", "ftp://crm.example.com/", "https://u:t0pt0ken@crm.example.com/", "https://crm.example.com/#x",
		"https://crm.example.com/t0pt0ken%zz", "//crm.example.com/", "http://crm.example.com/t0pt0ken",
	} {
		_, err := Parse("b.toml", []byte(strings.Replace(webhook, "https://crm.example.com/", bad, 1)), nil)
		if err == nil {
			t.Errorf("%s is taken", bad)
		} else if strings.Contains(err.Error(), "t0pt0ken") {
			t.Errorf("the error tells the URL: %v", err)
		}
	}
}

func TestSigningSecret(t *testing.T) {
	for _, c := range []struct {
		secret string
		ok     bool
	}{
		{whsec, true},
		{"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", true}, // 24 octets
		{"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY", false}, // not padded, 23
		{"whsec_" + strings.Repeat("QUJD", 22), false},   // 66
		{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", false},
		{"whsec_", false},
		{"whsec_!!!", false},
	} {
		if err := CheckSigningSecret(c.secret); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.secret, err)
		} else if err != nil && strings.Contains(err.Error(), c.secret) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}
