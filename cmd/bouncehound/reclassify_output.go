package main

import (
	"fmt"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// A reclassified is one verdict or one standing that judging again changes, or a message
// that was not read again. Only the fields of its kind are set.
type reclassified struct {
	What       string                 `json:"what"` // "verdict", "standing" or "not_read"
	Email      string                 `json:"email"`
	Message    string                 `json:"message,omitempty"`
	ArrivedAt  time.Time              `json:"arrived_at,omitzero"`
	WasAction  bouncehound.Action     `json:"was_action,omitempty"` // as the other was_: absent where the message was not understood
	Action     bouncehound.Action     `json:"action,omitempty"`
	WasClass   bouncehound.Class      `json:"was_class,omitempty"`
	WasReason  bouncehound.Reason     `json:"was_reason,omitempty"`
	WasRule    string                 `json:"was_rule,omitempty"`
	Class      bouncehound.Class      `json:"class,omitempty"`
	Reason     bouncehound.Reason     `json:"reason,omitempty"`
	Rule       string                 `json:"rule,omitempty"`
	Matched    string                 `json:"matched,omitempty"`
	Confidence bouncehound.Confidence `json:"confidence,omitempty"`
	Diagnostic string                 `json:"diagnostic,omitempty"`
	Was        bouncehound.Standing   `json:"was_standing,omitempty"`
	Standing   bouncehound.Standing   `json:"standing,omitempty"`
	Why        string                 `json:"why,omitempty"`
	NotRead    db.Left                `json:"not_read,omitempty"` // of a verdict too: it goes by what was read when the message came
}

// reclassifications print what judging again changes, and counts it.
type reclassifications struct {
	row                       func(reclassified) error
	end                       func() error
	why                       func(rule string) string
	verdicts, standings, left int
	notRead                   map[db.Left]int // messages
	list                      bool            // messages that were not read again
	err                       error           // of listing one
}

// reclassifications returns what prints in the form asked for. Of nothing it prints
// nothing, not even a head.
func (p *program) reclassifications(out output, why func(rule string) string) *reclassifications {
	d := &reclassifications{why: why, notRead: map[db.Left]int{}, end: func() error { return nil }}
	switch out {
	case outputJSON:
		e := jsonLines(p.stdout)
		d.row = func(r reclassified) error { return e.Encode(r) }
	case outputCSV:
		var w *records
		d.row = func(r reclassified) error {
			if w == nil {
				w = newRecords(p.stdout, "what", "email", "message", "arrived_at", "was_action", "action", "was_class", "was_reason", "was_rule",
					"class", "reason", "rule", "matched", "confidence", "diagnostic", "was_standing", "standing", "why", "not_read")
			}
			return w.record(r.What, r.Email, r.Message, stamp(r.ArrivedAt), string(r.WasAction), string(r.Action), string(r.WasClass), string(r.WasReason), r.WasRule,
				string(r.Class), string(r.Reason), r.Rule, r.Matched, string(r.Confidence), r.Diagnostic, string(r.Was), string(r.Standing), r.Why, string(r.NotRead))
		}
	default:
		var t *table
		d.row = func(r reclassified) error {
			if t == nil {
				t = newTable(p.stdout, "WHAT", "EMAIL", "WAS", "IS", "WHY")
				d.end = t.end
			}
			t.row(r.cells()...)
			return nil
		}
	}
	return d
}

// cells returns a difference as a row of the table.
func (r reclassified) cells() []string {
	if r.What == "standing" {
		return []string{r.What, r.Email, string(r.Was), string(r.Standing), r.Why}
	}
	if r.What == "not_read" {
		return []string{r.What, r.Email, "", "", "message " + r.Message + ": " + r.Why}
	}
	was := "not understood"
	if r.WasAction != "" {
		was = verdictCell(r.WasAction, r.WasClass, r.WasReason, r.WasRule)
	}
	why := r.Why
	if r.Matched != "" {
		why = fmt.Sprintf("%q: %s", r.Matched, r.Why)
	}
	why = cut(why, 120)
	if r.NotRead != "" {
		why += " (not read again: " + leftWhy[r.NotRead] + ")"
	}
	return []string{r.What, r.Email, was, verdictCell(r.Action, r.Class, r.Reason, r.Rule), why}
}

func verdictCell(action bouncehound.Action, class bouncehound.Class, reason bouncehound.Reason, rule string) string {
	s := string(class) + "/" + string(reason)
	if action != bouncehound.Failed {
		s = string(action) + " " + s
	}
	if rule != "" {
		s += " (" + rule + ")"
	}
	return s
}

// print prints what judging again makes of one address.
func (d *reclassifications) print(r db.Rejudged) error {
	for _, b := range r.Bounces {
		d.verdicts++
		err := d.row(reclassified{
			What: "verdict", Email: b.Is.Address, Message: b.Is.Message, ArrivedAt: b.Is.ArrivedAt, Diagnostic: b.Is.Diagnostic,
			WasAction: b.Was.Action, WasClass: b.Was.Class, WasReason: b.Was.Reason, WasRule: b.Was.Rule,
			Action: b.Is.Action, Class: b.Is.Class, Reason: b.Is.Reason, Rule: b.Is.Rule, Matched: b.Is.Matched, Confidence: b.Is.Confidence,
			Why: d.why(b.Is.Rule), NotRead: b.Left,
		})
		if err != nil {
			return err
		}
	}
	switch {
	case r.Previous != r.Standing:
		d.standings++
	case r.Note != "":
		d.left++
	default:
		return nil
	}
	return d.row(reclassified{What: "standing", Email: r.Address, Was: r.Previous, Standing: r.Standing, Why: r.Note})
}

// summary says in a line what was found.
func (d *reclassifications) summary(applied bool) string {
	if d.verdicts == 0 {
		return "nothing differs"
	}
	s := fmt.Sprintf("%s, %s", count(d.verdicts, "verdict"), count(d.standings, "standing"))
	if applied {
		s += " changed"
	} else {
		s += " would change; --apply makes the changes"
	}
	if d.left > 0 {
		s += fmt.Sprintf(" (%s stay as they are, see why)", count(d.left, "standing"))
	}
	return s
}
