package db

import (
	"database/sql"
	"database/sql/driver"

	"github.com/mattn/go-sqlite3"
)

// boundAtOnce is up to how many octets of values the driver keeps a copy of beside the
// statement, for as long as it keeps the statement.
const boundAtOnce = 256 << 10

// run runs a statement that returns nothing past database/sql, which for a statement
// with a thousand values takes more time than SQLite does. It numbers the values.
func (t *transaction) run(query string, values []driver.NamedValue) error {
	size := 0
	for i := range values {
		values[i].Ordinal = i + 1
		switch v := values[i].Value.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	return t.conn.Raw(func(c any) error {
		conn := c.(*sqlite3.SQLiteConn)
		if conn.AutoCommit() { // cancelled, and rolled back since
			return sql.ErrTxDone
		}
		if size > boundAtOnce {
			_, err := conn.ExecContext(t.ctx, query, values)
			return err
		}
		// Of the driver's two ways this one hands over all values in one call.
		rows, err := conn.QueryContext(t.ctx, query, values)
		if err != nil {
			return err
		}
		return rows.Close()
	})
}
