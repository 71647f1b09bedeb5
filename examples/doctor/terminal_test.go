package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// program returns a command that runs doctor as a process.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	t.Setenv(asProgram, "1")
	return exec.Command(self, args...)
}

// configured sets the environment of an Airflow whose secrets are on a stage.
func configured(t *testing.T) {
	t.Helper()
	s := set(t)
	delete(s.kwargs, "connections_lookup_pattern")
	s.kwargs["are_secret_values_urlencoded"] = true
	s.kwargs["variables_lookup_pattern"] = `^(\w+_?)+$`
	s.srv.Set("airflow/connections/smtp", "hunter2-no-uri")
	doc, err := json.Marshal(s.kwargs)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AIRFLOW_CONFIG": "",
		"AIRFLOW__SECRETS__BACKEND": setup.Class, "AIRFLOW__SECRETS__BACKEND_KWARGS": string(doc),
	} {
		t.Setenv(name, value)
	}
}

// TestAtATerminal checks that a line is not wider than the terminal, and that its words are those
// of a pipe, so that none is cut.
func TestAtATerminal(t *testing.T) {
	configured(t)
	for _, test := range []struct {
		args []string
		code int
		seen string
	}{
		{[]string{"-demo"}, 0, "problems created"},
		{[]string{"-demo", "-upgrade", "2.10.3:3.0.6"}, 1, "stop working on 3.0.6"},
		{[]string{"-all", "pg", "gone"}, 1, "the secret airflow/connections/gone does not exist"},
		{[]string{"-h"}, 0, "Usage:"},
		{[]string{"-demo", "pg"}, 2, "-demo brings its own connections"},
	} {
		var piped bytes.Buffer
		cmd := program(t, test.args...)
		cmd.Stdout, cmd.Stderr, cmd.Env = &piped, &piped, append(os.Environ(), "COLUMNS=")
		_ = cmd.Run() // the exit code is checked below
		assert.Equal(t, test.code, cmd.ProcessState.ExitCode(), piped.String())
		assert.NotContains(t, piped.String(), "\x1b")
		assert.Contains(t, oneLine(piped.String()), test.seen)
		narrow(t, piped.String(), 100)
		for _, columns := range []int{80, 160} {
			terminal := ptytest.Start(t, columns, program(t, test.args...))
			assert.Equal(t, test.code, terminal.Ended(t), test.args)
			shown := strings.Join(terminal.Lines(), "\n")
			if test.code < 2 && test.args[0] != "-h" {
				assert.Contains(t, shown, "\x1b[", "colors")
			}
			shown = regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(shown, "")
			narrow(t, shown, columns)
			assert.Equal(t, wordsOf(piped.String()), wordsOf(shown), "%v at %d columns", test.args, columns)
		}
	}
}

func narrow(t *testing.T, text string, columns int) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, line)
	}
}

// wordsOf returns the words of a text. Numbers, such as ports, differ from run to run.
func wordsOf(text string) []string {
	return strings.Fields(regexp.MustCompile(`\d+`).ReplaceAllString(text, "0"))
}

// TestInterrupt checks that an interrupt ends the program at once, whatever it waits for.
func TestInterrupt(t *testing.T) {
	forget(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	unanswered := func(scheme string) string {
		url := scheme + "://" + silent.Addr().String()
		doc, err := json.Marshal(map[string]any{
			"region_name": "eu-west-1", "endpoint_url": url, "service_config": stsAt(url),
		})
		require.NoError(t, err)
		return string(doc)
	}
	const limit = 30 * time.Second // for a program that hangs

	t.Run("waiting for a server", func(t *testing.T) {
		terminal := ptytest.Start(t, 80, program(t, "-timeout", "1h", "-kwargs", unanswered("https"), "pg"))
		require.NoError(t, silent.(*net.TCPListener).SetDeadline(time.Now().Add(limit)))
		conn, err := silent.Accept()
		require.NoError(t, err)
		defer conn.Close() //nolint:errcheck // nothing was written
		_, err = terminal.Write([]byte{3})
		require.NoError(t, err)
		assert.Equal(t, 130, terminal.Ended(t))
	})
	for name, signal := range map[string]os.Signal{"interrupt": os.Interrupt, "termination": syscall.SIGTERM} {
		t.Run("reading standard input, "+name, func(t *testing.T) {
			var out bytes.Buffer
			cmd := program(t, "-mwaa", "-")
			cmd.Stdout = &out
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
			_, err = io.WriteString(stdin, strings.Repeat(" ", 1<<20)) // more than a pipe holds, so it is read
			require.NoError(t, err)
			require.NoError(t, cmd.Process.Signal(signal))
			_ = cmd.Wait() // the exit code is checked below
			assert.Equal(t, 130, cmd.ProcessState.ExitCode())
			assert.Empty(t, out.String())
		})
	}
}
