package config

import (
	"context"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// TestEnvironment holds that the environment outranks the file, and the file the
// default.
func TestEnvironment(t *testing.T) {
	c := mustParse(t, mailbox+"[mailbox.poll]\nafter = \"seen\"\nsince = \"3d\"\n[mailbox.capture]\nverp = \"a{token}@example.com\"\n"+
		strings.Replace(webhook, `"w"`, `"crm.de-1"`, 1)+"[log]\nlevel = \"warn\"\nformat = \"json\"\n[store]\npath = \"x.db\"\n",
		"HOME=/root",
		"BOUNCEHOUND_CONFIG=/etc/other.toml",
		"BOUNCEHOUND_STORE_PATH=y.db",
		"BOUNCEHOUND_STORE_RAW=none",
		"BOUNCEHOUND_LOG_LEVEL=debug",
		"BOUNCEHOUND_LOG_FORMAT=", // empty: not set
		"BOUNCEHOUND_LOG_ADDRESSES=true",
		"BOUNCEHOUND_MAILBOX_M_HOST=mail.example.com",
		"BOUNCEHOUND_MAILBOX_M_TLS=starttls",
		"BOUNCEHOUND_MAILBOX_M_PASSWORD=from the environment",
		"BOUNCEHOUND_MAILBOX_M_POLL_SINCE=4d",
		"BOUNCEHOUND_MAILBOX_M_POLL_MAX_PER_POLL=7",
		"BOUNCEHOUND_MAILBOX_M_POLL_MAX_MESSAGE_SIZE=20000",
		"BOUNCEHOUND_MAILBOX_M_CAPTURE_VERP=b{token}@example.com",
		"BOUNCEHOUND_WEBHOOK_CRM_DE_1_URL=https://other.example.com/",
		"BOUNCEHOUND_WEBHOOK_CRM_DE_1_SECRET="+whsec,
		"BOUNCEHOUND_POLICY_OBSERVE=true",
		"BOUNCEHOUND_POLICY_HARD_COUNT=3",
		"BOUNCEHOUND_POLICY_REASON_VIRUS_COUNT=9",
		"BOUNCEHOUND_SERVICE_HOST=10.0.0.1", // of Kubernetes
		"BOUNCEHOUND_PORT_9464_TCP_ADDR=10.0.0.1",
	)
	m, w := c.Mailboxes[0], c.Webhooks[0]
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"store.path", c.Store.Path, "y.db"},
		{"store.raw", c.Store.Raw, "none"},
		{"log.level", c.Log.Level, "debug"},
		{"log.format", c.Log.Format, "json"},
		{"log.addresses", c.Log.Addresses, true},
		{"host", m.Host, "mail.example.com:143"},
		{"since", m.Poll.Since, 4 * 24 * time.Hour},
		{"after", m.Poll.After, "seen"},
		{"max_per_poll", m.Poll.MaxPerPoll, 7},
		{"max_message_size", m.Poll.MaxMessageSize, int64(20000)},
		{"verp", m.Capture.VERP, "b{token}@example.com"},
		{"url", w.URL, "https://other.example.com/"},
		{"observe", c.Policy.Observe, true},
		{"hard", c.Policy.Hard.Count, 3},
		{"virus", c.Policy.Reasons[bouncehound.Virus].Count, 9},
	} {
		if x.got != x.want {
			t.Errorf("%s is %v, want %v", x.what, x.got, x.want)
		}
	}
	if got, err := m.Password.Read(context.Background()); err != nil || got != "from the environment" {
		t.Errorf("password %q, %v", got, err)
	}
	if got, err := w.Secrets[0].Read(context.Background()); err != nil || got != whsec {
		t.Errorf("secret %q, %v", got, err)
	}
}

func TestEnvironmentProblems(t *testing.T) {
	for _, c := range []struct{ data, environ, want string }{
		{"", "BOUNCEHOUND_LOG_LEVL=debug", "BOUNCEHOUND_LOG_LEVL: no key has this variable (did you mean BOUNCEHOUND_LOG_LEVEL?)"},
		{"", "BOUNCEHOUND_LOG_LEVEL=loud", `BOUNCEHOUND_LOG_LEVEL: "loud" is none of "debug", "info", "warn", "error"`},
		{"", "BOUNCEHOUND_LOG_ADDRESSES=1", `BOUNCEHOUND_LOG_ADDRESSES: must be true or false, not a text`},
		{"", "BOUNCEHOUND_POLICY_SOFT_COUNT=5.0", `BOUNCEHOUND_POLICY_SOFT_COUNT: must be a whole number, not a text`},
		{"", "BOUNCEHOUND_POLICY_SOFT_WITHIN=1 month", `BOUNCEHOUND_POLICY_SOFT_WITHIN: "1 month" is no duration; write a number and s, m, h, d, w or y, such as "180d"`},
		{"", "BOUNCEHOUND_RULES_FILES=a.toml", `BOUNCEHOUND_RULES_FILES: must be a list such as ["…", "…"], not a text (BOUNCEHOUND_RULES_FILES cannot be used: set it in the file)`},
		{"", "BOUNCEHOUND_LISTEN_ADDRESS=0.0.0.0:9464", "BOUNCEHOUND_LISTEN_ADDRESS: is not this machine alone: token_file must be set (make a token with: openssl rand -hex 32)"},
		{"", "BOUNCEHOUND_STORE_PATH=a\xff", "BOUNCEHOUND_STORE_PATH: must be UTF-8 without control characters and line ends"},
		{"log.levl = \"x\"\n", "BOUNCEHOUND_LOG_LEVL=x", // those of the file first
			"line 1: log.levl: unknown key (did you mean log.level?)\nBOUNCEHOUND_LOG_LEVL: no key has this variable (did you mean BOUNCEHOUND_LOG_LEVEL?)"},
		{mailbox, "BOUNCEHOUND_MAILBOX_M_NAME=n", "BOUNCEHOUND_MAILBOX_M_NAME: no key has this variable"},
		{mailbox, "BOUNCEHOUND_MAILBOX_N_HOST=x", "BOUNCEHOUND_MAILBOX_N_HOST: no key has this variable (did you mean BOUNCEHOUND_MAILBOX_M_HOST?)"},
		{mailbox, "BOUNCEHOUND_MAILBOX_M_POLL_FOLDERS=a,b", `BOUNCEHOUND_MAILBOX_M_POLL_FOLDERS: must be a list such as ["…", "…"], not a text (BOUNCEHOUND_MAILBOX_M_POLL_FOLDERS cannot be used: set it in the file)`},
		{
			mailbox, "BOUNCEHOUND_MAILBOX_M_PASSWORD=a BOUNCEHOUND_MAILBOX_M_PASSWORD_FILE=b",
			"BOUNCEHOUND_MAILBOX_M_PASSWORD: only one of password, password_file and password_command may be set",
		},
		{
			strings.Replace(mailbox, `"m"`, `"a-b"`, 1) + strings.Replace(mailbox, `"m"`, `"a_b"`, 1), "BOUNCEHOUND_MAILBOX_A_B_USERNAME=x",
			`BOUNCEHOUND_MAILBOX_A_B_USERNAME: could also mean mailbox "a-b": username (set both in the file)`,
		},
	} {
		environ := strings.Split(c.environ, " BOUNCE")
		for i := range environ[1:] {
			environ[i+1] = "BOUNCE" + environ[i+1]
		}
		_, err := Parse("", []byte(c.data), environ)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n%v, want\n%s", c.environ, err, c.want)
		}
	}
}
