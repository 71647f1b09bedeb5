package connuri_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

func ExampleURLEncoded() {
	// are_secret_values_urlencoded is on, and the provider is 8.28.0.
	secret := `{"engine": "postgres", "user": "app", "pass": "a%2Fb+100%", "host": "db", "port": "5432"}`
	c, err := connuri.URLEncoded{}.Parse(connuri.Airflow2, secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Password.Reveal(), c.Port)

	_, err = connuri.URLEncoded{}.Parse(connuri.Airflow2, `{"engine": "postgres", "port": 5432}`)
	fmt.Println(err)
	// Output:
	// a/b+100% 5432
	// connuri: port: must be text, since are_secret_values_urlencoded is on (byte 31); put it in double quotes, or store the values unencoded and remove are_secret_values_urlencoded
}

func TestURLEncoded(t *testing.T) {
	for encoded, want := range map[string]string{
		"p%40ss": "p@ss", "%2540": "%40", "a+b": "a+b", "100%": "100%", "%zz": "%zz", "%4": "%4", "%c3%a9": "é", "é%C3%A9": "éé",
		"%E2%82": "\ufffd", "%C3é": "\ufffdé", "x%00y": "x\x00y", "%22q%22%5c": `"q"\`, "": "",
	} {
		value, err := connuri.URLEncoded{}.Standardize(`{"login": "` + encoded + `"}`)
		require.NoError(t, err)
		c, err := connuri.URLEncoded{}.Parse(connuri.TaskSDK, `{"login": "`+encoded+`"}`)
		require.NoError(t, err)
		assert.Equal(t, want, c.Login, encoded)
		again, err := connuri.Parse(value)
		require.NoError(t, err)
		assert.Equal(t, want, again.Login, encoded)
	}
	for _, value := range []string{"5432", "0", "true", "false", "1.5", "NaN", "[]", "[1]", `["%41"]`} {
		for _, field := range []string{"login", "password", "host", "port", "schema", "conn_type", "extra"} {
			_, err := connuri.URLEncoded{}.Parse(connuri.TaskSDK, `{"`+field+`": `+value+`}`)
			wrong, ok := errors.AsType[*connuri.Error](err)
			require.True(t, ok, "%s in %s", value, field)
			assert.Equal(t, field, wrong.Field)
			assert.ErrorIs(t, err, connuri.ErrField)
			_, again := connuri.URLEncoded{}.Standardize(`{"` + field + `": ` + value + `}`)
			assert.Equal(t, err, again)
		}
	}
	for doc, want := range map[string]string{
		`{"extra": {"a": "%41"}}`:         `{"a": "%41"}`,
		`{"extra": "{\"a\": \"%41\"}"}`:   `{"a": "A"}`,
		`{"extra": "%7B%22a%22%3A 1%7D"}`: `{"a": 1}`,
	} {
		c, err := connuri.URLEncoded{}.Parse(connuri.Airflow30, doc)
		require.NoError(t, err)
		assert.Equal(t, want, c.Extra.Reveal())
	}
	_, err := connuri.URLEncoded{}.Parse(connuri.TaskSDK, `{"port": {}}`)
	assert.ErrorIs(t, err, connuri.ErrField, "an object in a field that is not the extra, though Words takes it for no port")
	c, err := connuri.URLEncoded{"login": {"nutzer"}}.Parse(connuri.TaskSDK, `{"nutzer": "%41", "login": "%42", "comment": 5}`)
	require.NoError(t, err, "keys that stand for no field are not looked at")
	assert.Equal(t, "A", c.Login)
}

// A URI has its own encoding, which Connection decodes.
func TestURLEncodedLeavesURIsAlone(t *testing.T) {
	const uri = "pg://u%2540:p%40@h/s"
	value, err := connuri.URLEncoded{}.Standardize(uri)
	require.NoError(t, err)
	assert.Equal(t, uri, value)
	c, err := connuri.URLEncoded{}.Parse(connuri.Airflow2, uri)
	require.NoError(t, err)
	assert.Equal(t, "u%40", c.Login)
}

// FuzzURLEncoded checks that Parse is Dialect.Parse of what Standardize returns, as in
// Airflow, and that text without a percent sign is read as Words reads it.
func FuzzURLEncoded(f *testing.F) {
	connuritest.Rows(f, "provider8/lookup", func(line int, r struct {
		Secrets map[string]struct{ String string }
	}) {
		for _, s := range r.Secrets {
			if line%4 == 0 {
				f.Add(s.String)
			}
		}
	})
	f.Fuzz(func(t *testing.T, secret string) {
		for _, d := range dialects {
			c, err := connuri.URLEncoded{}.Parse(d, secret)
			value, refused := connuri.URLEncoded{}.Standardize(secret)
			if refused != nil {
				checkError(t, secret, refused)
				if err == nil {
					t.Fatalf("%s: Parse accepts what Standardize refuses: %v", d, refused)
				}
				continue
			}
			want, wrong := d.Parse(value)
			if (err == nil) != (wrong == nil) || !c.Equal(want) {
				t.Fatalf("%s: Parse is not Dialect.Parse of Standardize: %v, %v", d, err, wrong)
			}
			if plain, wrong := (connuri.ConnWords{}).Parse(d, secret); err == nil && !strings.ContainsAny(secret, `%\`) {
				if wrong != nil || !plain.Equal(c) {
					t.Fatalf("%s: nothing to decode, and another reading than that of Words: %v", d, wrong)
				}
			}
		}
	})
}
