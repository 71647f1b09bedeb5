package backend_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// hidden is an alphabet that occurs in no message.
var hidden = []rune("각난닫랄맘밥삿앙잦찿캌탙팦핳")

func randomSecret(r *rand.Rand) string {
	var b strings.Builder
	for range 4 + r.IntN(8) {
		b.WriteRune(hidden[r.IntN(len(hidden))])
	}
	return b.String()
}

// stored are texts of secrets, with § in place of the value: valid ones, broken ones, and ones
// stored in the wrong form.
var stored = []string{
	"postgres://u:§@h/db", "postgres://u:§@h:port/db", "my_conn://u:§@h/db", `"postgres://u:§@h/db"`, "X=postgres://u:§@h/db",
	"postgres:u:§@h/db", "postgres://u:a/§@h/db", "postgres://u:[§@h/db", "a://b://c://§", "postgres://h:§/db",
	`{"password": "§"}`, `{"password": "§`, `{"password": "§", "port": "§"}`, `{"port": {"a": "§"}}`, `{"host": ["§"]}`, `{"conn_type": ["§"]}`,
	`{'password': '§'}`, `["§"]`, `{"extra": "§"}`, `{"extra": {"token": "§"}, "password": true}`, `{"§": "§"}`, "{§}", "§",
}

// Nothing that a lookup returns shows any part of the value, except the value itself: not the
// errors, however deep, not the plan, and not the answer when it is printed or logged.
func TestNothingShowsASecret(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	srv := secretsmanagertest.NewServer(t)
	var log strings.Builder
	watched := backend.Config{Cache: exact, Observe: backend.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))}
	for _, cfg := range []backend.Config{{}, {Dialect: 1}, {Dialect: 2}, watched} {
		b := newBackend(t, srv, cfg)
		for _, text := range stored {
			for range 20 {
				secret := randomSecret(r)
				written := secret
				if r.IntN(3) == 0 {
					written = url.PathEscape(secret)
				}
				text := strings.ReplaceAll(text, "§", written)
				srv.Set("airflow/connections/x", text)
				srv.Set("airflow/variables/x", text)
				srv.Set("airflow/config/x", text)
				for kind := range lookup.KindConfig + 1 {
					b.Invalidate(backend.Query{Kind: kind, ID: "x"})
				}
				var v struct{ Password int }
				_, connErr := b.GetConnection(t.Context(), "x")
				_, valueErr := b.GetConnValue(t.Context(), "x")
				jsonErr := b.UnmarshalJSONVariable(t.Context(), "x", &v)
				for _, err := range []error{connErr, valueErr, jsonErr} {
					hides(t, secret, err)
				}
				for kind := range lookup.KindConfig + 1 {
					answer, _ := b.Lookup(t.Context(), backend.Query{Kind: kind, ID: "x"})
					shows(t, secret, answer)
				}
				answer, err := b.Secret(t.Context(), "airflow/variables/x")
				hides(t, secret, err)
				shows(t, secret, answer)
				require.False(t, holds(log.String(), secret), "a log shows the secret")
				log.Reset()
			}
		}
	}
}

// Nor does the error of a failed call whose response contains a value.
func TestNoFaultShowsASecret(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	secret := randomSecret(r)
	for _, f := range []secretsmanagertest.Fault{
		{Body: `{"SecretString": "` + secret}, {Body: `{"SecretString": ["` + secret + `"]}`}, {Body: secret}, {Body: `{"CreatedDate": "` + secret + `"}`},
		{Body: `{"SecretBinary": "` + secret + `"}`}, {Body: secret, Status: 500}, {Body: `{"__type": 5, "` + secret + `": 1}`, Status: 400},
		{Drop: true}, {Code: "DecryptionFailure"}, {Status: 502},
	} {
		srv := secretsmanagertest.NewServer(t)
		srv.Inject(f)
		_, err := newBackend(t, srv, backend.Config{}).GetVariable(t.Context(), "x")
		require.Error(t, err)
		hides(t, secret, err)
	}
}

// A connection string that was passed as an id does not appear in errors.
func TestAMisplacedConnectionStringIsRedacted(t *testing.T) {
	secret := randomSecret(rand.New(rand.NewPCG(5, 6)))
	srv := secretsmanagertest.NewServer(t)
	b := newBackend(t, srv, backend.Config{})
	for _, id := range []string{"postgres://u:" + secret + "@h/db", "u:" + secret + "@h", "postgres:u:" + secret + "@h/db", `{"password": "` + secret + `"}`} {
		_, err := b.GetConnection(t.Context(), id)
		require.Error(t, err)
		plan, planErr := b.Plan(backend.Query{ID: id})
		require.NoError(t, planErr)
		for _, text := range []string{err.Error(), fmt.Sprintf("%#v", err), fmt.Sprintf("%+v", err), plan.String()} {
			assert.False(t, holds(text, secret), "the id is shown")
		}
	}
}

// If a client wraps the error of a context in its own text, that text is not shown.
func TestTheTextOfAClientIsNotQuoted(t *testing.T) {
	secret := randomSecret(rand.New(rand.NewPCG(7, 8)))
	for _, err := range []error{
		fmt.Errorf("%s: %w", secret, context.Canceled), fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), errors.New(secret),
		&smithy.GenericAPIError{Code: secret}, fmt.Errorf("get identity: %s", secret),
	} {
		b, newErr := backend.New(oddClient{err: err}, backend.Config{})
		require.NoError(t, newErr)
		_, err = b.GetVariable(t.Context(), "v")
		require.Error(t, err)
		assert.False(t, holds(err.Error(), secret), "the error shows the secret")
	}
}

// hides checks an error and all that it wraps.
func hides(t *testing.T, secret string, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, text := range []string{e.Error(), fmt.Sprintf("%v", e)} {
			require.False(t, holds(text, secret), "an error shows the secret")
		}
	}
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		require.False(t, holds(failed.Hint(), secret), "a hint shows the secret")
	}
}

// shows checks what an answer prints.
func shows(t *testing.T, secret string, answer backend.Answer) {
	t.Helper()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(context.Background(), "got", "answer", answer, "connection", answer.Connection)
	for _, text := range []string{fmt.Sprintf("%v", answer), fmt.Sprintf("%+v", answer), fmt.Sprintf("%#v", answer), log.String()} {
		require.False(t, holds(text, secret), "an answer shows the secret when printed")
	}
}

func holds(text, secret string) bool { return strings.ContainsAny(text, secret) }
