package poller

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// resume finishes what an earlier poll was cut off from, and reports whether that
// left the folder open for writing.
func (t *tidying) resume(ctx context.Context) (bool, error) {
	copies, err := t.store.Untidied(ctx, t.mailbox.Name, t.folder.name, t.validity)
	if err != nil {
		return false, err
	}
	copies = slices.DeleteFunc(copies, func(c bouncehound.Copy) bool { return t.act(c.Kind) == nil })
	if len(copies) == 0 {
		return false, nil
	}
	slices.SortFunc(copies, func(a, b bouncehound.Copy) int { return cmp.Compare(a.Place.UID, b.Place.UID) })
	if err := t.open(); err != nil {
		return true, err
	}
	for len(copies) > 0 {
		n := 1
		for n < len(copies) && n < maxSet && copies[n].Kind == copies[0].Kind {
			n++
		}
		if err := t.resumeSome(ctx, copies[:n]); err != nil {
			return true, fail("tidy", t.folder.name, err)
		}
		copies = copies[n:]
	}
	return true, nil
}

// resumeSome tidies up copies of one kind, as far as they are still there.
func (t *tidying) resumeSome(ctx context.Context, copies []bouncehound.Copy) error {
	var all []uint32
	for _, c := range copies {
		all = append(all, c.Place.UID)
	}
	left, err := t.session.search(&imap.SearchCriteria{UID: []imap.UIDSet{set(all)}}, 0)
	if err != nil {
		return err
	}
	there := func(uid uint32) bool { _, found := slices.BinarySearch(left, uid); return found }
	copies = slices.DeleteFunc(slices.Clone(copies), func(c bouncehound.Copy) bool { return !there(c.Place.UID) })
	left = slices.DeleteFunc(slices.Clone(all), func(uid uint32) bool { return !there(uid) })

	if target := t.target(all, copies); target != "" && !t.session.caps.Has(imap.CapMove) {
		arrived, err := t.arrived(copies, target)
		if err != nil {
			return err
		}
		if len(arrived) > 0 {
			if err := t.session.expunge(arrived); err != nil {
				return err
			}
			left = slices.DeleteFunc(left, func(uid uint32) bool { return slices.Contains(arrived, uid) })
		}
	}
	if len(left) > 0 {
		if err := t.act(copies[0].Kind)(left); err != nil {
			return err
		}
	}
	return t.tidied(ctx, all)
}

// target returns where copies of one kind are moved to; "" if they are not.
func (t *tidying) target(all []uint32, copies []bouncehound.Copy) string {
	switch {
	case len(copies) == 0:
	case copies[0].Kind == bouncehound.KindUnread:
		return t.plan.unreadTo
	case t.mailbox.After == AfterMove:
		return t.plan.moveTo
	}
	return ""
}

// arrived returns the UIDs of the copies that lie in the target folder already: the
// earlier poll was cut off between COPY and EXPUNGE. The content decides, the
// Message-ID (or else the size) only finds.
func (t *tidying) arrived(copies []bouncehound.Copy, target string) (uids []uint32, err error) {
	s := t.session
	sizes, err := s.fetch(t.uids(copies), imap.FetchOptions{RFC822Size: true}, 64<<10)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.open(folder{target, target}, true); err != nil {
		return nil, err
	}
	for _, c := range copies {
		criteria := &imap.SearchCriteria{}
		if id := strings.Trim(c.MessageID, "<> \t"); id != "" {
			criteria.Header = []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}
		} else if size := sizes[c.Place.UID]; size != nil && size.size > 0 {
			criteria.Larger, criteria.Smaller = size.size-1, size.size+1
		} else {
			continue
		}
		found, err := s.search(criteria, 0)
		if err != nil {
			return nil, err
		}
		same, err := t.anySame(found, c.Message)
		if err != nil {
			return nil, err
		}
		if same {
			uids = append(uids, c.Place.UID)
		}
	}
	return uids, t.open()
}

func (t *tidying) uids(copies []bouncehound.Copy) (uids []uint32) {
	for _, c := range copies {
		uids = append(uids, c.Place.UID)
	}
	return uids
}

// anySame reports whether one of the messages of the open folder has this id.
func (t *tidying) anySame(uids []uint32, id string) (bool, error) {
	if len(uids) == 0 {
		return false, nil
	}
	r := &reading{session: t.session, mailbox: t.mailbox, most: -1}
	same := false
	err := r.run(uids, func(items []item) bool {
		for _, it := range items {
			same = same || !it.skip && it.message.ID() == id
		}
		return !same
	})
	return same, err
}
