//go:build unix

package parser

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
)

// sets are the messages that the parser is measured over beside those of
// benchMessages: large ones of ours too, and real mail where it is at hand.
var sets = map[string][]string{
	"testdata": {"../testdata/*/*.eml"},
	"corpus":   {"../../shared/corpus/messages/*/*"},
}

// setMessages returns the messages of a set, and skips where there are none.
func setMessages(b *testing.B, set string) (raw [][]byte) {
	size := 0
	for _, pattern := range sets[set] {
		files, err := filepath.Glob(pattern)
		if err != nil {
			b.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				b.Fatal(err)
			}
			raw = append(raw, data)
			size += len(data)
		}
	}
	if len(raw) == 0 {
		b.Skipf("no messages in %s", sets[set])
	}
	b.SetBytes(int64(size))
	return raw
}

// walk is what BenchmarkWalk does to one message.
func walk(raw []byte) {
	entity, _ := gomessage.Read(bytes.NewReader(raw))
	if entity == nil {
		return
	}
	entity.Walk(func(_ []int, part *gomessage.Entity, err error) error {
		if part != nil && part.MultipartReader() == nil {
			io.Copy(io.Discard, part.Body)
		}
		return nil
	})
}

// BenchmarkParseOverWalk takes turns: the walk and the parser, over each set. It
// reports how many times the processor time of the walk parsing takes. Turns keep a busy
// machine from favouring one of them.
func BenchmarkParseOverWalk(b *testing.B) {
	for set := range sets {
		b.Run(set, func(b *testing.B) {
			messages := setMessages(b, set)
			var walking, parsing time.Duration
			for b.Loop() {
				start := processorTime()
				for _, raw := range messages {
					walk(raw)
				}
				middle := processorTime()
				for _, raw := range messages {
					Parse(raw)
				}
				walking += middle - start
				parsing += processorTime() - middle
			}
			b.ReportMetric(parsing.Seconds()/walking.Seconds(), "×walk")
			b.ReportMetric(float64(len(messages)*b.N)/parsing.Seconds(), "msg/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkParseSet is the parser alone, for its profile and its allocations.
func BenchmarkParseSet(b *testing.B) {
	for set := range sets {
		b.Run(set, func(b *testing.B) {
			messages := setMessages(b, set)
			b.ReportAllocs()
			for b.Loop() {
				for _, raw := range messages {
					Parse(raw)
				}
			}
			b.ReportMetric(float64(len(messages)*b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}

// processorTime returns what the process has used so far, collecting garbage included.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
