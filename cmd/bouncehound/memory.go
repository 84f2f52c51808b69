package main

// What the verbs that poll hold in memory themselves: so much for the rules and what is
// of one piece, and so much for each mailbox, whose hold is 4 MiB. SQLite's caches and
// the program's own code come on top.
const (
	ownMemory     = 20 << 20
	mailboxMemory = 8 << 20
)

// holdMemory has garbage collected more often as memory nears what is needed for so
// many mailboxes. It is no bound: a message that needs more gets more. $GOMEMLIMIT wins.
func (p *program) holdMemory(mailboxes int) {
	if p.limitMemory != nil && p.env("GOMEMLIMIT") == "" {
		p.limitMemory(ownMemory + mailboxMemory*int64(mailboxes))
	}
}
