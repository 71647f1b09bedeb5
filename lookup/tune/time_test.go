package tune

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestDatesMatchPackageTime compares dates with those of package time, over 800 years.
func TestDatesMatchPackageTime(t *testing.T) {
	first := time.Date(1600, 1, 1, 12, 34, 56, 0, time.UTC)
	zero := seconds(first.Format(time.RFC3339))
	for day := range 300_000 {
		at := first.AddDate(0, 0, day)
		text := at.Format(time.RFC3339)
		if n := seconds(text); n != zero+day*86400 || date(n) != text {
			t.Fatalf("%s is day %d, %s", text, (n-zero)/86400, date(n))
		}
	}
	for _, text := range []string{"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z"} {
		assert.Empty(t, timestamp(text))
	}
}

func TestTimestampForms(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-01T10:20:30Z": "2026-11-01T10:20:30Z", "2026-11-01 10:20:30.5 " +
			"UTC": "2026-11-01T10:20:30Z", "2026-11-01T00:20:30+05:30": "2026-10-31T18:50:30Z",
		"2026-11-01 10:20:30 -0100": "2026-11-01T11:20:30Z",
		"2026-11-01T10:20:30+01":    "2026-11-01T09:20:30Z", "20261101T102030Z": "2026-11-01T10:20:30Z",
		"1793528430123456": "2026-11-01T10:20:30Z", "1.79352843e9": "2026-11-01T10:20:30Z",
		"2024-02-29T00:00:00Z": "2024-02-29T00:00:00Z",
		"2026-02-29T00:00:00Z": "", "2026-13-01T00:00:00Z": "", "2026-11-00T00:00:00Z": "",
		"2026-11-01T24:00:00Z": "", "2026-11-01T10:20:30.Z": "",
		"2026-11-01 10:20:30 Europe/Berlin": "", "2026-11-01": "", "20261101102030": "", "20261101": "",
		"0": "", "NaN": "", "1e300": "", "-1793528430": "", "": "",
		// Years that stand for "unknown" or "never".
		"0001-01-01T00:00:00Z": "", "9999-12-31 23:59:59": "", "1970-01-01T00:00:00Z": "",
		"1989-12-31T23:59:59Z": "",
		"1990-01-01T00:00:00Z": "1990-01-01T00:00:00Z", "2099-12-31T23:59:59Z": "2099-12-31T23:59:59Z",
		"2100-01-01T00:00:00Z":      "",
		"1989-12-31T23:59:59-01:00": "1990-01-01T00:59:59Z", "2099-12-31T23:59:59-01:00": "",
		// Numbers of 10, 13, 16 and 19 digits are times. Other lengths have no unit.
		"1793528430": "2026-11-01T10:20:30Z", "1793528430123": "2026-11-01T10:20:30Z",
		"1793528430123456789": "2026-11-01T10:20:30Z",
		"179352843":           "", "17935284301": "", "179352843012": "", "999999999999": "",
		"17935284301234": "", "179352843012345": "", "17935284301234567": "",
	} {
		assert.Equal(t, want, timestamp(text), text)
	}
}
