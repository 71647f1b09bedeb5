package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"-exec false", 1, ""},
		{"-exec no-such-command", 1, "no-such-command"},
		{"-exec", 2, "-exec needs a command after it"},
		{"-env -exec true", 2, "-env and -exec exclude each other"},
		{"send", 2, "1 argument too many"},
		{"send it", 2, "2 arguments too many"},
		{"-what", 2, "-what"},
		{"-env=hunter2", 2, "-env: want true or false"},
		{"-conn hunter2 -secret hunter2", 2, "-conn and -secret exclude each other"},
		{"-endpoint hunter2", 2, "-endpoint: want a URL"},
		{"-endpoint ftp://hunter2", 2, "-endpoint: want a URL"},
		{"-endpoint=", 2, "-endpoint: want a URL"},
		{"-to hunter2", 2, "-to: want a mail address"},
		{"-h", 0, "\nExit codes:\n"},
		{"-version", 0, "smtp "},
		{"-conn airflow/connections/smtp_default", 1, `ask for "smtp_default"`},
	} {
		out := smtp(t.Context(), strings.Fields(row.args)...)
		assert.Equal(t, row.code, out.Code, row.args)
		assert.Contains(t, out.Stdout+out.Stderr, row.want, row.args)
		assert.NotContains(t, out.Stdout+out.Stderr, "hunter2")
	}
	assert.Equal(t, 7, smtp(t.Context(), "-exec", "sh", "-c", "exit 7").Code)
}

func TestAtATerminal(t *testing.T) {
	ptytest.Fits(t, 0)
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 2, "-what")
	ptytest.Fits(t, 1, "-conn", "airflow/connections/smtp_default")
}

// TestInterrupt interrupts the program while it waits for an answer that never comes.
func TestInterrupt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	terminal := ptytest.Start(t, 80, ptytest.Command(t, "-endpoint", "http://"+listener.Addr().String()))
	conn, err := listener.Accept()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = terminal.Write([]byte{3})
	require.NoError(t, err)
	assert.Equal(t, 130, terminal.Ended(t))
}

// TestCommandIsEnded checks that the command of -exec gets SIGTERM and is waited for.
func TestCommandIsEnded(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	const script = `trap 'echo cleaned up; exit 3' TERM; echo ready; while :; do sleep 0.05; done`
	for sig, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 3} {
		cmd := ptytest.Command(t, "-exec", "sh", "-c", script)
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		cmd.Stdout = writer
		require.NoError(t, cmd.Start())
		require.NoError(t, writer.Close())
		stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		ready := make([]byte, len("ready\n"))
		_, err = reader.Read(ready)
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Signal(sig))
		var rest bytes.Buffer
		_, err = rest.ReadFrom(reader)
		require.NoError(t, err)
		_ = cmd.Wait()
		stuck.Stop()
		assert.Equal(t, "cleaned up\n", rest.String())
		assert.Equal(t, code, cmd.ProcessState.ExitCode())
	}
}
