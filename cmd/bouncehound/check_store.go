package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"bouncehound/db"
)

// mostSkew is how far two clocks may differ.
const mostSkew = time.Minute

// store looks at the file, its folder and disk, and the clock that it was written by.
func (c *checking) store() {
	path := c.settings.Store.Path
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := writable(filepath.Dir(path)); err != nil {
			c.wrong("store", path, "", err, "make the folder and give it to the user the daemon runs as")
			return
		}
		c.good("store", path, "", "not there yet; the first poll makes it")
		c.clock(nil)
		return
	}
	tokens := filepath.Join(filepath.Dir(path), "tokens")
	if info, err := os.Stat(tokens); err == nil && info.Mode().Perm()&0o077 != 0 {
		c.wrong("store", path, "", fmt.Errorf("others than its owner can open %s (mode %04o)", tokens, info.Mode().Perm()), "chmod 700 "+tokens)
	}
	store, err := c.p.openStore(c.ctx, c.settings)
	if err != nil {
		c.wrong("store", path, "", err, "if the file is damaged, stop the daemon and restore the latest backup")
		return
	}
	defer store.Close()
	condition, err := store.Inspect(c.ctx)
	if err != nil {
		c.wrong("store", path, "", err, "if the file is damaged, stop the daemon and restore the latest backup")
		return
	}
	for _, problem := range condition.Problems {
		c.wrong("store", path, "", errors.New(problem.What), problem.Fix)
	}
	if len(condition.Problems) == 0 {
		c.good("store", path, "", "sound, schema %d, %d MB, %d MB free on the disk", condition.Schema, condition.Size/1_000_000, condition.Disk/1_000_000)
	}
	left, err := leftovers(c.ctx, c.settings, store, c.p.now())
	if err != nil {
		c.wrong("store", path, "cursors", err, "")
	}
	for _, l := range left {
		c.add(finding{"good", l.part, l.name, "cursor", l.text, l.hint})
	}
	if pid := lockHolder(path); pid != "" {
		c.good("store", path, "poller", "process %s polls", pid)
	} else {
		c.good("store", path, "poller", "nobody polls just now")
	}
	c.withheld(store)
	c.clock(store)
}

// clock compares ours with those of the endpoints' servers, which refuse a signature
// that seems old, and with what the store holds.
func (c *checking) clock(store *db.DB) {
	now := c.p.now()
	if store != nil {
		if at, err := store.Newest(c.ctx); err == nil && at.Sub(now) > mostSkew {
			c.wrong("clock", "", "", fmt.Errorf("the store was written to at %s, which is yet to come", at.Format(time.RFC3339)), "set the clock: timedatectl set-ntp true")
			return
		}
	}
	asked := map[string]bool{}
	for _, w := range c.settings.Webhooks {
		u, err := url.Parse(w.URL)
		if err != nil || asked[u.Host] {
			continue
		}
		asked[u.Host] = true
		theirs, ok := serverTime(c.ctx, u.Scheme+"://"+u.Host+"/")
		if !ok {
			continue
		}
		if skew := theirs.Sub(c.p.now()); skew.Abs() > mostSkew {
			c.wrong("clock", "", "", fmt.Errorf("differs from that of %s by %v", u.Host, skew.Round(time.Second)), "set the clock: timedatectl set-ntp true; receivers refuse signatures that are five minutes off")
			return
		}
		c.good("clock", "", "", "agrees with that of %s", u.Host)
		return
	}
	c.good("clock", "", "", "%s; no server told another time", now.UTC().Format(time.RFC3339))
}

// serverTime asks a server what time it is (RFC 9110 section 6.6.1).
func serverTime(ctx context.Context, origin string) (at time.Time, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, origin, nil)
	if err != nil {
		return at, false
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return at, false
	}
	answer.Body.Close()
	at, err = http.ParseTime(answer.Header.Get("Date"))
	return at, err == nil
}

// writable says whether files can be made in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".bouncehound-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
