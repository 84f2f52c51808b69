package poller

import (
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

// listed reports whether a message is still there.
func (s *session) listed(uid uint32) (bool, error) {
	uids, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(imap.UID(uid))}}, uid)
	return len(uids) > 0 && uids[0] == uid, err
}

// fetch asks for items of messages and believes nothing until the server has said
// that all is well: a connection cut in the middle of a body looks like a short
// body, and only the end of the command tells.
func (s *session) fetch(uids []uint32, items imap.FetchOptions, budget int64) (map[uint32]*part, error) {
	items.UID = true
	c := newCollection(uids, budget, s.wire.abort, s.client.Closed())
	s.strays.set(c)
	defer s.strays.set(nil)
	err := s.do(budget, func() error {
		cmd := s.client.Fetch(set(uids), &items)
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			c.take(msg)
		}
		return cmd.Close()
	})
	parts := c.finish()
	if err != nil {
		return nil, err
	}
	return parts, nil
}

// A stuckError says that the server lists a message and does not hand it over.
type stuckError struct {
	uid     uint32
	because error // the server's words; may be nil
}

func (e *stuckError) Error() string {
	if e.because != nil {
		return fmt.Sprintf("the server lists UID %d and does not hand it over: %v", e.uid, e.because)
	}
	return fmt.Sprintf("the server lists UID %d and does not hand it over", e.uid)
}

func (e *stuckError) Unwrap() error { return e.because }

// fetchAll is fetch that leaves none out. What is missing is asked for again, one by
// one; what is missing still is gone, and not in the answer, or else the error is a
// stuckError and the answer is complete below its UID.
func (s *session) fetchAll(uids []uint32, items imap.FetchOptions, budget int64, complete func(*part) bool) (map[uint32]*part, error) {
	parts, err := s.fetch(uids, items, budget)
	if err != nil && !refused(err) {
		return nil, err
	}
	if parts == nil { // one message the server cannot read fails the whole command
		parts = make(map[uint32]*part)
	}
	for _, uid := range uids {
		if got := parts[uid]; got != nil && complete(got) {
			continue
		}
		delete(parts, uid)
		again, err := s.fetch([]uint32{uid}, items, budget)
		if err != nil && !refused(err) {
			return nil, err
		}
		if got := again[uid]; got != nil && complete(got) {
			parts[uid] = got
			continue
		}
		there, searchErr := s.listed(uid)
		switch {
		case searchErr != nil:
			return nil, errors.Join(searchErr, err)
		case there:
			return parts, &stuckError{uid, err}
		}
	}
	return parts, nil
}

// set makes a set of UIDs; neighbours become ranges.
func set(uids []uint32) imap.UIDSet {
	var s imap.UIDSet
	for _, uid := range uids {
		s.AddNum(imap.UID(uid))
	}
	return s
}
