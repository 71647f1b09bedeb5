package backend_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestList(t *testing.T) {
	f := newFake(map[string]string{"airflow/connections/aws_default": "", "airflow/connections/pg": "", "airflow/connections/red--pg": "", "airflow/connections2/x": "", "other": ""})
	b, err := backend.New(f, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern, MultiTeam: true, VariablesPrefix: lookup.Disabled})
	require.NoError(t, err)
	list := func(b *backend.Backend) (got []string) {
		for s, err := range b.List(t.Context(), lookup.KindConnection) {
			require.NoError(t, err)
			got = append(got, s.ID+" "+s.Skip.String())
		}
		return got
	}
	assert.Equal(t, []string{
		"aws_default the lookup pattern does not match the id",
		"pg asked",
		`red--pg the id contains "--", which multi_team reserves for the secrets of teams`,
	}, list(b))
	assert.Equal(t, "pg asked", list(b.Team("red"))[2])

	failing := func(b *backend.Backend, kind lookup.Kind) (err error) {
		for _, err = range b.List(t.Context(), kind) {
			require.Error(t, err)
		}
		return err
	}
	assert.Equal(t, backend.Disabled, reasonOf(failing(b, lookup.KindVariable)))
	assert.Error(t, failing(b, 7))
	f.fail("", apiError("AccessDeniedException"))
	assert.Equal(t, backend.Denied, reasonOf(failing(b, lookup.KindConnection)))
	single, err := backend.New(only{f}, backend.Config{})
	require.NoError(t, err)
	assert.ErrorIs(t, failing(single, lookup.KindConnection), errors.ErrUnsupported)
	far, err := backend.New(f, backend.Config{ConnectionsPrefix: "arn:aws:secretsmanager:us-east-1:123456789012:secret:airflow/connections"})
	require.NoError(t, err)
	assert.ErrorIs(t, failing(far, lookup.KindConnection), errors.ErrUnsupported)
}

func TestListOverTheWire(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	for i := range 150 {
		srv.Set(fmt.Sprint("airflow/config/c", i), "x")
	}
	srv.Set("airflow/configx", "x")
	srv.Set("airflow/variables/v", "x")
	for _, err := range newBackend(t, srv, backend.Config{}).List(t.Context(), lookup.KindVariable) {
		require.NoError(t, err)
		break
	}
	n := 0
	for s, err := range newBackend(t, srv, backend.Config{}).List(t.Context(), lookup.KindConfig) {
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.ID, "c"))
		n++
	}
	assert.Equal(t, 150, n)
}
