package poller

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A SEARCH that ends with OK and lists nothing is no proof that nothing is there.
//
// QUIRK: iCloud leaves the SEARCH response out where nothing matches, though RFC 3501
// section 6.4.4 wants it, and so an answer that was lost looks like that of an empty
// folder. What rests on it is asked for in another way too.

// there returns which of these messages are in the open folder, ascending.
func (s *session) there(uids []uint32) (found []uint32, err error) {
	found, failed := s.sought(&imap.SearchCriteria{UID: []imap.UIDSet{set(uids)}}, 0)
	found = slices.DeleteFunc(found, func(uid uint32) bool { return !slices.Contains(uids, uid) })
	if failed != nil && !refused(failed) || len(found) > 0 {
		return found, failed
	}
	parts, err := s.fetch(uids, imap.FetchOptions{}, 64<<10)
	if refused(err) { // as some do of messages that are not there
		return nil, failed
	}
	for uid, p := range parts {
		if p != nil {
			found = append(found, uid)
		}
	}
	slices.Sort(found)
	return found, err
}

// sought is search that lists nothing where a connection was lost over one.
//
// QUIRK: go-imap v2.0.0-beta.8 ends the connection over an ESEARCH response without a
// tag, which RFC 4466 section 2.6.2 allows.
func (s *session) sought(criteria *imap.SearchCriteria, first uint32) ([]uint32, error) {
	if s.odd.search.known() {
		return nil, nil
	}
	found, err := s.search(criteria, first)
	if err != nil && s.dead() {
		s.odd.search.lost()
	}
	return found, err
}

// An oddness is what connections were lost over, so that the next do it in another way.
type oddness struct{ search, list, id oddity }

// oddTime is how long an oddity is known: it may have been the network.
const oddTime = 24 * time.Hour

// An oddity is something that a connection was lost over, perhaps by chance.
type oddity struct{ until atomic.Pointer[time.Time] }

func (o *oddity) lost() { until := time.Now().Add(oddTime); o.until.Store(&until) }

func (o *oddity) known() bool {
	until := o.until.Load()
	return until != nil && time.Now().Before(*until)
}

// listed reports whether a message is still there.
func (s *session) listed(uid uint32) (bool, error) {
	found, err := s.there([]uint32{uid})
	return len(found) > 0, err
}

// new returns the UIDs from first on, ascending, of the messages that match, or of all
// where SEARCH is of no use. messages is how many the folder has.
func (s *session) new(criteria *imap.SearchCriteria, first, messages uint32) ([]uint32, error) {
	found, failed := s.sought(criteria, first)
	if failed != nil && !refused(failed) || len(found) > 0 {
		return found, failed
	}
	found, err := s.unlisted(first, messages)
	if refused(err) { // as some do where nothing is from first on
		return nil, failed
	}
	return found, err
}

// unlisted returns the UIDs from first on, ascending, that the open folder had when it
// was opened. It asks only if the server does not tell that there are none (RFC 9051
// section 2.3.1.1: UIDNEXT).
func (s *session) unlisted(first, messages uint32) ([]uint32, error) {
	if messages == 0 || s.next != 0 && uint32(s.next) <= first {
		return nil, nil
	}
	c := newCollection(nil, 0, s.wire.abort, s.client.Closed())
	c.from = first
	if err := s.collect(c, imap.UIDSet{imap.UIDRange{Start: imap.UID(first)}}, imap.FetchOptions{UID: true}, 64<<10); err != nil {
		return nil, err
	}
	if len(c.uids) > maxListed {
		return nil, fmt.Errorf("the server lists more than %d messages", maxListed)
	}
	slices.Sort(c.uids)
	// What came since is the next poll's.
	return slices.DeleteFunc(slices.Compact(c.uids), func(uid uint32) bool { return s.next != 0 && uid >= uint32(s.next) }), nil
}
