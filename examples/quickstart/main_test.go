package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	for _, sample := range samples {
		assert.Contains(t, out.String(), sample.id)
	}
	for _, secret := range []string{"s3cr", "pa$$", "secret/key", "service_account", "m@il", "p@ss", "ab12345", "token"} {
		assert.NotContains(t, out.String(), secret)
	}
}
