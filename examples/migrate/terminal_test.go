package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

const asProgram = "MIGRATE_TEST_AS_PROGRAM"

// The test binary is the program if asProgram is set.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	t.Setenv(asProgram, "1")
	t.Setenv("AIRFLOW_HOME", t.TempDir())
	return exec.Command(path, args...)
}

// TestAtATerminal: no line is wider than the terminal, and the words are those of a pipe.
func TestAtATerminal(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", another)
	long := strings.Repeat("long", 40)
	env := file(t, "AIRFLOW_CONN_PG=postgres://u:hunter2@h/db\nAIRFLOW_CONN_"+strings.ToUpper(long)+"=http://u:hunter2@h\nA=1\nOTHER_VARIABLES=2\nMORE_OF_THEM=3\n")
	for _, columns := range []int{80, 160} {
		for _, row := range []struct {
			args []string
			code int
		}{
			{[]string{"-endpoint", srv.URL(), env}, 0},
			{[]string{"-endpoint", srv.URL(), "-out", "-", "-format", "env", "-kind", "connections"}, 0},
			{[]string{"-endpoint", "foo", env}, 2},
			{[]string{"-h"}, 0},
			{[]string{"-version"}, 0},
			{[]string{"-what"}, 2},
			{[]string{"testdata/printed_get.json"}, 1},
		} {
			terminal := ptytest.Start(t, columns, program(t, row.args...))
			assert.Equal(t, row.code, terminal.Ended(t), row.args)
			for _, line := range terminal.Lines() {
				plain := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "").Replace(line)
				assert.LessOrEqual(t, utf8.RuneCountInString(plain), columns, plain)
				assert.NotContains(t, plain, "\x1b")
				if len(row.args) < 4 || row.args[2] != "-out" {
					assert.NotContains(t, plain, "hunter2")
				}
			}
		}
	}
	piped, err := program(t, "-endpoint", srv.URL(), env).CombinedOutput()
	require.NoError(t, err)
	assert.NotContains(t, string(piped), "\x1b")
}

// The help has its five parts.
func TestHelp(t *testing.T) {
	out, err := program(t, "-h").Output()
	require.NoError(t, err)
	for _, part := range []string{"Migrate creates", "\nUsage:\n  migrate ", "\nFlags:\n  -apply\n", "\nExamples:\n  migrate ", "\nExit codes:\n  0: "} {
		assert.Contains(t, string(out), part)
	}
	assert.Contains(t, string(out), "\n  130: ")
}

// An interrupt ends the program at once, also while it reads from a terminal.
func TestInterrupt(t *testing.T) {
	terminal := ptytest.Start(t, 80, program(t, "-offline", "-"))
	terminal.WaitFor(t, "no secrets backend is configured")
	_, _ = terminal.Write([]byte{3})
	assert.Equal(t, 130, terminal.Ended(t))

	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	terminal = ptytest.Start(t, 80, program(t, "-endpoint", srv.URL(), "-out", filepath.Join(t.TempDir(), "x.json"), "-kind", "variables"))
	terminal.WaitFor(t, "no secrets backend is configured")
	_, _ = terminal.Write([]byte{3})
	assert.Equal(t, 130, terminal.Ended(t))
}
