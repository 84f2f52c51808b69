package config

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// documented returns the keys that the reference names, each with the table it is of.
func documented(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([^`]+)`")
	keys, scope, limits := map[string]int{}, "", false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "## "):
			scope = map[string]string{"`[store]`": "store.", "`[[mailbox]]`": "mailbox ", "`[mailbox.oauth2]`": "mailbox oauth2.", "`[policy]`": "policy.",
				"`[[webhook]]`": "webhook ", "`[[export]]`": "export "}[strings.TrimSpace(line[3:])]
			limits = false
		case strings.HasPrefix(line, "Of each of these"):
			limits = true
		case strings.HasPrefix(line, "| `"):
			cell, _, _ := strings.Cut(line[2:], " | ")
			for _, m := range code.FindAllStringSubmatch(cell, -1) {
				switch {
				case limits:
					for _, l := range []string{"hard", "soft", "transit", "complaint", "block", "undetermined", "reason.REASON"} {
						keys[scope+l+"."+m[1]]++
					}
				default:
					keys[scope+m[1]]++
				}
			}
		}
	}
	return keys
}

// TestReference: the reference names every key that there is, once, and no other.
func TestReference(t *testing.T) {
	file := `[[mailbox]]
name = "m"
[mailbox.poll]
[[webhook]]
name = "w"
[[export]]
`
	d := &document{lines: map[string]int{}, vars: map[string]string{}, claims: map[string]string{}, known: map[string][]string{}}
	values, problem := decode([]byte(file))
	if problem != nil {
		t.Fatal(problem)
	}
	d.config(&table{doc: d, env: envPrefix, values: values})

	there := map[string]bool{}
	for scope, paths := range d.known {
		for _, path := range paths {
			prefix := path + "."
			if slices.ContainsFunc(paths, func(other string) bool { return strings.HasPrefix(other, prefix) }) && !isLimit(path) {
				continue // a table, not a key
			}
			if parts := strings.Split(path, "."); len(parts) > 2 && parts[0] == "policy" && parts[1] == "reason" {
				parts[2] = "REASON"
				path = strings.Join(parts, ".")
			}
			if scope != "" {
				path = scope + " " + path
			}
			there[path] = true
		}
	}
	for _, list := range []string{"mailbox", "webhook", "export", "mailbox oauth2", "mailbox poll", "mailbox capture"} {
		delete(there, list)
	}
	if len(there) < 90 {
		t.Errorf("%d keys only", len(there))
	}
	named := documented(t)
	for key := range there {
		if named[key] != 1 {
			t.Errorf("docs/configuration.md names %q %d times", key, named[key])
		}
	}
	for key := range named {
		if !there[key] {
			t.Errorf("docs/configuration.md names %q, which there is not", key)
		}
	}
}

// isLimit says whether a path is that of a limit of the policy, which is a key to be
// written as a whole and a table.
func isLimit(path string) bool {
	return strings.HasPrefix(path, "policy.") && path != "policy.reason" && strings.Count(path, ".") < 3 &&
		(strings.Count(path, ".") == 1 || strings.HasPrefix(path, "policy.reason."))
}

// TestReferenceDefaults: what it says of defaults is what they are.
func TestReferenceDefaults(t *testing.T) {
	text, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("defaults.toml", []byte("[[mailbox]]\nname = \"m\"\nhost = \"mail.example\"\nusername = \"u\"\npassword = \"p\"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Mailboxes[0].Poll
	limit := func(key string, l bouncehound.Limit) string {
		s := "count = " + itoa(int64(l.Count))
		if l.Within > 0 {
			s += `, within = "` + inDays(l.Within) + `"`
		}
		if l.AtMost != "" {
			s += `, at_most = "` + string(l.AtMost) + `"`
		}
		return key + "{ " + s + " }`"
	}
	for _, want := range []string{
		"| `path` | `" + c.Store.Path + "`", "| `raw` | `\"" + c.Store.Raw + "\"`", "| `retention.raw` | `\"" + inDays(c.Store.Retention.Raw) + "\"`", "| `retention.bounces` | `\"" + inDays(c.Store.Retention.Bounces) + "\"`",
		"| `retention.events` | `\"" + inDays(c.Store.Retention.Events) + "\"`", "| `retention.sent` | `\"" + inDays(c.Store.Retention.Sent) + "\"`",
		"| `tls` | `\"" + c.Mailboxes[0].TLS + "\"`", "| `auth` | `\"" + c.Mailboxes[0].Auth + "\"`", "| `poll.schedule` | `\"" + p.Schedule + "\"`", "| `poll.folders` | `[\"" + p.Folders[0] + "\"]`",
		"| `poll.since` | `\"" + inDays(p.Since) + "\"`", "| `poll.after` | `\"" + p.After + "\"`", "| `poll.move_to` | `\"" + p.MoveTo + "\"`", "| `poll.unread` | `\"" + p.Unread + "\"`",
		"| `poll.unread_to` | `\"" + p.UnreadTo + "\"`", "| `poll.max_message_size` | `\"" + itoa(p.MaxMessageSize/1e6) + "MB\"`", "| `log.level` | `\"" + c.Log.Level + "\"`", "| `log.format` | `\"" + c.Log.Format + "\"`",
		limit("| `hard` | `", c.Policy.Hard), limit("| `soft` | `", c.Policy.Soft), limit("| `transit` | `", c.Policy.Transit), limit("| `complaint` | `", c.Policy.Complaint),
		limit("| `block` | `", c.Policy.Block), limit("| `undetermined` | `", c.Policy.Undetermined), limit("| `reason.REASON` | `mailbox_full`: `", c.Policy.Reasons[bouncehound.MailboxFull]),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/configuration.md does not say %q", want)
		}
	}
}

// inDays returns a duration as a person writes it.
func inDays(d time.Duration) string {
	if d%year == 0 {
		return itoa(int64(d/year)) + "y"
	}
	return itoa(int64(d/day)) + "d"
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
