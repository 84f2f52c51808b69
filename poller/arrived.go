package poller

import (
	"math"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

const (
	// maxSought is how many Message-IDs one SEARCH names: for each command a server
	// may have to look at every message of the folder.
	maxSought = 25
	// maxSoughtSize is how many octets they take at most, well below Courier's lines of 16 KiB.
	maxSoughtSize = 4 << 10
)

// arrived returns the UIDs of the copies that lie in the target folder already: an
// earlier poll was cut off between COPY and EXPUNGE, or in a MOVE. The content
// decides, the Message-ID (or else the size) only finds.
func (t *tidying) arrived(copies []bouncehound.Copy, target string) (uids []uint32, err error) {
	s := t.session
	var named, nameless []bouncehound.Copy
	for _, c := range copies {
		if searchable(c.MessageID) {
			named = append(named, c)
		} else {
			nameless = append(nameless, c)
		}
	}
	var sizes map[uint32]*part
	if len(nameless) > 0 {
		if sizes, err = s.fetch(uidsOf(nameless), imap.FetchOptions{RFC822Size: true}, 64<<10); err != nil {
			return nil, err
		}
	}
	if _, _, err := s.open(folder{target, target}, true); err != nil {
		return nil, err
	}
	there := map[string]bool{} // Message.ID
	for len(named) > 0 {
		n, size := 0, 0
		for n < len(named) && n < maxSought && (n == 0 || size+len(named[n].MessageID) <= maxSoughtSize) {
			size += len(named[n].MessageID)
			n++
		}
		if err := t.find(there, withMessageID(named[:n])); err != nil {
			return nil, err
		}
		named = named[n:]
	}
	if len(sizes) > 0 {
		if err := t.findSizes(there, sizes); err != nil {
			return nil, err
		}
	}
	for _, c := range copies {
		if there[c.Message] {
			uids = append(uids, c.Place.UID)
		}
	}
	return uids, t.open()
}

// searchable reports whether a Message-ID can be asked for in any server's SEARCH:
// others would want a charset, or a longer line than it takes.
func searchable(messageID string) bool {
	bare := strings.Trim(messageID, "<> \t")
	return bare != "" && len(bare) < maxSoughtSize && !strings.ContainsFunc(bare, func(r rune) bool { return r < ' ' || r > '~' })
}

// withMessageID asks for messages that have one of the Message-IDs of copies.
func withMessageID(copies []bouncehound.Copy) *imap.SearchCriteria {
	one := imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{
		{Key: "Message-ID", Value: copies[0].MessageID}, // QUIRK: iCloud finds no part of one, as without its brackets
	}}
	if len(copies) == 1 {
		return &one
	}
	return &imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{one, *withMessageID(copies[1:])}}}
}

// find adds the ids of the messages of the open folder that match.
func (t *tidying) find(ids map[string]bool, criteria *imap.SearchCriteria) error {
	found, err := t.session.search(criteria, 0)
	if err != nil {
		return err
	}
	return t.identify(ids, found)
}

// findSizes adds the ids of the messages of the open folder that have one of the
// sizes.
//
// QUIRK: Courier searches for the size on disk, which is smaller by an octet a line
// where lines end in LF.
func (t *tidying) findSizes(ids map[string]bool, sizes map[uint32]*part) error {
	wanted := map[int64]bool{}
	smallest, largest := int64(math.MaxInt64), int64(0)
	for _, p := range sizes {
		if p != nil && p.size > 0 {
			wanted[p.size] = true
			smallest, largest = min(smallest, p.size), max(largest, p.size)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	found, err := t.session.search(&imap.SearchCriteria{Larger: max(smallest/2-1, 1), Smaller: largest + 1}, 0)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(found, maxSet) {
		parts, err := t.session.fetch(chunk, imap.FetchOptions{RFC822Size: true}, 64<<10)
		if err != nil {
			return err
		}
		same := slices.DeleteFunc(chunk, func(uid uint32) bool { return parts[uid] == nil || !wanted[parts[uid].size] })
		if err := t.identify(ids, same); err != nil {
			return err
		}
	}
	return nil
}

// identify adds the ids of messages of the open folder.
func (t *tidying) identify(ids map[string]bool, uids []uint32) error {
	r := &reading{session: t.session, mailbox: t.mailbox, most: -1}
	return r.run(uids, func(items []item) bool {
		for _, it := range items {
			if !it.skip {
				ids[it.message.ID()] = true
			}
		}
		return true
	})
}
