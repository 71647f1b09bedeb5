package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// checkIDs is about the ids given: whether they are spelt as ids, and whether
// there is a secret.
func (d *doctor) checkIDs() {
	if len(d.ids) == 0 {
		d.skip(idsGiven, "none is given")
		return
	}
	var found []finding
	there, unknown := 0, 0
	for _, i := range d.ids {
		a, known := d.answer(i)
		if known && a.skip == lookup.Asked && a.came() {
			there++
			continue
		}
		if wrong := d.misspelt(i); wrong != nil {
			found = append(found, *wrong)
			continue
		}
		switch inventory := d.listed[i.kind]; {
		case !known, a.skip != lookup.Asked: // hidden has those
			unknown++
		case a.err.Reason != backend.NoSecret:
			unknown++
		case inventory != nil && len(inventory.listed) == 0: // prefix has those
			unknown++
		case i == (id{lookup.KindConnection, awsDefault}):
			unknown++
		default:
			do := a.err.Hint()
			if near := nearby(i.text, inventory); near != "" {
				do = "is it " + near + "? " + do
			}
			found = append(found, finding{Failed, i.text + ": there is no secret " + a.name, do})
		}
	}
	if there == 0 && len(found) == 0 {
		d.skip(idsGiven, "nothing can be told of "+count(unknown, "id", "ids")+": see the checks that failed")
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

// misspelt is what lookup finds wrong with an id by itself: the prefix in it, for
// one.
func (d *doctor) misspelt(i id) *finding {
	rule, _ := d.rule(i.kind)
	for _, f := range bare(rule).Lint(i.text) {
		if f.Rule != "separator" {
			return &finding{Failed, f.Problem, "ask for " + f.Instead}
		}
	}
	return nil
}

// nearby is an id that exists and differs in its signs or capitals alone.
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

// checkHidden looks for secrets that exist and that nobody gets, since a pattern
// or a prefix keeps their ids from being asked for.
func (d *doctor) checkHidden(ctx context.Context) {
	var found []finding
	for _, i := range d.ids {
		skip := d.skipOf(i)
		if skip == lookup.Asked || d.misspelt(i) != nil {
			continue
		}
		rule, _ := d.rule(i.kind)
		do := (&backend.LookupError{Kind: i.kind, ID: i.text, Reason: backend.SkipReason(skip)}).Hint()
		secret := name(rule, i.text)
		switch exists, known := d.exists(ctx, i, secret); {
		case secret == "":
			found = append(found, finding{Failed, i.text + ": " + skip.String(), do})
		case exists:
			found = append(found, finding{Failed, secret + " exists and is not asked for: " + skip.String(), do})
		case !known:
			found = append(found, finding{Warning, i.text + " is not asked for, and whether " + secret + " exists could not be seen: " + skip.String(), do})
		}
	}
	var names []string
	for _, k := range kinds {
		if there := d.listed[k.kind]; there != nil {
			for _, l := range there.listed {
				given := slices.Contains(d.ids, id{k.kind, l.ID})
				meant := k.kind == lookup.KindConnection && l.ID == awsDefault // it has a check of its own
				if l.Skip != lookup.Asked && !given && !meant {
					names = append(names, l.Name)
				}
			}
		}
	}
	if len(names) > 0 {
		found = append(found, finding{Warning, count(len(names), "secret exists and is", "secrets exist and are") + " never asked for: " + joined(names, ", ", 5),
			"widen the lookup pattern if Airflow shall find them"})
	}
	fine := "nothing that exists is hidden"
	if len(d.listed) == 0 {
		fine = "no id given is hidden; what else exists could not be listed"
		if len(d.ids) == 0 {
			d.skip(hidden, "the secrets could not be listed, and no id is given")
			return
		}
	}
	d.setAll(hidden, found, fine)
}

// skipOf is why an id is not asked for, without a call.
func (d *doctor) skipOf(i id) lookup.Reason {
	rule, err := d.rule(i.kind)
	if err != nil {
		return lookup.Asked // and the pattern's own check says why it fails
	}
	plan, err := rule.Plan(i.text, "")
	if err != nil {
		return lookup.Asked
	}
	return plan.Skip
}

// exists reports whether there is a secret of a name, by the list or else by asking
// for it.
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
