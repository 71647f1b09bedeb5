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

// checkSecrets checks the secrets that were read: those of the ids given, and with -all every
// secret that is listed, whether or not Airflow asks for it.
func (d *doctor) checkSecrets(ctx context.Context) {
	if d.backend == nil {
		return
	}
	var rest []answer
	if d.all {
		rest = d.readAll(ctx)
	}
	var found []Finding
	n, opened := 0, 0
	for i, a := range slices.Concat(d.answers, rest) {
		switch {
		case a.skip != lookup.Asked && i < len(d.answers):
		case a.skip != lookup.Asked:
			n++
			opened++
			for _, f := range d.look(a) {
				found = append(found, Finding{Warning, f.Seen + " (never asked for)", f.Do})
			}
		case a.came():
			n++
			opened++
			found = append(found, d.look(a)...)
		case a.err.Reason == backend.DeletionScheduled:
			n++
			found = append(found, Finding{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()})
		case i >= len(d.answers): // the check of GetSecretValue reports the others
			n++
			found = append(found, Finding{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()})
		}
	}
	if opened > 0 && d.made[kms].Status == Skipped {
		d.ok(kms, count(opened, "secret", "secrets")+" decrypted")
	}
	if n == 0 {
		d.skip(secrets, "no secret was read: give an id that exists, or -all")
		return
	}
	d.setAll(secrets, found, count(n, "secret", "secrets")+" read without a finding")
}

// readAll reads the secrets that are listed and were not asked for yet, in batches if that is
// allowed.
func (d *doctor) readAll(ctx context.Context) (read []answer) {
	for _, k := range kinds {
		if there := d.listed[k.kind]; there != nil {
			read = append(read, d.readHidden(ctx, k.kind, there)...)
			read = append(read, d.readListed(ctx, k.kind, there)...)
		}
	}
	return read
}

// readListed reads the listed secrets of one kind that Airflow would ask for.
func (d *doctor) readListed(ctx context.Context, kind lookup.Kind, there *inventory) (read []answer) {
	var ids []string
	for _, l := range there.listed {
		if _, known := d.answer(id{kind, l.ID}); !known && l.Skip == lookup.Asked {
			ids = append(ids, l.ID)
		}
	}
	rule, _ := d.rule(kind)
	for got, err := range d.backend.LookupAll(ctx, kind, ids) {
		if len(read) == len(ids) {
			break
		}
		text := ids[len(read)]
		a := answer{id: id{kind, text}, name: name(rule, text), conn: got.Connection}
		a.err, _ = errors.AsType[*backend.LookupError](err)
		if err != nil && a.err == nil {
			break
		}
		read = append(read, a)
	}
	return read
}

// readHidden reads the secrets that Airflow never asks for, by their names. A finding about them
// is only a warning.
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

// look returns what is wrong with one secret, or what the hook of its type reads differently from
// what it seems to say. It names the id and the field, but never a value.
func (d *doctor) look(a answer) (found []Finding) {
	if a.err != nil && a.err.Reason != backend.Malformed {
		return []Finding{{Failed, a.text + ": " + a.err.Reason.String(), a.err.Hint()}}
	}
	status := Warning
	if a.err != nil {
		status = Failed
	}
	text, there := d.tap.text(a.name)
	if there && a.kind == lookup.KindConnection {
		for _, f := range findings.Of(text.Reveal(), d.settings.Backend.ExtraConnWords, a.conn) {
			seen := a.text + ": " + f.Field + ": " + f.Problem
			found = append(found, Finding{status, seen, f.Instead})
		}
	}
	if a.err != nil && len(found) == 0 {
		rule := a.err.Reason.String()
		if wrong, ok := errors.AsType[*connuri.Error](a.err.Err); ok {
			rule = strings.TrimSpace(wrong.Field + ": " + wrong.Rule)
		}
		found = []Finding{{Failed, a.text + ": " + rule, a.err.Hint()}}
	}
	return found
}
