package config

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		s    string
		want time.Duration // negative: an error
	}{
		{"30s", 30 * time.Second}, {"90m", 90 * time.Minute}, {"12h", 12 * time.Hour}, {"180d", 180 * day}, {"2w", 14 * day}, {"3y", 3 * 365 * day},
		{"1d12h", 36 * time.Hour}, {"1y1w1d1h1m1s", 373*day + 3661*time.Second}, {"0", 0}, {"0s", 0}, {"007d", 7 * day}, {"290y", forever},
		{"", -1}, {"5", -1}, {"d", -1}, {"-1d", -1}, {"1.5h", -1}, {"1 d", -1}, {"1D", -1}, {"1h1d", -1}, {"1h1h", -1}, {"1ms", -1}, {"1month", -1},
		{"1d ", -1}, {"00", 0}, {"291y", -1}, {"290y1s", -1}, {"99999999999999999999s", -1}, {"9223372036854775807w", -1}, {"１d", -1},
	} {
		got, err := duration(c.s)
		if c.want < 0 && err == nil {
			t.Errorf("%q is %v", c.s, got)
		}
		if c.want >= 0 && (err != nil || got != c.want) {
			t.Errorf("%q is %v, %v, want %v", c.s, got, err, c.want)
		}
		if err == nil {
			if again, err := duration(spell(got)); err != nil || again != got {
				t.Errorf("%q is spelt %q", c.s, spell(got))
			}
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		s    string
		want int64 // negative: an error
	}{
		{"10MB", 10_000_000}, {"10MiB", 10 << 20}, {"10 MB", 10_000_000}, {"1kB", 1000}, {"1KB", 1000}, {"1KiB", 1024}, {"2GB", 2e9}, {"2GiB", 2 << 30},
		{"5", 5}, {"5B", 5}, {"0", 0}, {"9223372036854775807", 1<<63 - 1},
		{"", -1}, {"MB", -1}, {"-1", -1}, {"1.5MB", -1}, {"10M", -1}, {"10mb", -1}, {"10  MB", -1}, {"9223372036854775808", -1}, {"9223372036854775807kB", -1},
	} {
		got, err := size(c.s)
		if c.want < 0 && err == nil {
			t.Errorf("%q is %v", c.s, got)
		}
		if c.want >= 0 && (err != nil || got != c.want) {
			t.Errorf("%q is %v, %v, want %v", c.s, got, err, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"schedule", "folders", "since", "after", "move_to", "password", "password_file", "count", "name"}
	for _, c := range []struct{ word, want string }{
		{"schedul", "schedule"}, {"shcedule", "schedule"}, {"SCHEDULE", "schedule"}, {"folder", "folders"}, {"moveto", "move_to"}, {"cnt", "count"},
		{"pass", "password"}, {"passwd", "password"}, {"passwordfile", "password_file"}, {"password_fil", "password_file"}, {"colour", ""}, {"", ""}, {"x", ""}, {"nmae", "name"},
	} {
		if got := nearest(c.word, words); got != c.want {
			t.Errorf("nearest to %q is %q, want %q", c.word, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
