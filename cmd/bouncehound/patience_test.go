package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bouncehound"
	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/poller/imaptest"
)

// TestGivesUp: messages whose reading does not end are kept as unread with their bytes
// and a note, the others come through, and when it has given up several, and all of the
// batch is kept, the process ends with an error.
func TestGivesUp(t *testing.T) {
	for _, loops := range []int{maxGivenUp - 1, maxGivenUp} {
		t.Run(fmt.Sprint(loops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { givesUp(t, loops) })
		})
	}
}

func givesUp(t *testing.T, loops int) {
	server := imaptest.Pipe(t)
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i := range loops {
		server.Append("INBOX", fmt.Appendf(nil, "Subject: for ever %d\r\n\r\n", i), time.Now())
		server.Append("INBOX", undelivered(i), time.Now())
	}
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	p := &program{environ: []string{}, now: time.Now, patience: &patience{end: end}}
	c, err := config.Parse("", fmt.Appendf(nil, "[[mailbox]]\nname = \"bounces\"\nhost = \"127.0.0.1:143\"\ntls = \"none\"\nusername = %q\npassword = %q\n", imaptest.Username, imaptest.Password), nil, checkSchedule)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.completed("", c)
	if err != nil {
		t.Fatal(err)
	}
	one, err := p.newPoller(s, s.Mailboxes[0], store, slog.New(slog.NewTextHandler(t.Output(), nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	begun, never := time.Now(), make(chan bool)
	defer close(never)
	one.Dial, one.Spent = server.Dial, func() time.Duration { return time.Since(begun) }
	judge := one.Judge
	one.Judge = func(m bouncehound.Message) bouncehound.Judged {
		if strings.Contains(string(m.Raw), "for ever") {
			<-never
		}
		return judge(m)
	}
	_, err = one.Poll(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := ended(ctx, nil); (err != nil) != (loops >= maxGivenUp) || err != nil && !errors.Is(err, errGivenUp) {
		t.Errorf("after %d: %v", loops, err)
	}
	unread := 0
	for m, err := range store.Messages(t.Context(), db.MessageFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != bouncehound.KindUnread {
			if m.Kind != bouncehound.KindReport {
				t.Errorf("%+v", m)
			}
			continue
		}
		unread++
		raw, err := store.Raw(t.Context(), m.ID)
		if err != nil || !strings.HasPrefix(string(raw), "Subject: for ever ") || len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "did not end") {
			t.Errorf("%q, %v, %q", raw, err, m.Notes)
		}
	}
	bounces := 0
	for _, err := range store.Bounces(t.Context(), db.BounceFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		bounces++
	}
	if unread != loops || bounces != loops {
		t.Errorf("%d unread, %d bounces", unread, bounces)
	}
}
