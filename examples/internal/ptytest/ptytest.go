// Package ptytest runs programs at a terminal, for tests of what people see.
package ptytest

import (
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Terminal is the pseudo-terminal of a running program. Writing to it types.
type Terminal struct {
	io.Writer

	cmd  *exec.Cmd
	mu   sync.Mutex
	seen strings.Builder
	end  chan struct{} // closed when the program and its output have ended
}

// Start starts a program at a terminal of the given number of columns and kills it when
// the test ends. COLUMNS is not in the program's environment. The test is skipped on a
// system without pseudo-terminals.
func Start(t *testing.T, columns int, cmd *exec.Cmd) *Terminal {
	t.Helper()
	ours, theirs := open(t, columns)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.Env = append(without(cmd.Environ(), "COLUMNS"), "TERM=xterm")
	cmd.SysProcAttr = controlling()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	terminal := &Terminal{Writer: ours, cmd: cmd, end: make(chan struct{})}
	go func() {
		defer close(terminal.end)
		_, _ = io.Copy(screen{terminal}, ours) // fails when the program has closed it
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-terminal.end
		_ = ours.Close()
	})
	return terminal
}

// screen records the output of the program.
type screen struct{ *Terminal }

func (s screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.Write(p)
}

func without(env []string, name string) (rest []string) {
	for _, pair := range env {
		if !strings.HasPrefix(pair, name+"=") {
			rest = append(rest, pair)
		}
	}
	return rest
}

// Lines returns the output so far, escape codes included.
func (t *Terminal) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Split(strings.ReplaceAll(t.seen.String(), "\r\n", "\n"), "\n")
}

// hang is a limit for what a program should do at once.
const hang = 30 * time.Second

// WaitFor waits until the output has a text.
func (t *Terminal) WaitFor(tb testing.TB, text string) {
	tb.Helper()
	for end := time.Now().Add(hang); !strings.Contains(strings.Join(t.Lines(), "\n"), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%q is not shown, but %q", text, t.Lines())
		}
	}
}

// Ended waits for the end of the program and returns its exit code.
func (t *Terminal) Ended(tb testing.TB) (code int) {
	tb.Helper()
	select {
	case <-t.end:
	case <-time.After(hang):
		tb.Fatal("the program does not end")
	}
	return t.cmd.ProcessState.ExitCode()
}
