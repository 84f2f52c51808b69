package db

import "fmt"

// SetMaxPages makes the disk full, as far as the writer knows, at so many pages.
func SetMaxPages(db *DB, pages int) error {
	_, err := db.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
	return err
}
