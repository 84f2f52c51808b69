package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"bouncehound"
)

// move moves messages to another folder. Client.Move is for servers with MOVE only:
// without it, it sends COPY, STORE and EXPUNGE and does not look at COPY's answer
// (go-imap v2.0.0-beta.8), so that a COPY that fails destroys the messages. Here
// each step waits for the one before.
func (t *tidying) move(ctx context.Context, uids []uint32, target string) error {
	s := t.session
	if err := t.store.Moving(ctx, t.mailbox.Name, t.folder.name, t.validity, uids); err != nil {
		return err
	}
	if s.caps.Has(imap.CapMove) && s.client.Caps().Has(imap.CapMove) {
		return s.do(0, func() error {
			_, err := s.client.Move(set(uids), target).Wait()
			return err
		})
	}
	if !s.caps.Has(imap.CapUIDPlus) {
		return errors.New("the server has neither MOVE nor UIDPLUS")
	}
	var copied []uint32
	err := s.do(0, func() error {
		data, err := s.client.Copy(set(uids), target).Wait()
		if err == nil { // COPYUID: what has surely arrived
			copied = slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return !data.SourceUIDs.Contains(imap.UID(uid)) })
		}
		return err
	})
	if err == nil && len(copied) == 0 {
		copied, err = t.arrivedOf(ctx, uids, target)
	}
	if err != nil || len(copied) == 0 {
		return err
	}
	return s.expunge(copied)
}

// arrivedOf is arrived for the copies with these UIDs.
//
// QUIRK: a server may have UIDPLUS and tell no COPYUID, for some folders or none.
func (t *tidying) arrivedOf(ctx context.Context, uids []uint32, target string) ([]uint32, error) {
	copies, err := t.store.Untidied(ctx, t.mailbox.Name, t.folder.name, t.validity)
	if err != nil {
		return nil, err
	}
	return t.arrived(slices.DeleteFunc(copies, func(c bouncehound.Copy) bool { return !slices.Contains(uids, c.Place.UID) }), target)
}

// gone returns err, or an error if messages are in the open folder that a server says
// it has moved or expunged.
func (t *tidying) gone(uids []uint32, err error) error {
	if err != nil {
		return err
	}
	left, err := t.session.there(uids)
	if err == nil && len(left) > 0 {
		err = &Error{
			Stage: "tidy", Folder: t.folder.name, Hint: "Gmail lets nothing out of All Mail: poll INBOX or another label there",
			Err: fmt.Errorf("the server says that it is done, and %d of %d messages are in the folder still", len(left), len(uids)),
		}
	}
	return err
}

// flag adds a flag to messages.
func (s *session) flag(uids []uint32, flag imap.Flag) error {
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}
	return s.do(0, func() error { return s.client.Store(set(uids), add, nil).Close() })
}

// expunge deletes these messages. UID EXPUNGE (RFC 4315) leaves those alone that
// somebody else has marked; a plain EXPUNGE would not.
func (s *session) expunge(uids []uint32) error {
	if !s.caps.Has(imap.CapUIDPlus) {
		return errors.New("the server has no UIDPLUS")
	}
	if err := s.flag(uids, imap.FlagDeleted); err != nil {
		return err
	}
	return s.do(0, func() error { return s.client.UIDExpunge(set(uids)).Close() })
}
