package parser

import (
	"encoding/json"
	"reflect"
	"sync"
	"testing"

	"bouncehound"
)

// TestReuse reads all messages at the same time in several goroutines, and then again: no
// report has anything of another message, nor loses anything to one read later.
func TestReuse(t *testing.T) {
	var messages [][]byte
	var want []string
	testdata(t, func(_ string, raw []byte) {
		messages = append(messages, raw)
		want = append(want, showReport(t, Parse(raw)))
	})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range messages {
				i = (i + worker*len(messages)/4) % len(messages)
				first := Parse(messages[i])
				if second := Parse(messages[i]); !reflect.DeepEqual(first, second) {
					t.Errorf("message %d: got %+v, then %+v", i, first, second)
				}
				Parse(messages[(i+1)%len(messages)])
				if got := showReport(t, first); got != want[i] {
					t.Errorf("message %d: got %s, want %s", i, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func showReport(t *testing.T, r bouncehound.Report) string {
	text, err := json.Marshal(r)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
