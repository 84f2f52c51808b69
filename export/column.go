package export

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"bouncehound"
)

// A Field is what a column of a list holds.
type Field string

// The fields of lists.
const (
	FieldEmail     Field = "email"
	FieldMessageID Field = "message_id"
	FieldContactID Field = "contact_id"
	FieldSentAt    Field = "sent_at"
	FieldAt        Field = "at" // since when, or when seen

	fieldReason     Field = "reason"
	fieldClass      Field = "class"
	fieldStatus     Field = "status"
	fieldDiagnostic Field = "diagnostic"
	fieldNote       Field = "note"
	fieldStanding   Field = "standing"
)

// fieldNames are the names that columns have, in small letters and without anything
// between them, the surest first.
var fieldNames = map[Field][]string{
	FieldEmail: {"email", "emailaddress", "emailadresse", "emailaddr", "mailaddress", "mailadresse", "adresseemail", "adressemail", "adresseelectronique",
		"courriel", "correo", "correoelectronico", "indirizzoemail", "endereçodeemail", "epost", "eposta", "recipient", "recipientemail", "recipientaddress", "rcpt", "rcptto",
		"contactemail", "primaryemail", "emailprimary", "workemail", "mail", "email1", "email1value", "to", "address"},
	FieldMessageID: {"messageid", "msgid", "smtpmessageid", "internetmessageid", "smtpid"},
	FieldContactID: {"contactid", "contact", "contactnumber", "customerid", "subscriberid", "userid", "leadid", "personid", "recordid", "externalid", "uuid", "id"},
	FieldSentAt:    {"sentat", "sent", "senttime", "sentdate", "datesent", "timesent", "timestamp", "time", "date", "createdat", "created"},
	FieldAt: {"since", "at", "timestamp", "time", "date", "seenat", "lastseen", "lastseenat", "lastactivity", "bouncedat", "suppressedat", "createdat", "created",
		"unsubscribedat"},
	fieldReason:     {"reason"},
	fieldClass:      {"class"},
	fieldStatus:     {"status"},
	fieldDiagnostic: {"diagnostic", "error"},
	fieldNote:       {"note", "comment"},
	fieldStanding:   {"standing"},
}

// A ColumnError says that a column is not there or not to be told from others.
type ColumnError struct {
	Column  string   // as it was asked for; empty: none was, and none can be told
	Field   Field    // what it was to hold
	Columns []string // those that are there
}

func (e *ColumnError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("no column is known to hold %s; the columns are %s", e.Field, e.columns())
	}
	return fmt.Sprintf("no column %q; the columns are %s", e.Column, e.columns())
}

// columns names the first of them; in a file that is no list they may be of any length.
func (e *ColumnError) columns() string {
	const most, longest = 20, 40
	var names []string
	for i, name := range e.Columns {
		if i == most {
			names = append(names, fmt.Sprintf("… (%d in all)", len(e.Columns)))
			break
		}
		if runes := []rune(name); len(runes) > longest {
			name = string(runes[:longest]) + "…"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// plainName returns the name of a column as fieldNames has it.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.:\t", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// columns says in which columns of a sheet fields are, by the names of its first row or
// by number, and whether that row is a header. Fields that are not there are left out.
func columns(first [][]string, asked map[Field]string, fields ...Field) (at map[Field]int, header bool, err error) {
	if len(first) == 0 {
		return nil, false, nil
	}
	head := first[0]
	at = map[Field]int{}
	for field, name := range asked {
		i := slices.IndexFunc(head, func(h string) bool { return strings.EqualFold(h, name) })
		if i < 0 {
			i = slices.IndexFunc(head, func(h string) bool { return plainName(h) == plainName(name) })
		}
		if n, err := strconv.Atoi(name); i < 0 && err == nil && n >= 1 && n <= len(head) {
			at[field] = n - 1
			continue
		}
		if i < 0 {
			return nil, false, &ColumnError{name, field, head}
		}
		at[field], header = i, true
	}
	if i, ok := at[FieldEmail]; !ok {
		if i, header = emailColumn(first, header); i >= 0 {
			at[FieldEmail] = i
		}
	} else if !header { // by number
		header = isHeading(head, i) && slices.ContainsFunc(first, func(r []string) bool { return hasAddress(r, i) })
	}
	if header {
		for _, field := range fields {
			if _, ok := at[field]; ok {
				continue
			}
			for _, name := range fieldNames[field] {
				if i := slices.IndexFunc(head, func(h string) bool { return plainName(h) == name }); i >= 0 && i != at[FieldEmail] {
					at[field] = i
					break
				}
			}
		}
	}
	return at, header, nil
}

// emailColumn tells the column of the addresses by its name, else by what is in it;
// -1: none. The first row is a header unless it holds an address there, or what is
// meant as one. Of columns of the same name it is the first with an address in it.
func emailColumn(first [][]string, header bool) (int, bool) {
	count := func(i int) (n int) {
		for _, r := range first[1:] {
			if hasAddress(r, i) {
				n++
			}
		}
		return n
	}
	for _, name := range fieldNames[FieldEmail] {
		named := -1
		for i, h := range first[0] {
			if plainName(h) != name {
				continue
			}
			if len(first) == 1 || count(i) > 0 {
				return i, true
			}
			if named < 0 {
				named = i
			}
		}
		if named >= 0 && name == "email" { // "Address" may be that of a house
			return named, true
		}
	}
	best, most := -1, 0
	for i := range first[0] {
		n := count(i)
		if hasAddress(first[0], i) {
			n++
		}
		if n > most {
			best, most = i, n
		}
	}
	return best, header || best >= 0 && isHeading(first[0], best)
}

// isHeading says whether a cell of the first row is no address and not meant as one: a
// name has no "@".
func isHeading(r []string, i int) bool {
	return i >= len(r) || !strings.Contains(r[i], "@")
}

func hasAddress(r []string, i int) bool {
	return i < len(r) && slices.ContainsFunc(Addresses(r[i]), bouncehound.IsAddress)
}

// Addresses returns the addresses of a cell as it is written, or what stands in their
// place: "Lena Li <lena@example.com>; mia@example.com" has two.
func Addresses(cell string) (all []string) {
	if bouncehound.IsAddress(cell) && !strings.ContainsRune(cell, ':') && isPlain(cell[0]) && isPlain(cell[len(cell)-1]) && cell[len(cell)-1] != '\'' { // nearly always
		return []string{cell}
	}
	for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' }) {
		if i := strings.LastIndexByte(part, '<'); i >= 0 {
			part, _, _ = strings.Cut(part[i+1:], ">")
		}
		part = strings.TrimFunc(part, isInvisible)
		if strings.HasSuffix(part, "'") { // no domain ends so
			part = strings.Trim(part, "'")
		}
		if strings.Count(part, `"`) == 1 { // it lost the other
			part = strings.Trim(part, `"`)
		}
		if len(part) > 7 && strings.EqualFold(part[:7], "mailto:") {
			part, _, _ = strings.Cut(part[7:], "?")
		}
		if len(part) > 5 && strings.EqualFold(part[:5], "smtp:") { // QUIRK: Exchange writes proxyAddresses so
			part = part[5:]
		}
		if words := strings.Fields(part); len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !bouncehound.IsAddress(w) }) {
			all = append(all, words...)
		} else if part != "" {
			all = append(all, part)
		}
	}
	if slices.ContainsFunc(all, bouncehound.IsAddress) { // "Li, Lena <lena@example.com>"
		all = slices.DeleteFunc(all, func(a string) bool { return !strings.Contains(a, "@") })
	}
	return all
}

// isUsable says whether a, of [Addresses], is an address that may be looked up or stored:
// nothing in it that cannot be seen, and before the "@" no colon, which may part cells.
func isUsable(a string) bool {
	local, _, _ := strings.Cut(a, "@")
	return bouncehound.IsAddress(a) && !strings.ContainsFunc(a, isHidden) && (a[0] == '"' || !strings.Contains(local, ":"))
}

func isHidden(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7F
	}
	return r == '\uFFFD' || unicode.In(r, unicode.Cc, unicode.Cf) && !unicode.Is(unicode.Join_Control, r) // Persian is spelt with joiners
}

func isPlain(c byte) bool { return c > ' ' && c < 0x7f }

// isInvisible is about white space, control characters, and what programs put around an
// address to tell the direction of writing or where a line may break.
func isInvisible(r rune) bool { return unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf) }

// ListOptions say how a list is laid out. The zero ListOptions find it out.
type ListOptions struct {
	Delimiter rune             // 0: told by the first rows
	Columns   map[Field]string // names, or numbers from 1, of columns that are not told by their names
	Domains   bool             // domains may stand in the column of the addresses: a first row with one is no header
}

// open opens a list and finds its columns. The header, if there is one, is still to be
// read.
func (o ListOptions) open(r io.Reader, fields ...Field) (s *sheet, at map[Field]int, header bool, width int, err error) {
	s, first, err := openSheet(r, o.Delimiter)
	if err != nil {
		return nil, nil, false, 0, err
	}
	if at, header, err = columns(first, o.Columns, fields...); err != nil {
		return nil, nil, false, 0, err
	}
	if len(first) > 0 {
		width = len(first[0])
	}
	if i, ok := at[FieldEmail]; ok && o.Domains && header && i < width && bouncehound.CheckAddress("x@"+first[0][i]) == nil {
		header = false
	}
	return s, at, header, width, nil
}

// A Name is what stands in the column of the addresses of a list: an address, or whatever
// else is written there.
type Name struct {
	Line int // of the row, from 1
	Text string
}

// Names returns the names of a list, row by row.
func Names(r io.Reader, o ListOptions) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		s, at, header, width, err := o.open(r)
		if column, ok := at[FieldEmail]; err == nil && !ok && width > 0 {
			err = &ColumnError{Field: FieldEmail, Columns: []string{fmt.Sprintf("1 to %d", width)}}
		} else if err == nil {
			if _, _, err = s.begin(header); err == nil {
				err = s.names(column, func(name Name) bool { return yield(name, nil) })
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			yield(Name{}, fmt.Errorf("read the list: %w", err))
		}
	}
}

func (s *sheet) names(column int, yield func(Name) bool) error {
	for {
		r, err := s.next()
		if err != nil {
			return err
		}
		for _, name := range Addresses(r.text(column)) {
			if !yield(Name{r.line, name}) {
				return nil
			}
		}
	}
}
