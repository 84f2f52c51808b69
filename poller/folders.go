package poller

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// A folder has the name it is configured and stored by, and the server's for it.
type folder struct {
	name   string
	server string
}

// A plan is what is to be read and where things go, in the server's names.
type plan struct {
	folders  []folder
	moveTo   string
	unreadTo string
}

// able refuses, before anything is read, what the server could only do by putting
// mail at risk.
func (p *Poller) able(s *session) error {
	if p.DryRun {
		return nil
	}
	move, plus := s.caps.Has(imap.CapMove), s.caps.Has(imap.CapUIDPlus)
	wants := ""
	switch m := p.Mailbox; {
	case m.After == AfterMove && !move && !plus:
		wants = "after = \"move\" needs MOVE or UIDPLUS"
	case m.Unread == UnreadMove && !move && !plus:
		wants = "unread = \"move\" needs MOVE or UIDPLUS"
	case m.After == AfterDelete && !plus:
		wants = "after = \"delete\" needs UIDPLUS"
	default:
		return nil
	}
	return &Error{
		Stage: "tidy", Err: fmt.Errorf("%s, which this server has not", wants),
		Hint: `use after = "seen" (and unread = "keep"): without these the server could take other mail along`,
	}
}

// plan finds the server's names of the folders and creates those things are moved to.
func (p *Poller) plan(s *session) (plan, error) {
	m := p.Mailbox
	var pl plan
	moves := !p.DryRun && (m.After == AfterMove || m.Unread == UnreadMove)
	isInbox := func(name string) bool { return strings.EqualFold(name, "INBOX") }
	if !moves && !slices.ContainsFunc(m.folders(), func(name string) bool { return !isInbox(name) }) {
		return plan{folders: []folder{{m.folders()[0], "INBOX"}}}, nil
	}
	wanted := m.folders()
	if moves {
		wanted = append(slices.Clone(wanted), p.targets()...)
	}
	dir, err := s.directory(wanted)
	if err != nil {
		return pl, fail("select", "", err)
	}
	for _, name := range m.folders() {
		server, _ := dir.find(name)
		pl.folders = append(pl.folders, folder{name, server})
	}
	target := func(key, name string) (string, error) {
		server, known := dir.find(name)
		for _, f := range pl.folders {
			// QUIRK: to Exchange names that differ in the case of letters only are one.
			two := known && slices.Contains(dir.names, f.server)
			if f.server == server || !two && strings.EqualFold(f.server, server) {
				return "", &Error{
					Stage: "tidy", Folder: name, Err: fmt.Errorf("%s is a folder that is polled", key),
					Hint: "choose another folder: what is moved there would be read again",
				}
			}
		}
		if !known {
			if err := s.create(server); err != nil {
				return "", &Error{Stage: "tidy", Folder: name, Hint: "create the folder by hand, or choose another in " + key, Err: err}
			}
		}
		return server, nil
	}
	if moves && m.After == AfterMove {
		if pl.moveTo, err = target("move_to", m.MoveTo); err != nil {
			return pl, err
		}
		dir.names = append(dir.names, pl.moveTo)
	}
	if moves && m.Unread == UnreadMove {
		if pl.unreadTo, err = target("unread_to", m.UnreadTo); err != nil {
			return pl, err
		}
	}
	return pl, nil
}

// A directory is what folders a server has.
type directory struct {
	names  []string
	delim  rune   // between levels; 0 if there are none
	prefix string // of the account's own folders (RFC 2342), such as "INBOX."
}

// directory returns the account's folders, or at least those that are wanted.
//
// QUIRK: one name that is no modified UTF-7 (RFC 3501 section 5.1.3), such as "R&D",
// makes go-imap v2.0.0-beta.8 end the connection. Then only those wanted are asked for.
func (s *session) directory(wanted []string) (dir directory, err error) {
	all := !s.odd.list.known()
	if all {
		if err = s.list(&dir, "*"); err != nil && s.dead() {
			s.odd.list.lost()
		}
	} else { // an empty name gives the separator (section 6.3.8)
		err = s.list(&dir, "")
	}
	if err != nil {
		return dir, err
	}
	if s.caps.Has(imap.CapNamespace) {
		if err := s.namespace(&dir); err != nil {
			return dir, err
		}
	}
	if all {
		return dir, nil
	}
	dir.names = nil
	for _, name := range wanted {
		for _, candidate := range dir.candidates(name) {
			if err := s.list(&dir, candidate); err != nil {
				return dir, err
			}
		}
	}
	return dir, nil
}

// list adds the folders that match a pattern.
func (s *session) list(dir *directory, pattern string) error {
	return s.do(0, func() error {
		listed, err := s.client.List("", pattern, nil).Collect()
		for _, data := range listed {
			// A name without a folder, such as the parent of one, can be created.
			if !slices.Contains(data.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(data.Attrs, imap.MailboxAttrNonExistent) {
				dir.names = append(dir.names, data.Mailbox)
			}
			if data.Delim != 0 {
				dir.delim = data.Delim
			}
		}
		return err
	})
}

func (s *session) namespace(dir *directory) error {
	err := s.do(0, func() error {
		spaces, err := s.client.Namespace().Wait()
		if err == nil && len(spaces.Personal) > 0 {
			dir.prefix = spaces.Personal[0].Prefix
		}
		return err
	})
	if refused(err) { // folders can do without
		return nil
	}
	return err
}

// find returns the server's name of a folder, and whether it exists. "/" stands for
// the server's separator. A name may leave out the namespace's prefix.
func (d directory) find(name string) (string, bool) {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX", true
	}
	all := d.candidates(name)
	for _, candidate := range all {
		if slices.Contains(d.names, candidate) {
			return candidate, true
		}
	}
	return all[1], false
}

// candidates returns what a folder may be called on the server; the second is what it is
// called when it is made.
func (d directory) candidates(name string) []string {
	mapped := name
	if d.delim != 0 {
		mapped = strings.ReplaceAll(name, "/", string(d.delim))
	}
	full := mapped
	if !strings.HasPrefix(mapped, d.prefix) {
		full = d.prefix + mapped
	}
	return []string{mapped, full, name}
}

// create makes a folder; that it exists already is fine.
func (s *session) create(name string) error {
	err := s.do(0, func() error { return s.client.Create(name, nil).Wait() })
	var answer *imap.Error
	if errors.As(err, &answer) && answer.Code == imap.ResponseCodeAlreadyExists {
		return nil
	}
	return err
}

// open opens a folder, to read it (EXAMINE) or to tidy it up (SELECT), and returns
// its UIDVALIDITY and how many messages it has.
func (s *session) open(f folder, readOnly bool) (validity, messages uint32, err error) {
	err = s.do(0, func() error {
		data, err := s.client.Select(f.server, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		validity, messages, s.next = data.UIDValidity, data.NumMessages, data.UIDNext
		return err
	})
	if err == nil && validity == 0 {
		// QUIRK: Outlook.com has said 0, which go-imap cannot tell from nothing.
		err = &Error{
			Stage: "select", Folder: f.name, Err: errors.New("the server tells no UIDVALIDITY, or 0"),
			Hint: "its messages have no numbers that last, and some would be missed: it has to be mended by who runs it, or the mailbox be moved",
		}
	}
	if err == nil || !refused(err) {
		return validity, messages, fail("select", f.name, err)
	}
	failed := &Error{Stage: "select", Folder: f.name, Err: err, Hint: hint("select", err)}
	if dir, listErr := s.directory(nil); listErr == nil && len(dir.names) > 0 && !slices.Contains(dir.names, f.server) {
		failed.Hint = "there is no such folder; there are: " + dir.some()
	}
	return 0, 0, failed
}

// some lists the folders for people, the first of them if there are many.
func (d directory) some() string {
	names := slices.Sorted(slices.Values(d.names))
	if len(names) > 30 {
		names = append(names[:30], "…")
	}
	if d.delim != 0 && d.delim != '/' {
		for i := range names {
			names[i] = strings.ReplaceAll(names[i], string(d.delim), "/")
		}
	}
	return strings.Join(names, ", ")
}
