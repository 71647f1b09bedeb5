package connuri_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Text that nobody would store on purpose: an answer or one of our errors comes back, and
// soon. BenchmarkLinear shows that the time is linear in such text.
func TestBadInput(t *testing.T) {
	const kb64, mb = 64 << 10, 1 << 20
	for name, text := range map[string]string{
		"brackets":             strings.Repeat("[", kb64),
		"brackets in JSON":     `{"extra": ` + strings.Repeat("[", kb64),
		"braces":               strings.Repeat(`{"a":`, kb64),
		"brackets in a URI":    "a://u:" + strings.Repeat("[", kb64) + "@h",
		"NULs":                 strings.Repeat("\x00", kb64),
		"NULs in a URI":        "a://" + strings.Repeat("\x00", kb64),
		"NULs in JSON":         `{"host": "` + strings.Repeat("\x00", kb64) + `"}`,
		"broken UTF-8":         strings.Repeat("\xff\xc3", kb64),
		"broken UTF-8 in JSON": `{"host": "` + strings.Repeat("\xe2\x82", kb64) + `"}`,
		"half characters":      "a://h/" + strings.Repeat("%E2%82", kb64),
		"percent signs":        "a://" + strings.Repeat("%", kb64),
		"query keys":           "a://h/?" + strings.Repeat("k=v&", mb),
		"query keys, each new": "a://h/?" + manyKeys(mb),
		"at signs":             "a://" + strings.Repeat("@", mb),
		"schemes":              strings.Repeat("a://", mb),
		"digits":               "a://h:" + strings.Repeat("1", mb),
		"sigmas":               "a://" + strings.Repeat("Σ", kb64),
		"quotes":               `{"host": "` + strings.Repeat(`\"`, mb) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range dialects {
				for _, parse := range []func(string) (connuri.Connection, error){d.Parse, d.ParseURI, d.ParseJSON} {
					c, err := parse(text)
					if err != nil {
						var named *connuri.Error
						assert.ErrorAs(t, err, &named)
						assert.Equal(t, connuri.Connection{}, c)
						continue
					}
					_, _ = d.URI(c)
					_, _ = d.JSON(c)
				}
			}
			_, _ = connuri.ConnWords{"login": {"k"}}.Standardize(text)
			_, _ = connuri.ParseConnWords(text)
			_ = connuri.Lint(text, nil)
		})
	}
}

// An offset counts from the beginning of the text as it was given.
func TestOffset(t *testing.T) {
	for text, want := range map[string]int{
		"postgres://app:s3/cr3t@h/db":            15,
		"\u2003 postgres://app:s3/cr3t@h/db\x1c": 19,
		"\n {\"host\": true}":                    11,
		"\u00a0\xc2":                             2, // whose second byte is the first of the space, too
		"\u2003\x80":                             3,
	} {
		_, err := connuri.Parse(text)
		var named *connuri.Error
		if assert.ErrorAs(t, err, &named, "%+q", text) {
			assert.Equal(t, want, named.Offset, "%+q", text)
		}
	}
}

func manyKeys(length int) string {
	var b strings.Builder
	for i := 0; b.Len() < length; i++ {
		b.WriteString("k" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26%97) + "=&")
	}
	return b.String()
}

// A Connection costs its secrets and what had to be unquoted.
func TestAllocations(t *testing.T) {
	for text, most := range map[string]float64{
		"postgres://h/db": 0,
		"postgresql://app_user:s3cr%2Ft%40pw@db.prod.example.com:5432/orders_db?sslmode=verify-full&connect_timeout=10&application_name=my%20svc&a=b":               8,
		`{"engine": "postgres", "host": "db.prod.example.com", "user": "app_user", "password": "s3cr/t@pw", "port": 5432, "schema": "orders", "extra": {"a": "b"}}`: 8,
	} {
		got := testing.AllocsPerRun(100, func() { _, _ = connuri.ConnWords(nil).Parse(connuri.TaskSDK, text) })
		assert.LessOrEqual(t, got, most)
	}
}
