package tune

import (
	"strconv"
	"strings"
	"time"
)

// timestamp gives a time in the form that can be compared, 2026-11-01T10:20:30Z, or "" for what is none. It reads what CloudTrail
// writes, and what SQL engines and others make of it: a space for the T, fractions, another zone or none, which is UTC, no
// punctuation at all, and the seconds or milliseconds since 1970.
func timestamp(s string) string {
	if len(s) == 20 && s[10] == 'T' && s[19] == 'Z' && isClock(s) {
		return s
	}
	s = strings.TrimSpace(s)
	if len(s) >= 19 && (s[10] == 'T' || s[10] == ' ') && isClock(s) {
		return zoned(s)
	}
	if t, err := time.Parse("20060102T150405Z", s); err == nil {
		return t.Format(time.RFC3339)
	}
	if len(s) > 24 || strings.Trim(s, "0123456789.eE+") != "" {
		return ""
	}
	n, err := strconv.ParseFloat(s, 64)
	for n >= 1e11 && n < 1e20 { // milliseconds, microseconds, nanoseconds
		n /= 1000
	}
	if err != nil || n < 1e8 || n > 1e10 {
		return "" // CloudTrail is of this age
	}
	return time.Unix(int64(n), 0).UTC().Format(time.RFC3339)
}

// isClock reports whether the first 19 bytes are a date and a time of day.
func isClock(s string) bool {
	const form = "0000-00-00.00:00:00"
	for i := range form {
		if isDigit := '0' <= s[i] && s[i] <= '9'; form[i] == '0' && !isDigit || form[i] != '0' && form[i] != '.' && s[i] != form[i] {
			return false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	day := two(8)
	if day > 28 && time.Date(two(0)*100+two(2), time.Month(two(5)), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return false
	}
	return 1 <= two(5) && two(5) <= 12 && day > 0 && two(11) < 24 && two(14) < 60 && two(17) < 60
}

// zoned reads what follows the seconds: a fraction, which does not count, and a zone.
func zoned(s string) string {
	clock, rest := s[:10]+"T"+s[11:19]+"Z", s[19:]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		rest = strings.TrimLeft(fraction, "0123456789")
		if rest == fraction {
			return ""
		}
	}
	rest = strings.TrimSpace(rest)
	switch rest {
	case "", "Z", "UTC", "GMT":
		return clock
	}
	for _, form := range []string{"-07:00", "-0700", "-07"} {
		if zone, err := time.Parse(form, rest); err == nil {
			_, offset := zone.Zone()
			t, err := time.Parse(time.RFC3339, clock)
			if err != nil {
				return ""
			}
			return t.Add(-time.Duration(offset) * time.Second).Format(time.RFC3339)
		}
	}
	return ""
}

// seconds counts from 1970.
func seconds(timestamp string) int {
	t, _ := time.Parse(time.RFC3339, timestamp) // which timestamp wrote
	return int(t.Unix())
}
