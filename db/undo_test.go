package db_test

import (
	"strings"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/db"
)

// TestUndoOverlapping: a list that is taken back leaves a contact where it would stand
// without that list, however the lists, people and bounces came about it. A history is a
// word a step, an hour apart: N and M import the contact as do_not_email, A and B as
// alive; -N takes that list back; release and suppress are a person's, hard is a bounce.
func TestUndoOverlapping(t *testing.T) {
	for _, c := range []struct {
		history string
		want    bouncehound.Standing
	}{
		{"N -N", bouncehound.OK},
		{"N M -N", bouncehound.DoNotEmail},
		{"N M -M", bouncehound.DoNotEmail},
		{"N M -N -M", bouncehound.OK},
		{"N M -M -N", bouncehound.OK},
		{"N hard -N", bouncehound.DoNotEmail},
		{"N release -N", bouncehound.OK},
		{"N release M -M", bouncehound.OK}, // a person overruled N
		{"N release M -N", bouncehound.DoNotEmail},
		{"N release M -N -M", bouncehound.OK},
		{"N release M -M -N", bouncehound.OK},
		{"N release hard M -M", bouncehound.DoNotEmail},
		{"N suppress -N", bouncehound.DoNotEmail},
		{"hard release N M -N -M", bouncehound.OK},
		{"hard N -N", bouncehound.DoNotEmail},
		{"N A", bouncehound.DoNotEmail}, // only who said so can release it
		{"N A -A", bouncehound.DoNotEmail},
		{"N A -N", bouncehound.OK},
		{"N A -A -N", bouncehound.OK},
		{"N A -N -A", bouncehound.OK}, // nobody says any more that it must not be mailed
		{"N M A -N -A", bouncehound.DoNotEmail},
		{"N M A -M -A", bouncehound.DoNotEmail},
		{"N M A -N -A -M", bouncehound.OK},
		{"N M A -A -N -M", bouncehound.OK},
		{"N M A -N -M -A", bouncehound.OK},
		{"N A M -M", bouncehound.DoNotEmail},
		{"N A M -N -A -M", bouncehound.OK},
		{"N A M -M -A", bouncehound.DoNotEmail},
		{"N A M -M -A -N", bouncehound.OK},
		{"N A M -A -M", bouncehound.DoNotEmail}, // N says so, and nothing of A is left
		{"hard A -A", bouncehound.DoNotEmail},
		{"hard A hard B -B", bouncehound.DoNotEmail}, // A knew nothing of the second bounce
		{"hard A hard B -A -B", bouncehound.DoNotEmail},
		{"hard A N -N", bouncehound.OK},
		{"hard A N -A -N", bouncehound.DoNotEmail},
		{"hard A N -N -A", bouncehound.DoNotEmail},
		{"hard A N M -A -N -M", bouncehound.DoNotEmail},
		{"hard A N M -N -M", bouncehound.OK},
	} {
		store, clock := open(t)
		batches := map[string]int64{}
		for i, step := range strings.Fields(c.history) {
			clock.now = noon.Add(time.Duration(i) * time.Hour)
			switch step {
			case "N", "M":
				batches[step], _ = imported(t, store, bouncehound.ListDoNotEmail, address("lena@example.com")...)
			case "A", "B":
				batches[step], _ = imported(t, store, bouncehound.ListAlive, address("lena@example.com")...)
			case "hard":
				record(t, store, message(i, clock.now, failed("lena@example.com"), hard))
			case "release":
				if _, changed, err := store.Release(t.Context(), "lena@example.com", db.By{}); !changed || err != nil {
					t.Fatal(c.history, changed, err)
				}
			case "suppress":
				if _, changed, err := store.Suppress(t.Context(), "lena@example.com", db.By{}); !changed || err != nil {
					t.Fatal(c.history, changed, err)
				}
			default:
				undo(t, store, batches[step[1:]])
			}
		}
		if got := contact(t, store, "lena@example.com"); got.Standing != c.want {
			t.Errorf("%s: %s (%s), want %s", c.history, got.Standing, got.Cause, c.want)
		}
	}
}

// TestNamedWhileFlagged: who says that a contact must not be mailed is heeded also where a
// bounce said so before and is taken back.
func TestNamedWhileFlagged(t *testing.T) {
	verdicts := map[string]bouncehound.Verdict{"": blocked}
	for _, c := range []struct {
		history string
		want    bouncehound.Standing
		cause   bouncehound.Cause
	}{
		{"hard reclassify", bouncehound.OK, bouncehound.CauseReclassify},
		{"hard N reclassify", bouncehound.DoNotEmail, bouncehound.CauseImport},
		{"hard N reclassify -N", bouncehound.OK, bouncehound.CauseImport},
		{"hard N -N reclassify", bouncehound.OK, bouncehound.CauseReclassify},
		{"hard N M reclassify -N", bouncehound.DoNotEmail, bouncehound.CauseImport},
		{"hard N M reclassify -N -M", bouncehound.OK, bouncehound.CauseImport},
		{"hard N reclassify hard -N", bouncehound.DoNotEmail, bouncehound.CauseBounce},
		{"N release hard reclassify", bouncehound.OK, bouncehound.CauseReclassify},
		{"hard A", bouncehound.OK, bouncehound.CauseImport},
		{"hard N A", bouncehound.DoNotEmail, bouncehound.CauseBounce},
		{"hard N -N A", bouncehound.OK, bouncehound.CauseImport},
		{"hard allow", bouncehound.OK, bouncehound.CauseHand},
		{"hard N allow", bouncehound.DoNotEmail, bouncehound.CauseBounce},
		{"hard suppress", bouncehound.DoNotEmail, bouncehound.CauseHand},
		{"hard suppress reclassify", bouncehound.DoNotEmail, bouncehound.CauseHand},
		{"hard suppress A", bouncehound.DoNotEmail, bouncehound.CauseHand},
		{"hard N suppress -N reclassify", bouncehound.DoNotEmail, bouncehound.CauseHand},
		{"complaint suppress", bouncehound.DoNotEmail, bouncehound.CauseComplaint},
	} {
		store, clock := open(t)
		batches := map[string]int64{}
		for i, step := range strings.Fields(c.history) {
			clock.now = noon.Add(time.Duration(i) * time.Hour)
			var err error
			switch step {
			case "N", "M":
				batches[step], _ = imported(t, store, bouncehound.ListDoNotEmail, address("lena@example.com")...)
			case "A":
				imported(t, store, bouncehound.ListAlive, address("lena@example.com")...)
			case "hard":
				record(t, store, message(i, clock.now, failed("lena@example.com"), hard))
			case "complaint":
				record(t, store, message(i, clock.now, acted(bouncehound.Complained, "lena@example.com"),
					bouncehound.Verdict{Class: bouncehound.Complaint, Reason: bouncehound.ComplaintReceived, Fault: bouncehound.FaultRecipient}))
			case "reclassify":
				tried(t, store, db.Rejudging{Judge: today(verdicts)})
			case "allow":
				_, err = store.AddEntry(t.Context(), bouncehound.EntryAllow, "example.com", db.By{})
			case "release":
				_, _, err = store.Release(t.Context(), "lena@example.com", db.By{})
			case "suppress":
				_, _, err = store.Suppress(t.Context(), "lena@example.com", db.By{Note: "asked by phone"})
			default:
				undo(t, store, batches[step[1:]])
			}
			if err != nil {
				t.Fatal(c.history, err)
			}
		}
		if got := contact(t, store, "lena@example.com"); got.Standing != c.want || got.Cause != c.cause {
			t.Errorf("%s: %s (%s), want %s (%s)", c.history, got.Standing, got.Cause, c.want, c.cause)
		}
	}
}
