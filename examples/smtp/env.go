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

type variable struct{ name, value string }

// environment is a login as variables. It is plain text from here on.
func (l login) environment() ([]variable, error) {
	variables := []variable{
		{"SMTP_HOST", l.settings.Host},
		{"SMTP_PORT", strconv.Itoa(l.settings.Port)},
		{"SMTP_USER", l.settings.User},
		{"SMTP_PASSWORD", l.settings.Password.Reveal()},
	}
	for _, v := range variables {
		if strings.ContainsRune(v.value, 0) {
			return nil, fmt.Errorf("secret %q: %s would hold a NUL, which no environment can", l.name, v.name)
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

// quote is text as one word of a POSIX shell. Between single quotes everything
// stands for itself but the single quote, which has to step outside.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// execute runs a command with the login in its environment, and is its end: a
// *exec.ExitError where the command fails.
func execute(ctx context.Context, l login, command []string) error {
	variables, err := l.environment()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it may have to tidy up
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = os.Environ()
	for _, v := range variables {
		cmd.Env = append(cmd.Env, v.name+"="+v.value) // the last one counts
	}
	return cmd.Run()
}
