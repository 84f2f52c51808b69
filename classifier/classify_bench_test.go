package classifier_test

import (
	"os"
	"path/filepath"
	"testing"

	"bouncehound"
	"bouncehound/classifier"
	"bouncehound/parser"
)

// testMessages returns the messages of testdata, without the few that are large on
// purpose: those that the parser's benchmarks run over.
func testMessages(b *testing.B) (raw [][]byte) {
	files, err := filepath.Glob("../testdata/*/*.eml")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if len(data) <= 20<<10 {
			raw = append(raw, data)
		}
	}
	if len(raw) == 0 {
		b.Skip("no messages in testdata")
	}
	return raw
}

func newClassifier(b *testing.B) *classifier.Classifier {
	c, err := classifier.New()
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkClassify judges every recipient of every message of testdata.
func BenchmarkClassify(b *testing.B) {
	c := newClassifier(b)
	var reports []bouncehound.Report
	for _, raw := range testMessages(b) {
		reports = append(reports, parser.Parse(raw))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range reports {
			for _, rec := range r.Recipients {
				c.Classify(rec)
			}
		}
	}
	b.ReportMetric(float64(len(reports)*b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkParseAndClassify is what a message costs from its bytes to its verdicts.
func BenchmarkParseAndClassify(b *testing.B) {
	c := newClassifier(b)
	messages := testMessages(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range messages {
			for _, rec := range parser.Parse(raw).Recipients {
				c.Classify(rec)
			}
		}
	}
	b.ReportMetric(float64(len(messages)*b.N)/b.Elapsed().Seconds(), "msg/s")
}
