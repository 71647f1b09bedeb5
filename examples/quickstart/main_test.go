package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

var program string // the test binary, which is the program if asProgram is set

const asProgram = "QUICKSTART_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	var err error
	if program, err = os.Executable(); err != nil {
		panic(err)
	}
	for name, value := range map[string]string{asProgram: "1", "COLUMNS": "", "NO_COLOR": ""} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// private are the secrets of the samples, and what is left of them when they are cut.
var private = []string{"s3cr", "/cr3t", "p@ss", "m@il"}

// TestAtATerminal: the demo fits a screen, no line is wider than the terminal, and no word
// is cut.
func TestAtATerminal(t *testing.T) {
	for _, columns := range []int{80, 160} {
		for _, args := range [][]string{nil, {"-h"}, {"-what"}, {"pg"}} {
			terminal := ptytest.Start(t, columns, exec.Command(program, args...))
			terminal.Ended(t)
			text := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(strings.Join(terminal.Lines(), "\n"))
			assert.NotContains(t, text, "\x1b", "only headings are bold")
			lines := strings.Split(text, "\n")
			assert.LessOrEqual(t, len(lines), 40)
			for _, line := range lines {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, line)
			}
			var stdout, stderr strings.Builder
			run(t.Context(), args, nil, &stdout, &stderr)
			assert.NotContains(t, stdout.String(), "\x1b", "a pipe gets no escape codes")
			assert.Equal(t, strings.Fields(stdout.String()+stderr.String()), strings.Fields(text), "the words are those of a pipe")
			for _, secret := range private {
				assert.NotContains(t, text, secret)
			}
		}
	}
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"", 0, "hook", ""},
		{"-h", 0, "Usage:", ""},
		{"-version", 0, "quickstart ", ""},
		{"pg", 2, "", "arguments need -aws"},
		{"-aws", 2, "", "-aws needs the ids"},
		{"-what", 2, "", "-what is not a flag"},
		{"-aws pg", 1, "", "AIRFLOW__SECRETS__BACKEND"},
	} {
		t.Run(test.args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(t.Context(), strings.Fields(test.args), []string{"HOME=" + t.TempDir()}, &stdout, &stderr)
			assert.Equal(t, test.code, code, stderr.String())
			if test.args != "" {
				assert.Contains(t, stdout.String(), test.stdout)
			}
			assert.Contains(t, stderr.String(), test.stderr)
			assert.Equal(t, test.stderr == "", stderr.Len() == 0)
		})
	}
}

func TestHelpHasFiveParts(t *testing.T) {
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-h"}, nil, &stdout, &stderr))
	assert.Regexp(t, `(?s)^Quickstart .*\n\nUsage:\n.*\n\nFlags:\n.*\n\nExamples:\n  .*\n  .*\n\nExit codes:\n  0: .*130: `, stdout.String())
}

// TestInterrupt presses Ctrl-C while a lookup waits for a server that never answers.
func TestInterrupt(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	for name, value := range map[string]string{
		"AIRFLOW__SECRETS__BACKEND": setup.Class,
		"AIRFLOW__SECRETS__BACKEND_KWARGS": `{"region_name": "eu-west-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "EXAMPLE",
			"endpoint_url": "http://` + silent.Addr().String() + `"}`,
	} {
		t.Setenv(name, value)
	}
	terminal := ptytest.Start(t, 80, exec.Command(program, "-aws", "pg"))
	waiting, err := silent.Accept()
	require.NoError(t, err)
	defer func() { _ = waiting.Close() }()
	_, err = terminal.Write([]byte{3})
	require.NoError(t, err)
	assert.Equal(t, 130, terminal.Ended(t))
}

func TestLookUpInAWS(t *testing.T) {
	for _, pair := range os.Environ() { // what the machine has for AWS
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // so that it is restored after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	srv := secretsmanagertest.NewServer(t)
	srv.Set("prod/conns/pg", "postgres://app:s3cr@db.example.com/orders")
	environ := []string{
		"HOME=" + t.TempDir(), "AIRFLOW__SECRETS__BACKEND=" + setup.Class,
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": "prod/conns", "region_name": "eu-west-1", "connection_prefix": "x",
			"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "EXAMPLE", "endpoint_url": "` + srv.URL() + `"}`,
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, 0, run(t.Context(), []string{"-aws", "pg"}, environ, &stdout, &stderr), stderr.String())
	assert.Regexp(t, `pg +postgres app@db\.example\.com/orders`, stdout.String())
	assert.Contains(t, stdout.String(), "warning: ")
	assert.Empty(t, stderr.String())

	stdout.Reset()
	assert.Equal(t, 1, run(t.Context(), []string{"-aws", "gone", "pg", "lost"}, environ, &stdout, &stderr))
	assert.Regexp(t, `gone +nothing\n  pg +postgres app@`, stdout.String())
	assert.Equal(t, 2, strings.Count(stderr.String(), "quickstart: backend: connection"), stderr.String())
	assert.NotContains(t, stdout.String()+stderr.String(), "s3cr")
	assert.NotContains(t, stdout.String()+stderr.String(), "EXAMPLE")
}

func TestEntry(t *testing.T) {
	for _, test := range []struct {
		width       int
		label, text string
		want        string
	}{
		{80, "id", "pg", "  id                pg\n"},
		{60, "id", strings.Repeat("word ", 9), "  id                word word word word word word word word\n                    word\n"},
		{80, "an_id_wider_than_its_column", "pg", "  an_id_wider_than_its_column\n    pg\n"},
		{40, "id", "pg", "  id\n    pg\n"},
	} {
		p := &page{width: test.width}
		p.entry(test.label, test.text)
		assert.Equal(t, test.want, p.text.String())
	}
}

// Each program is in examples/README.md with its command, and each tool with the command that
// installs it.
func TestExamplesReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	readme := string(text)
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(mod), "\n")
	module := strings.TrimPrefix(first, "module ")

	programs, err := filepath.Glob("../*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, programs)
	tools, examples, found := strings.Cut(readme, "\n## Examples\n")
	require.True(t, found)
	for _, path := range programs {
		name := filepath.Base(filepath.Dir(path))
		link := "| [" + name + "](" + name + "/main.go) | "
		assert.Equal(t, 1, strings.Count(readme, link), "a line for %s, with its link", name)
		command := "go run ./examples/" + name
		if _, err := os.Stat("../" + name + "/go.mod"); err == nil {
			command = "go run -C examples/" + name + " ."
		}
		assert.Contains(t, readme, "| `"+command, "the command of %s", name)
		install := "go install " + module + "/examples/" + name + "@latest\n"
		assert.Equal(t, strings.Contains(tools, link), strings.Contains(tools, install), "tools are installed: %s", name)
		assert.NotContains(t, examples, install)
	}
	assert.Equal(t, len(programs), strings.Count(readme, "/main.go)"), "a line for a program that is not there")
}
