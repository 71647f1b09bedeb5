package main

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// TestAtATerminal: no line is wider than the terminal, no word is cut, and Ctrl-C
// ends the program at once.
func TestAtATerminal(t *testing.T) {
	seed := seedFile(t, `{"`+strings.Repeat("long", 50)+`": "http://h", "pg": "http://h"}`)
	for _, columns := range []int{80, 160} {
		cmd := exec.Command(program, "-as", "connections", "-seed", seed, "-state", t.TempDir()+"/state.json", "-unsafe-public")
		terminal := ptytest.Start(t, columns, cmd)
		terminal.WaitFor(t, "Ctrl-C stops it.")
		said := strings.Join(terminal.Lines(), "\n")
		assert.Regexp(t, `longlong\w*…\w*longlong`, said)
		assert.Contains(t, said, "Warning: every machine that reaches 127.0.0.1:0 can read")
		assert.Contains(t, said, "export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:")
		assert.NotContains(t, said, "\x1b")
		narrow(t, terminal, columns)
		_, _ = terminal.Write([]byte{3})
		assert.Equal(t, 130, terminal.Ended(t))

		for _, args := range [][]string{{"-h"}, {"-addr", ":0"}, {"-what"}} {
			terminal := ptytest.Start(t, columns, exec.Command(program, args...))
			terminal.Ended(t)
			narrow(t, terminal, columns)
			words := strings.Fields(strings.Join(terminal.Lines(), " "))
			stdout, stderr, _ := ends(t, args...)
			assert.Equal(t, strings.Fields(stdout+stderr), words, "the words are those of a pipe")
		}
	}
}

func narrow(t *testing.T, terminal *ptytest.Terminal, columns int) {
	t.Helper()
	for _, line := range terminal.Lines() {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, line)
	}
}
