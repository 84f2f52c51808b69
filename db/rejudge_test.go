package db_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// today judges a bounce by what its diagnostic says: its last word is the verdict.
func today(verdicts map[string]bouncehound.Verdict) func(bouncehound.Recipient) bouncehound.Verdict {
	return func(r bouncehound.Recipient) bouncehound.Verdict {
		if v, ok := verdicts[r.Diagnostic]; ok {
			v.Rule, v.Explanation = "today/"+r.Diagnostic, "in words"
			return v
		}
		return verdicts[""]
	}
}

// said returns a failure with a diagnostic.
func said(address, diagnostic string) bouncehound.Recipient {
	return bouncehound.Recipient{Action: bouncehound.Failed, Address: address, Status: "5.0.0", Diagnostic: diagnostic}
}

// rejudge judges again and returns what differs as text: one line an address, "was"
// and "is" of its bounces, its standings and the note.
func rejudge(t testing.TB, store *db.DB, r db.Rejudging) (all []string) {
	t.Helper()
	if r.Policy.Hard.Count == 0 {
		r.Policy = bouncehound.DefaultPolicy()
	}
	for _, d := range list(t, store.Rejudge(t.Context(), r)) {
		line := d.Address
		for _, b := range d.Bounces {
			line += fmt.Sprintf(" %s/%s", b.Was.Reason, b.Is.Reason)
			if b.Is.Explanation != "" {
				t.Errorf("%s: has words", d.Address)
			}
		}
		line += fmt.Sprintf(" %s→%s", d.Previous, d.Standing)
		if d.Note != "" {
			line += " (" + d.Note + ")"
		}
		all = append(all, line)
	}
	return all
}

// everything returns all that a store tells, as text.
func everything(t testing.TB, store *db.DB) (all []string) {
	t.Helper()
	for _, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{Repeats: true})) {
		all = append(all, fmt.Sprintf("%+v", b))
	}
	for _, c := range list(t, store.Contacts(t.Context(), db.ContactFilter{})) {
		all = append(all, fmt.Sprintf("%+v", c))
	}
	for _, e := range events(t, store) {
		all = append(all, fmt.Sprintf("%+v", e))
	}
	for _, m := range list(t, store.Messages(t.Context(), db.MessageFilter{})) {
		all = append(all, fmt.Sprintf("%+v", m))
	}
	return all
}

// tried judges again: first only to see, which must write nothing, then for good,
// which must say the same, then once more, which must find nothing.
func tried(t testing.TB, store *db.DB, r db.Rejudging) []string {
	t.Helper()
	before := everything(t, store)
	seen := rejudge(t, store, r)
	if after := everything(t, store); !slices.Equal(before, after) {
		t.Errorf("to look has changed\n%s\nto\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	r.Apply = true
	if done := rejudge(t, store, r); !slices.Equal(seen, done) {
		t.Errorf("was to do\n%q\nand did\n%q", seen, done)
	}
	if again := rejudge(t, store, r); again != nil {
		t.Errorf("a second time: %q", again)
	}
	return seen
}

// TestRejudge takes one address through what can come of it.
func TestRejudge(t *testing.T) {
	const lena = "lena@example.com"
	verdicts := map[string]bouncehound.Verdict{"": hard, "soft": soft, "block": blocked, "hard": hard,
		"gone": {Class: bouncehound.Hard, Reason: bouncehound.MailboxInactive, Fault: bouncehound.FaultRecipient}}
	on := func(d int) time.Time { return noon.AddDate(0, 0, d) }
	was := func(n int, at time.Time, diagnostic string, v bouncehound.Verdict) bouncehound.Judged {
		return message(n, at, said(lena, diagnostic), v)
	}
	for _, c := range []struct {
		name     string
		prepare  func(t *testing.T, store *db.DB, clock *clock)
		policy   bouncehound.Policy
		since    time.Time
		want     string // "" for nothing
		standing bouncehound.Standing
		from     time.Time // when the standing began
		reason   bouncehound.Reason
		bounces  int
		told     string // the last contact event
	}{
		{name: "blamed wrongly", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, noon, "block", hard)) },
			want:     lena + " user_unknown/spam_content do_not_email→ok (judged again: hard/user_unknown is block/spam_content by today's rules (today/block))",
			standing: bouncehound.OK, from: on(9), reason: blocked.Reason, bounces: 1, told: "contact.released from do_not_email by reclassify"},
		{name: "let off wrongly", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(1), "hard", blocked), was(2, on(2), "block", blocked))
		},
			want:     lena + " spam_content/user_unknown spam_content/spam_content ok→do_not_email (judged again: block/spam_content is hard/user_unknown by today's rules (today/hard))",
			standing: bouncehound.DoNotEmail, from: on(1), reason: hard.Reason, bounces: 2, told: "contact.do_not_email from ok by reclassify"},
		{name: "only to be watched", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, on(3), "soft", hard)) },
			want:     lena + " user_unknown/server_error do_not_email→watch (judged again: hard/user_unknown is soft/server_error by today's rules (today/soft))",
			standing: bouncehound.Watch, from: on(3), reason: soft.Reason, bounces: 1, told: "contact.released from do_not_email by reclassify"},
		{name: "nothing to watch", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, on(3), "block", soft)) },
			want:     lena + " server_error/spam_content watch→ok (judged again: soft/server_error is block/spam_content by today's rules (today/block))",
			standing: bouncehound.OK, from: on(9), reason: blocked.Reason, bounces: 1, told: "contact.ok from watch by reclassify"},
		{name: "another reason", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, noon, "gone", hard)) },
			want:     lena + " user_unknown/mailbox_inactive do_not_email→do_not_email",
			standing: bouncehound.DoNotEmail, from: noon, reason: bouncehound.MailboxInactive, bounces: 1, told: "contact.do_not_email from ok by bounce"},
		{name: "another bounce decides", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(1), "block", hard), was(2, on(2), "hard", hard))
		},
			want:     lena + " user_unknown/spam_content user_unknown/user_unknown do_not_email→do_not_email",
			standing: bouncehound.DoNotEmail, from: on(1), reason: hard.Reason, bounces: 2, told: "contact.do_not_email from ok by bounce"},
		{name: "set by hand", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(3), "block", soft))
			if _, _, err := store.Suppress(t.Context(), lena, db.By{Note: "asked"}); err != nil {
				t.Fatal(err)
			}
		},
			want:     lena + " server_error/spam_content do_not_email→do_not_email (stays do_not_email: set by hand)",
			standing: bouncehound.DoNotEmail, from: on(9), reason: blocked.Reason, bounces: 1, told: "contact.do_not_email from watch by hand"},
		{name: "set by a list", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			if _, _, err := store.Suppress(t.Context(), lena, db.By{Cause: bouncehound.CauseImport}); err != nil {
				t.Fatal(err)
			}
			record(t, store, was(1, on(3), "block", hard))
		},
			want:     lena + " user_unknown/spam_content do_not_email→do_not_email (stays do_not_email: set by import)",
			standing: bouncehound.DoNotEmail, from: on(9), reason: blocked.Reason, bounces: 1, told: "contact.do_not_email from ok by import"},
		{name: "released by hand", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(3), "soft", hard), was(2, on(4), "hard", soft))
			if _, _, err := store.Release(t.Context(), lena, db.By{}); err != nil {
				t.Fatal(err)
			}
		},
			want:     lena + " user_unknown/server_error server_error/user_unknown ok→ok",
			standing: bouncehound.OK, from: on(9), reason: hard.Reason, bounces: 2, told: "contact.released from do_not_email by hand"},
		{name: "bounced after the release", prepare: func(t *testing.T, store *db.DB, clock *clock) {
			record(t, store, was(1, on(3), "block", hard))
			if _, _, err := store.Release(t.Context(), lena, db.By{}); err != nil {
				t.Fatal(err)
			}
			clock.now = on(10)
			record(t, store, was(2, on(10), "hard", blocked))
		},
			want:     lena + " user_unknown/spam_content spam_content/user_unknown ok→do_not_email (judged again: block/spam_content is hard/user_unknown by today's rules (today/hard))",
			standing: bouncehound.DoNotEmail, from: on(10), reason: hard.Reason, bounces: 2, told: "contact.do_not_email from ok by reclassify"},
		{name: "a repeat", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			first, second := was(1, on(1), "soft", blocked), was(2, on(2), "soft", blocked)
			second.Report.MessageID = first.Report.MessageID
			record(t, store, first, second)
		},
			policy:   bouncehound.Policy{Hard: bouncehound.Limit{Count: 1}, Soft: bouncehound.Limit{Count: 2}},
			want:     lena + " spam_content/server_error spam_content/server_error ok→watch (judged again: block/spam_content is soft/server_error by today's rules (today/soft))",
			standing: bouncehound.Watch, from: on(1), reason: soft.Reason, bounces: 1, told: "contact.watch from ok by reclassify"},
		{name: "the policy has changed too", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, noon, "block", hard)) },
			policy:   bouncehound.Policy{Hard: bouncehound.Limit{Count: 2}},
			want:     lena + " user_unknown/spam_content do_not_email→do_not_email (stays do_not_email: today's policy would not have put it there)",
			standing: bouncehound.DoNotEmail, from: noon, reason: hard.Reason, bounces: 1, told: "contact.do_not_email from ok by bounce"},
		{name: "decided under another policy", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(1), "hard", hard), was(2, on(2), "soft", blocked))
		},
			policy:   bouncehound.Policy{Hard: bouncehound.Limit{Count: 3}, Soft: bouncehound.Limit{Count: 3}},
			want:     lena + " user_unknown/user_unknown spam_content/server_error do_not_email→do_not_email",
			standing: bouncehound.DoNotEmail, from: on(1), reason: hard.Reason, bounces: 2, told: "contact.do_not_email from ok by bounce"},
		{name: "not flagged for what counts less than it did", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(1), "soft", blocked), message(2, on(1), said("mia@example.com", "other"), hard))
		},
			policy:   bouncehound.Policy{Hard: bouncehound.Limit{Count: 1}, Soft: bouncehound.Limit{Count: 2}, Block: bouncehound.Limit{Count: 1}},
			want:     lena + " spam_content/server_error ok→ok",
			standing: bouncehound.OK, reason: soft.Reason, bounces: 1, told: "contact.do_not_email from ok by bounce"},
		{name: "flagged again wrongly", prepare: func(t *testing.T, store *db.DB, clock *clock) {
			record(t, store, was(1, on(3), "hard", hard))
			if _, _, err := store.Release(t.Context(), lena, db.By{}); err != nil {
				t.Fatal(err)
			}
			clock.now = on(10)
			record(t, store, was(2, on(10), "block", hard))
		},
			want:     lena + " user_unknown/user_unknown user_unknown/spam_content do_not_email→ok (judged again: hard/user_unknown is block/spam_content by today's rules (today/block))",
			standing: bouncehound.OK, from: on(10), reason: blocked.Reason, bounces: 2, told: "contact.released from do_not_email by reclassify"},
		{name: "a repeat is not shown", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			first, second := was(1, on(1), "block", hard), was(2, on(2), "hard", hard)
			second.Report.MessageID = first.Report.MessageID
			record(t, store, first, second)
		},
			want:     lena + " user_unknown/spam_content user_unknown/user_unknown do_not_email→ok (judged again: hard/user_unknown is block/spam_content by today's rules (today/block))",
			standing: bouncehound.OK, from: on(9), reason: blocked.Reason, bounces: 1, told: "contact.released from do_not_email by reclassify"},
		{name: "nobody is to be told", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, on(1), "hard", soft)) },
			policy:   bouncehound.Policy{Observe: true, Hard: bouncehound.Limit{Count: 1}, Soft: bouncehound.Limit{Count: 2}},
			want:     lena + " server_error/user_unknown watch→do_not_email (judged again: soft/server_error is hard/user_unknown by today's rules (today/hard))",
			standing: bouncehound.DoNotEmail, from: on(1), reason: hard.Reason, bounces: 1, told: "contact.watch from ok by bounce"},
		{name: "too long ago", prepare: func(t *testing.T, store *db.DB, _ *clock) { record(t, store, was(1, on(3), "block", hard)) },
			since: on(3).Add(time.Millisecond), standing: bouncehound.DoNotEmail, from: on(3), reason: hard.Reason, bounces: 1, told: "contact.do_not_email from ok by bounce"},
		{name: "just not too long ago", prepare: func(t *testing.T, store *db.DB, _ *clock) {
			record(t, store, was(1, on(3), "block", hard), was(2, on(2), "gone", soft))
		},
			since:    on(3),
			want:     lena + " user_unknown/spam_content do_not_email→watch (judged again: hard/user_unknown is block/spam_content by today's rules (today/block))",
			standing: bouncehound.Watch, from: on(2), reason: soft.Reason, bounces: 2, told: "contact.released from do_not_email by reclassify"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, clock := open(t)
			clock.now = on(9)
			c.prepare(t, store, clock)
			recorded := len(events(t, store)) - len(told(t, store))
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := tried(t, store, db.Rejudging{Judge: today(verdicts), Policy: c.policy, Since: c.since}); !slices.Equal(got, want) {
				t.Errorf("got\n%q\nwant\n%q", got, want)
			}
			got := contact(t, store, lena)
			if got.Standing != c.standing || got.Reason != c.reason || got.Bounces != c.bounces || !got.Since.Equal(c.from) {
				t.Errorf("contact %+v", got)
			}
			all := told(t, store)
			if all[len(all)-1] != c.told {
				t.Errorf("told %q, want %q last", all, c.told)
			}
			if n := len(events(t, store)) - len(all); n != recorded {
				t.Errorf("%d bounce.recorded, there were %d", n, recorded)
			}
			// Nothing that the store does by itself may undo it.
			if n, err := store.Sweep(t.Context(), bouncehound.DefaultPolicy(), nil); err != nil || c.policy.Hard.Count == 0 && n != 0 {
				t.Errorf("swept %d, %v", n, err)
			}
		})
	}
}

// TestRejudgePruned: a contact some of whose bounces are no longer stored is not
// released because of those that are, but may be flagged for them.
func TestRejudgePruned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	store, clock := openAt(t, path)
	clock.now = noon.AddDate(0, 0, 9)
	record(t, store,
		message(1, noon, said("lena@example.com", "hard"), hard), message(2, noon.Add(time.Hour), said("lena@example.com", "block"), hard),
		message(3, noon, said("mia@example.com", "block"), soft), message(4, noon.Add(time.Hour), said("mia@example.com", "hard"), soft))
	run(t, raw(t, path), `DELETE FROM bounces WHERE message IN (SELECT number FROM messages WHERE uid IN (1, 3))`)
	got := tried(t, store, db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"hard": hard, "block": blocked})})
	want := []string{
		"lena@example.com user_unknown/spam_content do_not_email→do_not_email (stays do_not_email: not all of its bounces are stored any more)",
		"mia@example.com server_error/user_unknown watch→do_not_email (judged again: soft/server_error is hard/user_unknown by today's rules (today/hard))",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if c := contact(t, store, "lena@example.com"); c.Bounces != 2 || c.Cause != bouncehound.CauseBounce {
		t.Errorf("contact %+v", c)
	}
}

// TestRejudgeUntil: how long a contact is watched follows from what counts today.
func TestRejudgeUntil(t *testing.T) {
	store, clock := open(t)
	on := func(d int) time.Time { return noon.AddDate(0, 0, d) }
	clock.now = on(9)
	record(t, store,
		message(1, on(1), said("lena@example.com", "soft"), soft), message(2, on(5), said("lena@example.com", "block"), soft),
		message(3, on(3), said("mia@example.com", "soft"), hard))
	tried(t, store, db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"soft": soft, "block": blocked})})
	for address, until := range map[string]time.Time{"lena@example.com": on(31), "mia@example.com": on(33)} {
		if c := contact(t, store, address); c.Standing != bouncehound.Watch || !c.Until.Equal(until) {
			t.Errorf("contact %+v", c)
		}
	}
}

// TestRejudgeMany: more addresses, and more bounces of one address, than are looked
// at in one go: each is told once, and an address with all of its bounces.
func TestRejudgeMany(t *testing.T) {
	store, clock := open(t)
	clock.now = noon.AddDate(0, 0, 1)
	var all []bouncehound.Judged
	for n := range 1300 {
		address := fmt.Sprintf("u%04d@example.com", n)
		if n >= 100 && n < 700 {
			address = "u0100@example.com"
		}
		if n%100 == 99 || n >= 1000 {
			address = ""
		}
		all = append(all, message(n+1, noon.Add(time.Duration(n)*time.Second), said(address, "block"), hard))
	}
	record(t, store, all...)
	r := db.Rejudging{Judge: today(map[string]bouncehound.Verdict{"block": blocked}), Policy: bouncehound.DefaultPolicy(), Apply: true}
	// Whoever stops in the middle finds the rest the next time.
	seen := map[string]int{}
	bounces := 0
	count := func(d db.Rejudged) {
		if d.Address != "" {
			seen[d.Address]++
		}
		if d.Address == "u0100@example.com" && len(d.Bounces) != 594 {
			t.Errorf("u0100 has %d bounces", len(d.Bounces))
		}
		bounces += len(d.Bounces)
	}
	for d, err := range store.Rejudge(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		count(d)
		if d.Address == "u0098@example.com" { // the last one of the first rows that is complete
			break
		}
	}
	for _, d := range list(t, store.Rejudge(t.Context(), r)) {
		count(d)
	}
	if len(seen) != 99+1+297 || bounces != 1300 {
		t.Errorf("%d addresses, %d bounces", len(seen), bounces)
	}
	for address, n := range seen {
		if n != 1 {
			t.Errorf("%s was told %d times", address, n)
		}
	}
	if left := list(t, store.Contacts(t.Context(), db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.DoNotEmail}})); len(left) != 0 {
		t.Errorf("%d contacts stand as before", len(left))
	}
	for _, b := range list(t, store.Bounces(t.Context(), db.BounceFilter{})) {
		if b.Class != bouncehound.Block {
			t.Fatalf("bounce %+v", b)
		}
	}
}
