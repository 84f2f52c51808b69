package db

import (
	"context"
	"fmt"
	"strings"
)

// SetMaxPages makes the disk full, as far as the writer knows, at so many pages.
func SetMaxPages(db *DB, pages int) error {
	_, err := db.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
	return err
}

// Walk returns the keys of the contacts that a filter wants as Contacts finds them
// where they are many.
func Walk(ctx context.Context, db *DB, f ContactFilter) (keys []string, err error) {
	query, args, err := f.query(nil)
	if err != nil {
		return nil, err
	}
	for c, err := range stream(ctx, db.readers, "walk", scanContact, query, args...) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, strings.ToLower(c.Email))
	}
	return keys, nil
}

// SortNames are the orders of contacts.
func SortNames() (names []string) {
	for name := range sorts {
		names = append(names, name)
	}
	return names
}
