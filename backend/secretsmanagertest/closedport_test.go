package secretsmanagertest_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func TestClosedPort(t *testing.T) {
	addr, release, err := secretsmanagertest.ClosedPort()
	require.NoError(t, err)
	defer release()
	for range 2 {
		_, err = net.Dial("tcp", addr)
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		_, err = net.Listen("tcp", addr)
		assert.ErrorIs(t, err, syscall.EADDRINUSE, "another program could take it")
	}
}
