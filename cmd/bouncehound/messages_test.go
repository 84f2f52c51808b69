package main

import (
	"encoding/json"
	"strings"
	"testing"

	"bouncehound"
	"bouncehound/poller/imaptest"
)

// TestMessagesWithheld: what a server lists and does not hand over is listed with its
// words, and check says so.
func TestMessagesWithheld(t *testing.T) {
	w := newWorld(t, imaptest.Memory(t), "")
	w.append([]byte("Subject: a letter\r\n\r\nHello.\r\n"))
	w.run(0, "poll")
	if got := w.checked(0)["mailbox messages"]; got != "" {
		t.Errorf("check of none: %s", got)
	}
	if stdout, _ := w.run(0, "messages", "--withheld", "-o", "csv"); stdout != "mailbox,folder,uidvalidity,uid,tries,tried_at,next_at,error\r\n" {
		t.Errorf("of none: %q", stdout)
	}
	store := w.open()
	withhold := func(mailbox string, uid uint32, times int) {
		for range times {
			place := bouncehound.Place{Mailbox: mailbox, Folder: "INBOX", UIDValidity: 7, UID: uid}
			if err := store.Withhold(t.Context(), place, "NO [SERVERBUG]\x1b cannot read it"); err != nil {
				t.Fatal(err)
			}
		}
	}
	cursor, err := store.FolderCursor(t.Context(), "bounces", "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	validity := cursor.UIDValidity
	place := bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: validity, UID: 4}
	if err := store.Withhold(t.Context(), place, "NO [SERVERBUG]\x1b cannot read it"); err != nil {
		t.Fatal(err)
	}
	withhold("other", 5, 9) // given up
	if got := w.checked(1)["mailbox messages"]; !strings.HasPrefix(got, "bad: 1 message listed by the server and not handed over (bouncehound messages --withheld ") {
		t.Errorf("check: %s", got)
	}
	stdout, _ := w.run(0, "messages", "--withheld", "--output", "json")
	var all []withheldRecord
	for line := range strings.Lines(stdout) {
		var one withheldRecord
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	if len(all) != 2 || all[0].Mailbox != "bounces" || all[0].Folder != "INBOX" || all[0].UID != 4 || all[0].UIDValidity != validity || all[0].Tries != 1 ||
		!all[0].NextAt.Equal(all[0].TriedAt) || all[0].Error != "NO [SERVERBUG]\x1b cannot read it" || all[1].Tries != 9 || !all[1].NextAt.IsZero() {
		t.Errorf("%s", stdout)
	}
	table, _ := w.run(0, "messages", "--withheld")
	if lines := strings.Split(table, "\n"); len(lines) != 4 || !strings.Contains(lines[2], "given up") || !strings.Contains(lines[1], "cannot read it") || strings.Contains(table, "\x1b") {
		t.Errorf("%q", table)
	}
	if stdout, _ := w.run(0, "messages", "--withheld", "--mailbox", "other", "-o", "csv"); strings.Count(stdout, "\r\n") != 2 || !strings.Contains(stdout, "other,INBOX,7,5,9,") {
		t.Errorf("%q", stdout)
	}
	w.run(2, "messages", "--withheld", "--unread")
	w.run(2, "messages", "--withheld", "--raw", "0123")
}
