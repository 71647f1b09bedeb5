package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	kwarg "github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// checkIDs checks that the ids given are spelled as ids, and that their secrets exist.
func (d *doctor) checkIDs() {
	if len(d.ids) == 0 {
		d.skip(idsGiven, "none was given")
		return
	}
	var found []Finding
	there, unknown := 0, 0
	for _, i := range d.ids {
		a, known := d.answer(i)
		if known && a.skip == lookup.Asked && a.came() {
			there++
			continue
		}
		if wrong := d.misspelled(i); wrong != nil {
			found = append(found, *wrong)
			continue
		}
		switch inventory := d.listed[i.kind]; {
		case !known, a.skip != lookup.Asked: // the check of hidden secrets reports them
			unknown++
		case a.err.Reason != backend.NoSecret:
			unknown++
		case inventory != nil && len(inventory.listed) == 0: // the check of prefixes reports them
			unknown++
		case i == (id{lookup.KindConnection, awsDefault}):
			unknown++
		default:
			do := a.err.Hint()
			if near := nearby(i.text, inventory); near != "" {
				do = "is it " + near + "? " + do
			}
			found = append(found, Finding{Failed, i.text + ": the secret " + a.name + " does not exist", do})
		}
	}
	if there == 0 && len(found) == 0 {
		d.skip(idsGiven, count(unknown, "id", "ids")+" could not be checked: see the checks that failed")
		return
	}
	d.setAll(idsGiven, found, count(there, "id finds its secret", "ids find their secrets"))
}

func (d *doctor) answer(i id) (answer, bool) {
	at := slices.IndexFunc(d.answers, func(a answer) bool { return a.id == i })
	if at < 0 {
		return answer{}, false
	}
	return d.answers[at], true
}

// misspelled is what lookup finds wrong with the spelling of an id, such as the prefix in it.
func (d *doctor) misspelled(i id) *Finding {
	rule, _ := d.rule(i.kind)
	for _, f := range bare(rule).Lint(i.text) {
		if f.Rule != "separator" {
			return &Finding{Failed, f.Problem, "ask for " + f.Instead}
		}
	}
	return nil
}

// nearby returns an id that exists and differs only in punctuation or capitals.
func nearby(text string, there *inventory) string {
	if there == nil {
		return ""
	}
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
	}
	for _, l := range there.listed {
		if plain(l.ID) == plain(text) {
			return l.ID
		}
	}
	return ""
}

// checkHidden looks for secrets that exist, but that Airflow does not get, since a pattern or a
// prefix keeps their ids from being asked for.
func (d *doctor) checkHidden(ctx context.Context) {
	found := d.hiddenIDs(ctx)
	if names := d.hiddenNames(); len(names) > 0 {
		found = append(found, Finding{Warning,
			count(len(names), "secret exists but is", "secrets exist but are") + " never asked for: " +
				joined(names, ", ", 5),
			"widen the lookup pattern if Airflow should find them"})
	}
	fine := "no existing secret is hidden"
	if len(d.listed) == 0 {
		fine = "the ids given are not hidden; other secrets could not be listed"
		if len(d.ids) == 0 {
			d.skip(hidden, "the secrets could not be listed, and no id was given")
			return
		}
	}
	d.setAll(hidden, found, fine)
}

// hiddenIDs are the findings about the ids given that Airflow does not ask for.
func (d *doctor) hiddenIDs(ctx context.Context) (found []Finding) {
	for _, i := range d.ids {
		skip := d.skipOf(i)
		if skip == lookup.Asked || d.misspelled(i) != nil {
			continue
		}
		rule, _ := d.rule(i.kind)
		failed := &backend.LookupError{Kind: i.kind, ID: i.text, Reason: backend.SkipReason(skip)}
		why, do := whySkipped(i.kind, skip), failed.Hint()
		if skip == lookup.SkippedDisabled {
			do = "if Airflow should look it up, set " + kwarg.Stem(i.kind) + "_prefix to something other than null"
		}
		secret := name(rule, i.text)
		switch exists, known := d.exists(ctx, i, secret); {
		case secret == "":
			found = append(found, Finding{Failed, i.text + ": " + why, do})
		case exists:
			found = append(found, Finding{Failed, secret + " exists but is not asked for: " + why, do})
		case !known:
			found = append(found, Finding{Warning, i.text + " is not asked for: " + why +
				"; whether " + secret + " exists could not be checked", do})
		}
	}
	return found
}

// hiddenNames are the names of the secrets that are listed, but that Airflow does not ask for.
// Ids that were given and aws_default are left out, since other findings report them.
func (d *doctor) hiddenNames() (names []string) {
	for _, k := range kinds {
		there := d.listed[k.kind]
		if there == nil {
			continue
		}
		for _, l := range there.listed {
			given := slices.Contains(d.ids, id{k.kind, l.ID})
			isDefault := k.kind == lookup.KindConnection && l.ID == awsDefault
			if l.Skip != lookup.Asked && !given && !isDefault {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// skipOf returns why an id is not asked for. It makes no call.
func (d *doctor) skipOf(i id) lookup.Reason {
	rule, err := d.rule(i.kind)
	if err != nil {
		return lookup.Asked // the check of patterns reports the error
	}
	plan, err := rule.Plan(i.text, "")
	if err != nil {
		return lookup.Asked
	}
	return plan.Skip
}

// exists reports whether a secret exists. It looks into the list, or asks for the secret if the
// list is missing or incomplete.
func (d *doctor) exists(ctx context.Context, i id, secret string) (exists, known bool) {
	if there := d.listed[i.kind]; there != nil && !there.cut {
		return there.has(i.text), true
	}
	if d.backend == nil || secret == "" {
		return false, false
	}
	_, err := d.backend.Secret(ctx, secret)
	failed, isLookup := errors.AsType[*backend.LookupError](err)
	if !isLookup {
		return err == nil, true
	}
	a := answer{err: failed}
	return a.came(), a.came() || failed.Reason == backend.NoSecret
}
