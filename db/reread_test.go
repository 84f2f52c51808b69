package db_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// reread returns a Read that says of each message what says holds for its subject
// line, and nothing of others.
func reread(t *testing.T, says map[string][]bouncehound.Recipient, v bouncehound.Verdict) func(bouncehound.Message) bouncehound.Judged {
	return func(m bouncehound.Message) bouncehound.Judged {
		subject, _, _ := strings.Cut(strings.TrimPrefix(string(m.Raw), "Subject: "), "\r\n")
		r := bouncehound.Report{Format: "new", MessageID: "<new@mx.example.net>", Recipients: says[subject]}
		if m.InternalDate.IsZero() || m.Place.Mailbox != "bounces" || m.Source == "" {
			t.Errorf("was given %+v", m)
		}
		r.Original.Headers = map[string]string{"X-Contact-Id": "77"}
		r.Unread = len(r.Recipients) == 0
		verdicts := make([]bouncehound.Verdict, len(r.Recipients))
		for i := range verdicts {
			verdicts[i] = v
		}
		return judged(m, r, verdicts...)
	}
}

// report returns a message about several recipients.
func report(n int, at time.Time, v bouncehound.Verdict, recipients ...bouncehound.Recipient) bouncehound.Judged {
	j := message(n, at, recipients[0], v)
	j.Report.Recipients = recipients
	verdicts := make([]bouncehound.Verdict, len(recipients))
	for i := range verdicts {
		verdicts[i] = v
	}
	return judged(j.Message, j.Report, verdicts...)
}

// unread returns a message that was not understood.
func unread(n int, at time.Time) bouncehound.Judged {
	j := message(n, at, said("", ""), hard)
	return judged(j.Message, bouncehound.Report{MessageID: j.Report.MessageID, Unread: true, Notes: []string{"what is this?"}})
}

// TestReread: what a message says today is taken where position and address match,
// and what follows from it is counted once.
func TestReread(t *testing.T) {
	const lena, mia, oda, ida = "lena@example.com", "mia@example.com", "oda@example.com", "ida@example.com"
	store, clock := open(t)
	clock.now = noon.AddDate(0, 0, 2)
	repeat := message(5, noon, said(ida, "soft"), soft)
	repeat.Report.MessageID = "<report-3@mx.example.net>"
	all := []bouncehound.Judged{
		report(1, noon, hard, said(lena, "hard"), said(mia, "hard"), said("vera@example.com", "hard")),
		report(2, noon.Add(time.Hour), soft, acted(bouncehound.Delayed, oda), said(ida, "soft")),
		message(3, noon.Add(-time.Hour), said(ida, "soft"), soft),
		message(4, noon, said("nina@example.com", "hard"), hard),
		repeat, message(6, noon, acted(bouncehound.Delayed, "una@example.com"), soft),
	}
	record(t, store, all...)
	verdicts := map[string]bouncehound.Verdict{"hard": hard, "soft": soft, "block": blocked, "": soft}
	judge := func(r bouncehound.Recipient) bouncehound.Verdict { return verdicts[r.Diagnostic] }
	for i, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{})) {
		if v := judge(b.Recipient); b.Class != v.Class {
			t.Fatalf("bounce %d is judged %s, not as it was recorded", i, v.Class)
		}
	}
	moved := said("Lena@EXAMPLE.com", "block")
	moved.Final, moved.Status, moved.Reply, moved.RemoteMTA = "lena@example.net", "5.7.1", 554, "mx.example.com"
	r := db.Rejudging{Judge: judge, Read: reread(t, map[string][]bouncehound.Recipient{
		// mia is matched neither by position nor by address alone.
		"report 1": {moved, said("someone.else@example.com", "block"), said("vera@example.com", "hard"), said(mia, "block")},
		"report 2": {said(oda, "soft"), acted(bouncehound.Delivered, ida)},
		"report 3": {said(ida, "soft")},
		// "report 4" says nothing any more.
		"report 5": {acted(bouncehound.Relayed, ida)},
		"report 6": {acted(bouncehound.Expanded, "una@example.com")},
	}, hard)}
	want := []string{
		ida + " server_error/server_error server_error/server_error watch→ok (read again: failed is delivered, soft/server_error)",
		lena + " user_unknown/spam_content do_not_email→ok (judged again: hard/user_unknown is block/spam_content by today's rules ())",
		oda + " server_error/server_error ok→watch (read again: delayed is failed, soft/server_error)",
		"una@example.com server_error/server_error →",
	}
	left := leaving(&r, all)
	if got := tried(t, store, r); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// What it names today that no stored bounce matches is told, once a run.
	if want := slices.Repeat([]string{"1 differs false", "4 differs false"}, 3); !sameSet(*left, want) {
		t.Errorf("left %q, want %q", *left, want)
	}
	b := list(t, store.Bounces(t.Context(), db.BounceFilter{Address: lena}))[0]
	if b.Recipient != moved || b.Format != "dsn" || b.MessageID != "<report-1@mx.example.net>" || b.Original.Headers["X-Contact-Id"] != "1" {
		t.Errorf("bounce %+v", b)
	}
	for address, want := range map[string]struct {
		bounces     int
		first, last time.Time
	}{
		lena: {1, noon, noon}, oda: {1, noon.Add(time.Hour), noon.Add(time.Hour)}, ida: {1, noon.Add(-time.Hour), noon.Add(-time.Hour)}, mia: {1, noon, noon},
	} {
		if c := contact(t, store, address); c.Bounces != want.bounces || !c.FirstBouncedAt.Equal(want.first) || !c.LastBouncedAt.Equal(want.last) {
			t.Errorf("contact %+v", c)
		}
	}
	for _, address := range []string{"someone.else@example.com", "una@example.com"} {
		if _, ok, err := store.Contact(t.Context(), address); ok || err != nil {
			t.Errorf("%s is a contact: %v, %v", address, ok, err)
		}
	}
}

// leaving has a rejudging tell into the list it returns why it leaves which of some
// messages, by their numbers from 1.
func leaving(r *db.Rejudging, messages []bouncehound.Judged) *[]string {
	var left []string
	r.Left = func(m db.LeftMessage) {
		n := 1 + slices.IndexFunc(messages, func(j bouncehound.Judged) bool { return j.ID == m.ID })
		left = append(left, fmt.Sprint(n, " ", m.Why, " ", m.Unread))
	}
	return &left
}

// TestRereadLeft: it is told of which messages nothing could be read again, and why,
// and a verdict on one says so too.
func TestRereadLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	at := &clock{noon}
	open := func(raw string) *db.DB {
		store, err := db.Open(t.Context(), path, db.Options{Raw: raw, Now: at.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		return store
	}
	later := noon.AddDate(1, 0, 0)
	all := []bouncehound.Judged{
		message(1, noon, said("lena@example.com", "hard"), hard), unread(2, noon),
		message(3, later, said("mia@example.com", "hard"), hard),
		report(4, later, hard, said("oda@example.com", "hard"), said("ida@example.com", "soft")),
		report(5, later, hard, said("una@example.com", "hard"), said("vera@example.com", "hard")),
	}
	old := open("full")
	record(t, old, all[:2]...)
	at.now = later
	if _, err := old.Retain(t.Context(), db.Retention{Raw: 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	record(t, open("headers"), all[2])
	none := open("none")
	record(t, none, all[3])
	record(t, open("full"), all[4])
	says := map[string][]bouncehound.Recipient{"report 5": {said("una@example.com", "hard")}}
	r := db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"hard": blocked, "soft": hard}), Read: reread(t, says, hard)}
	left := leaving(&r, all)
	about := map[string]db.Left{}
	for d, err := range none.Rejudge(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range d.Bounces {
			about[b.Is.Address] = b.Left
		}
	}
	if want := []string{"1 retention false", "3 headers false", "4 not_kept false", "5 differs false"}; !sameSet(*left, want) {
		t.Errorf("left %q, want %q", *left, want)
	}
	for address, want := range map[string]db.Left{"lena@example.com": db.LeftPruned, "mia@example.com": db.LeftHeaders, "oda@example.com": db.LeftNone, "una@example.com": "", "vera@example.com": db.LeftDiffers} {
		if got, ok := about[address]; !ok || got != want {
			t.Errorf("%s: %q, %v, want %q", address, got, ok, want)
		}
	}
	// The bytes of what was not understood go too, in their time.
	if _, err := old.Retain(t.Context(), db.Retention{Bounces: 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	left = leaving(&r, all)
	rejudge(t, none, r)
	if !slices.Contains(*left, "2 retention true") {
		t.Errorf("left %q", *left)
	}
	// Without Read nothing is.
	r.Read = nil
	left = leaving(&r, all)
	if rejudge(t, none, r); len(*left) > 0 {
		t.Errorf("left %q", *left)
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestRereadKept: only bytes that are kept whole are read again.
func TestRereadKept(t *testing.T) {
	for _, c := range []struct {
		raw     string
		partial bool
		want    int
	}{{"full", false, 1}, {"full", true, 1}, {"headers", false, 0}, {"none", false, 0}} {
		store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), db.Options{Raw: c.raw, Now: (&clock{noon}).Now})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		j := message(1, noon, said("lena@example.com", "hard"), hard)
		if c.partial {
			j.Message.Partial, j.Message.Size = true, 1e6
			j = judged(j.Message, j.Report, hard)
		}
		record(t, store, j)
		says := map[string][]bouncehound.Recipient{"report 1": {said("lena@example.com", "block")}}
		got := rejudge(t, store, db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"block": blocked, "hard": hard}), Read: reread(t, says, hard)})
		judgedBlock := len(got) == 1 && strings.Contains(got[0], "spam_content")
		if judgedBlock != (c.want == 1) {
			t.Errorf("%s, partial %v: %q", c.raw, c.partial, got)
		}
	}
}

// TestRereadUnread: a message that was not understood and is now becomes a report
// with its bounces, once, and what was known of it stays.
func TestRereadUnread(t *testing.T) {
	for _, keep := range []string{"full", "none"} {
		path := filepath.Join(t.TempDir(), "test.db")
		store, err := db.Open(t.Context(), path, db.Options{Raw: keep, Now: (&clock{noon.AddDate(0, 0, 2)}).Now})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		record(t, store, unread(1, noon), unread(2, noon), unread(3, noon.AddDate(0, 0, -9)), message(4, noon, said("mia@example.com", "block"), hard))
		was := list(t, store.Messages(t.Context(), db.MessageFilter{}))
		says := map[string][]bouncehound.Recipient{
			"report 1": {said("Lena@example.com", "hard"), said("mia@example.com", "soft"), said("lena@example.com", "hard"), acted(bouncehound.Delayed, "oda@example.com"), said("", "hard")},
			"report 3": {said("vera@example.com", "hard")},
			"report 4": {said("mia@example.com", "block")},
		}
		r := db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"block": blocked, "hard": hard, "soft": soft, "": soft}), Read: reread(t, says, soft), Since: noon}
		if keep == "none" {
			r.Judge = today(map[string]bouncehound.Verdict{"block": blocked, "": soft})
		}
		want := []string{
			"mia@example.com user_unknown/spam_content do_not_email→ok (judged again: hard/user_unknown is block/spam_content by today's rules (today/block))",
			"Lena@example.com /server_error /server_error ok→watch (a message that was not understood is now)",
			"mia@example.com /server_error ok→watch (a message that was not understood is now)",
			"oda@example.com /server_error →",
			" /server_error →",
		}
		before := everything(t, store)
		if got := rejudge(t, store, r); !slices.Equal(got, want) {
			t.Errorf("%s: to see: got\n%s\nwant\n%s", keep, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if !slices.Equal(before, everything(t, store)) {
			t.Error("to look has changed something")
		}
		r.Apply = true
		if got := rejudge(t, store, r); !slices.Equal(got, want) {
			t.Errorf("%s: done: got\n%s\nwant\n%s", keep, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		r.Judge = nothingNew(t, store)
		if got := rejudge(t, store, r); got != nil {
			t.Errorf("%s: a second time: %q", keep, got)
		}
		now := list(t, store.Messages(t.Context(), db.MessageFilter{}))
		i := slices.IndexFunc(now, func(m db.StoredMessage) bool { return m.UID == 1 })
		as := was[i]
		as.Kind, as.Format, as.MessageID, as.Notes, as.Recipients = bouncehound.KindReport, "new", "<new@mx.example.net>", nil, 5
		if fmt.Sprint(now[i]) != fmt.Sprint(as) {
			t.Errorf("message %+v, want %+v", now[i], as)
		}
		if c := contact(t, store, "lena@example.com"); c.Bounces != 1 || c.Cause != bouncehound.CauseBounce || !c.FirstBouncedAt.Equal(noon) {
			t.Errorf("contact %+v", c)
		}
		if b := list(t, store.Bounces(t.Context(), db.BounceFilter{Address: "lena@example.com", Repeats: true})); len(b) != 2 || !b[1].Repeat {
			t.Errorf("bounces %+v", b)
		}
		if unread := list(t, store.Messages(t.Context(), db.MessageFilter{Kind: bouncehound.KindUnread})); len(unread) != 2 {
			t.Errorf("%d unread", len(unread))
		}
		if c := list(t, store.Contacts(t.Context(), db.ContactFilter{HeaderName: "X-Contact-Id", HeaderValue: "77"})); len(c) != 2 {
			t.Errorf("%d contacts with the header", len(c))
		}
		_, err = store.Raw(t.Context(), as.ID)
		if kept := !errors.Is(err, db.ErrNotFound); kept != (keep == "full") {
			t.Errorf("%s: raw: %v", keep, err)
		}
	}
}

// nothingNew judges each bounce as it is stored.
func nothingNew(t *testing.T, store *db.DB) func(bouncehound.Recipient) bouncehound.Verdict {
	t.Helper()
	stored := map[bouncehound.Recipient]bouncehound.Verdict{}
	for _, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{Repeats: true})) {
		stored[b.Recipient] = b.Verdict
	}
	return func(r bouncehound.Recipient) bouncehound.Verdict { return stored[r] }
}

// killedContacts is how many contacts a killed process has before it.
const killedContacts = 1500

// childRejudge judges a store again, says so of each contact, and goes on after each
// when it is told to.
func childRejudge() {
	store, err := db.Open(context.Background(), os.Getenv("BOUNCEHOUND_DB_PATH"), db.Options{})
	if err != nil {
		panic(err)
	}
	blame := func(bouncehound.Recipient) bouncehound.Verdict { return blocked }
	for d, err := range store.Rejudge(context.Background(), db.Rejudging{Judge: blame, Policy: bouncehound.DefaultPolicy(), Apply: true}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(d.Address)
		if _, err := fmt.Scanln(); err != nil && errors.Is(err, io.EOF) {
			panic(err)
		}
	}
}

// TestRejudgeKill kills a process in the middle of judging again: each contact is
// judged with its standing and its event or not at all, and another run does the
// rest, once.
func TestRejudgeKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, _ := openAt(t, path)
	var all []bouncehound.Judged
	for n := range killedContacts {
		for i := range 2 {
			all = append(all, message(2*n+i+1, noon, said(fmt.Sprintf("u%d@example.com", n), "hard"), hard))
		}
	}
	record(t, store, all...)
	consistent := func() (released int) {
		t.Helper()
		blocks := map[string]int{}
		for _, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{})) {
			if b.Class == bouncehound.Block {
				blocks[b.Address]++
			}
		}
		told := map[string]int{}
		for _, e := range events(t, store) {
			if e.Type == bouncehound.ContactReleased {
				told[e.Contact]++
			}
		}
		for _, c := range list(t, store.Contacts(t.Context(), db.ContactFilter{})) {
			switch {
			case c.Standing == bouncehound.DoNotEmail && blocks[c.Email] == 0 && told[c.Email] == 0:
			case c.Standing == bouncehound.OK && blocks[c.Email] == 2 && told[c.Email] == 1 && c.Bounces == 2:
				released++
			default:
				t.Errorf("contact %+v with %d blocks was told of %d times", c, blocks[c.Email], told[c.Email])
			}
		}
		return released
	}
	for round := range 3 {
		cmd := child(t, "rejudge", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// However slow this process is, the other one does not come to its end.
		if _, err := io.WriteString(in, strings.Repeat("\n", 150)); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		safe := 0
		for range 10 + 70*round { // from now on it is in the middle
			if !lines.Scan() {
				t.Fatal("the child has ended: ", cmd.Wait())
			}
			safe++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // says only that it was killed
		if released := consistent(); released < safe {
			t.Errorf("round %d: %d are released, it said %d", round, released, safe)
		}
	}
	cmd := child(t, "rejudge", path)
	cmd.Stdin = strings.NewReader(strings.Repeat("\n", killedContacts))
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if released := consistent(); released != killedContacts {
		t.Errorf("%d contacts are released", released)
	}
}
