package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A soakSample is what the daemon used at a moment.
type soakSample struct {
	at                   time.Time
	rss                  float64 // MB
	threads, descriptors float64
	waiting              float64 // events the endpoint has not had
	size                 float64 // MB of the store with its log
	trouble              string  // of the endpoint
}

// sample looks at the daemon from outside.
func (s *soak) sample() {
	s.t.Helper()
	now := soakSample{at: time.Now()}
	proc := fmt.Sprintf("/proc/%d", s.daemon.Process.Pid)
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		s.t.Skipf("what a process uses cannot be seen here: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch key {
		case "VmRSS":
			now.rss = n / 1024
		case "Threads":
			now.threads = n
		}
	}
	open, err := os.ReadDir(proc + "/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	now.descriptors = float64(len(open))
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.store + suffix); err == nil {
			now.size += float64(info.Size()) / 1e6
		}
	}
	if s.looking == nil {
		s.looking = s.open()
	}
	waiting, _ := s.waiting(s.looking)
	now.waiting = float64(waiting)
	s.crm.mu.Lock()
	now.trouble = s.crm.trouble
	s.crm.mu.Unlock()
	s.samples = append(s.samples, now)
}

// judgeFlat: in the last quarter it uses what it used in the second, give or take: of
// memory 15 % and 4 MB, of descriptors and threads 3.
func (s *soak) judgeFlat() {
	s.t.Helper()
	n := len(s.samples) / 4
	for what, of := range map[string]struct {
		value        func(soakSample) float64
		factor, plus float64
	}{
		"MB of memory": {func(s soakSample) float64 { return s.rss }, 1.15, 4},
		"descriptors":  {func(s soakSample) float64 { return s.descriptors }, 1, 3},
		"threads":      {func(s soakSample) float64 { return s.threads }, 1, 3},
	} {
		var values []float64
		for _, sample := range s.samples {
			values = append(values, of.value(sample))
		}
		second, last := median(values[n:2*n]), median(values[3*n:])
		s.t.Logf("%s: median %.1f in the second quarter, %.1f in the last; at most %.1f", what, second, last, slices.Max(values))
		if last > second*of.factor+of.plus {
			s.t.Errorf("%s: %.1f in the last quarter, %.1f in the second", what, last, second)
		}
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// plot draws the samples as SVG, one panel above the other over the same time.
func (s *soak) plot() []byte {
	const width, height, left, top, gap = 900, 150, 60, 40, 46
	end := s.samples[len(s.samples)-1].at.Sub(s.began).Seconds()
	x := func(at time.Time) float64 { return left + at.Sub(s.began).Seconds()/end*(width-left-20) }
	var b bytes.Buffer
	panels := []struct {
		title  string
		values []func(soakSample) float64
	}{
		{"resident memory, MB", []func(soakSample) float64{func(s soakSample) float64 { return s.rss }}},
		{"open descriptors (blue) and threads (orange)", []func(soakSample) float64{func(s soakSample) float64 { return s.descriptors }, func(s soakSample) float64 { return s.threads }}},
		{"events that wait for the endpoint; grey: it is down", []func(soakSample) float64{func(s soakSample) float64 { return s.waiting }}},
		{"store with its write-ahead log, MB", []func(soakSample) float64{func(s soakSample) float64 { return s.size }}},
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, top+len(panels)*(height+gap))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/><text x="%d" y="20" font-size="14">%d messages in three mailboxes, %d events to two endpoints, %d reloads (dotted), in %.0f minutes</text>`+"\n",
		left, s.mails.n, len(s.crm.firsts)+len(s.desk.firsts), len(s.reloads), end/60)
	for i, panel := range panels {
		from := float64(top + i*(height+gap))
		most := 0.0
		for _, value := range panel.values {
			for _, sample := range s.samples {
				most = max(most, value(sample))
			}
		}
		most = roundUp(most)
		fmt.Fprintf(&b, `<text x="%d" y="%.0f">%s</text>`+"\n", left, from+12, panel.title)
		from += 20
		for j, sample := range s.samples[:len(s.samples)-1] {
			if sample.trouble != "" {
				fmt.Fprintf(&b, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" fill="#ddd"/>`, x(sample.at), from, x(s.samples[j+1].at)-x(sample.at)+0.2, height-20)
			}
		}
		for _, at := range s.reloads {
			fmt.Fprintf(&b, `<path d="M%.1f %.0fv%d" stroke="#bbb" stroke-dasharray="1 3"/>`, x(at), from, height-20)
		}
		for _, part := range []float64{0, 0.5, 1} {
			y := from + (height-20)*(1-part)
			fmt.Fprintf(&b, "\n"+`<path d="M%d %.1fH%d" stroke="#eee"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`, left, y, width-20, left-6, y+4, most*part)
		}
		for k, value := range panel.values {
			var points []string
			for _, sample := range s.samples {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x(sample.at), from+(height-20)*(1-value(sample)/most)))
			}
			fmt.Fprintf(&b, "\n"+`<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`, []string{"#26c", "#e80"}[k], strings.Join(points, " "))
		}
		for minute := 0.0; minute <= end/60; minute += max(1, math.Ceil(end/60/12)) {
			fmt.Fprintf(&b, "\n"+`<text x="%.1f" y="%.0f" text-anchor="middle" fill="#777">%g</text>`, left+minute*60/end*(width-left-20), from+height-6, minute)
		}
		b.WriteString("\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// roundUp returns the next of 1, 2, 4, 5, 8 and 10 times a power of ten.
func roundUp(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(most, 1))))
	for _, step := range []float64{1, 2, 4, 5, 8} {
		if most <= step*power {
			return step * power
		}
	}
	return 10 * power
}
