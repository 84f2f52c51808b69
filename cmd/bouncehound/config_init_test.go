package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bouncehound/config"
)

// TestConfigInit holds that what is written for each provider is a configuration, that it has one
// mailbox, and that it has every section of the commented one.
func TestConfigInit(t *testing.T) {
	for _, provider := range providers {
		code, text, stderr := run(t, "", "config", "init", provider)
		if code != 0 {
			t.Fatalf("%s: %d %s", provider, code, stderr)
		}
		c, err := config.Parse("/etc/bouncehound/bouncehound.toml", []byte(text), nil)
		if err != nil {
			t.Errorf("%s: %v", provider, err)
			continue
		}
		if len(c.Mailboxes) != 1 || c.Mailboxes[0].Name != "bounces" {
			t.Errorf("%s: %d mailboxes", provider, len(c.Mailboxes))
		}
		for _, section := range []string{"[store]", "[mailbox.poll]", "[mailbox.capture]", "[policy]", "#[[webhook]]", "[rules]", "[log]"} {
			if strings.Count(text, "\n"+section+"\n") != 1 {
				t.Errorf("%s: %s stands there %d times", provider, section, strings.Count(text, "\n"+section+"\n"))
			}
		}
	}

	file := filepath.Join(t.TempDir(), "b.toml")
	if code, _, stderr := run(t, "", "config", "init", "--out", file); code != 0 {
		t.Fatalf("%d %s", code, stderr)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the file is open to others: %v", info.Mode())
	}
	if code, _, stderr := run(t, "", "config", "init", "microsoft", "--out", file); code != 1 || !strings.Contains(stderr, "is there already") || !strings.Contains(stderr, "hint: ") {
		t.Errorf("written over: %d %s", code, stderr)
	}
	if now, _ := os.ReadFile(file); string(now) != string(written) {
		t.Error("the file changed")
	}
	if code, _, stderr := run(t, "", "config", "init", "gmail"); code != 2 || !strings.Contains(stderr, "error: ") {
		t.Errorf("an unknown provider: %d %s", code, stderr)
	}
}
