package bouncehound

import "time"

// A Meter is told what happens, for those who watch the daemon. Its methods return at
// once and may be called by many goroutines at the same time.
type Meter interface {
	// Message tells of a message that was recorded, by what it says first.
	Message(mailbox string, action Action)
	// Bounce tells of a bounce that was recorded and is no repeat.
	Bounce(class Class, reason Reason, fault Fault)
	// Polled tells of a poll that ended at a time, and whether it read all it wanted.
	Polled(mailbox string, took time.Duration, at time.Time, well bool)
	// IMAPError tells of an error and the stage of the conversation it happened in.
	IMAPError(mailbox, stage string)
	// Delivery tells of an attempt at an endpoint: taken, refused, held or gone.
	Delivery(endpoint, result string)
}
