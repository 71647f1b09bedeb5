package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	t.Setenv("COLUMNS", "500") // what is asserted stands on one line
	file := filepath.Join(t.TempDir(), "kwargs.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"variables_prefix": null, "config_prefix": "", "connections_prefix": "p--", "sep": "-/"}`), 0o600))
	for _, test := range []struct {
		name, args, stdin string
		code              int
		stdout, stderr    []string // contained in order
	}{
		{name: "pattern", args: "-pattern " + lookup.MWAAPattern + " aws_default smtp_default",
			stdout: []string{"aws_default", "0", "skipped: the lookup pattern", "smtp_default", "1", "airflow/connections/smtp_default", "2 ids: 1 reached, 1 skipped"}},
		{name: "standard input", args: "-pattern ^(?!aws-default).*", stdin: "aws_default\n\npg\n",
			stdout: []string{"airflow/connections/aws_default", "airflow/connections/pg", "2 ids: 2 reached", "note: hyphen"}},
		{name: "team", args: "-team red -multi-team pg a--b",
			stdout: []string{"airflow/connections/red--pg, then airflow/connections/pg", "skipped: the id contains"}},
		{name: "kwargs", args: `-kwargs {"variables_prefix":"vars/","variables_lookup_pattern":"prod"} -kind variable prod_x dev`,
			stdout: []string{"asks vars/prod_x", "dev", "skipped"}},
		{name: "file", args: "-kwargs @" + file + " x", stdout: []string{"asks p-/x"}},
		{name: "null", args: "-kwargs @" + file + " -kind variable x", stdout: []string{"skipped: lookups of this kind are disabled"}},
		{name: "no prefix", args: "-kwargs @" + file + " -kind config x", stdout: []string{"asks x"}},
		{name: "null separator", args: `-kwargs {"sep":null} x`, code: 2, stderr: []string{"sep"}},
		{name: "misspelt", args: `-kwargs {"connection_prefix":"p"} x`, stdout: []string{"asks airflow/connections/x", "note:", "connections_prefix"}},
		{name: "pattern wins", args: `-kwargs {"connections_lookup_pattern":"("} -pattern ^x x`, stdout: []string{"asks airflow/connections/x"}},
		{name: "no separator", args: `-kwargs {"sep":""} x`, stdout: []string{"asks airflow/connectionsx"}},
		{name: "a plain file", args: "-kwargs " + file + " x", stdout: []string{"asks p-/x", "1 id: 1 reached", "; 1 call at most"}},
		{name: "JSON", args: "-json -pattern ^p p a postgres://u:hunter2@h", stdout: []string{
			`{"id":"p","names":["airflow/connections/p"]}`, `{"id":"a","skipped":"`, `{"id":"[redacted`}},
		{name: "a runaway pattern", args: `-pattern ^(\w+_?)+$ x`, stdout: []string{"note: runaway"}},
		{name: "bad pattern", args: "-pattern hunter2(* x", code: 2, stderr: []string{"lookup: -pattern: nothing to repeat at position 8"}},
		{name: "bad pattern in kwargs", args: `-kwargs {"connections_lookup_pattern":"("} x`, code: 2, stderr: []string{"lookup: -kwargs: ", "missing )"}},
		{name: "pattern is a number", args: `-kwargs {"connections_lookup_pattern":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "prefix is a number", args: `-kwargs {"connections_prefix":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "separator is a number", args: `-kwargs {"sep":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "kwargs are a list", args: `-kwargs [1] x`, code: 2, stderr: []string{"not an object"}},
		{name: "no file", args: `-kwargs @nowhere x`, code: 2, stderr: []string{"nowhere"}},
		{name: "kwargs are not a file", args: `-kwargs hunter2 x`, code: 2, stderr: []string{"lookup: -kwargs: "}},
		{name: "kwargs for the ids", args: "-kwargs -", code: 2, stderr: []string{"-kwargs - leaves no standard input"}},
		{name: "kind", args: "-kind hunter2 x", code: 2, stderr: []string{"lookup: -kind: want connection, variable or config"}},
		{name: "flag", args: "-what", code: 2, stderr: []string{"-what", "lookup -h shows the usage"}},
		{name: "value of a flag", args: "-json=hunter2", code: 2, stderr: []string{"-json: want true or false"}},
		{name: "help", args: "-h", stdout: []string{"Lookup shows", "\nUsage:\n", "\nFlags:\n", "\nExamples:\n", "\nExit codes:\n"}},
		{name: "version", args: "-version", stdout: []string{"lookup "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(strings.Fields(test.args), strings.NewReader(test.stdin), &stdout, &stderr)
			assert.Equal(t, test.code, code)
			assert.NotContains(t, stdout.String()+stderr.String(), "hunter2")
			for text, wants := range map[string][]string{stdout.String(): test.stdout, stderr.String(): test.stderr} {
				rest := text
				for _, want := range wants {
					_, after, found := strings.Cut(rest, want)
					assert.True(t, found, "%q is not in\n%s", want, text)
					rest = after
				}
			}
		})
	}
}

func TestUnreadableInput(t *testing.T) {
	var stdout, stderr strings.Builder
	assert.Equal(t, 1, run(nil, iotest.ErrReader(errors.New("broken")), &stdout, &stderr))
	assert.Equal(t, "lookup: standard input: broken\n", stderr.String())
}

// TestAtATerminal checks that the output fits the terminal and that Ctrl-C ends the program.
func TestAtATerminal(t *testing.T) {
	long := strings.Repeat("long_", 50)
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 0, "-team", "red", "-multi-team", "-pattern", "^(?!aws-default).*", "aws_default", long)
	ptytest.Fits(t, 0, "-pattern", "^(?!"+long+"$).*", "aws_default", "a--b")
	ptytest.Fits(t, 2, "-kwargs", `{"connections_lookup_pattern": 5, "connections_prefix": 5}`, "x")
	ptytest.Fits(t, 2, "-what")

	terminal := ptytest.Start(t, 80, ptytest.Command(t))
	terminal.WaitFor(t, "Ctrl-D ends the list.")
	_, err := terminal.Write([]byte{3})
	require.NoError(t, err)
	assert.Equal(t, 130, terminal.Ended(t))
}
