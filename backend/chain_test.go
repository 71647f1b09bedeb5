package backend_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func env(vars map[string]string) backend.Env {
	return backend.Env{Getenv: func(name string) (string, bool) { text, ok := vars[name]; return text, ok }}
}

func TestChain(t *testing.T) {
	f := newFake(map[string]string{name: pgURI, "airflow/variables/v": "from AWS", "airflow/connections/broken": "{", "airflow/variables/only": "from AWS"})
	b, err := backend.New(f, backend.Config{})
	require.NoError(t, err)
	vars := env(map[string]string{"AIRFLOW_CONN_PG": "mysql://h", "AIRFLOW_VAR_V": "from env", "AIRFLOW_VAR_E": "from env", "AIRFLOW_CONN_BROKEN": "mysql://h",
		"AIRFLOW_CONN__RED___PG": "http://red"})
	chain := backend.NewChain(b, vars)
	ctx := t.Context()

	answer, err := chain.Lookup(ctx, backend.Query{ID: "pg"})
	require.NoError(t, err)
	assert.Equal(t, backend.SourceSecretsManager, answer.Source)
	answer, err = chain.Lookup(ctx, variable("e"))
	require.NoError(t, err)
	assert.Equal(t, backend.SourceEnvironment, answer.Source)

	c, err := chain.GetConnection(ctx, "broken")
	require.NoError(t, err, "Airflow continues after any error")
	assert.Equal(t, "mysql", c.Type)
	value, err := chain.GetConnValue(ctx, "broken")
	require.NoError(t, err)
	assert.Equal(t, "mysql://h", value)
	value, err = backend.NewChain(vars, b).GetVariable(ctx, "v")
	require.NoError(t, err)
	assert.Equal(t, "from env", value, "the caller decides on the order")
	c, err = backend.NewChain(vars, b).Team("red").GetConnection(ctx, "pg")
	require.NoError(t, err)
	assert.Equal(t, "red", c.Host)

	_, err = chain.GetVariable(ctx, "gone")
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.ErrorContains(t, err, "airflow/variables/gone")
	assert.ErrorContains(t, err, "AIRFLOW_VAR_GONE")
	_, err = chain.GetConfig(ctx, "c")
	require.ErrorIs(t, err, backend.ErrNotFound)

	// A denial together with a miss is not ErrNotFound.
	f.fail("", apiError("AccessDeniedException"))
	_, err = chain.GetVariable(ctx, "gone")
	require.NotErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, backend.Denied, reasonOf(err))
	_, err = backend.NewChain(vars, b).GetVariable(ctx, "gone")
	assert.Equal(t, backend.Denied, reasonOf(err))
	require.NotErrorIs(t, err, backend.ErrNotFound)
	value, err = chain.GetVariable(ctx, "v")
	require.NoError(t, err)
	assert.Equal(t, "from env", value)
	closed := backend.NewChain(backend.FailClosed(b), vars)
	_, err = closed.GetVariable(ctx, "v")
	assert.Equal(t, backend.Denied, reasonOf(err))
	for _, err := range closed.LookupAll(ctx, lookup.KindVariable, []string{"v"}) {
		assert.Equal(t, backend.Denied, reasonOf(err))
	}
	f.fail("", outages["throttled"])
	value, err = closed.GetVariable(ctx, "v")
	require.NoError(t, err, "only denials end the search")
	assert.Equal(t, "from env", value)
	f.fail("", nil)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = chain.GetVariable(ended, "v")
	require.ErrorIs(t, err, context.Canceled)

	for _, err := range backend.NewChain(vars, b).LookupAll(ended, lookup.KindVariable, []string{"v"}) {
		require.ErrorIs(t, err, context.Canceled)
	}
	for _, err := range chain.Team("red").LookupAll(ctx, lookup.KindVariable, []string{"v", "e"}) {
		require.NoError(t, err)
		break
	}
	f.fail("airflow/variables/gone", apiError("DecryptionFailure"))
	_, err = chain.GetVariable(ctx, "gone")
	require.NotErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, backend.DecryptionFailed, reasonOf(err))
	f.fail("airflow/variables/gone", nil)

	var got []string
	before := f.total()
	for answer, err := range chain.LookupAll(ctx, lookup.KindVariable, []string{"e", "v", "gone", "only"}) {
		if err != nil {
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
		got = append(got, answer.Text.Reveal())
	}
	assert.Equal(t, []string{"from env", "from AWS", "", "from AWS"}, got)
	assert.Equal(t, before+1, f.total())
}

func TestChainWithoutSecretsManager(t *testing.T) {
	for _, chain := range []*backend.Chain{backend.NewChain(), backend.NewChain(env(nil))} {
		_, err := chain.GetVariable(t.Context(), "v")
		require.ErrorIs(t, err, backend.ErrNotFound)
		for _, err := range chain.LookupAll(t.Context(), lookup.KindVariable, []string{"a"}) {
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
	}
}

func TestChainRefreshesItsSources(t *testing.T) {
	f := newFake(map[string]string{name: uri("old")})
	b := cachedBackend(t, f, backend.Config{})
	chain := backend.NewChain(backend.FailClosed(b), env(nil))
	var d database
	d.password.Store("old")
	require.NoError(t, chain.UseConnection(t.Context(), "pg", d.login))
	require.NoError(t, chain.UseConnection(t.Context(), "pg", d.login))
	assert.Equal(t, 1, f.total(), "the cache of a source is used")
	f.set(name, uri("new"))
	d.password.Store("new")
	require.NoError(t, chain.UseConnection(t.Context(), "pg", d.login))
	assert.Equal(t, 2, f.total())
	chain.Invalidate(backend.Query{ID: "pg"})
	require.NoError(t, chain.UseConnection(t.Context(), "pg", func(context.Context, connuri.Connection) error { return nil }))
	assert.Equal(t, 3, f.total())
	_, err := chain.Refresh(t.Context(), backend.Query{ID: "gone"})
	assert.True(t, errors.Is(err, backend.ErrNotFound))
}

// The environment has neither secrets by name nor older versions.
func TestEnvironmentHasNoSecretsByName(t *testing.T) {
	env := backend.Env{Getenv: func(string) (string, bool) { return "postgres://u:p@h/db", true }}
	for _, q := range []backend.Query{{Name: "my/secret"}, {Name: "my/secret", ID: "pg"}, {ID: "pg", Stage: "AWSPREVIOUS"}} {
		_, err := env.Lookup(t.Context(), q)
		assert.Equal(t, backend.NoSecret, reasonOf(err))
		assert.NotContains(t, err.Error(), "AIRFLOW_CONN")
	}
	_, err := env.Lookup(t.Context(), backend.Query{ID: "pg", Stage: "AWSCURRENT"})
	assert.NoError(t, err)
	_, err = backend.NewChain(cachedBackend(t, newFake(nil), backend.Config{}), env).Lookup(t.Context(), backend.Query{Name: "my/secret", ID: "pg"})
	assert.ErrorIs(t, err, backend.ErrNotFound)
}

func TestEnvHintOfAVariableName(t *testing.T) {
	env := backend.Env{Getenv: func(string) (string, bool) { return "", false }}
	_, err := env.Lookup(t.Context(), backend.Query{Kind: lookup.KindConnection, ID: "AIRFLOW_CONN_PG"})
	failed, ok := errors.AsType[*backend.LookupError](err)
	require.True(t, ok)
	assert.Contains(t, failed.Hint(), `ask for "pg"`)
}
