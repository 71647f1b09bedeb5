package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// lacks notes that inputs could not be read in full: a policy then lacks secrets, and -unused
// lists some that are used. Of half a result neither is made.
func (t *tuner) lacks(o options, isWhole bool) error {
	r := t.log.Report()
	switch isAsked := o.policy != "" || o.unused > 0; {
	case !isAsked || isWhole && r.Broken == 0:
		return nil
	case r.Incomplete != "":
		return errors.New("-policy and -unused need all of a query's result, and this is half of one")
	}
	t.warnings = append(t.warnings, "Some of the input could not be read, so secrets that are used may be missing in -policy, and listed by -unused.")
	return nil
}

// policy makes the policy for the calls of one caller.
func (t *tuner) policy(o options, r tune.Report) (*policy.Policy, error) {
	if o.policy == "" {
		return nil, nil
	}
	few := printer{top: 5}
	var roles []string
	for _, p := range r.Principals {
		role := p.Name[:max(strings.LastIndexByte(p.Name, '/'), 0)]
		if role == "" {
			role = p.Name
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	if len(roles) > 1 {
		return nil, fmt.Errorf("-policy is for one caller, and there are %d. Pass -user with one of: %s", len(roles), few.list(roles))
	}
	cfg := policy.Config{Form: policy.Form(o.policy), Limit: o.policySize, Region: o.region, Account: o.account}
	for _, name := range t.exists {
		cfg.Exists = append(cfg.Exists, policy.ParseSecret(name))
		cfg.Exists = append(cfg.Exists, policy.ParseSecret(t.rules[t.kind].Path()+name)) // it may be an id
	}
	needs := t.log.Needs()
	p, err := policy.New(needs, cfg)
	if err != nil {
		return nil, fmt.Errorf("-policy: %w", err)
	}
	if len(needs.Denied) > 0 {
		p.Notes = append(p.Notes, "Denied were: "+few.list(needs.Denied)+". Add those that the caller should read.")
	}
	return &p, nil
}

// printPolicy writes the documents, to be saved, and what to know of them beside.
func (a answer) printPolicy(stdout, stderr io.Writer, top int) error {
	p := printer{top: top}
	for _, g := range a.policy.Grants {
		p.line("%s", term.Printable(g.Resource))
		p.prose("  ", "%s", g)
		if len(g.Opens) > 0 {
			p.prose("  ", "exists and is not used: %s", p.list(g.Opens))
		}
	}
	for _, note := range slices.Concat(a.policy.Notes, a.warnings) {
		p.prose("", "note: %s", note)
	}
	if _, err := io.WriteString(stderr, p.text.String()); err != nil {
		return err
	}
	for _, doc := range a.policy.Documents {
		if _, err := fmt.Fprintln(stdout, doc); err != nil {
			return err
		}
	}
	return nil
}

// idle gives the secrets of -exists that nobody asks for. A line of that may be an
// id: then it is idle only if its secret is.
func (t *tuner) idle(days int) ([]tune.Idle, error) {
	if days == 0 {
		return nil, nil
	}
	var ids []string
	path := t.rules[t.kind].Path()
	for _, line := range t.exists {
		if _, _, ok := t.log.Resolve(line); !ok {
			ids = append(ids, path+line)
		}
	}
	all, err := t.log.Idle(t.exists, days)
	if err == nil {
		var idleIDs []tune.Idle
		idleIDs, err = t.log.Idle(ids, days)
		all = slices.DeleteFunc(all, func(i tune.Idle) bool {
			isIdle := func(id tune.Idle) bool { return id.Name == path+i.Name }
			return slices.Contains(ids, path+i.Name) && !slices.ContainsFunc(idleIDs, isIdle)
		})
	}
	switch {
	case errors.Is(err, tune.ErrTooShort):
		err = fmt.Errorf("-unused %d: the calls do not go back so many days; read more of the trail", days)
	case errors.Is(err, tune.ErrTooMany):
		err = fmt.Errorf("-unused %d: more names were asked for than can be told apart; read fewer days", days)
	}
	return all, err
}

// when reads a day in UTC, or a time. A day as the end is meant to its end.
func when(text string, isEnd bool) (string, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err == nil && isEnd {
		at = at.AddDate(0, 0, 1)
	}
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return "", errors.New("want a day such as 2026-11-30, or a time such as 2026-11-30T12:00:00Z")
	}
	return at.UTC().Format(time.RFC3339), nil
}
