package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// variable is a variable of the environment.
type variable struct{ name, value string }

// environment returns a login as variables. They are plain text.
func (l login) environment() ([]variable, error) {
	variables := []variable{
		{"SMTP_HOST", l.settings.Host},
		{"SMTP_PORT", strconv.Itoa(l.settings.Port)},
		{"SMTP_USER", l.settings.User},
		{"SMTP_PASSWORD", l.settings.Password.Reveal()},
	}
	for _, v := range variables {
		if strings.ContainsRune(v.value, 0) {
			return nil, fmt.Errorf("secret %q: %s would hold a NUL, which the environment cannot; "+
				"remove the NUL from the connection", l.name, v.name)
		}
	}
	return variables, nil
}

// exportLines writes a login as commands of a POSIX shell.
func exportLines(out io.Writer, l login) error {
	variables, err := l.environment()
	if err != nil {
		return err
	}
	var lines strings.Builder // all of them or none
	for _, v := range variables {
		fmt.Fprintf(&lines, "export %s=%s\n", v.name, quote(v.value))
	}
	_, err = io.WriteString(out, lines.String())
	return err
}

// quote returns text as one word of a POSIX shell. Between single quotes only a single quote
// is special: it ends them, so it is written outside.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// execute runs a command with the login in its environment and waits for it. The error is an
// *exec.ExitError if the command fails.
func execute(ctx context.Context, l login, command []string) error {
	variables, err := l.environment()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // so that it can clean up
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = os.Environ()
	for _, v := range variables {
		cmd.Env = append(cmd.Env, v.name+"="+v.value) // the last one counts
	}
	return cmd.Run()
}
