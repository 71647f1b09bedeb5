package connuri_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Provider 8 with are_secret_values_urlencoded, before an upgrade to provider 9.
func TestReadingCompare(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		to         connuri.Dialect
		want       string
		fixed      string // as provider 9 has to find it
	}{
		{"escape", `{"host": "h", "password": "p%40ss"}`, connuri.Airflow2, "changes: url-encoded password", `{"host": "h", "password": "p@ss"}`},
		{"escape and a number", `{"host": "h", "password": "p%40ss", "port": 5432}`, connuri.Airflow2, "starts: url-encoded password, url-encoded port", `{"host": "h", "password": "p@ss", "port": "5432"}`},
		{"two escapes", `{"user": "%61", "database": "%62"}`, connuri.TaskSDK, "changes: url-encoded login, url-encoded schema", `{"user": "a", "database": "b"}`},
		{"escape in the port", `{"port": "54%333"}`, connuri.Airflow2, "stops: url-encoded port", `{"port": "5433"}`},
		{"escape in the type", `{"engine": "%70g"}`, connuri.Airflow30, "changes: url-encoded conn_type", `{"engine": "pg"}`},
		{"extra", `{"extra": "%7B%22a%22%3A1%7D"}`, connuri.Airflow2, "changes: url-encoded extra", `{"extra": "{\"a\":1}"}`},
		{"extra for 3.0", `{"extra": "%7B%22a%22%3A1%7D"}`, connuri.Airflow30, "stops: url-encoded extra", `{"extra": "{\"a\":1}"}`},
		{"extra that is an object", `{"extra": {"a": "p%40ss"}}`, connuri.Airflow2, "same", ""},
		{"list as the extra", `{"extra": ["a"]}`, connuri.Airflow2, "starts: url-encoded extra", `{"extra": {"a": 1}}`},
		{"extra of another rule", `{"login": "%61", "extra": "x"}`, connuri.Airflow30, "stops: url-encoded login, extra-not-json extra", `{"login": "a", "extra": {"x": 1}}`},
		{"true", `{"host": true, "port": 1}`, connuri.Airflow30, "starts: url-encoded host, url-encoded port", `{"host": null, "port": "1"}`},
		{"number that no reading takes", `{"login": 5}`, connuri.Airflow2, "same", ""},
		{"empty password", `{"password": ""}`, connuri.TaskSDK, "changes: password-empty password", `{"password": null}`},
		{"no escape", `{"password": "a+b 100% %zz", "port": "1"}`, connuri.Airflow2, "same", ""},
		{"encoded twice", `{"password": "%2540"}`, connuri.Airflow2, "changes: url-encoded password", `{"password": "%40"}`},
		{"half of a pair", `{"login": "\ud800%41"}`, connuri.Airflow2, "same", ""},
		{"half of a pair for 3.0", `{"login": "\ud800%41"}`, connuri.Airflow30, "starts: url-encoded login", `{"login": "A"}`},
		{"uri", "pg://u:p%40ss@h?a=%7B", connuri.Airflow2, "same", ""},
		{"broken", `{"password": "p%40ss"`, connuri.Airflow2, "same", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := connuri.Reading{Dialect: connuri.Airflow2, URLEncoded: true}
			after := connuri.Reading{Dialect: tt.to}
			effect, findings := before.Compare(tt.text, after)
			assert.Equal(t, tt.want, described(effect, findings))
			for _, f := range findings {
				assert.Contains(t, f.Instead, " ")
				assert.NotRegexp(t, "p%40ss|p@ss|%7B|5433", f.String(), "a value is shown")
			}
			back, same := after.Compare(tt.text, before)
			assert.Equal(t, reversed[effect], back)
			assert.Equal(t, findings, same)
			effect, _ = before.Compare(tt.text, before)
			assert.Equal(t, connuri.Same, effect)
			if tt.fixed != "" {
				assert.Nil(t, after.Refused(tt.fixed))
				c, err := connuri.URLEncoded(nil).Parse(connuri.Airflow2, tt.text)
				fixed, fixedErr := connuri.ConnWords(nil).Parse(tt.to, tt.fixed)
				require.NoError(t, fixedErr)
				if err == nil && effect == connuri.Changes {
					assert.True(t, c.Equal(fixed))
				}
			}
		})
	}
}

func TestReadingRefused(t *testing.T) {
	words := connuri.ConnWords{"host": {"address"}}
	for _, tt := range []struct {
		reading    connuri.Reading
		text, want string
	}{
		{connuri.Reading{}, `{"host": "h"}`, ""},
		{connuri.Reading{}, "pg://h", ""},
		{connuri.Reading{}, " ", "unreadable uri"},
		{connuri.Reading{}, `{"host": "h",}`, "unreadable json"},
		{connuri.Reading{}, "pg://h:x", "unreadable port"},
		{connuri.Reading{Words: words}, `{"address": 5}`, "host-not-text host"},
		{connuri.Reading{Words: words, Dialect: connuri.Airflow30}, `{"address": 5}`, ""},
		{connuri.Reading{Dialect: connuri.Airflow30}, `{"extra": "x"}`, "extra-not-json extra"},
		{connuri.Reading{URLEncoded: true}, `{"port": 5432, "host": "a"}`, "url-encoded port"},
		{connuri.Reading{URLEncoded: true}, `{"port": "5432"}`, ""},
	} {
		found := tt.reading.Refused(tt.text)
		if tt.want == "" {
			assert.Nil(t, found, tt.text)
			continue
		}
		require.Len(t, found, 1, tt.text)
		assert.Equal(t, tt.want, found[0].Rule+" "+found[0].Field)
	}
	assert.Contains(t, connuri.Reading{}.Refused(`{"host": "h",}`)[0].Instead, "remove the comma")
}
