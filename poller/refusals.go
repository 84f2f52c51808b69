package poller

import (
	"fmt"
	"sync"
	"time"
)

const (
	firstRest = 5 * time.Minute // after the second refusal in a row; doubled with each
	maxRest   = time.Hour
)

// A refusals counts logins refused in a row. Servers lock accounts on which too many
// are: a mailbox whose password was changed must not be shut out for people too.
type refusals struct {
	mu    sync.Mutex
	inRow int
	until time.Time
}

// wait returns an error while no login is to be tried.
func (r *refusals) wait(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) {
		return nil
	}
	return &Error{
		Stage: "login", Err: fmt.Errorf("refused %d times in a row; the next login is tried at %s", r.inRow, r.until.UTC().Format(time.RFC3339)),
		Hint: "so that the server does not lock the account; once the credentials are right, SIGHUP (systemctl reload) tries at once",
	}
}

// count is told how a login went.
func (r *refusals) count(err error, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.inRow, r.until = 0, time.Time{}
	case refused(err) && !later(err):
		if r.inRow++; r.inRow > 1 {
			r.until = now.Add(min(firstRest<<min(r.inRow-2, 10), maxRest))
		}
	}
}
