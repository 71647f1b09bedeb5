package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// checkWhole notes that an input could not be read in full: a policy may then lack secrets, and
// -unused may list secrets that are used. For half of a result it refuses both.
func (t *tuner) checkWhole(o options, isWhole bool) error {
	r := t.log.Report()
	switch isAsked := o.policy != "" || o.unused > 0; {
	case !isAsked || isWhole && r.Broken == 0:
		return nil
	case r.Incomplete != "":
		return errors.New("-policy and -unused need all of a query's result, and this is half of one; " +
			"fetch the rest")
	}
	t.warnings = append(t.warnings,
		"Some of the input could not be read, so secrets that are used may "+
			"be missing in -policy, and listed by -unused.")
	return nil
}

// policy makes the policy for the calls of one caller.
func (t *tuner) policy(o options) (*policy.Policy, error) {
	if o.policy == "" {
		return nil, nil
	}
	few := printer{top: 5}
	needs := t.log.Needs()
	if n := len(needs.Callers); n > 1 {
		return nil, fmt.Errorf(
			"-policy is for one caller, and there are %d; pass -user with one of: %s",
			n, few.list(needs.Callers))
	}
	cfg := policy.Config{
		Form: policy.Form(o.policy), Limit: o.policySize, Region: o.region, Account: o.account,
	}
	for _, line := range t.exists {
		id := t.rules[t.kind].Path() + line // a line may be an id
		cfg.Exists = append(cfg.Exists, policy.ParseSecret(line), policy.ParseSecret(id))
	}
	p, err := policy.New(needs, cfg)
	switch {
	case errors.Is(err, policy.ErrRegion):
		err = errors.New("-policy: the region of a secret is not known, as in results of older queries; " +
			"pass -region REGION")
	case errors.Is(err, policy.ErrAccount):
		err = errors.New("-policy: the account of a secret is not known; pass -account ACCOUNT")
	case errors.Is(err, policy.ErrConfig):
		err = errors.New("-region and -account have letters, digits and hyphens only")
	case err != nil:
		err = fmt.Errorf("-policy: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if len(needs.Denied) > 0 {
		p.Notes = append(p.Notes, "Denied: "+few.list(secretNames(needs.Denied))+
			". Add the secrets that the caller should read.")
	}
	if len(needs.Failed) > 0 {
		p.Notes = append(p.Notes, "Failed each time: "+few.list(secretNames(needs.Failed))+
			". Read more of the trail, or add the secrets that the caller should read.")
	}
	return &p, nil
}

// secretNames gives the names of secrets, each once.
func secretNames(secrets []policy.Secret) []string {
	var names []string
	for _, s := range secrets {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// printPolicy writes the documents to stdout, to be saved, and what they open to stderr.
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
