package export

import "iter"

const (
	aheadRows  = 512 // read before they are handed over together
	aheadParts = 4   // that may wait
)

// ahead reads rows on a goroutine of its own, a bounded number of them ahead, so that
// the next are read while those before are being written. It has ended when the
// iteration has.
func ahead[T any](rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	type part struct {
		rows []T
		err  error
	}
	return func(yield func(T, error) bool) {
		parts, spare, stop := make(chan part, aheadParts), make(chan []T, aheadParts+2), make(chan struct{})
		go func() {
			defer close(parts)
			here := make([]T, 0, aheadRows)
			hand := func(err error) bool {
				select {
				case parts <- part{here, err}:
				case <-stop:
					return false
				}
				select {
				case here = <-spare:
				default:
					here = make([]T, 0, aheadRows)
				}
				return true
			}
			for row, err := range rows {
				if err != nil {
					hand(err)
					return
				}
				if here = append(here, row); len(here) == aheadRows && !hand(nil) {
					return
				}
			}
			hand(nil)
		}()
		defer func() {
			close(stop)
			for range parts { // until the goroutine is done with rows
			}
		}()
		for p := range parts {
			for _, row := range p.rows {
				if !yield(row, nil) {
					return
				}
			}
			if p.err != nil {
				var none T
				yield(none, p.err)
				return
			}
			select {
			case spare <- p.rows[:0]:
			default:
			}
		}
	}
}
