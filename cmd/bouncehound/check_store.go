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
	"syscall"
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
			c.wrong("store", path, "", err, "make the folder, and give it to the user the daemon runs as")
		} else {
			c.good("store", path, "", "not there yet; the first poll makes it")
		}
		c.clock(nil)
		return
	}
	tokens := filepath.Join(filepath.Dir(path), "tokens")
	if info, err := os.Stat(tokens); err == nil && info.Mode().Perm()&0o077 != 0 {
		c.wrong("store", path, "", fmt.Errorf("others than its owner can open %s (mode %04o)", tokens, info.Mode().Perm()), "chmod 700 "+tokens)
	}
	store, err := within(c.ctx, c.storeTime, func(ctx context.Context) (*db.DB, error) { return c.p.openStore(ctx, c.settings) })
	if err != nil {
		c.wrong("store", path, "", err, storeHint(err))
		c.clock(nil)
		return
	}
	condition, err := within(c.ctx, c.storeTime, store.Inspect)
	switch {
	case errors.Is(err, errTooLong): // it may still be at it
		c.wrong("store", path, "", err, storeHint(err))
		c.clock(nil)
		return
	case err != nil:
		c.wrong("store", path, "", err, storeHint(err))
	case len(condition.Problems) == 0:
		c.good("store", path, "", "sound, schema %d, %d MB, %d MB free on the disk", condition.Schema, condition.Size/1_000_000, condition.Disk/1_000_000)
	}
	defer store.Close()
	for _, problem := range condition.Problems {
		c.wrong("store", path, "", errors.New(problem.What), problem.Fix)
	}
	if pid := lockHolder(path); pid != "" {
		c.good("store", path, "poller", "process %s polls", pid)
	} else {
		c.good("store", path, "poller", "nobody polls just now")
	}
	c.withheld(store)
	c.leftovers(store)
	c.clock(store)
}

// storeHint says what to do about a store that could not be looked at.
func storeHint(err error) string {
	switch {
	case errors.Is(err, errTooLong):
		return "is its disk at work, or out of reach? A sound disk is read in some seconds a gigabyte"
	case errors.Is(err, db.ErrNewerSchema):
		return "install the version that wrote it, or a later one"
	case errors.Is(err, fs.ErrPermission):
		return "run it as the user the daemon runs as, or give that user the file"
	case errors.Is(err, syscall.EROFS):
		return "mount it for writing: whoever reads the store writes beside it too; a copy elsewhere can be looked at"
	case errors.Is(err, syscall.EISDIR):
		return "store.path names a file, not a folder"
	}
	return "if the file is damaged, stop the daemon and restore the latest backup, as bouncehound backup --help tells"
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
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("make a file in %s: %w", dir, failed.Err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
