package db_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

// holds says whether a store's files hold a text, in either case.
func holds(t *testing.T, path, text string) bool {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm", ".key"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(text))) {
			t.Logf("%s%s holds %q", path, suffix, text)
			return true
		}
	}
	return false
}

// TestForget: the address is gone from the files, and stays what it was.
func TestForget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, clock := openAt(t, path)
	j := message(1, noon, failed("Lena.Li@example.com"), hard)
	j.Report.Original.To = "Lena <Lena.Li@example.com>"
	j.Report.Original.From = "bounce+lena.li=example.com@example.org"
	j.Report.Notes = []string{"lena.li@example.com was odd"}
	j.Report.Recipients[0].Diagnostic = "550 5.1.1 <lena.li@example.com>: no such user"
	j = judged(j.Message, j.Report, hard)
	two := message(2, noon, failed("mia@example.com"), soft)
	two.Report.Original.To = "mia@example.com, lena.li@example.com, x.lena.li@example.com"
	two = judged(two.Message, two.Report, soft)
	unread := judged(bouncehound.Message{Place: bouncehound.Place{Mailbox: "bounces", Folder: "INBOX", UIDValidity: 7, UID: 3}, InternalDate: noon, Raw: []byte("Subject: odd\n\nlena.li@example.com\n")},
		bouncehound.Report{Unread: true})
	record(t, store, j, two, unread)
	for n := range 300 { // pages are split and joined
		record(t, store, message(100+n, noon, failed("noa@example.com"), blocked))
	}
	c, err := store.OpenCursor(t.Context(), "crm", bouncehound.StartBeginning)
	if err != nil {
		t.Fatal(err)
	}
	before := contact(t, store, "lena.li@example.com")

	tried, err := store.Forget(t.Context(), "LENA.li@example.com", true)
	if err != nil || !holds(t, path, "lena.li@example.com") || contact(t, store, "lena.li@example.com") != before {
		t.Errorf("tried %+v, %v", tried, err)
	}
	if _, err := os.Stat(path + ".key"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a trial made a key: %v", err)
	}
	done, err := store.Forget(t.Context(), "LENA.li@example.com", false)
	if err != nil || !reflect.DeepEqual(done, tried) || !done.Known || done.Standing != bouncehound.DoNotEmail || done.Bounces != 1 || done.Raw != 2 || done.Events != 0 || done.Waiting != 4 {
		t.Errorf("forgot %+v, tried %+v, %v", done, tried, err)
	}
	if info, err := os.Stat(path + ".key"); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("key %v, %v", info, err)
	}
	// What the endpoint has not got it still gets, whole.
	if got := events(t, store); len(got) < 4 || got[0].Contact != "lena.li@example.com" || !strings.Contains(string(got[1].Data), "Lena.Li@example.com") {
		t.Errorf("events %+v", got[:2])
	}
	if c.Sequence, err = store.LastSequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.SaveCursor(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Sweep(t.Context(), bouncehound.DefaultPolicy(), nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"\"lena.li@", "<lena.li@", "lena.li=example.com", " lena.li@", "Lena <"} {
		if holds(t, path, text) {
			t.Errorf("the store holds %q", text)
		}
	}
	if !holds(t, path, "x.lena.li@example.com") {
		t.Error("another address was blanked")
	}
	if got := events(t, store); strings.HasPrefix(got[0].Contact, "FORGOTTEN") || got[0].Contact != "mia@example.com" || !strings.Contains(string(got[0].Data), "(forgotten)") {
		t.Errorf("event %+v", got[0])
	}

	// It stays what it was, for who asks by the address.
	asked := contact(t, store, "lena.li@EXAMPLE.com")
	if asked.Standing != before.Standing || asked.Email != "" || asked.Bounces != 1 || asked.Reason != before.Reason || !asked.Since.Equal(before.Since) {
		t.Errorf("contact %+v", asked)
	}
	if checks, err := store.CheckFlagged(t.Context(), []string{"noa@example.com", "lena.li@example.com"}); err != nil || checks[0] != nil || checks[1] == nil || checks[1].Mail {
		t.Errorf("checks %+v, %v", checks, err)
	}
	if h := history(t, store, "lena.li@example.com"); len(h) != 1 {
		t.Errorf("history %q", h)
	}
	for _, listed := range list(t, store.Contacts(t.Context(), db.ContactFilter{})) {
		if listed.Email == "" {
			t.Error("it is listed")
		}
	}
	// A later bounce neither brings it back nor makes a second contact.
	last, _ := store.LastSequence(t.Context())
	clock.now = noon.Add(aDay)
	again := message(900, noon.Add(aDay), failed("Lena.Li@example.com"), hard)
	again.Report.Original.To = "Lena.Li@example.com"
	got := record(t, store, judged(again.Message, again.Report, hard))[0]
	if got.Bounces[0].ID == 0 || contact(t, store, "lena.li@example.com").Bounces != 2 || holds(t, path, " lena.li@") || holds(t, path, "com550") {
		t.Errorf("recorded %+v", got)
	}
	if now, _ := store.LastSequence(t.Context()); now != last {
		t.Error("an event tells of it")
	}
	if n := len(list(t, store.Contacts(t.Context(), db.ContactFilter{Forgotten: true}))); n != 3 {
		t.Errorf("%d contacts", n)
	}
	if changed := list(t, store.Rejudge(t.Context(), db.Rejudging{Judge: func(bouncehound.Recipient) bouncehound.Verdict { return blocked }, Policy: bouncehound.DefaultPolicy()})); len(changed) > 0 && changed[0].Address == "" {
		t.Errorf("judged again: %+v", changed[0])
	}
	if change, changed, err := store.Release(t.Context(), "lena.li@example.com", db.By{Who: "ada"}); err != nil || !changed || change.Standing != bouncehound.OK || holds(t, path, " lena.li@") {
		t.Errorf("released %+v, %v, %v", change, changed, err)
	}
	// Without the key nobody is taken for somebody else.
	if err := os.Rename(path+".key", path+".gone"); err != nil {
		t.Fatal(err)
	}
	other, _ := openAt(t, path)
	if _, _, err := other.Contact(t.Context(), "lena.li@example.com"); !errors.Is(err, db.ErrNoKey) {
		t.Errorf("without the key: %v", err)
	}
}
