package db

import (
	"slices"

	"bouncehound"
)

// judged records a message as of the given kind: the row, its bytes if any are
// kept, the copy, and its bounces with all that follows.
func (r *recording) judged(j bouncehound.Judged, kind bouncehound.Kind, ready *prepared) (Recorded, error) {
	if j.ID == "" {
		j.ID = j.Message.ID()
	}
	of, err := r.withoutForgotten(&j)
	if err != nil {
		return Recorded{}, err
	}
	if of != nil {
		if ready, err = blanked(&j.Report); err != nil {
			return Recorded{}, err
		}
	}
	m := r.row(j, kind, ready)
	stored, seen := r.seen[j.ID]
	recorded := Recorded{Kind: kind, New: !seen}
	if seen {
		if stored, err = r.again(j, stored, m, &recorded); err != nil {
			return Recorded{}, err
		}
	} else {
		stored = seenMessage{r.nextMessage, kind}
		r.nextMessage++
		r.waiting.add(messageRows, append([]any{stored.number}, m...)...)
	}
	r.seen[j.ID] = stored
	if p := j.Message.Place; p != (bouncehound.Place{}) {
		r.waiting.add(copyRows, r.folders[folder{p.Mailbox, p.Folder}], p.UIDValidity, p.UID, stored.number, r.tidy[recorded.Kind])
	}
	if !recorded.New {
		return recorded, nil
	}
	if len(ready.kept) > 0 {
		r.waiting.add(rawRows, stored.number, ready.kept)
	}
	if kind != bouncehound.KindOther || worthKeeping(j, kind) {
		for name, value := range j.Report.Original.Headers { // a set: the order does not matter
			r.waiting.add(headerRows, name, value, stored.number)
		}
	}
	recorded.Bounces, err = r.bounces(j, kind, stored.number, ready.told)
	return recorded, err
}

// understanding orders the kinds by how much was understood.
var understanding = map[bouncehound.Kind]int{bouncehound.KindOther: 0, bouncehound.KindUnread: 1, bouncehound.KindReport: 2}

// again is told of content that is stored already. If more of it is understood now
// than then, the row is written anew and the content counts as new.
func (r *recording) again(j bouncehound.Judged, was seenMessage, m []any, recorded *Recorded) (seenMessage, error) {
	if understanding[recorded.Kind] <= understanding[was.kind] {
		recorded.Kind = was.kind
		return was, nil
	}
	recorded.New = true
	if err := r.transaction.flush(); err != nil { // it may be of this batch
		return was, err
	}
	for id, numbers := range r.reports { // its Message-ID may be read otherwise now
		r.reports[id] = slices.DeleteFunc(numbers, func(n int64) bool { return n == was.number })
	}
	_, err := r.exec(`UPDATE messages SET (id, kind, mailbox, folder, uid, size, recorded_at, source, arrived_at, format,
		message_id, reporting_mta, recipients, notes, original) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		WHERE number = ?`, append(m, was.number)...)
	return seenMessage{was.number, recorded.Kind}, err
}

// row returns what is kept of a message, as columns. Of mail that is no report and
// has no bounces to keep, that is the id, the place and the size only.
func (r *recording) row(j bouncehound.Judged, kind bouncehound.Kind, ready *prepared) []any {
	m := j.Message
	size := m.Size
	if size == 0 {
		size = int64(len(m.Raw))
	}
	row := append(make([]any, 0, 16), j.ID, kind, m.Place.Mailbox, m.Place.Folder, m.Place.UID, size, stamp(r.now))
	if kind == bouncehound.KindOther && !worthKeeping(j, kind) {
		return append(row, "", nil, "", nil, "", 0, "", "")
	}
	arrived := j.Report.ArrivedAt(m.InternalDate, r.now)
	if len(j.Bounces) > 0 {
		arrived = j.Bounces[0].ArrivedAt
	}
	return append(row, m.Source, stamp(r.arrived(arrived)), j.Report.Format, known(j.Report.MessageID), j.Report.ReportingMTA,
		len(j.Report.Recipients), ready.notes, ready.original)
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
