package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound/poller/imaptest"
)

// soakDomain is where the addresses live of which each bounce is counted.
const soakDomain = "soak.example"

// soakMails makes messages up and knows what is to become of them.
type soakMails struct {
	n          int // messages made
	before     int64
	bounces    int            // rows expected, of all addresses
	expected   map[string]int // of each address
	sent       map[string]int // messages, of each mailbox
	understood map[string]int
	samples    []soakMail // those of testdata
}

type soakMail struct {
	raw        []byte
	understood bool
}

// newSoakMails reads testdata too, for the variety.
func newSoakMails(t *testing.T) *soakMails {
	t.Helper()
	m := &soakMails{expected: map[string]int{}, sent: map[string]int{}, understood: map[string]int{}}
	paths, err := filepath.Glob("../../testdata/*/*.eml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d messages, %v", len(paths), err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + ".json")
		if err != nil || bytes.HasPrefix(raw, []byte("From ")) {
			continue
		}
		sample := soakMail{raw: raw}
		for line := range bytes.Lines(golden) {
			var b struct{ Action string }
			if err := json.Unmarshal(line, &b); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			sample.understood = sample.understood || slices.Contains([]string{"failed", "delayed", "delivered", "relayed", "expanded", "complained"}, b.Action)
		}
		m.samples = append(m.samples, sample)
	}
	return m
}

// next makes the next messages of a mailbox.
func (m *soakMails) next(mailbox string, n int) (mails []imaptest.Mail) {
	for range n {
		raw, addresses, understood := m.one()
		m.n++
		m.sent[mailbox]++
		if understood {
			m.understood[mailbox]++
		}
		for _, address := range addresses {
			m.expected[address]++
			m.bounces++
		}
		mails = append(mails, imaptest.Mail{Raw: raw, InternalDate: time.Now().Truncate(time.Second)})
	}
	return mails
}

// one makes a message, unlike all others, and says of which addresses it makes a bounce.
func (m *soakMails) one() (raw []byte, addresses []string, understood bool) {
	n := m.n
	fresh := fmt.Sprintf("user%d@%s", n, soakDomain)
	often := fmt.Sprintf("often%d@%s", n%499, soakDomain)
	id := fmt.Sprintf("soak.%d", n)
	switch n % 10 {
	case 0, 1:
		return failedDSN(id, fresh, "5.1.1", "550 5.1.1 <"+fresh+">: Recipient address rejected: User unknown"), []string{fresh}, true
	case 2:
		return failedDSN(id, often, "5.2.2", "552 5.2.2 Mailbox full"), []string{often}, true
	case 3:
		return failedDSN(id, often, "5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using dnsbl.example"), []string{often}, true
	case 4: // delayed
		raw := bytes.Replace(failedDSN(id, often, "4.4.1", "connect to mx.example.net[192.0.2.7]:25: Connection timed out"), []byte("Action: failed"), []byte("Action: delayed"), 1)
		return raw, []string{often}, true
	case 5: // delivered
		raw := bytes.Replace(failedDSN(id, often, "2.0.0", "250 2.0.0 Ok"), []byte("Action: failed"), []byte("Action: delivered"), 1)
		return raw, []string{often}, true
	case 6: // three at once
		second, third := "second."+often, "third."+often
		more := fmt.Appendf(nil, "\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 4.4.7\r\nDiagnostic-Code: smtp; 451 4.4.7 Delivery time expired\r\n\r\n"+
			"Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.4.4\r\nDiagnostic-Code: x-unix; Host or domain name not found\r\n\r\n--b\r\nContent-Type: text/rfc822-headers", second, third)
		raw := bytes.Replace(failedDSN(id, often, "5.1.1", "550 5.1.1 User unknown"), []byte("\r\n\r\n--b\r\nContent-Type: text/rfc822-headers"), more, 1)
		return raw, []string{often, second, third}, true
	case 7: // a letter, large now and then
		size := 10
		if n%100 == 7 {
			size = 2000
		}
		return fmt.Appendf(nil, "From: ada@example.net\r\nTo: bounces@example.com\r\nMessage-ID: <%s@example.net>\r\nSubject: hello\r\n\r\n%s", id, strings.Repeat("Just a letter, of some length.\r\n", size)), nil, false
	}
	sample := m.samples[(n/10*2+n%10)%len(m.samples)]
	return append(fmt.Appendf(nil, "X-Soak: %s\r\n", id), sample.raw...), nil, sample.understood
}
