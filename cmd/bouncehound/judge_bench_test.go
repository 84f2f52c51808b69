//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bouncehound"
	"bouncehound/classifier"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
)

// BenchmarkJudgeOverWalk takes turns over one set of messages: go-message's walk, which is
// the floor, reading and judging (×walk), and all that is done with a message before it is
// stored, its id too (whole×walk). Times are the processor's.
func BenchmarkJudgeOverWalk(b *testing.B) {
	c, err := classifier.New()
	if err != nil {
		b.Fatal(err)
	}
	j := judge{classifier: c, now: time.Now}
	for _, set := range []struct{ name, pattern string }{
		{"testdata", "../../testdata/*/*.eml"},
		{"corpus", "../../../shared/corpus/messages/*/*"}, // real mail, where it is at hand
	} {
		b.Run(set.name, func(b *testing.B) {
			messages := benchMessages(b, set.pattern)
			var walking, judging, whole time.Duration
			for b.Loop() {
				start := processorTime(b)
				for _, raw := range messages {
					walk(raw)
				}
				walked := processorTime(b)
				for _, raw := range messages {
					for _, rec := range j.options.Parse(raw).Recipients {
						c.Classify(rec)
					}
				}
				judged := processorTime(b)
				for _, raw := range messages {
					j.message(bouncehound.Message{Raw: raw})
				}
				walking, judging, whole = walking+walked-start, judging+judged-walked, whole+processorTime(b)-judged
			}
			b.ReportMetric(judging.Seconds()/walking.Seconds(), "×walk")
			b.ReportMetric(whole.Seconds()/walking.Seconds(), "whole×walk")
			b.ReportMetric(float64(len(messages)*b.N)/judging.Seconds(), "msg/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func benchMessages(b *testing.B, pattern string) (raw [][]byte) {
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
	}
	if len(raw) == 0 {
		b.Skipf("no messages in %s", pattern)
	}
	return raw
}

// walk takes a message apart and decodes every leaf, as the parser's BenchmarkWalk does.
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

func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
