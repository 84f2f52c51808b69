// Package bouncehound is the vocabulary of the program. All other packages
// speak it and do not know one another:
//
//	IMAP inbox ──poll──▶ Message ──parse──▶ Report ──classify──▶ Verdict
//	                                          │                     │
//	                                          └───────record────────┘      one transaction
//	                                                     │
//	                             Bounce    Contact    Event ──send──▶ webhooks
//	                                │         │         (a log, read by cursors)
//	                                └── list, show, export ──▶ people, CSV
//
// A Message is one mail. A Report is what it says, facts only, with one Recipient
// for each address it speaks of. A Verdict is what we make of one recipient. A
// Bounce is a recipient with its verdict, in the one JSON form in which bounces
// leave the program. A Contact is an address and its Standing, which the pure
// Policy derives from the contact's bounces. An Event is something that became
// true, and a Cursor is how far one consumer has read the events.
//
// The package does no input or output, keeps no state and never reads the clock.
package bouncehound
