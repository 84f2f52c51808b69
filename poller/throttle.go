package poller

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
)

// longestBackoff is the longest that a server is believed to want to be left alone.
const longestBackoff = time.Hour

var backoffTime = regexp.MustCompile(`(?i)suggested backoff time: (\d{1,9}) milliseconds`)

// heed remembers until when a server wants to be left alone. Exchange Online counts
// those who don't against the account.
func (p *Poller) heed(err error) {
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return
	}
	if m := backoffTime.FindStringSubmatch(answer.Text); m != nil {
		ms, _ := strconv.Atoi(m[1])
		p.notBefore = time.Now().Add(min(time.Duration(ms)*time.Millisecond, longestBackoff))
	}
}

// throttled returns an error while the server wants to be left alone.
func (p *Poller) throttled() error {
	if time.Now().Before(p.notBefore) {
		return &Error{
			Stage: "connect", Hint: "poll less often; the first poll after that time tries again",
			Err: fmt.Errorf("the server asked to be left alone until %s", p.notBefore.UTC().Format(time.TimeOnly+"Z")),
		}
	}
	return nil
}
