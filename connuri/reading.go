package connuri

import "slices"

// Reading describes how one installation of Airflow reads the secret of a connection. The zero
// value is the newest Airflow without extra_conn_words.
type Reading struct {
	Dialect    Dialect
	Words      ConnWords // the extra_conn_words, nil for none
	URLEncoded bool      // the values of JSON are decoded; see the type URLEncoded
}

// Refused returns the reasons why a task gets no connection from a secret, or nil if it gets one.
// The rules are those of [Compare] without password-empty and query-value, and it follows the same
// functions of Airflow.
func (r Reading) Refused(secret string) []Finding {
	_, faults := r.deliver(secret)
	return faults
}

// Compare is the function [Compare] for two readings. If one of them has URLEncoded set, it also
// reports what amazon providers before 9.0 do to the values of JSON secrets, even if the dialects
// are equal. It adds one rule:
//
//   - url-encoded: a value holds an escape such as %40, which only one of the readings decodes,
//     or it is not text, which fails where values are decoded. There is one finding for each
//     such field.
//
// Words should be the same in both readings, because an upgrade does not change them.
func (r Reading) Compare(secret string, to Reading) (Effect, []Finding) {
	before, beforeFaults := r.deliver(secret)
	after, afterFaults := to.deliver(secret)
	l := linter{}
	if r.URLEncoded != to.URLEncoded {
		l.escapes(r.Words, secret)
	}
	switch {
	case len(beforeFaults) > 0 && len(afterFaults) > 0:
		return Same, nil
	case len(afterFaults) > 0:
		return Stops, l.insteadOf(afterFaults)
	case len(beforeFaults) > 0:
		return Starts, l.insteadOf(beforeFaults)
	}
	if before.Password.IsZero() != after.Password.IsZero() {
		instead := "leave out the colon at the end of the login"
		if looksLikeJSON(secret) {
			instead = "write null" // without the key another one, such as pass, would be the password
		}
		l.add("password-empty", "password", `it is empty: a task of Airflow 3.2 and later gets "", an earlier one no password`, instead)
	}
	if !looksLikeJSON(secret) && !before.Extra.Equal(after.Extra) {
		l.add("query-value", "extra", "the API server reads a query value such as 1 or true as JSON, a task as text",
			"write the whole extra as a JSON object under "+extraKey+", percent-encoded")
	}
	if l.findings == nil {
		return Same, nil
	}
	return Changes, l.findings
}

const urlEncoded = "url-encoded"

// escapes adds each field of a JSON secret that decoding changes.
func (l *linter) escapes(words ConnWords, secret string) {
	var doc document
	if !looksLikeJSON(secret) || words.read(&doc, secret, false) != nil {
		return
	}
	for k := range standardKeys {
		if doc.unquoteValue(k) == nil && doc.decoded[k] {
			l.add(urlEncoded, keyNames[k], "it holds an escape such as %40, which only a provider before 9.0 decodes, where are_secret_values_urlencoded is on",
				"store the values unencoded, once on provider 9")
		}
	}
}

// insteadOf returns the reasons why one reading refuses a secret. If an escape in a field explains
// it, that finding takes the place of the reason.
func (l *linter) insteadOf(faults []Finding) []Finding {
	found := slices.Clone(l.findings)
	for _, f := range faults {
		explains := func(other Finding) bool { return other.Field == f.Field }
		if !slices.ContainsFunc(found, explains) {
			found = append(found, f)
		}
	}
	return found
}
