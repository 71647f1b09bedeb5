package tune

import (
	"fmt"
	"strconv"
	"strings"
)

// timestamp returns a time in the form that can be compared, 2026-11-01T10:20:30Z, or "" if s
// cannot be read as the time of a call. It reads what CloudTrail writes and what SQL engines make
// of it: a space for the T, fractions, another zone or none (which is UTC), no punctuation, and the
// seconds, milliseconds, microseconds or nanoseconds since 1970.
func timestamp(s string) string {
	at := anyTime(s)
	if at < "1990" || at >= "2100" {
		return "" // such years stand for "unknown" or "never"
	}
	return at
}

func anyTime(s string) string {
	if isTimestamp(s) {
		return s
	}
	s = strings.TrimSpace(s)
	if len(s) == 16 && s[8] == 'T' && s[15] == 'Z' { // 20261101T102030Z
		s = s[:4] + "-" + s[4:6] + "-" + s[6:11] + ":" + s[11:13] + ":" + s[13:]
	}
	if len(s) >= 19 && (s[10] == 'T' || s[10] == ' ') && isClock(s) {
		return zoned(s)
	}
	if len(s) > 24 || strings.Trim(s, "0123456789.eE+") != "" {
		return ""
	}
	n, err := strconv.ParseFloat(s, 64)
	for n >= 1e11 && n < 1e20 { // milliseconds, microseconds, nanoseconds
		n /= 1000
	}
	const begin, end = 1_136_073_600, 4_102_444_800 // the years 2006, when AWS began, and 2100
	if err != nil || n < begin || n >= end {
		return "" // a number of another unit
	}
	return date(int(n) + seconds("1970-01-01T00:00:00Z"))
}

// isTimestamp reports whether s has the form 2026-11-01T10:20:30Z.
func isTimestamp(s string) bool {
	return len(s) == 20 && s[10] == 'T' && s[19] == 'Z' && isClock(s)
}

// isClock reports whether the first 19 bytes are a date and a time of day.
func isClock(s string) bool {
	const form = "0000-00-00.00:00:00"
	for i := range form {
		isDigit := '0' <= s[i] && s[i] <= '9'
		if form[i] == '0' && !isDigit || form[i] != '0' && form[i] != '.' && s[i] != form[i] {
			return false
		}
	}
	month, day := number(s[5:7]), number(s[8:10])
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if number(s[11:13]) > 23 || number(s[14:16]) > 59 || number(s[17:19]) > 59 {
		return false
	}
	return day < 29 || strings.HasPrefix(date(seconds(s)), s[:10])
}

// zoned converts a time to UTC by the zone that follows its seconds. It drops a fraction.
func zoned(s string) string {
	rest := s[19:]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		if rest = strings.TrimLeft(fraction, "0123456789"); rest == fraction {
			return ""
		}
	}
	rest = strings.TrimSpace(rest)
	switch rest {
	case "", "Z", "UTC", "GMT":
		return s[:10] + "T" + s[11:19] + "Z"
	}
	digits := strings.Replace(rest[1:], ":", "", 1)
	if len(digits) == 2 { // hours alone
		digits += "00"
	}
	if len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	if digits[:2] > "15" || digits[2:] > "59" {
		return ""
	}
	offset := number(digits[:2])*3600 + number(digits[2:])*60
	switch rest[0] {
	case '+':
		return date(seconds(s) - offset)
	case '-':
		return date(seconds(s) + offset)
	}
	return ""
}

// number returns the value of decimal digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // which has only digits
	return n
}

// seconds returns the seconds from a fixed day before the year 0 to a time in the form of
// isTimestamp. This package must not know a clock, so it does without package time.
func seconds(timestamp string) int {
	y, m, d := number(timestamp[:4]), number(timestamp[5:7]), number(timestamp[8:10])
	if m < 3 { // count the year from March, so that a leap day is its last
		y, m = y-1, m+12
	}
	day := 365*y + y/4 - y/100 + y/400 + (153*m-457)/5 + d
	return ((day*24+number(timestamp[11:13]))*60+number(timestamp[14:16]))*60 + number(timestamp[17:19])
}

// date is the reverse of seconds.
func date(seconds int) string {
	day, clock := seconds/86400-1, seconds%86400 // from the first of March of the year 0
	era, day := day/146097, day%146097           // of 400 years
	y := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*y + y/4 - y/100
	m := (5*day + 2) / 153
	d := day - (153*m+2)/5 + 1
	if y += 400 * era; m < 10 {
		m += 3
	} else {
		m -= 9
		y++
	}
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, d, clock/3600, clock/60%60, clock%60)
}
