package main

import (
	"context"
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// answer is what became of an id, asked for or not.
type answer struct {
	id
	name string               // of its secret, "" where the kind is disabled
	skip lookup.Reason        // why it is not asked for
	err  *backend.LookupError // nil where there is an answer
	conn connuri.Connection
}

// came reports whether AWS handed the secret out, whatever it holds.
func (a answer) came() bool {
	return a.err == nil || a.err.Reason == backend.Malformed || a.err.Reason == backend.EmptyConnection || a.err.Reason == backend.BinaryOnly
}

// called reports whether AWS was asked.
func (a answer) called() bool { return a.err == nil || len(a.err.Names) > 0 }

// missing is a name that no secret has: asking for it tells a permission from
// its absence, mostly, and hands nothing out.
const missing = "airflowsecrets-doctor-asks-for-nothing"

// read asks for the ids given, or for a missing name under each prefix, and makes
// the checks of permission and key from the answers.
func (d *doctor) read(ctx context.Context) {
	for _, i := range d.ids {
		a := d.ask(ctx, i)
		d.answers = append(d.answers, a)
		if a.err != nil && stops(a.err.Reason) {
			break // the next one fares no better
		}
	}
	asked := 0
	for _, a := range d.answers {
		if a.called() {
			asked++
		}
	}
	if asked > 0 {
		d.checkGetSecret()
		return
	}
	d.probe(ctx)
}

// stops are the troubles that are not of one secret.
func stops(reason backend.Reason) bool {
	switch reason {
	case backend.Throttled, backend.Unreachable, backend.TimedOut, backend.BadCredentials, backend.ServerFailure, backend.Canceled:
		return true
	}
	return false
}

// ask looks one id up.
func (d *doctor) ask(ctx context.Context, i id) answer {
	rule, _ := d.rule(i.kind)
	a := answer{id: i, name: name(rule, i.text)}
	got, err := d.backend.Lookup(ctx, backend.Query{Kind: i.kind, ID: i.text})
	a.conn = got.Connection
	if err == nil {
		return a
	}
	a.err, _ = errors.AsType[*backend.LookupError](err)
	if skip := d.skipOf(i); backend.SkipReason(skip) == a.err.Reason {
		a.skip = skip
	}
	return a
}

func (d *doctor) checkGetSecret() {
	var denied, keys []finding
	allowed, opened := 0, 0
	for _, a := range d.answers {
		if !a.called() {
			continue
		}
		if a.came() {
			opened++
		}
		if a.err == nil {
			allowed++
			continue
		}
		f := finding{Failed, a.text + ": " + a.err.Reason.String() + " (asked for " + a.name + ")", a.err.Hint()}
		switch a.err.Reason {
		case backend.KMSDenied, backend.DecryptionFailed, backend.DefaultKMSKey:
			allowed++
			keys = append(keys, f)
		case backend.BadCredentials:
			d.set(credential, Failed, "Secrets Manager refuses them: "+code(a.err), a.err.Hint())
			d.blind("there are no valid credentials")
			return
		case backend.NoSecret, backend.BinaryOnly, backend.EmptyConnection, backend.DeletionScheduled, backend.Malformed:
			allowed++
		default:
			if d.misspelt(a.id) == nil { // else AWS refuses the name, and ids tells
				denied = append(denied, f)
			}
		}
	}
	if allowed == 0 && len(denied) == 0 {
		d.skip(getSecret, "AWS took none of the ids for a name")
	} else {
		d.setAll(getSecret, denied, "allowed for "+count(allowed, "id", "ids"))
	}
	if opened > 0 || len(keys) > 0 {
		d.setAll(kms, keys, count(opened, "secret", "secrets")+" decrypted")
		return
	}
	d.skip(kms, "no secret was handed out: give an id that exists")
}

// code is AWS's own code in an error, if there is one.
func code(err *backend.LookupError) string {
	if err.Err == nil {
		return err.Reason.String()
	}
	return apiTrouble(err.Err)
}

// probe asks for a name that is not there. That it is denied proves little: a
// policy may allow the secrets that exist and no other.
func (d *doctor) probe(ctx context.Context) {
	d.skip(kms, "no secret was asked for: give an id that exists")
	var found []finding
	var denied []string
	asked := 0
	for _, k := range kinds {
		rule, err := d.rule(k.kind)
		if err != nil || rule.Prefix == lookup.Disabled {
			continue
		}
		asked++
		secret := rule.Path() + missing
		_, err = d.backend.Secret(ctx, secret)
		failed, isLookup := errors.AsType[*backend.LookupError](err)
		switch {
		case !isLookup, failed.Reason == backend.NoSecret:
		case failed.Reason == backend.Denied:
			denied = append(denied, k.kwarg+"_prefix")
		case failed.Reason == backend.BadCredentials:
			d.set(credential, Failed, "Secrets Manager refuses them: "+code(failed), failed.Hint())
			d.blind("there are no valid credentials")
			return
		default:
			found = append(found, finding{Failed, secret + ": " + failed.Reason.String(), failed.Hint()})
		}
		if isLookup && stops(failed.Reason) {
			break
		}
	}
	if len(denied) > 0 {
		found = append(found, finding{Warning, "a missing name under " + strings.Join(denied, ", ") + " is denied, which tells nothing of those that exist", "give an id that exists: doctor ID"})
	}
	d.setAll(getSecret, found, "allowed: a missing name under "+count(asked, "prefix", "prefixes")+" is answered with not found")
}
