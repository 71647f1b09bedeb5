package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	os.Exit(m.Run())
}

// program is the program with no configuration of Airflow.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	t.Setenv("AIRFLOW_HOME", t.TempDir())
	return ptytest.Command(t, args...)
}

// uncolored removes colors.
var uncolored = strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "")

// TestAtATerminal: no line is wider than the terminal, and the words are those of a pipe of
// the same width.
func TestAtATerminal(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", another)
	long := strings.Repeat("long", 40)
	env := file(t, "AIRFLOW_CONN_PG=postgres://u:hunter2@h/db\nAIRFLOW_CONN_"+strings.ToUpper(long)+"=http://u:hunter2@h\nA=1\nOTHER_VARIABLES=2\nMORE_OF_THEM=3\n"+
		"A"+strings.Repeat("_VERY_LONG", 6)+"=4\n")
	wide := file(t, `{"`+strings.Repeat("接続", 15)+`": {"conn_type": "http", "host": "h"}, "接続": {"conn_type": "http", "host": "h"}}`)
	for _, row := range []struct {
		args []string
		code int
	}{
		{[]string{"-endpoint", srv.URL(), env}, 0},
		{[]string{"-endpoint", srv.URL(), "-out", "-", "-format", "env", "-kind", "connections"}, 0},
		{[]string{"-endpoint", "foo", env}, 2},
		{[]string{"-offline", wide}, 1},
		{[]string{"-offline", "/nowhere/" + long + ".json"}, 2},
		{[]string{"-out", "/nowhere/" + strings.Repeat("接続", 50) + ".json", "-kind", "variables", "-demo"}, 1},
		{[]string{"-h"}, 0},
		{[]string{"-version"}, 0},
		{[]string{"-what"}, 2},
		{[]string{"testdata/printed_get.json"}, 1},
	} {
		for _, columns := range []int{80, 160} {
			terminal := ptytest.Start(t, columns, program(t, row.args...))
			assert.Equal(t, row.code, terminal.Ended(t), row.args)
			plain := uncolored.Replace(strings.Join(terminal.Lines(), "\n"))
			for line := range strings.Lines(plain) {
				assert.LessOrEqual(t, cli.Cells(strings.TrimSuffix(line, "\n")), columns, row.args)
			}
			assert.NotContains(t, plain, "\x1b")
			if !slices.Contains(row.args, "-out") {
				assert.NotContains(t, plain, "hunter2")
			}
			pipe := program(t, row.args...)
			pipe.Env = append(pipe.Env, fmt.Sprint("COLUMNS=", columns))
			piped, _ := pipe.CombinedOutput() // the exit code is that at the terminal
			assert.Equal(t, row.code, pipe.ProcessState.ExitCode(), row.args)
			assert.True(t, string(piped) == plain, "other words in a pipe: %q", row.args)
		}
	}
}

// A document without a line break at its end has one at a terminal, so that what follows begins
// a line. A pipe gets the bytes that Airflow writes.
func TestDocumentAtATerminal(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/variables/a", "1")
	args := []string{"-endpoint", srv.URL(), "-out", "-", "-kind", "variables"}
	terminal := ptytest.Start(t, 80, program(t, args...))
	assert.Equal(t, 0, terminal.Ended(t))
	assert.Contains(t, terminal.Lines(), "}")
	piped, err := program(t, args...).Output()
	require.NoError(t, err)
	assert.Equal(t, "{\n    \"a\": 1\n}", string(piped))
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

// An interrupt ends the program at once, whatever it waits for or works on, and leaves no file.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	fifo, out := filepath.Join(dir, "fifo"), filepath.Join(dir, "x.json")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip("no named pipes on this system")
	}
	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	var many strings.Builder
	many.WriteString(`{"c": {"conn_type": "http", "host": "h"}`)
	for i := range 100_000 {
		fmt.Fprintf(&many, `, "c%d": {"conn_type": "http", "host": "h"}`, i)
	}
	for _, args := range [][]string{
		{"-offline", "-"},
		{"-offline", fifo},
		{"-demo", "-offline", file(t, many.String()+"}")},
		{"-endpoint", srv.URL(), file(t, pg)},
		{"-endpoint", srv.URL(), "-apply", file(t, pg)},
		{"-endpoint", srv.URL(), "-out", out, "-kind", "variables"},
	} {
		terminal := ptytest.Start(t, 80, program(t, args...))
		terminal.WaitFor(t, "no secrets backend is configured")
		_, _ = terminal.Write([]byte{3})
		assert.Equal(t, 130, terminal.Ended(t), args)
		assert.NotContains(t, strings.Join(terminal.Lines(), "\n"), "SECRET", "the table is not written")
		assert.NoFileExists(t, out)
	}
}

// The kwargs are read before anything is said, so the interrupt comes as a signal once the
// program has opened the pipe.
func TestInterruptOfKwargs(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip("no named pipes on this system")
	}
	cmd := program(t, "-kwargs", "@"+fifo, "-offline", "x.json")
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for the program
	require.NoError(t, err)
	defer func() { _ = writer.Close() }()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	assert.Equal(t, 130, cmd.ProcessState.ExitCode())
}
