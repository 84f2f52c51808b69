package poller

import (
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// An item is a new message, or a UID that the cursor may pass without one.
type item struct {
	uid     uint32
	message bouncehound.Message
	skip    bool  // too old, gone, or withheld
	refused error // why it is withheld
	gone    bool  // it is not there
	held    int64 // octets, as the server tells
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
	care     *care
}

// run reads messages and puts them out in draughts, each read to its end before it
// is put out: nobody waits while a command is open.
func (r *reading) run(uids []uint32, put func([]item) bool) error {
	if r.care == nil {
		r.care = new(care)
	}
	for len(uids) > 0 && r.most != 0 {
		chunk := uids[:r.care.some(uids)]
		uids = uids[len(chunk):]
		wanted, err := r.sizes(chunk)
		if err != nil {
			return err
		}
		for len(wanted) > 0 {
			n, size := r.draught(wanted)
			if room, err := r.line.room(r.session, n, size); !room || err != nil {
				return err
			}
			items, err := r.bodies(wanted[:n])
			if err != nil || !put(items) {
				return err
			}
			wanted = wanted[n:]
		}
	}
	return nil
}

// sizes asks how large and how old messages are. Of those that are not to be read no
// size is told.
func (r *reading) sizes(chunk []uint32) (wanted []*part, err error) {
	ask := make([]uint32, 0, len(chunk))
	for _, uid := range chunk {
		if r.care.broken[uid] == nil {
			ask = append(ask, uid)
		}
	}
	var got map[uint32]*part
	var withheld map[uint32]error
	if len(ask) > 0 {
		got, withheld, err = r.fetchAll(ask, imap.FetchOptions{RFC822Size: true, InternalDate: r.care.dates()}, 64<<10,
			func(p *part) bool { return p.size >= 0 }, &r.care.sizes)
		if err != nil {
			return nil, err
		}
	}
	for _, uid := range chunk {
		if r.most == 0 {
			break
		}
		p := got[uid]
		because := withheld[uid]
		switch broken := r.care.broken[uid]; {
		case broken != nil:
			p = &part{uid: uid, size: -1, refused: broken}
			if err := r.care.bodies.withheld(uid, broken); err != nil {
				return nil, err
			}
		case because != nil:
			p = &part{uid: uid, size: -1, refused: because}
		case p == nil || p.tooOld(r.oldest):
			p = &part{uid: uid, size: -1, gone: p == nil}
		case r.most > 0:
			r.most--
		}
		wanted = append(wanted, p)
	}
	return wanted, nil
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

// bodies reads the messages of one draught.
func (r *reading) bodies(wanted []*part) ([]item, error) {
	var (
		uids    []uint32
		sum     int64
		section = &imap.FetchItemBodySection{Peek: true} // BODY[] without PEEK would set \Seen
	)
	empty := map[uint32]bool{} // as the server tells
	for _, p := range wanted {
		if p.size < 0 {
			continue
		}
		uids, empty[p.uid] = append(uids, p.uid), p.size == 0
		sum += r.held(p)
		if r.over(p) {
			section.Partial = &imap.SectionPartial{Size: r.mailbox.MaxMessageSize}
		}
	}
	var parts map[uint32]*part
	var withheld map[uint32]error
	if len(uids) > 0 {
		var err error
		// QUIRK: Exchange only estimates RFC822.SIZE, so a body may be larger; one that it
		// cannot make has no octets.
		parts, withheld, err = r.fetchAll(uids, imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}, 2*sum+1<<20,
			func(p *part) bool { return p.raw != nil && (len(p.raw) > 0 || empty[p.uid]) }, &r.care.bodies)
		if err != nil {
			return nil, err
		}
	}
	items := make([]item, 0, len(wanted))
	for _, p := range wanted {
		it := item{uid: p.uid, skip: true, refused: p.refused, gone: p.gone, held: r.held(p)}
		if got := parts[p.uid]; got != nil {
			it.message, it.skip = r.message(p, got.raw), false
		} else if because := withheld[p.uid]; because != nil {
			it.refused = because
		} else {
			it.gone = it.gone || p.size >= 0
		}
		items = append(items, it)
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
