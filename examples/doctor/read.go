package main

import (
	"context"
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// answer is the result of looking up an id, whether or not it was asked for.
type answer struct {
	id
	name string               // of its secret, "" if the kind is disabled
	skip lookup.Reason        // why it is not asked for
	err  *backend.LookupError // nil if the secret was read
	conn connuri.Connection
}

// came reports whether AWS returned the secret, whatever it holds.
func (a answer) came() bool {
	if a.err == nil {
		return true
	}
	switch a.err.Reason {
	case backend.Malformed, backend.EmptyConnection, backend.BinaryOnly:
		return true
	}
	return false
}

// called reports whether AWS was asked.
func (a answer) called() bool { return a.err == nil || len(a.err.Names) > 0 }

// missing is a name that no secret has. Asking for it usually shows whether GetSecretValue is
// allowed, without reading a secret.
const missing = "airflowsecrets-doctor-asks-for-nothing"

// read asks for the ids given, or for a missing name under each prefix, and makes the checks of
// GetSecretValue and of the KMS key from the answers.
func (d *doctor) read(ctx context.Context) {
	for _, i := range d.ids {
		a := d.ask(ctx, i)
		d.answers = append(d.answers, a)
		if a.err != nil && stops(a.err.Reason) {
			break // the next one would fail too
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

// stops reports whether a lookup failed for a reason that every other lookup shares.
func stops(reason backend.Reason) bool {
	switch reason {
	case backend.Throttled, backend.Unreachable, backend.TimedOut, backend.BadCredentials,
		backend.ServerFailure, backend.Canceled:
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

// checkGetSecret makes the checks of GetSecretValue and of the KMS key from the answers.
func (d *doctor) checkGetSecret() {
	var denied, keys []Finding
	allowed, decrypted := 0, 0
	for _, a := range d.answers {
		switch {
		case !a.called():
			continue
		case a.err == nil:
			allowed++
			decrypted++
			continue
		case a.came():
			decrypted++
		}
		seen := a.text + ": " + a.err.Reason.String() + " (asked for " + a.name + ")"
		f := Finding{Failed, seen, a.err.Hint()}
		switch a.err.Reason {
		case backend.KMSDenied, backend.DecryptionFailed, backend.DefaultKMSKey:
			allowed++
			keys = append(keys, f)
		case backend.BadCredentials:
			d.refused(a.err)
			return
		case backend.NoSecret, backend.BinaryOnly, backend.EmptyConnection, backend.DeletionScheduled,
			backend.Malformed:
			allowed++
		default:
			if d.misspelled(a.id) == nil { // the check of ids reports a name that AWS refuses
				denied = append(denied, f)
			}
		}
	}
	if allowed == 0 && len(denied) == 0 {
		d.skip(getSecret, "AWS accepted none of the ids as a name")
	} else {
		d.setAll(getSecret, denied, "allowed for "+count(allowed, "id", "ids"))
	}
	if decrypted > 0 || len(keys) > 0 {
		d.setAll(kms, keys, count(decrypted, "secret", "secrets")+" decrypted")
		return
	}
	d.skip(kms, "no secret was returned: give an id that exists")
}

// refused reports that Secrets Manager refuses the credentials.
func (d *doctor) refused(err *backend.LookupError) {
	d.set(credential, Failed, "Secrets Manager refuses them: "+code(err), err.Hint())
	d.withoutBackend("the credentials are not valid")
}

// code returns AWS's code in an error, or the reason if there is none.
func code(err *backend.LookupError) string {
	if err.Err == nil {
		return err.Reason.String()
	}
	return apiProblem(err.Err)
}

// probe asks for a missing name under each prefix. A denial is only a warning, since a policy may
// allow just the secrets that exist.
func (d *doctor) probe(ctx context.Context) {
	d.skip(kms, "no secret was asked for: give an id that exists")
	var found []Finding
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
			d.refused(failed)
			return
		default:
			found = append(found, Finding{Failed, secret + ": " + failed.Reason.String(), failed.Hint()})
		}
		if isLookup && stops(failed.Reason) {
			break
		}
	}
	if len(denied) > 0 {
		found = append(found, Finding{Warning,
			"access to a missing name under " + strings.Join(denied, ", ") +
				" is denied; the secrets that exist may still be allowed",
			"give an id that exists: doctor ID"})
	}
	d.setAll(getSecret, found, "allowed: a missing name is not found under "+
		count(asked, "prefix", "prefixes"))
}
