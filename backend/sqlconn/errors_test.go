package sqlconn_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// sqlServerError is an error like those of go-mssqldb.
type sqlServerError struct{ number int32 }

func (e sqlServerError) Error() string         { return fmt.Sprintf("mssql: login error %d", e.number) }
func (e sqlServerError) SQLErrorNumber() int32 { return e.number }

// hiding is an error that shows what it wraps only through As.
type hiding struct{ err error }

func (hiding) Error() string        { return "hiding" }
func (e hiding) As(target any) bool { return errors.As(e.err, target) }

func TestRefused(t *testing.T) {
	for err, want := range map[error]bool{
		&postgresError{"28P01"}: true, &postgresError{"28000"}: true, &postgresError{"3D000"}: false, &postgresError{""}: false,
		sqlServerError{18456}: true, sqlServerError{18470}: true, sqlServerError{18487}: true, sqlServerError{18488}: true,
		sqlServerError{18486}: false, sqlServerError{4060}: false, sqlServerError{0}: false,
		io.EOF: false,
	} {
		for _, err := range []error{
			err, fmt.Errorf("connect: %w", err), errors.Join(io.EOF, err), fmt.Errorf("%w, %w", &postgresError{"57P03"}, fmt.Errorf("second host: %w", err)),
			hiding{err}, fmt.Errorf("connect: %w", hiding{err}),
		} {
			assert.Equal(t, want, sqlconn.Refused(err), "%v", err)
		}
	}
	assert.False(t, sqlconn.Refused(nil))
}

// The text of an error shows no secret, in whatever form a driver prints it. Refused still
// recognizes the error.
func TestErrorsAreRedacted(t *testing.T) {
	const password = `hun/ter 2'"\%`
	c := connuri.Connection{ID: "pg", Type: "postgres", Host: "db.example.com", Schema: "orders", Login: "app", Password: connuri.NewSecret(password),
		Extra: connuri.RawExtra(`{"sslpassword": "sslhunter", "nested": {"Token": ["tokenhunter", 47114711, true]}, "sslmode": "verify-full"}`)}
	astray := connuri.Connection{ID: "pg", Type: "postgres", Host: "user", Schema: "hostword@db.example.com/orders"}
	for text, want := range map[string]string{
		"user=app password=" + password:                  "user=app password=[redacted]",
		`"postgres://app:hun%2Fter%202%27%22%5C%25@db"`:  `"postgres://app:[redacted]@db"`,
		`hun%2Fter+2%27%22%5C%25`:                        `[redacted]`,
		fmt.Sprintf("cannot parse %q", password):         `cannot parse "[redacted]"`,
		`password='hun/ter 2\'"\\%'`:                     `password='[redacted]'`,
		"sslhunter, tokenhunter and 47114711":            "[redacted], [redacted] and [redacted]",
		"app@db.example.com/orders?sslmode=verify-full":  "app@db.example.com/orders?sslmode=verify-full",
		"lookup hostword@db.example.com/orders: no host": "lookup hostword@db.example.com/orders: no host",
	} {
		got := errorOf(t, c, &odd{text})
		assert.Equal(t, want, got.Error())
		found, ok := errors.AsType[*odd](got)
		require.True(t, ok)
		assert.Equal(t, text, found.text)
		wrapped := errorOf(t, c, fmt.Errorf("connect: %w", errors.Join(io.EOF, hides{&odd{text}})))
		assert.ErrorIs(t, wrapped, io.EOF)
		assertNoSecret(t, wrapped, password, "sslhunter", "tokenhunter", "47114711", "hun%2F")
	}
	assertNoSecret(t, errorOf(t, c, oddValue{password}), password)
	got := errorOf(t, astray, errors.New("lookup hostword@db.example.com/orders: no host user"))
	assert.Equal(t, "lookup [redacted]: no host [redacted]", got.Error())

	same := errors.New("connection refused")
	assert.Equal(t, same, errorOf(t, c, same), "an error without a secret is returned unchanged")
}

// Secrets of the extra are found by their keys, at any depth and in any form.
func TestSecretsOfTheExtra(t *testing.T) {
	for _, row := range [][3]string{
		{`{"token": 12345678901234567890}`, "bad 12345678901234567890", "bad [redacted]"},
		{`{"token": 1234567890123456789}`, "bad 1234567890123456789", "bad [redacted]"},
		{`{"token": 1.50e3}`, "bad 1.50e3, 1500", "bad [redacted], [redacted]"},
		{`{"keyfile_dict": "{\"private_key\": \"hunter2\"}"}`, "bad hunter2", "bad [redacted]"},
		{`{"ssl": "{\"passphrase\": [\"hunter2\"], \"ca\": \"/ca.pem\"}"}`, "bad hunter2, /ca.pem", "bad [redacted], /ca.pem"},
		{`{"ssl": {"pass": "hunter2"}}`, "bad hunter2", "bad [redacted]"},
		{`{"sslkey_pw": "hunter2"}`, "bad hunter2", "bad [redacted]"},
		{`{"connection_string": "hunter2"}`, "bad hunter2", "bad [redacted]"},
		{`{"connectionString": "hunter2"}`, "bad hunter2", "bad [redacted]"},
		{`{"credential": "hunter2", "api-key": "hunter3"}`, "bad hunter2 hunter3", "bad [redacted] [redacted]"},
		{`{"bypass": "yes", "power": "on"}`, "yes, on", "yes, on"},
		{`{"token": "acted"}`, "acted, x-y-z-w", "[redacted], [redacted]"},
		{`{"token": "abc", "secret": "cde"}`, "-abcde-", "-[redacted]-"},
		{`{"token": "a&b<c>"}`, `{"p": "a\u0026b\u003cc\u003e"}`, `{"p": "[redacted]"}`},
		{`{"token": "größe"}`, `"gr\u00f6\u00dfe"`, `"[redacted]"`},
		{`hunter2`, "bad hunter2", "bad [redacted]"},
		{`"hunter2"`, "bad hunter2", "bad [redacted]"},
		{`{"token": "hunter2", "n": NaN, "m": [-Infinity]}`, "bad hunter2", "bad [redacted]"},
		{`{"token": "NaN\"Infinity", "n": NaN}`, `bad NaN"Infinity`, "bad [redacted]"},
	} {
		c := connuri.Connection{ID: "pg", Type: "postgres", Password: connuri.NewSecret("x-y-z-w"), Extra: connuri.RawExtra(row[0])}
		assert.Equal(t, row[2], errorOf(t, c, errors.New(row[1])).Error(), row[0])
	}
}

// odd is an error of a driver that shows too much.
type odd struct{ text string }

func (e *odd) Error() string { return e.text }

// oddValue is odd without a pointer, so that %#v prints its fields.
type oddValue struct{ text string }

func (e oddValue) Error() string { return e.text }

// hides wraps an error that shows too much. Its own text does not.
type hides struct{ err error }

func (hides) Error() string   { return "hides" }
func (e hides) Unwrap() error { return e.err }

// assertNoSecret prints each error of a tree in every way.
func assertNoSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, secret := range secrets {
			assert.NotContains(t, fmt.Sprintf(verb, err), secret)
			assert.NotContains(t, fmt.Sprintf(verb, err), strings.Trim(strconv.Quote(secret), `"`))
		}
	}
	switch err := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		if err := err.Unwrap(); err != nil {
			assertNoSecret(t, err, secrets...)
		}
	case interface{ Unwrap() []error }:
		for _, err := range err.Unwrap() {
			assertNoSecret(t, err, secrets...)
		}
	}
}

// errorOf returns the result of Connect for an error of open and for one of the driver. Both must
// be the same.
func errorOf(t *testing.T, c connuri.Connection, err error) error {
	t.Helper()
	source := sourceFunc(func() connuri.Connection { return c })
	_, ofOpen := sqlconn.New(source, "pg", func(context.Context, connuri.Connection) (driver.Connector, error) { return nil, err }).Connect(t.Context())
	_, ofDriver := sqlconn.New(source, "pg", func(context.Context, connuri.Connection) (driver.Connector, error) { return failing{err}, nil }).Connect(t.Context())
	require.Equal(t, ofOpen, ofDriver)
	_, marked := sqlconn.New(source, "pg", func(context.Context, connuri.Connection) (driver.Connector, error) { return failing{err}, nil },
		sqlconn.RefusedIf(func(got error) bool { return assert.Equal(t, err, got, "the driver's own error") })).Connect(t.Context())
	assert.Equal(t, ofOpen.Error(), marked.Error())
	return ofOpen
}

type failing struct{ err error }

func (f failing) Connect(context.Context) (driver.Conn, error) { return nil, f.err }
func (failing) Driver() driver.Driver                          { return fakeDriver{} }
