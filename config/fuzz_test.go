package config

import (
	"net"
	"strings"
	"testing"
)

// FuzzParse holds that no file ends the program, that every problem says what is
// wrong and where, and that what is taken is complete.
func FuzzParse(f *testing.F) {
	f.Add([]byte(everything), "BOUNCEHOUND_LOG_LEVEL", "debug")
	f.Add([]byte(mailbox+webhook), "BOUNCEHOUND_MAILBOX_M_PASSWORD", "x")
	f.Add([]byte("mailbox = [{ name = \"a\" }]\nstore.path = '''x'''\n"), "BOUNCEHOUND_STORE_PATH", "/x")
	f.Add([]byte("[policy.reason.mailbox_full]\ncount = 1\n[[export]]\n[listen]\n[store.retention]\nraw = \"1d\"\n"), "", "")
	f.Fuzz(func(t *testing.T, data []byte, name, v string) {
		c, err := Parse("b.toml", data, []string{name + "=" + v})
		if err != nil {
			e := err.(*Error)
			if len(e.Problems) == 0 {
				t.Error("an error without a problem")
			}
			last := 1 + strings.Count(string(data), "\n")
			for _, p := range e.Problems {
				if p.Text == "" || p.Line < 0 || p.Line > last {
					t.Errorf("problem %+v of a file of %d lines", p, last)
				}
			}
			return
		}
		for _, m := range c.Mailboxes {
			if _, _, err := net.SplitHostPort(m.Host); err != nil || m.Name == "" || m.Username == "" || !m.Password.IsSet() || len(m.Poll.Folders) == 0 || m.Poll.MaxMessageSize == 0 {
				t.Errorf("mailbox %+v", m)
			}
		}
		for _, w := range c.Webhooks {
			if w.Name == "" || w.URL == "" || w.Timeout == 0 || w.Format == "standard" && len(w.Secrets) == 0 {
				t.Errorf("webhook %+v", w)
			}
		}
	})
}
