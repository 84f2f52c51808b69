package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"bouncehound"
)

// maxGivenUp is how many messages a process gives up, each of which keeps a core busy
// until the process ends.
const maxGivenUp = 4

// errGivenUp is why a process ends that has given up too many messages.
var errGivenUp = hintError{
	fmt.Errorf("the reading of %d messages did not end; they are kept as unread, and this process ends to be rid of them", maxGivenUp),
	"please report them: bouncehound messages --unread lists them; systemd starts the daemon again, and nothing is lost",
}

// A patience counts the messages whose reading was given up.
type patience struct {
	givenUp atomic.Int32
	end     context.CancelCauseFunc
}

// gaveUp returns what stands for a message that took for ever.
func (p *patience) gaveUp(m bouncehound.Message) bouncehound.Judged {
	p.givenUp.Add(1)
	return unreadable(m, errors.New("it did not end within a minute"))
}

// recorded is told that what was read is safely kept: only then may the process end, or
// the next would begin where this one did.
func (p *patience) recorded() {
	if p != nil && p.givenUp.Load() >= maxGivenUp {
		p.end(errGivenUp)
	}
}

// ended is what a verb came to: where the process had to end, that, whatever it says.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errGivenUp) {
		return cause
	}
	return err
}

// unreadable is a message on which our own code fails: an unread report, which is kept
// and listed, and in nobody's way.
func unreadable(m bouncehound.Message, because any) bouncehound.Judged {
	report := bouncehound.Report{Unread: true, Notes: []string{fmt.Sprintf("reading it failed, please report this: %v", because)}}
	return bouncehound.Judged{Message: m, ID: m.ID(), Report: report}
}
