package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"bouncehound"
)

// CleanOptions say what of a contact list is kept.
type CleanOptions struct {
	ListOptions
	// Check says of addresses, in their order, why they may not be mailed; a zero
	// Removal: they may. It is asked by a few goroutines at once.
	Check       func([]string) ([]Removal, error)
	CheckSyntax bool // rows without an address that a server would take are removed too
	// Hint is told of each kept address and its line, e.g. to look for typing errors; nil:
	// nobody is.
	Hint func(line int, address string) error
}

// A Removal is why a row may not be mailed.
type Removal struct {
	Reason string // one word
	Why    string // for people
}

// A CleanReport counts the rows of a list, without header and empty lines.
type CleanReport struct {
	Kept, Removed int
	NoAddress     int // of those kept: no address was found in them
}

// Clean copies the rows of a contact list that may be mailed to kept, every octet as it
// was, with all that stands before them, and the others to removed, with two columns
// more that say why; removed may be nil. Rows without an address are kept, unless
// o.CheckSyntax. A row with several is kept if all of them may be mailed. The list may
// be of any size: memory does not grow with it.
//
// The error is a [ColumnError] where the column of the addresses cannot be told, which
// is known before anything is written.
func Clean(ctx context.Context, kept, removed io.Writer, list io.Reader, o CleanOptions) (CleanReport, error) {
	report, err := clean(ctx, kept, removed, list, o)
	if err != nil {
		var column *ColumnError
		if !errors.As(err, &column) {
			err = fmt.Errorf("clean the list: %w", err)
		}
	}
	return report, err
}

func clean(ctx context.Context, kept, removed io.Writer, list io.Reader, o CleanOptions) (report CleanReport, err error) {
	s, at, header, width, err := o.open(list)
	if err != nil {
		return report, err
	}
	column, ok := at[FieldEmail]
	if !ok && width > 0 {
		r, err := s.next()
		if err != nil {
			return report, err
		}
		return report, &ColumnError{Field: FieldEmail, Columns: r.texts()}
	}
	before, head, err := s.begin(header)
	if err != nil && !errors.Is(err, io.EOF) {
		return report, err
	}
	start := append(slices.Clone(s.mark), before...)
	if head != nil {
		start = append(start, head.raw...)
	}
	if _, err := kept.Write(start); err != nil {
		return report, err
	}
	c := cleaning{CleanOptions: o, kept: kept, column: column, report: &report,
		extender: newExtender(s, width, before, head, "removed_reason", "removed_why")}

	if removed != nil {
		c.removed = bufio.NewWriterSize(removed, bufferSize)
	}

	// Rows are read while the ones before are looked up, a few batches at once, and
	// written in their order.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan *cleanBatch)
	c.spare = make(chan *cleanBatch, 4)
	var readErr error
	go func() {
		defer close(batches)
		readErr = c.read(ctx, s, batches)
	}()
	for b := range batches {
		if err := c.settle(b); err != nil {
			cancel()
			for b := range batches {
				<-b.removals // nobody is asked once this has returned
			}
			return report, err
		}
		select {
		case c.spare <- b:
		default:
		}
	}
	if readErr != nil {
		return report, readErr
	}
	if removed == nil {
		return report, nil
	}
	if err := c.extender.flush(c.removed); err != nil {
		return report, err
	}
	return report, c.removed.Flush()
}

// cleanAtOnce is how many rows are looked up at once, cleanBytes about how many octets.
const (
	cleanAtOnce = 2000
	cleanBytes  = 1 << 20
)

type cleaning struct {
	CleanOptions
	kept     io.Writer
	removed  *bufio.Writer // nil: nobody wants to know
	column   int
	report   *CleanReport
	extender *extender
	out      []byte
	spare    chan *cleanBatch // that were settled, to be filled again
}

// A cleanBatch is rows that are looked up at once.
type cleanBatch struct {
	raw       []byte
	rows      []cleanRow
	addresses []string
	removals  chan []Removal // of the addresses, once they are looked up
	err       error          // if they could not be
}

// A cleanRow is where a row and its addresses lie in a batch.
type cleanRow struct {
	line, from, end, to int
	cells               int
	first, after        int // of the addresses
	empty               bool
}

// read puts rows into batches until the end of the list.
func (c *cleaning) read(ctx context.Context, s *sheet, batches chan<- *cleanBatch) error {
	for {
		b := c.batch()
		var err error
		for len(b.rows) < cleanAtOnce && len(b.raw) < cleanBytes && err == nil {
			var r row
			if r, err = s.next(); err == nil {
				b.add(r, c.column)
			}
		}
		if len(b.rows) > 0 {
			b.removals = make(chan []Removal, 1)
			go b.lookUp(c.Check)
			select {
			case batches <- b:
			case <-ctx.Done():
				<-b.removals
				return ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// batch returns an empty batch.
func (c *cleaning) batch() *cleanBatch {
	select {
	case b := <-c.spare:
		return &cleanBatch{raw: b.raw[:0], rows: b.rows[:0], addresses: b.addresses[:0]}
	default:
		return &cleanBatch{raw: make([]byte, 0, 256<<10), rows: make([]cleanRow, 0, cleanAtOnce), addresses: make([]string, 0, cleanAtOnce)}
	}
}

func (b *cleanBatch) lookUp(check func([]string) ([]Removal, error)) {
	removals, err := check(b.addresses)
	b.err = err
	b.removals <- removals
}

func (b *cleanBatch) add(r row, column int) {
	n := cleanRow{line: r.line, from: len(b.raw), cells: len(r.cells), first: len(b.addresses), empty: r.empty()}
	b.raw = append(b.raw, r.raw...)
	n.end, n.to = n.from+r.end, len(b.raw)
	if !n.empty {
		b.addresses = append(b.addresses, Addresses(r.text(column))...)
	}
	n.after = len(b.addresses)
	b.rows = append(b.rows, n)
}

// settle looks up a batch and writes its rows.
func (c *cleaning) settle(b *cleanBatch) error {
	removals := <-b.removals
	if b.err != nil {
		return b.err
	}
	c.out = c.out[:0]
	for _, r := range b.rows {
		if r.empty {
			c.out = append(c.out, b.raw[r.from:r.to]...)
			continue
		}
		why := c.judge(b.addresses[r.first:r.after], removals[r.first:r.after])
		if why == (Removal{}) {
			c.report.Kept++
			c.out = append(c.out, b.raw[r.from:r.to]...)
			if err := c.hint(r.line, b.addresses[r.first:r.after]); err != nil {
				return err
			}
			continue
		}
		c.report.Removed++
		if c.removed == nil {
			continue
		}
		if err := c.extender.write(c.removed, b.raw[r.from:r.end], r.cells, b.raw[r.end:r.to], why.Reason, why.Why); err != nil {
			return err
		}
	}
	_, err := c.kept.Write(c.out)
	return err
}

// judge says why a row with these addresses may not be mailed.
func (c *cleaning) judge(addresses []string, removals []Removal) Removal {
	for i, r := range removals {
		if r == (Removal{}) {
			continue
		}
		if len(addresses) > 1 {
			r.Why = addresses[i] + ": " + r.Why
		}
		return r
	}
	if !c.CheckSyntax {
		if !slices.ContainsFunc(addresses, isUsable) {
			c.report.NoAddress++
		}
		return Removal{}
	}
	if len(addresses) == 0 {
		return Removal{"syntax", "no address"}
	}
	for _, a := range addresses {
		if err := bouncehound.CheckAddress(a); err != nil {
			return Removal{"syntax", fmt.Sprintf("%s: %s", a, err)}
		}
	}
	return Removal{}
}

func (c *cleaning) hint(line int, addresses []string) error {
	if c.Hint == nil {
		return nil
	}
	for _, a := range addresses {
		if err := c.Hint(line, a); err != nil {
			return err
		}
	}
	return nil
}
