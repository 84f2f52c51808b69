package poller

import (
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// An item is a new message, or a UID that the cursor may pass without one.
type item struct {
	uid     uint32
	message bouncehound.Message
	skip    bool // too old, or gone
	held    int64
	judging *judging
}

// A reading reads new messages of the open folder.
type reading struct {
	session  *session
	mailbox  Mailbox
	folder   folder
	validity uint32
	oldest   time.Time // by INTERNALDATE; the zero time: all
	most     int       // messages still to be read; negative: all
	line     *pipeline // whose hold bounds what is read; nil: nothing does
}

// run reads messages and puts them out in draughts, each read to its end before it
// is put out: nobody waits while a command is open.
func (r *reading) run(uids []uint32, put func([]item) bool) error {
	for len(uids) > 0 && r.most != 0 {
		chunk := uids[:min(maxSet, len(uids))]
		uids = uids[len(chunk):]
		sizes, err := r.session.fetchAll(chunk, imap.FetchOptions{RFC822Size: true, InternalDate: true}, 64<<10,
			func(p *part) bool { return p.size >= 0 })
		var stuck *stuckError
		if err != nil && !errors.As(err, &stuck) {
			return err
		}
		var wanted []*part
		for _, uid := range chunk {
			if stuck != nil && uid >= stuck.uid || r.most == 0 {
				break
			}
			p := sizes[uid]
			if p == nil || p.tooOld(r.oldest) {
				p = &part{uid: uid, size: -1}
			} else if r.most > 0 {
				r.most--
			}
			wanted = append(wanted, p)
		}
		for len(wanted) > 0 {
			n, size := r.draught(wanted)
			if room, err := r.line.room(r.session, n, size); !room || err != nil {
				return err
			}
			items, err := r.bodies(wanted[:n])
			if !put(items) {
				return nil
			}
			if err != nil {
				return err
			}
			wanted = wanted[n:]
		}
		if stuck != nil {
			return stuck
		}
	}
	return nil
}

func (p *part) tooOld(oldest time.Time) bool {
	return !p.internal.IsZero() && p.internal.Before(oldest)
}

// draught returns how many of the wanted messages one command asks for, and their
// octets: they are either all over the limit or all within it.
func (r *reading) draught(wanted []*part) (n int, size int64) {
	for i, p := range wanted {
		held := r.held(p)
		if i > 0 && (r.over(p) != r.over(wanted[0]) || size+held > maxDraught) {
			return i, size
		}
		size += held
	}
	return len(wanted), size
}

// over reports whether only the first part of a message is read.
func (r *reading) over(p *part) bool {
	limit := r.mailbox.MaxMessageSize
	return limit > 0 && p.size > limit
}

// held returns how many octets of a message are read, as far as the server tells.
func (r *reading) held(p *part) int64 {
	if r.over(p) {
		return r.mailbox.MaxMessageSize
	}
	return max(p.size, 0)
}

// bodies reads the messages of one draught. With an error the items end before the
// message that it is about.
func (r *reading) bodies(wanted []*part) ([]item, error) {
	var (
		uids    []uint32
		sum     int64
		section = &imap.FetchItemBodySection{Peek: true} // BODY[] without PEEK would set \Seen
	)
	for _, p := range wanted {
		if p.size < 0 {
			continue
		}
		uids = append(uids, p.uid)
		sum += r.held(p)
		if r.over(p) {
			section.Partial = &imap.SectionPartial{Size: r.mailbox.MaxMessageSize}
		}
	}
	var parts map[uint32]*part
	var stuck *stuckError
	if len(uids) > 0 {
		var err error
		// QUIRK: Exchange only estimates RFC822.SIZE, so a body may be larger.
		parts, err = r.session.fetchAll(uids, imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}, 2*sum+1<<20,
			func(p *part) bool { return p.raw != nil })
		if err != nil && !errors.As(err, &stuck) {
			return nil, err
		}
	}
	items := make([]item, 0, len(wanted))
	for _, p := range wanted {
		if stuck != nil && p.uid >= stuck.uid {
			return items, stuck
		}
		got := parts[p.uid]
		if got == nil {
			items = append(items, item{uid: p.uid, skip: true, held: r.held(p)})
			continue
		}
		items = append(items, item{uid: p.uid, message: r.message(p, got.raw), held: r.held(p)})
	}
	return items, nil
}

func (r *reading) message(p *part, raw []byte) bouncehound.Message {
	m := bouncehound.Message{
		Source:       fmt.Sprintf("%s/%s;UID=%d", r.mailbox.Name, r.folder.name, p.uid),
		Place:        bouncehound.Place{Mailbox: r.mailbox.Name, Folder: r.folder.name, UIDValidity: r.validity, UID: p.uid},
		InternalDate: p.internal,
		Size:         p.size,
		Raw:          raw,
	}
	if limit := r.mailbox.MaxMessageSize; limit > 0 && (p.size > limit || int64(len(raw)) > limit) {
		m.Partial = true
		m.Size = max(p.size, int64(len(raw)))
		m.Raw = raw[:min(limit, int64(len(raw)))]
	}
	return m
}
