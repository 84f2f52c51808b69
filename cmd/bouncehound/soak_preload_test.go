package main

import (
	"fmt"
	"time"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/db"
)

// preload fills the store as if messages had come at the same pace a day ago: as new
// ones come, these are past what is retained.
func (s *soak) preload(lasts time.Duration) {
	s.t.Helper()
	now := time.Now()
	rules, err := classifier.New()
	if err != nil {
		s.t.Fatal(err)
	}
	store, err := db.Open(s.t.Context(), s.store, db.Options{Now: func() time.Time { return now }})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	j := judge{classifier: rules, now: func() time.Time { return now }}
	begin := now.Add(-24 * time.Hour)
	for second := range int(lasts.Seconds()) {
		now = begin.Add(time.Duration(second) * time.Second)
		var batch []bouncehound.Message
		for i := range soakRate {
			n := second*soakRate + i
			raw := failedDSN(fmt.Sprintf("before.%d", n), fmt.Sprintf("user%d@before.example", n/(1+n%2)), "5.2.2", "552 5.2.2 Mailbox full")
			batch = append(batch, bouncehound.Message{Raw: raw, InternalDate: now, Size: int64(len(raw)), Place: bouncehound.Place{Mailbox: "before", Folder: "INBOX", UIDValidity: 1, UID: uint32(n + 1)}})
		}
		if _, err := store.Record(s.t.Context(), db.Batch{Messages: j.messages(batch)}, bouncehound.Policy{}); err != nil {
			s.t.Fatal(err)
		}
	}
	if s.mails.before, err = store.LastSequence(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}
