package db_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// peopled fills a store with contacts that differ in all that a filter can ask for.
func peopled(t *testing.T) *db.DB {
	store, clock := open(t)
	for i, c := range []struct {
		address string
		v       bouncehound.Verdict
		mailbox string
	}{
		{"ada@example.com", hard, "bounces"},
		{"Bea@example.net", soft, "bounces"},
		{"cleo@example.com", blocked, "other"},
		{"dora@EXAMPLE.com", hard, "other"},
		{"dora@example.com", hard, "bounces"},
		{"e_e%e@sub.example.com", soft, "bounces"},
	} {
		clock.now = noon.Add(time.Duration(i) * time.Hour)
		j := message(i+1, clock.now, failed(c.address), c.v)
		j.Message.Place.Mailbox = c.mailbox
		record(t, store, judged(j.Message, j.Report, c.v))
	}
	if _, _, err := store.Suppress(t.Context(), "fay@example.org", db.By{Who: "ada", Note: "ASKED by phone"}); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestContacts(t *testing.T) {
	store := peopled(t)
	both := []bouncehound.Standing{bouncehound.DoNotEmail, bouncehound.Watch, bouncehound.Watch}
	for _, c := range []struct {
		name   string
		filter db.ContactFilter
		want   string
	}{
		{"all", db.ContactFilter{}, "ada Bea cleo dora e_e%e fay"},
		{"limit", db.ContactFilter{Limit: 2}, "ada Bea"},
		{"one standing", db.ContactFilter{Standing: []bouncehound.Standing{bouncehound.OK}}, "cleo"},
		{"two standings, one of them twice", db.ContactFilter{Standing: both}, "ada Bea dora e_e%e fay"},
		{"reason", db.ContactFilter{Reason: bouncehound.UserUnknown}, "ada dora"},
		{"class", db.ContactFilter{Class: bouncehound.Soft}, "Bea e_e%e"},
		{"domain", db.ContactFilter{Domain: "EXAMPLE.com."}, "ada cleo dora"},
		{"domain and standing", db.ContactFilter{Domain: "example.com", Standing: both}, "ada dora"},
		{"mailbox", db.ContactFilter{Mailbox: "other"}, "cleo dora"},
		{"since", db.ContactFilter{Since: noon.Add(4 * time.Hour)}, "dora e_e%e fay"},
		{"original", db.ContactFilter{MessageID: "<letter-2@example.org>"}, "Bea"},
		{"original without brackets", db.ContactFilter{MessageID: "letter-3@example.org"}, "cleo"},
		{"report", db.ContactFilter{MessageID: "<report-1@mx.example.net>", Standing: both}, "ada"},
		{"header", db.ContactFilter{HeaderName: "x-contact-id", HeaderValue: "5"}, "dora"},
		{"header of another value", db.ContactFilter{HeaderName: "X-Contact-Id", HeaderValue: "50"}, ""},
		{"text in the address", db.ContactFilter{Text: "EXAMPLE.NET"}, "Bea"},
		{"text in the note", db.ContactFilter{Text: "asked BY"}, "fay"},
		{"text in the diagnostic", db.ContactFilter{Text: "no such user", Standing: both}, "ada Bea dora e_e%e"},
		{"text is no pattern", db.ContactFilter{Text: "e_e%"}, "e_e%e"},
		{"text is no pattern either", db.ContactFilter{Text: "%"}, "e_e%e"},
		{"by standing's begin", db.ContactFilter{Sort: "since", Standing: both}, "fay e_e%e dora Bea ada"},
		{"by last bounce", db.ContactFilter{Sort: "last", Limit: 2}, "e_e%e dora"},
		{"by bounces", db.ContactFilter{Sort: "bounces", Limit: 1}, "dora"},
		{"by address", db.ContactFilter{Sort: "email", Standing: both, Limit: 1}, "ada"},
	} {
		var got []string
		for _, contact := range list(t, store.Contacts(t.Context(), c.filter)) {
			local, _, _ := strings.Cut(contact.Email, "@")
			got = append(got, local)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, err := range store.Contacts(t.Context(), db.ContactFilter{Sort: "colour"}) {
		if err == nil {
			t.Error("sort \"colour\" was accepted")
		}
	}
}

// TestContactsManyAndFew: a filter wants the same contacts in the same order whether
// few fit it, which are begun with, or many, among which is gone.
func TestContactsManyAndFew(t *testing.T) {
	store := peopled(t)
	filters := []db.ContactFilter{
		{}, {Reason: bouncehound.UserUnknown}, {Reason: bouncehound.MailLoop}, {Class: bouncehound.Soft}, {Class: bouncehound.Hard, Reasons: []bouncehound.Reason{bouncehound.UserUnknown, bouncehound.MailboxInactive}},
		{Domain: "example.com"}, {Domain: "nowhere.example"}, {Since: noon.Add(4 * time.Hour)}, {Since: noon.AddDate(9, 0, 0)}, {MessageID: "letter-3@example.org"}, {MessageID: "<report-1@mx.example.net>"},
		{HeaderName: "x-contact-id", HeaderValue: "5"}, {Text: "no such user"}, {Text: "nothing"}, {Mailbox: "other"}, {Mailbox: "nowhere"},
	}
	standings := [][]bouncehound.Standing{nil, {bouncehound.OK}, {bouncehound.DoNotEmail, bouncehound.Watch}, {bouncehound.Watch, bouncehound.OK, bouncehound.DoNotEmail, bouncehound.Watch}}
	some := 0
	for i, f := range filters {
		for _, g := range filters[i:] {
			for _, sort := range db.SortNames() {
				for n, standing := range standings {
					f := db.ContactFilter{Reason: f.Reason, Class: f.Class, Reasons: f.Reasons, Domain: f.Domain, Since: f.Since, MessageID: f.MessageID, HeaderName: f.HeaderName, HeaderValue: f.HeaderValue, Text: f.Text, Mailbox: f.Mailbox}
					f.Reason, f.Domain, f.Text, f.Mailbox = cmp.Or(f.Reason, g.Reason), cmp.Or(f.Domain, g.Domain), cmp.Or(f.Text, g.Text), cmp.Or(f.Mailbox, g.Mailbox)
					if f.Class == "" {
						f.Class, f.Reasons = g.Class, g.Reasons
					}
					if f.Since.IsZero() {
						f.Since = g.Since
					}
					f.MessageID, f.HeaderName, f.HeaderValue = cmp.Or(f.MessageID, g.MessageID), cmp.Or(f.HeaderName, g.HeaderName), cmp.Or(f.HeaderValue, g.HeaderValue)
					f.Sort, f.Standing, f.Limit = sort, standing, n
					want, err := db.Walk(t.Context(), store, f)
					if err != nil {
						t.Fatal(err)
					}
					var got []string
					for _, c := range list(t, store.Contacts(t.Context(), f)) {
						got = append(got, strings.ToLower(c.Email))
					}
					if !slices.Equal(got, want) {
						t.Errorf("%+v: %v, want %v", f, got, want)
					}
					some += len(got)
				}
			}
		}
	}
	if some < 1000 {
		t.Errorf("only %d contacts were found in all", some)
	}
}

func TestBounces(t *testing.T) {
	store := peopled(t)
	for _, c := range []struct {
		name   string
		filter db.BounceFilter
		want   []int64
	}{
		{"all", db.BounceFilter{}, []int64{1, 2, 3, 4, 5, 6}},
		{"address", db.BounceFilter{Address: "Dora@example.com"}, []int64{4, 5}},
		{"reason", db.BounceFilter{Reason: bouncehound.SpamContent}, []int64{3}},
		{"class", db.BounceFilter{Class: bouncehound.Soft}, []int64{2, 6}},
		{"mailbox", db.BounceFilter{Mailbox: "other"}, []int64{3, 4}},
		{"since", db.BounceFilter{Since: noon.Add(5 * time.Hour)}, []int64{6}},
		{"original", db.BounceFilter{MessageID: "<letter-2@example.org>"}, []int64{2}},
		{"report", db.BounceFilter{MessageID: "report-3@mx.example.net"}, []int64{3}},
		{"action", db.BounceFilter{Action: bouncehound.Delivered}, nil},
		{"page", db.BounceFilter{After: 2, Limit: 3}, []int64{3, 4, 5}},
	} {
		var got []int64
		for _, b := range list(t, store.Bounces(t.Context(), c.filter)) {
			got = append(got, b.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMessages(t *testing.T) {
	store := peopled(t)
	for _, c := range []struct {
		name   string
		filter db.MessageFilter
		want   []uint32
	}{
		{"all, the last first", db.MessageFilter{}, []uint32{6, 5, 4, 3, 2, 1}},
		{"kind", db.MessageFilter{Kind: bouncehound.KindReport, Limit: 2}, []uint32{6, 5}},
		{"unread", db.MessageFilter{Kind: bouncehound.KindUnread}, nil},
		{"mailbox", db.MessageFilter{Mailbox: "other"}, []uint32{4, 3}},
		{"since", db.MessageFilter{Since: noon.Add(4 * time.Hour)}, []uint32{6, 5}},
	} {
		var got []uint32
		for _, m := range list(t, store.Messages(t.Context(), c.filter)) {
			got = append(got, m.UID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestStreamsEnd: a stream that is left early gives its connection back, and one
// whose context is done says so.
func TestStreamsEnd(t *testing.T) {
	store := peopled(t)
	for n := range 200 { // more than there are connections
		for _, err := range store.Contacts(t.Context(), db.ContactFilter{}) {
			if err != nil {
				t.Fatal(n, err)
			}
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range store.Bounces(ctx, db.BounceFilter{}) {
		cancel()
		last = err
	}
	if last == nil || !strings.HasPrefix(last.Error(), "bounces: ") {
		t.Errorf("ended with %v", last)
	}
}
