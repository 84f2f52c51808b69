package poller

import (
	"sync"
	"testing"
)

// A server may send what nobody asked for just before it says that a FETCH is done;
// it is then read while the answers are already in use. The race detector sees it,
// and so does Go's map.
func TestStrayAfterTheEnd(t *testing.T) {
	for range 1000 {
		c := newCollection([]uint32{1, 2}, 0, nil, nil)
		c.add(part{uid: 1, size: 7})
		c.finish()
		var late sync.WaitGroup
		late.Go(func() {
			c.add(part{uid: 1, size: 8})
			c.add(part{uid: 2, size: 8})
		})
		first := c.parts[1]
		c.parts[2] = &part{uid: 2, size: 7}
		late.Wait()
		if first.size != 7 || c.parts[1] != first || c.parts[2].size != 7 {
			t.Fatalf("a late answer changed %v", c.parts)
		}
	}
}
