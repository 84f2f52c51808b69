package main

// What the verbs that poll hold in memory themselves: so much for the rules and what is
// of one piece, and so much for each mailbox, whose hold is 4 MiB. SQLite's caches and
// the program's own code come on top.
const (
	ownMemory     = 20 << 20
	mailboxMemory = 8 << 20
)

// What the verbs that stream rows hold at once, which does not grow with the rows: below it
// garbage is left to lie for longer, which makes clean and export a third quicker.
const (
	rowsMemory  = 28 << 20
	rowsGarbage = 200 // percent of what is in use
)

// holdRows has garbage collected as a verb needs it that streams rows. $GOGC and
// $GOMEMLIMIT win.
func (p *program) holdRows() {
	if p.limitMemory == nil || p.env("GOMEMLIMIT") != "" || p.env("GOGC") != "" {
		return
	}
	p.limitMemory(rowsMemory)
	p.collectAt(rowsGarbage)
}

// holdMemory has garbage collected more often as memory nears what is needed for so
// many mailboxes. It is no bound: a message that needs more gets more. $GOMEMLIMIT wins.
func (p *program) holdMemory(mailboxes int) {
	if p.limitMemory != nil && p.env("GOMEMLIMIT") == "" {
		p.limitMemory(ownMemory + mailboxMemory*int64(mailboxes))
	}
}
