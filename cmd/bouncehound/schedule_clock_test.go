package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/robfig/cron/v3"
)

// asked counts how often a schedule is asked when it is due, which is in a year.
type asked struct{ atomic.Int32 }

func (a *asked) Next(now time.Time) time.Time {
	a.Add(1)
	return now.AddDate(1, 0, 0)
}

// TestClockSetBack: what was due by a clock that is set back is planned anew by what it
// says then, and by nothing else.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times asked
		timer := cron.New()
		timer.Schedule(&times, cron.FuncJob(func() {}))
		var set atomic.Int64
		wall := func() time.Time { return time.Now().Add(time.Duration(set.Load())) }
		ctx, cancel := context.WithCancel(t.Context())
		go keepTime(ctx, timer, wall, nil)
		defer func() {
			cancel()
			synctest.Wait()
			timer.Stop()
		}()
		for _, step := range []struct {
			name string
			by   time.Duration
			want int32
		}{
			{"at the start", 0, 1}, {"as time goes by", 0, 1}, {"forward", 12 * time.Hour, 1}, {"back", 0, 2}, {"and right again", 0, 2},
		} {
			set.Store(int64(step.by))
			time.Sleep(beatEvery + time.Second)
			synctest.Wait()
			if got := times.Load(); got != step.want {
				t.Errorf("%s: asked %d times, want %d", step.name, got, step.want)
			}
		}
	})
}
