package poller

// levels are how many UIDs one command asks for where a connection was lost: at first
// as ever, then fewer, then one.
var levels = [...]int{maxSet, 16, 1}

// maxDateless is how many connections may be lost over INTERNALDATE before a poll does
// without.
const maxDateless = 6

// A care is how carefully a folder is read. A message that breaks the connection
// whenever it is asked for must be found, and left to lie, so that the others come
// through.
type care struct {
	level   int
	until   uint32   // the level holds up to this UID
	asked   []uint32 // by the command that is open
	dated   bool     // it asks for INTERNALDATE
	undated int      // connections lost over one that did
	suspect uint32   // a connection was lost when this UID alone was asked for
	broken  map[uint32]error

	sizes, bodies trust
	tried         map[uint32]bool // withheld in this poll, which is enough for it
}

// some returns how many of the UIDs to ask for at a time.
func (c *care) some(uids []uint32) int {
	if c.level > 0 && uids[0] > c.until {
		c.level = 0
	}
	return min(levels[c.level], len(uids))
}

// dates reports whether INTERNALDATE is asked for. One that go-imap cannot read ends
// the connection.
func (c *care) dates() bool { return c.level < len(levels)-1 && c.undated < maxDateless }

// ask and heard frame a command.
func (c *care) ask(uids []uint32, dated bool) { c.asked, c.dated = uids, dated }
func (c *care) heard()                        { c.asked = nil }

// lost is told that the connection is.
func (c *care) lost(because error) {
	uids := c.asked
	c.asked = nil
	if len(uids) == 0 {
		return
	}
	if c.dated {
		c.undated++
	}
	c.level = min(c.level+1, len(levels)-1)
	c.until = uids[len(uids)-1]
	if len(uids) > 1 || c.dated {
		return
	}
	if c.suspect == uids[0] {
		if c.broken == nil {
			c.broken = make(map[uint32]error)
		}
		c.broken[uids[0]] = because
	}
	c.suspect = uids[0]
}
