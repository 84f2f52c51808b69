package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bouncehound"
)

// maxJudging is how long a message may be judged: by the clock, and also by the
// processor's time of this process, which stands still while the machine is busy with
// others or sleeps. Most take less than a millisecond, the worst a second.
const maxJudging = time.Minute

// A judging is a message on its way through the workers.
type judging struct {
	judged bouncehound.Judged // once done is closed
	done   chan struct{}
}

// A crew are the workers that judge messages, one a core. Go cannot end a goroutine from
// outside: one whose message takes for ever is left to itself, and another takes its
// place.
type crew struct {
	judge   func(bouncehound.Message) bouncehound.Judged // nil: nobody judges
	gaveUp  func(bouncehound.Message) bouncehound.Judged
	spent   func() time.Duration // the processor's time of this process so far
	queue   <-chan *judging
	workers sync.WaitGroup
	desks   []*desk // after the start the watch's alone
	resting chan struct{}
}

// A desk is where one worker has its message.
type desk struct {
	current atomic.Pointer[judging]

	watched *judging // what lay there when the watch looked last, since when
	since   time.Time
	spent   time.Duration
}

func (p *Poller) crew(queue <-chan *judging) *crew {
	c := &crew{judge: p.Judge, gaveUp: p.GaveUp, spent: p.Spent, queue: queue, resting: make(chan struct{})}
	if c.spent == nil {
		c.spent = processorTime
	}
	for range runtime.GOMAXPROCS(0) {
		d := new(desk)
		c.desks = append(c.desks, d)
		c.workers.Add(1)
		go c.work(d)
	}
	if c.judge != nil && c.gaveUp != nil {
		go c.watch()
	}
	return c
}

func (c *crew) work(d *desk) {
	for j := range c.queue {
		if c.judge != nil {
			m := j.judged.Message // from here on the watch may have it
			d.current.Store(j)
			judged := c.judge(m)
			if !d.current.CompareAndSwap(j, nil) {
				return // it was given up, and another sits there
			}
			j.judged = judged
		}
		close(j.done)
	}
	c.workers.Done()
}

// watch gives up what takes for ever, until the crew rests.
func (c *crew) watch() {
	tick := time.NewTicker(maxJudging / 4)
	defer tick.Stop()
	for {
		select {
		case <-c.resting:
			return
		case <-tick.C:
		}
		spent := c.spent()
		for i, d := range c.desks {
			j := d.current.Load()
			switch {
			case j == nil || j != d.watched:
				d.watched, d.since, d.spent = j, time.Now(), spent
			case time.Since(d.since) < maxJudging || spent-d.spent < maxJudging:
			case d.current.CompareAndSwap(j, nil):
				j.judged = c.gaveUp(j.judged.Message)
				close(j.done)
				c.desks[i] = new(desk)
				go c.work(c.desks[i])
			}
		}
	}
}

// rest waits until the queue is closed and all of it judged.
func (c *crew) rest() {
	c.workers.Wait()
	close(c.resting)
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
