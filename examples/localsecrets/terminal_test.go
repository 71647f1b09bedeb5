package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// TestAtATerminal checks that no line is wider than the terminal, that no word is cut, and that
// Ctrl-C ends the program at once.
func TestAtATerminal(t *testing.T) {
	seed := seedFile(t, `{"`+strings.Repeat("long", 50)+`": "http://h", "pg": "http://h"}`)
	for _, columns := range []int{80, 160} {
		cmd := ptytest.Command(t, "-as", "connections", "-seed", seed, "-state", t.TempDir()+"/state.json", "-unsafe-public", "-log")
		terminal := ptytest.Start(t, columns, cmd)
		terminal.WaitFor(t, "Ctrl-C stops it.")
		said := strings.Join(terminal.Lines(), "\n")
		assert.Regexp(t, `longlong\w*…\w*longlong`, said)
		assert.Contains(t, said, "Warning: every machine that reaches 127.0.0.1:0 can read")
		assert.Contains(t, said, "export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:")
		assert.NotContains(t, said, "\x1b")
		r := &running{url: regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said)}
		r.ask(t, "POST", "/", `{"SecretIdList": ["`+strings.Repeat("name", 25)+`", "`+strings.Repeat("name", 24)+`"]}`, "X-Amz-Target: secretsmanager.BatchGetSecretValue")
		terminal.WaitFor(t, "BatchGetSecretValue")
		narrow(t, terminal, columns)
		_, _ = terminal.Write([]byte{3})
		assert.Equal(t, 130, terminal.Ended(t))
	}
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 0, "-version")
	ptytest.Fits(t, 2, "-addr", ":0")
	ptytest.Fits(t, 2, "-what")
	ptytest.Fits(t, 1, "-seed", strings.Repeat("nowhere/", 40))
}

func narrow(t *testing.T, terminal *ptytest.Terminal, columns int) {
	t.Helper()
	for _, line := range terminal.Lines() {
		assert.LessOrEqual(t, cli.Cells(line), columns, line)
	}
}
