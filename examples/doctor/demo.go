package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// runDemo makes each trouble of the runbook in turn, and shows which check finds
// it. The exit code is 1 where another one does.
func runDemo(ctx context.Context, out term.Output, stderr io.Writer) int {
	forgetMachine()
	start := time.Now()
	missed := 0
	for _, t := range troubles {
		r, err := t.examine(ctx)
		if ctx.Err() != nil {
			return interrupted(stderr)
		}
		if err != nil {
			fmt.Fprintln(stderr, "doctor:", err)
			return 1
		}
		if err := t.write(out, r); err != nil {
			fmt.Fprintln(stderr, "doctor:", err)
			return 1
		}
		if !t.foundIn(r) {
			missed++
		}
	}
	fmt.Fprintf(out, "%s made, %d found, in %.1f s\n", count(len(troubles), "trouble", "troubles"), len(troubles)-missed, time.Since(start).Seconds())
	if missed > 0 {
		return 1
	}
	return 0
}

func (t runbook) examine(ctx context.Context) (Report, error) {
	s, err := newStage()
	if err != nil {
		return Report{}, err
	}
	defer s.close()
	t.make(s)
	d, err := s.doctor()
	if err != nil {
		return Report{}, err
	}
	d.examine(ctx)
	return d.report(), nil
}

// foundIn reports whether the check that ought to finds it, and no other fails.
func (t runbook) foundIn(r Report) bool {
	found := false
	for _, c := range r.Checks {
		if c.Name == t.check {
			found = c.Status == t.found
		} else if c.Status == Failed {
			return false
		}
	}
	return found
}

// write shows what is not ok.
func (t runbook) write(out term.Output, r Report) error {
	var s strings.Builder
	fmt.Fprintln(&s, out.Bold(t.what))
	for _, c := range r.Checks {
		if c.Status == Failed || c.Status == Warning {
			c.write(&s, out)
		}
	}
	fmt.Fprintf(&s, "%s\n\n", out.Dim(fmt.Sprintf("%-8s %d more, and %d skipped", OK, r.count(OK), r.count(Skipped))))
	_, err := io.WriteString(out, s.String())
	return err
}

// forgetMachine keeps the user's own account and proxies out of the demo.
func forgetMachine() {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name) // a name that was just there
		}
	}
}
