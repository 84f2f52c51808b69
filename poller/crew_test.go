package poller_test

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"bouncehound"
)

// TestGaveUp: messages whose reading does not end are given up, one by one if they are
// more than the workers, and the others come through in their order.
func TestGaveUp(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		var mails, want []string
		for i := range 300 {
			text := "fine"
			if i%30 == 7 {
				text = "for ever"
			}
			mails = append(mails, text)
			want = append(want, text)
		}
		s, m := &script{mails: mails}, newMemo()
		p := scriptPoller(s, m)
		begun := time.Now()
		p.Spent = func() time.Duration { return time.Since(begun) }
		ended := make(chan bool)
		defer close(ended)
		var judged, gaveUp atomic.Int32
		p.Judge = func(m bouncehound.Message) bouncehound.Judged {
			judged.Add(1)
			if string(m.Raw) == "for ever" {
				<-ended
			}
			return bouncehound.Judged{Message: m, ID: "fine"}
		}
		p.GaveUp = func(m bouncehound.Message) bouncehound.Judged {
			gaveUp.Add(1)
			return bouncehound.Judged{Message: m, ID: "for ever"}
		}
		var got []string
		p.Handle = func(ctx context.Context, batch []bouncehound.Judged, upTo bouncehound.Place) ([]bouncehound.Kind, error) {
			for _, j := range batch {
				got = append(got, j.ID)
				if !bytes.Equal(j.Message.Raw, []byte(j.ID)) {
					t.Errorf("%s stands for %s", j.ID, j.Message.Raw)
				}
			}
			return m.handle(ctx, batch, upTo)
		}
		result, err := p.Poll(t.Context())
		if err != nil || result.Fetched != 300 || !slices.Equal(got, want) || judged.Load() != 300 || gaveUp.Load() != 10 {
			t.Errorf("%+v, %v: judged %d, gave up %d\n%v", result, err, judged.Load(), gaveUp.Load(), got)
		}
	})
}

// TestGaveUpNot: on a machine that is busy with others, or asleep, a message may take as
// long as it wants.
func TestGaveUpNot(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: []string{"slow", "slow too"}}, newMemo()
		p := scriptPoller(s, m)
		begun := time.Now()
		p.Spent = func() time.Duration { return min(time.Since(begun)/100, 59*time.Second) }
		p.Judge = func(m bouncehound.Message) bouncehound.Judged {
			time.Sleep(24 * time.Hour)
			return bouncehound.Judged{Message: m, ID: m.ID()}
		}
		p.GaveUp = func(m bouncehound.Message) bouncehound.Judged {
			t.Errorf("%s was given up", m.Raw)
			return bouncehound.Judged{Message: m}
		}
		if result, err := p.Poll(t.Context()); err != nil || result.Fetched != 2 {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

// TestGaveUpOnes: who looks is gone with the poll, and a message that takes less than a
// minute after another has taken a while is not given up for both.
func TestGaveUpOnes(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s, m := &script{mails: slices.Repeat([]string{"long"}, 50)}, newMemo()
		p := scriptPoller(s, m)
		begun := time.Now()
		p.Spent = func() time.Duration { return 64 * time.Since(begun) }
		p.Judge = func(m bouncehound.Message) bouncehound.Judged {
			time.Sleep(59 * time.Second)
			return bouncehound.Judged{Message: m, ID: m.ID()}
		}
		p.GaveUp = func(m bouncehound.Message) bouncehound.Judged {
			t.Errorf("UID %d was given up", m.Place.UID)
			return bouncehound.Judged{Message: m}
		}
		if result, err := p.Poll(t.Context()); err != nil || result.Fetched != 50 {
			t.Errorf("%+v, %v", result, err)
		}
	})
}
