package db_test

import (
	"bytes"
	"fmt"
	"testing"

	"bouncehound"
	"bouncehound/db"
)

// BenchmarkRecord records batches of 100 new reports of 4 KB, each of which flags a
// contact of its own, with everything that follows.
func BenchmarkRecord(b *testing.B) {
	store, _ := open(b)
	const batch = 100
	body := bytes.Repeat([]byte("Your message could not be delivered to one or more recipients.\r\n"), 60)
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		messages := make([]bouncehound.Judged, batch)
		for i := range messages {
			id := n*batch + i
			j := message(id+1, noon, failed(fmt.Sprintf("user%d@example.com", id)), hard)
			j.Message.Raw = append(j.Message.Raw, body...)
			j.ID = j.Message.ID()
			messages[i] = j
		}
		b.StartTimer()
		recorded, err := store.Record(b.Context(), db.Batch{Messages: messages, UpTo: messages[batch-1].Message.Place}, bouncehound.DefaultPolicy())
		if err != nil || !recorded[batch-1].New {
			b.Fatal(recorded, err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "msg/s")
}
