package db

import (
	"encoding/json"

	"bouncehound"
)

// judged records a message as of the given kind: the row, its bytes if any are
// kept, the copy, and its bounces with all that follows.
func (r *recording) judged(j bouncehound.Judged, kind bouncehound.Kind, kept []byte) (Recorded, error) {
	if j.ID == "" {
		j.ID = j.Message.ID()
	}
	of, err := r.withoutForgotten(&j)
	if err != nil {
		return Recorded{}, err
	}
	if of != nil {
		kept = nil
	}
	m, err := r.row(j, kind)
	if err != nil {
		return Recorded{}, err
	}
	number, err := r.insert(`INSERT INTO messages
		(id, kind, mailbox, folder, uid, size, recorded_at, source, arrived_at, format, message_id, reporting_mta, recipients, notes, original)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, m...)
	if err != nil {
		return Recorded{}, err
	}
	recorded := Recorded{Kind: kind, New: number != 0}
	if !recorded.New {
		if number, err = r.again(j.ID, m, &recorded); err != nil {
			return Recorded{}, err
		}
	}
	if p := j.Message.Place; p != (bouncehound.Place{}) {
		r.waiting.copies.add(r.folders[folder{p.Mailbox, p.Folder}], p.UIDValidity, p.UID, number, r.tidy[recorded.Kind])
	}
	if !recorded.New {
		return recorded, nil
	}
	if len(kept) > 0 {
		r.waiting.raw.add(number, kept)
	}
	if kind != bouncehound.KindOther || worthKeeping(j, kind) {
		for name, value := range j.Report.Original.Headers { // a set: the order does not matter
			r.waiting.headers.add(name, value, number)
		}
	}
	recorded.Bounces, err = r.bounces(j, kind, number)
	return recorded, err
}

// understanding orders the kinds by how much was understood.
var understanding = map[bouncehound.Kind]int{bouncehound.KindOther: 0, bouncehound.KindUnread: 1, bouncehound.KindReport: 2}

// again is told of content that is stored already. If more of it is understood now
// than then, the row is written anew and the content counts as new.
func (r *recording) again(id string, m []any, recorded *Recorded) (number int64, err error) {
	var was bouncehound.Kind
	if _, err := r.one(`SELECT number, kind FROM messages WHERE id = ?`, []any{id}, &number, &was); err != nil {
		return 0, err
	}
	if understanding[recorded.Kind] <= understanding[was] {
		recorded.Kind = was
		return number, nil
	}
	recorded.New = true
	_, err = r.exec(`UPDATE messages SET (id, kind, mailbox, folder, uid, size, recorded_at, source, arrived_at, format,
		message_id, reporting_mta, recipients, notes, original) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		WHERE number = ?`, append(m, number)...)
	return number, err
}

// row returns what is kept of a message, as columns. Of mail that is no report and
// has no bounces to keep, that is the id, the place and the size only.
func (r *recording) row(j bouncehound.Judged, kind bouncehound.Kind) ([]any, error) {
	m := j.Message
	size := m.Size
	if size == 0 {
		size = int64(len(m.Raw))
	}
	row := []any{j.ID, kind, m.Place.Mailbox, m.Place.Folder, m.Place.UID, size, stamp(r.now)}
	if kind == bouncehound.KindOther && !worthKeeping(j, kind) {
		return append(row, "", nil, "", nil, "", 0, "", ""), nil
	}
	var notes, original []byte
	var err error
	if len(j.Report.Notes) > 0 {
		if notes, err = json.Marshal(j.Report.Notes); err != nil {
			return nil, err
		}
	}
	if !j.Report.Original.IsZero() {
		if original, err = json.Marshal(j.Report.Original); err != nil {
			return nil, err
		}
	}
	arrived := j.Report.ArrivedAt(m.InternalDate, r.now)
	if len(j.Bounces) > 0 {
		arrived = j.Bounces[0].ArrivedAt
	}
	return append(row, m.Source, stamp(r.arrived(arrived)), j.Report.Format, known(j.Report.MessageID), j.Report.ReportingMTA,
		len(j.Report.Recipients), string(notes), string(original)), nil
}

// worthKeeping says whether a message has bounces that are kept.
func worthKeeping(j bouncehound.Judged, kind bouncehound.Kind) bool {
	for _, b := range j.Bounces {
		if keeps(b, kind) {
			return true
		}
	}
	return false
}

// keeps says whether a bounce of a message of the given kind gets a row: of mail
// that is no report only automatic replies and challenges do.
func keeps(b bouncehound.Bounce, kind bouncehound.Kind) bool {
	return kind != bouncehound.KindOther || b.Action != bouncehound.NoAction
}
