package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/findings"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// checkSecrets looks at what was read: of the ids given, and with -all of all that
// the lists show, whether Airflow asks for it or not.
func (d *doctor) checkSecrets(ctx context.Context) {
	if d.backend == nil {
		return
	}
	var rest []answer
	if d.all {
		rest = d.readAll(ctx)
	}
	var found []finding
	n, opened := 0, 0
	for i, a := range slices.Concat(d.answers, rest) {
		switch {
		case a.skip != lookup.Asked && i < len(d.answers):
		case a.skip != lookup.Asked:
			n++
			opened++
			for _, f := range d.look(a) {
				found = append(found, finding{Warning, f.seen + " (never asked for)", f.do})
			}
		case a.came():
			n++
			opened++
			found = append(found, d.look(a)...)
		case a.err.Reason == backend.DeletionScheduled:
			n++
			found = append(found, finding{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()})
		case i >= len(d.answers): // of the others the check of GetSecretValue tells
			n++
			found = append(found, finding{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()})
		}
	}
	if opened > 0 && d.made[kms].Status == Skipped {
		d.ok(kms, count(opened, "secret", "secrets")+" decrypted")
	}
	if n == 0 {
		d.skip(secrets, "none was read: give an id that exists, or -all")
		return
	}
	d.setAll(secrets, found, count(n, "secret", "secrets")+" read without a finding")
}

// readAll reads what is listed and was not asked for yet, in batches where that
// is allowed.
func (d *doctor) readAll(ctx context.Context) (read []answer) {
	for _, k := range kinds {
		there := d.listed[k.kind]
		if there == nil {
			continue
		}
		var ids []string
		for _, l := range there.listed {
			if _, known := d.answer(id{k.kind, l.ID}); !known && l.Skip == lookup.Asked {
				ids = append(ids, l.ID)
			}
		}
		rule, _ := d.rule(k.kind)
		read = append(read, d.readHidden(ctx, k.kind, there)...)
		n := 0
		for got, err := range d.backend.LookupAll(ctx, k.kind, ids) {
			if n == len(ids) {
				break
			}
			a := answer{id: id{k.kind, ids[n]}, name: name(rule, ids[n]), conn: got.Connection}
			a.err, _ = errors.AsType[*backend.LookupError](err)
			if err != nil && a.err == nil {
				break
			}
			read = append(read, a)
			n++
		}
	}
	return read
}

// readHidden reads the secrets that Airflow never asks for, by their names. Nothing in
// them is more than a warning.
func (d *doctor) readHidden(ctx context.Context, kind lookup.Kind, there *inventory) (read []answer) {
	for _, l := range there.listed {
		if l.Skip == lookup.Asked {
			continue
		}
		_, err := d.backend.Secret(ctx, l.Name)
		if failed, ok := errors.AsType[*backend.LookupError](err); ok && stops(failed.Reason) {
			break
		}
		a := answer{id: id{kind, l.ID}, name: l.Name, skip: l.Skip}
		if text, ok := d.tap.text(l.Name); err == nil && ok && kind == lookup.KindConnection {
			cfg := d.settings.Backend
			a.conn, _ = cfg.Parse(text.Reveal()) // Lint says why it cannot be read
		}
		if err == nil {
			read = append(read, a)
		}
	}
	return read
}

// look tells what is wrong with one secret, or read otherwise than it looks by the
// hook of its type: the id and the field, and never what is in it.
func (d *doctor) look(a answer) (found []finding) {
	if a.err != nil && a.err.Reason != backend.Malformed {
		return []finding{{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()}}
	}
	status := Warning
	if a.err != nil {
		status = Failed
	}
	text, there := d.tap.text(a.name)
	if there && a.kind == lookup.KindConnection {
		for _, f := range findings.Of(text.Reveal(), d.settings.Backend.ExtraConnWords, a.conn) {
			found = append(found, finding{status, a.text + ": " + f.Field + ": " + f.Problem, f.Instead})
		}
	}
	if a.err != nil && len(found) == 0 {
		rule := a.err.Reason.String()
		if wrong, ok := errors.AsType[*connuri.Error](a.err.Err); ok {
			rule = strings.TrimSpace(wrong.Field + ": " + wrong.Rule)
		}
		found = []finding{{Failed, a.text + ": " + rule, a.err.Hint()}}
	}
	return found
}
