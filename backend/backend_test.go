package backend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestNewRefusesNonsense(t *testing.T) {
	_, err := backend.New(nil, backend.Config{})
	require.EqualError(t, err, "backend: the client is nil; pass a *secretsmanager.Client to New")
	_, err = backend.New((*secretsmanager.Client)(nil), backend.Config{})
	require.EqualError(t, err, "backend: the client is nil; pass a *secretsmanager.Client to New")
	_, err = backend.New(secretsmanagertest.Map{}, backend.Config{Timeout: -1})
	require.EqualError(t, err, "backend: Config.Timeout is negative; write 0 for the default of 15s")
	_, err = backend.New(secretsmanagertest.Map{}, backend.Config{VariablesLookupPattern: "("})
	require.NoError(t, err, "a broken pattern fails only the lookups of its kind")
}

func TestGettersReturnTheirKindOfAnswer(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", `{"user": "u", "engine": "postgresql", "password": "p"}`)
	srv.Set("airflow/variables/v", `{"a": 1}`)
	srv.Set("airflow/variables/empty", "x")
	srv.Set("airflow/config/c", "sql_alchemy_conn")
	b := newBackend(t, srv, backend.Config{})
	ctx := t.Context()

	c, err := b.GetConnection(ctx, "pg")
	require.NoError(t, err)
	assert.Equal(t, "pg", c.ID)
	assert.Equal(t, "postgres", c.Type)
	assert.Equal(t, "u", c.Login)

	value, err := b.GetConnValue(ctx, "pg")
	require.NoError(t, err)
	assert.Equal(t, `{"login": "u", "password": "p", "host": null, "port": null, "schema": null, "conn_type": "postgresql", "extra": null}`, value)

	value, err = b.GetVariable(ctx, "v")
	require.NoError(t, err)
	assert.Equal(t, `{"a": 1}`, value)
	var v struct{ A int }
	require.NoError(t, b.UnmarshalJSONVariable(ctx, "v", &v))
	assert.Equal(t, 1, v.A)

	value, err = b.GetConfig(ctx, "c")
	require.NoError(t, err)
	assert.Equal(t, "sql_alchemy_conn", value)
}

func TestUnmarshalJSONVariableErrorsHoldNoValue(t *testing.T) {
	for text, want := range map[string]string{
		`hunter2`:         "malformed secret: not valid JSON (byte 0): it does not begin as JSON; write an object, a list",
		`{"A": 1,}`:       "malformed secret: not valid JSON (byte 8): a comma stands before the closing brace; remove the comma",
		`["hunter2" "b"]`: "malformed secret: not valid JSON (byte 11): a comma is missing; write a comma between two elements",
		`{"A": NaN}`:      "malformed secret: not valid JSON (byte 6): NaN and Infinity are not JSON; write null",
		`{"A":"hunter2"}`: `malformed secret: the value of "A" does not fit int`,
		`["hunter2"]`:     "malformed secret: does not fit struct { A int }",
	} {
		b, err := backend.New(secretsmanagertest.Map{"airflow/variables/v": text}, backend.Config{})
		require.NoError(t, err)
		var v struct{ A int }
		err = b.UnmarshalJSONVariable(t.Context(), "v", &v)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter")
		var failed *backend.LookupError
		require.ErrorAs(t, err, &failed)
		if _, instead, told := strings.Cut(failed.Err.Error(), "; "); told {
			assert.Equal(t, instead, failed.Hint())
			assert.Equal(t, 1, strings.Count(err.Error(), instead), "the reason is given once")
		}
		err = b.UnmarshalJSONVariable(t.Context(), "v", new(map[bool]json.RawMessage))
		assert.NotContains(t, fmt.Sprint(err), "hunter")
		assert.NotContains(t, fmt.Sprint(err), "jsontext", "the error has a name that only some releases of Go use")
		var refuses refuser
		err = b.UnmarshalJSONVariable(t.Context(), "v", &refuses)
		assert.NotContains(t, err.Error(), "hunter")
		err = b.UnmarshalJSONVariable(t.Context(), "v", v)
		assert.NotContains(t, err.Error(), "hunter")
	}
}

// refuser is a type whose error quotes the input.
type refuser struct{}

func (*refuser) UnmarshalJSON(text []byte) error { return &json.SyntaxError{Offset: int64(len(text))} }

func TestSecretIsLookedUpByName(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("my_smtp_secret", `{"host": "smtp.example.com", "port": "587", "username": "u", "password": "p"}`)
	srv.Set("api_key", "just text")
	b := newBackend(t, srv, backend.Config{ConnectionsPrefix: "other", ConnectionsLookupPattern: "^nothing$"}).Team("red")

	answer, err := b.Secret(t.Context(), "my_smtp_secret")
	require.NoError(t, err)
	assert.Equal(t, "smtp.example.com", answer.Connection.Host)
	assert.Equal(t, 587, answer.Connection.Port)
	assert.Equal(t, "my_smtp_secret", answer.Name)
	assert.NotEmpty(t, answer.VersionID)
	assert.Equal(t, []string{"AWSCURRENT"}, answer.Stages)

	again, err := b.Secret(t.Context(), srv.ARN("my_smtp_secret"))
	require.NoError(t, err)
	assert.True(t, again.Text.Equal(answer.Text))

	answer, err = b.Secret(t.Context(), "api_key")
	require.NoError(t, err)
	assert.Equal(t, "just text", answer.Text.Reveal())
	assert.Zero(t, answer.Connection, "text that is not JSON is not read as a URI")

	_, err = b.Secret(t.Context(), "gone")
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.EqualError(t, err, `backend: secret "gone" (asked for "gone"): no such secret: ResourceNotFoundException; check the name, the region and the account; a lookup by name adds no prefix`)
}

func TestStagesAreLookedUp(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/variables/v", "old")
	srv.Set("airflow/variables/v", "new")
	b := newBackend(t, srv, backend.Config{})
	for stage, want := range map[string]string{"": "new", "AWSCURRENT": "new", "AWSPREVIOUS": "old"} {
		answer, err := b.Lookup(t.Context(), backend.Query{Kind: lookup.KindVariable, ID: "v", Stage: stage})
		require.NoError(t, err)
		assert.Equal(t, want, answer.Text.Reveal())
	}
}

func TestPlanMakesNoCall(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	b := newBackend(t, srv, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern, ConfigLookupPattern: "("}).Team("red")
	for _, row := range []struct {
		query backend.Query
		want  string
	}{
		{backend.Query{ID: "pg"}, "asks airflow/connections/red--pg, then airflow/connections/pg"},
		{backend.Query{ID: "pg", Team: "blue"}, "asks airflow/connections/blue--pg, then airflow/connections/pg"},
		{backend.Query{ID: "aws_default"}, "skipped: the lookup pattern does not match the id"},
	} {
		plan, err := b.Plan(row.query)
		require.NoError(t, err)
		assert.Equal(t, row.want, plan.String())
	}
	_, err := b.Plan(backend.Query{Kind: lookup.KindConfig, ID: "x"})
	var failed *backend.LookupError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, backend.BadPattern, failed.Reason)
	_, err = b.Plan(backend.Query{Kind: 7, ID: "x"})
	require.Error(t, err)
	assert.Empty(t, srv.Asked())
}

// If the context ends, before the lookup or while AWS does not answer, the lookup ends at once
// with the error of the context.
func TestAnEndedContextEndsTheLookup(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	b := newBackend(t, srv, backend.Config{Timeout: time.Hour})
	for name, end := range map[string]struct {
		ctx    func() (context.Context, context.CancelFunc)
		want   error
		reason backend.Reason
	}{
		"canceled before": {func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		}, context.Canceled, backend.Canceled},
		"canceled meanwhile": {func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				for srv.Operations("") == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			return ctx, cancel
		}, context.Canceled, backend.Canceled},
		"expired": {func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 20*time.Millisecond)
		}, context.DeadlineExceeded, backend.TimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			srv.ResetCalls()
			ctx, cancel := end.ctx()
			defer cancel()
			_, err := b.GetConnection(ctx, "pg")
			assert.ErrorIs(t, err, end.want)
			var failed *backend.LookupError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, end.reason.String(), failed.Reason.String())
		})
	}
}

// Every call names this library once in its user agent, in addition to what the client says. The
// options of the client stay unchanged.
func TestUserAgentNamesTheLibrary(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client(func(o *secretsmanager.Options) {
		o.APIOptions = append(o.APIOptions, middleware.AddUserAgentKeyValue("theirs", "1"))
	})
	for _, c := range []backend.Client{client, wrapped{client}} {
		srv.ResetCalls()
		b, err := backend.New(c, backend.Config{})
		require.NoError(t, err)
		_, _ = b.GetVariable(t.Context(), "v")
		for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v", "w"}) {
			assert.ErrorIs(t, err, backend.ErrNotFound)
		}
		for _, err := range b.List(t.Context(), lookup.KindVariable) {
			assert.NoError(t, err)
		}
		require.Len(t, srv.Log(), 3)
		for _, call := range srv.Log() {
			assert.Equal(t, 1, strings.Count(call.UserAgent, "airflowsecrets"), "%T %s", c, call.Operation)
			assert.Contains(t, call.UserAgent, "theirs/1")
		}
	}
	srv.ResetCalls()
	_, _ = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("v")})
	assert.NotContains(t, srv.Log()[0].UserAgent, "airflowsecrets")
}

// wrapped is a user's wrapper around the SDK's client.
type wrapped struct{ *secretsmanager.Client }

// A client that breaks the contract of the interface must not make a lookup panic.
func TestOddClientsCauseNoPanic(t *testing.T) {
	for _, c := range []oddClient{{}, {out: &secretsmanager.GetSecretValueOutput{}}, {err: &types.ResourceNotFoundException{}}} {
		b, err := backend.New(c, backend.Config{})
		require.NoError(t, err)
		_, err = b.GetVariable(t.Context(), "v")
		require.Error(t, err)
	}
}

type oddClient struct {
	out *secretsmanager.GetSecretValueOutput
	err error
}

func (c oddClient) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return c.out, c.err
}

// One Backend serves many goroutines; the race detector checks them.
func TestConcurrentUse(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", "postgres://u:p@h/db")
	b := newBackend(t, srv, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern, ExtraConnWords: map[string][]string{"schema": {"dbname"}}})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			team := b.Team([]string{"", "red"}[i%2])
			for _, id := range []string{"pg", "aws_default", "gone"} {
				c, err := team.GetConnection(t.Context(), id)
				assert.Equal(t, id == "pg", err == nil && c.Host == "h")
			}
		})
	}
	group.Wait()
}
