package bouncehound_test

import (
	"fmt"
	"testing"
	"time"

	. "bouncehound"
)

// TestDecideManyBounces holds that the work for an address grows with the number of
// its bounces and not with their square: a mail loop sends thousands in a day.
func TestDecideManyBounces(t *testing.T) {
	allocations := func(atMost AtMost, n int) float64 {
		p := Policy{Soft: Limit{Count: 5 * n, Within: 30 * aDay, AtMost: atMost}}
		h := History{}
		for i := range n {
			h.Facts = append(h.Facts, Fact{
				Bounce: int64(i + 1), At: onDay(0).Add(time.Duration(i) * time.Second), Action: Failed, Class: Soft,
				Original: fmt.Sprintf("<%d@example.org>", i%10),
			})
		}
		return testing.AllocsPerRun(1, func() {
			if d := p.Decide(h, onDay(1)); d.Standing != Watch || d.Bounce != int64(n) {
				t.Fatalf("%d bounces, %q: %+v", n, atMost, d)
			}
		})
	}
	for _, atMost := range []AtMost{EachBounce, OncePerDay, OncePerMessage} {
		if few, many := allocations(atMost, 200), allocations(atMost, 2000); many > 20*max(few, 10) {
			t.Errorf("%q: %v allocations for 200 bounces, %v for 2000", atMost, few, many)
		}
	}
}

// BenchmarkDecide decides about an address in a mail loop: 5,000 bounces of one day.
func BenchmarkDecide(b *testing.B) {
	p, h := DefaultPolicy(), History{}
	for i := range 5000 {
		h.Facts = append(h.Facts, Fact{Bounce: int64(i + 1), At: onDay(0).Add(time.Duration(i) * time.Second), Action: Failed, Class: Soft, Reason: ServerError})
	}
	for b.Loop() {
		if d := p.Decide(h, onDay(1)); d.Standing != Watch {
			b.Fatal(d)
		}
	}
}
