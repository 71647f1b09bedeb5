package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// An unused lists the secrets that nobody asks for.
type unused struct {
	days   int
	listed int // secrets of -exists
	idle   []tune.Idle
}

// unused lists the secrets of -exists that nobody asked for in so many days. A line of -exists may
// be an id; then it is listed only if its secret is idle too.
func (t *tuner) unused(days int) (*unused, error) {
	if days == 0 {
		return nil, nil
	}
	lines := distinct(t.exists)
	var ids []string
	path := t.rules[t.kind].Path()
	for _, line := range lines {
		if _, _, ok := t.log.Resolve(line); !ok {
			ids = append(ids, path+line)
		}
	}
	idle, err := t.log.Idle(lines, days)
	var idleIDs []tune.Idle
	if err == nil {
		idleIDs, err = t.log.Idle(ids, days)
	}
	switch {
	case errors.Is(err, tune.ErrTooShort):
		return nil, fmt.Errorf("-unused: the calls do not go back %s; read more of the trail, or pass "+
			"fewer days", many(days, "day"))
	case err != nil:
		return nil, fmt.Errorf("-unused: %w", err)
	}
	isUsed := func(i tune.Idle) bool {
		isSame := func(id tune.Idle) bool { return id.Name == path+i.Name }
		return slices.Contains(ids, path+i.Name) && !slices.ContainsFunc(idleIDs, isSame)
	}
	return &unused{days, len(lines), slices.DeleteFunc(idle, isUsed)}, nil
}

// distinct gives each secret of a list once. A name that is also there as an ARN counts as that.
func distinct(lines []string) []string {
	arns, seen := map[string]bool{}, map[string]bool{}
	for _, line := range lines {
		if s := policy.ParseSecret(line); s.Name != line {
			arns[s.Name] = true
		}
	}
	var all []string
	for _, line := range lines {
		if !seen[line] && !arns[line] {
			all = append(all, line)
		}
		seen[line] = true
	}
	return all
}

// unused prints the secrets that nobody asks for.
func (p *printer) unused(u *unused) {
	if u == nil {
		return
	}
	p.line("")
	p.line("%s", p.out.Bold("SECRETS NOT ASKED FOR IN "+strings.ToUpper(many(u.days, "day"))))
	cost := tune.IdlePrice(len(u.idle))
	p.line("%s of %s, %v a month", commas(len(u.idle)), many(u.listed, "secret"), cost)
	for _, i := range u.idle[:min(p.top, len(u.idle))] {
		last := "never in these calls"
		if i.Last != "" {
			last = "last " + i.Last
		}
		p.line("  %s", term.Printable(i.Name))
		p.line("    %s", p.out.Dim(last))
	}
	p.more(len(u.idle))
}
