package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// runDemo creates each problem in turn and shows which check finds it. The exit code is 1 if
// the check that should find a problem does not.
func runDemo(ctx context.Context, p page, stderr io.Writer) int {
	forgetMachine()
	start := time.Now()
	missed := 0
	for _, t := range problems {
		r, err := t.examine(ctx)
		if ctx.Err() != nil {
			return interrupted(stderr)
		}
		if err == nil {
			err = t.write(p, r)
		}
		if err != nil {
			return failed(stderr, err)
		}
		if !t.foundIn(r) {
			missed++
		}
	}
	fmt.Fprintf(p, "%s created, %d found, in %.1f s\n", count(len(problems), "problem", "problems"),
		len(problems)-missed, time.Since(start).Seconds())
	if missed > 0 {
		return 1
	}
	return 0
}

func (t problem) examine(ctx context.Context) (Report, error) {
	s, err := newStage()
	if err != nil {
		return Report{}, err
	}
	defer s.close()
	t.create(s)
	d, err := s.doctor()
	if err != nil {
		return Report{}, err
	}
	d.examine(ctx)
	return d.report(), nil
}

// foundIn reports whether the check that should find the problem does, and no other fails.
func (t problem) foundIn(r Report) bool {
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

// write shows the checks that warn or fail.
func (t problem) write(p page, r Report) error {
	var s strings.Builder
	fmt.Fprintln(&s, p.Bold(p.indented(0, t.what)))
	for _, c := range r.Checks {
		if c.Status == Failed || c.Status == Warning {
			c.write(&s, p)
		}
	}
	others := fmt.Sprintf("other checks: %d ok, %d skipped", r.count(OK), r.count(Skipped))
	fmt.Fprintf(&s, "%s\n\n", p.Dim(others))
	_, err := io.WriteString(p, s.String())
	return err
}

// forgetMachine removes the user's AWS account and proxies from the environment.
func forgetMachine() {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name) // the name is valid, since it was set
		}
	}
}
