package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, want := range []string{
		"postgres app:[redacted]@db.example.com:5432/orders", "postgres report:[redacted]@rds.example.com:5432/reports", "mailer:[redacted]@smtp.example.com:587/", `"production"`, "{Rows:10000 Retries:3}",
		"nothing: skipped by the lookup pattern", "nothing: no such secret", `ask for "mysql"`,
	} {
		assert.Contains(t, out.String(), want)
	}
	for _, sample := range samples {
		assert.Contains(t, out.String(), sample.id)
	}
	for _, secret := range []string{"s3cr", "pa$$", "secret/key", "service_account", "m@il", "p@ss", "ab12345", "token"} {
		assert.NotContains(t, out.String(), secret)
	}
}
