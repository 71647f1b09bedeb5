package backend_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// The README shows one error in full.
func TestReadmeShowsAnError(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", `{"conn_type": "postgres",}`)
	b, err := backend.New(srv.Client(), backend.Config{})
	require.NoError(t, err)
	_, err = b.GetConnection(context.Background(), "pg")
	require.Error(t, err)
	readme, readErr := os.ReadFile("../README.md")
	require.NoError(t, readErr)
	assert.True(t, strings.Contains(string(readme), "\n```\n"+err.Error()+"\n```\n"), "README.md lacks: %v", err)
}
