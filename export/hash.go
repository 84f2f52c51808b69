package export

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"strings"

	"bouncehound"
)

// Hash returns the SHA-256 of an address's key in hexadecimal: what others compare
// their own lists with who must not learn addresses. Who has an address can compute it
// too, so it hides nothing from those who guess.
func Hash(address string) string {
	if address == "" {
		return ""
	}
	if hash, ok := strings.CutPrefix(address, bouncehound.HashedEmail); ok {
		return hash
	}
	sum := sha256.Sum256([]byte(bouncehound.Key(address)))
	return hex.EncodeToString(sum[:])
}

// HashedContacts puts hashes in the place of addresses, and leaves out the texts that may
// hold some.
func HashedContacts(rows iter.Seq2[bouncehound.Contact, error]) iter.Seq2[bouncehound.Contact, error] {
	return func(yield func(contact, error) bool) {
		for c, err := range rows {
			c.Email, c.Diagnostic, c.Note, c.By = Hash(c.Email), "", "", ""
			if !yield(c, err) {
				return
			}
		}
	}
}

// HashedBounces is HashedContacts for bounces: of the original it keeps the Message-ID
// and the list.
func HashedBounces(rows iter.Seq2[bouncehound.Bounce, error]) iter.Seq2[bouncehound.Bounce, error] {
	return func(yield func(bounce, error) bool) {
		for b, err := range rows {
			b.Address, b.Final, b.Diagnostic, b.Matched, b.Source, b.ContactID = Hash(b.Address), Hash(b.Final), "", "", "", ""
			b.Original = bouncehound.Original{MessageID: b.Original.MessageID, ListID: b.Original.ListID}
			if !yield(b, err) {
				return
			}
		}
	}
}
