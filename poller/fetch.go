package poller

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

const (
	// maxSet is how many UIDs one command names. Sparse ones take up to eleven
	// octets each, and Courier drops the connection on a line over 16 KiB.
	maxSet = 500
	// maxDraught is how many octets of messages one FETCH asks for: it is read into
	// memory whole before anyone waits for the database.
	maxDraught = maxHeldSize / 4
	// maxListed is how many messages a folder is believed to have.
	maxListed = 20_000_000
)

// errSilent is why a message is withheld of which the server says nothing.
var errSilent = errors.New("the server says nothing of it")

// search returns the UIDs from first on, ascending, of messages that arrived on or
// after the day of since (the zero time: at any time).
func (s *session) search(criteria *imap.SearchCriteria, first uint32) ([]uint32, error) {
	var found imap.UIDSet
	err := s.do(0, func() error {
		data, err := s.client.UIDSearch(criteria, nil).Wait()
		found, _ = data.All.(imap.UIDSet)
		return err
	})
	if err != nil {
		return nil, err
	}
	var uids []uint32
	for _, r := range found {
		// "n:*" holds the last message even when its UID is below n (RFC 9051
		// section 6.4.8: the order of a range does not matter).
		for uid := uint64(max(uint32(r.Start), first, 1)); uid <= uint64(r.Stop); uid++ {
			if uids = append(uids, uint32(uid)); len(uids) > maxListed {
				return nil, fmt.Errorf("the server lists more than %d messages", maxListed)
			}
		}
	}
	return uids, nil
}

// fetch asks for items of messages and believes nothing until the server has said
// that all is well: a connection cut in the middle of a body looks like a short
// body, and only the end of the command tells.
func (s *session) fetch(uids []uint32, items imap.FetchOptions, budget int64) (map[uint32]*part, error) {
	items.UID = true
	c := newCollection(uids, budget, s.wire.abort, s.client.Closed())
	if err := s.collect(c, set(uids), items, budget); err != nil {
		return nil, err
	}
	return c.parts, nil
}

// collect gives one FETCH command and gathers what it brings.
func (s *session) collect(c *collection, uids imap.UIDSet, items imap.FetchOptions, budget int64) error {
	s.strays.set(c)
	defer s.strays.set(nil)
	err := s.do(budget, func() error {
		cmd := s.client.Fetch(uids, &items)
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			c.take(msg)
		}
		return cmd.Close()
	})
	c.finish()
	return err
}

// fetchAll is fetch that leaves none out. What is missing is asked for again, one by
// one, at last without INTERNALDATE; what is missing still is gone, and not in the
// answer, or else it is withheld, with the server's words if there are any.
func (r *reading) fetchAll(uids []uint32, items imap.FetchOptions, budget int64, complete func(*part) bool, t *trust) (parts map[uint32]*part, withheld map[uint32]error, err error) {
	parts, err = r.fetch(uids, items, budget)
	if err != nil && !ofMessages(err) {
		return nil, nil, err
	}
	if parts == nil { // one message the server cannot read fails the whole command
		parts = make(map[uint32]*part)
	}
	for _, uid := range uids {
		got := parts[uid]
		for again := items; got == nil || !complete(got); again.InternalDate = false {
			one, err := r.fetch([]uint32{uid}, again, budget)
			if err != nil && !ofMessages(err) {
				return nil, nil, err
			}
			if got = one[uid]; got != nil && complete(got) {
				break
			}
			if again.InternalDate {
				continue
			}
			there, searchErr := r.session.listed(uid)
			if searchErr != nil {
				return nil, nil, errors.Join(searchErr, err)
			}
			got = nil
			if there {
				if withheld == nil {
					withheld = make(map[uint32]error)
				}
				withheld[uid] = cmp.Or(err, errSilent)
				if err := t.withheld(uid, withheld[uid]); err != nil {
					return nil, nil, err
				}
			}
			break
		}
		if got == nil {
			delete(parts, uid)
			continue
		}
		parts[uid] = got
		t.handedOver()
	}
	return parts, withheld, nil
}

// ofMessages reports whether an error may be about the messages that were asked for,
// and is not known to be about the account.
//
// QUIRK: Yahoo says [UNAVAILABLE] of a single message, Gmail [OVERQUOTA] of its limits.
func ofMessages(err error) bool {
	var answer *imap.Error
	return refused(err) && errors.As(err, &answer) && answer.Code != imap.ResponseCodeOverQuota && adviceOn(answer.Text, saidByIMAP) == ""
}

// fetch is the session's, with what was asked known should the connection be lost.
func (r *reading) fetch(uids []uint32, items imap.FetchOptions, budget int64) (map[uint32]*part, error) {
	r.care.ask(uids, items.InternalDate)
	parts, err := r.session.fetch(uids, items, budget)
	if err == nil || !r.session.dead() {
		r.care.heard()
	}
	return parts, err
}

// set makes a set of UIDs; neighbours become ranges.
func set(uids []uint32) imap.UIDSet {
	var s imap.UIDSet
	for _, uid := range uids {
		s.AddNum(imap.UID(uid))
	}
	return s
}
