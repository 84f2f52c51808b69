package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	year = 365 * day

	// forever is the greatest duration that can be configured; a time.Duration
	// ends at 292 years.
	forever = 290 * year
)

// durationUnits are in the order in which they may be added up.
var durationUnits = []struct {
	name string
	unit time.Duration
}{{"y", year}, {"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// duration reads whole numbers with a unit each, the greatest first: "180d", "3y",
// "2w", "12h", "90m", "30s", "1d12h". A day has 24 hours, a year 365 days.
func duration(s string) (time.Duration, error) {
	bad := fmt.Errorf(`%q is no duration; write a number and s, m, h, d, w or y, such as "180d"`, s)
	var sum time.Duration
	units, rest := durationUnits, s
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if errors.Is(err, strconv.ErrRange) {
			return 0, fmt.Errorf("%q is too long a duration", s)
		}
		if err != nil {
			return 0, bad
		}
		rest = rest[digits:]
		if rest == "" && n == 0 && digits == len(s) {
			return 0, nil // "0" needs no unit
		}
		for len(units) > 0 && !strings.HasPrefix(rest, units[0].name) {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, bad
		}
		unit := units[0].unit
		rest, units = rest[1:], units[1:]
		if n > int64((forever-sum)/unit) {
			return 0, fmt.Errorf("%q is too long a duration", s)
		}
		sum += time.Duration(n) * unit
	}
	if s == "" {
		return 0, bad
	}
	return sum, nil
}

// spell writes a duration of whole seconds so that duration reads it.
func spell(d time.Duration) string {
	var b strings.Builder
	for _, u := range durationUnits {
		if n := d / u.unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.unit
		}
	}
	return cmp.Or(b.String(), "0")
}

var sizeUnits = []struct {
	name string
	unit int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1},
}

// size reads a number of octets: "10MB" (10^7), "10MiB" (10·2^20), "10000000".
func size(s string) (int64, error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf(`%q is no size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as "10MB"`, s)
	}
	unit := strings.TrimPrefix(s[digits:], " ")
	for _, u := range sizeUnits {
		if unit != u.name {
			continue
		}
		if err != nil || n > math.MaxInt64/u.unit {
			return 0, fmt.Errorf("%q is too large a size", s)
		}
		return n * u.unit, nil
	}
	return 0, fmt.Errorf(`%q is no size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as "10MB"`, s)
}
