package connuri

// Effect is what an upgrade of Airflow does to a connection.
type Effect string

// The effects. An upgrade has one of them for each secret.
const (
	Same    Effect = ""        // both versions give the same connection to a task, or both give none
	Stops   Effect = "stops"   // a task gets the connection before the upgrade and none after it
	Starts  Effect = "starts"  // a task gets no connection before the upgrade and one after it
	Changes Effect = "changes" // a task gets a connection before and after, and a field differs
)

// Compare reports what an upgrade from one dialect to another does to the
// connection in a secret, and why; [DialectOf] knows the dialect of a version.
// The words are the extra_conn_words in force, nil for none. Each finding names
// a field that the two dialects treat differently, and says what to write so
// that both give a task the same. There are findings unless the effect is Same:
//
//   - extra-not-json, extra-not-object: only TaskSDK and Airflow2 accept an
//     extra that is not a JSON object.
//   - login-not-text, host-not-text, schema-not-text, conn_type-not-text,
//     password-not-text: the JSON holds a number, true, false, a list or an object
//     there, and one of the dialects fails for it.
//   - surrogate: the JSON holds half of a surrogate pair, such as \ud800, and
//     one of the dialects fails to write it.
//   - password-empty: the password is empty, which is "" in TaskSDK and none in
//     all others.
//   - query-value: Server reads a value in the query of a URI as JSON.
//   - unreadable: one of the dialects cannot read the secret for another reason.
//
// It follows SecretsManagerBackend.get_connection and what Airflow does with the
// result before a task sees it: Airflow 2 and Airflow 3.2 call get_uri on each
// connection that they look up, and drop it if that fails. Airflow 3.0 does not.
//
// Compare looks at the text alone. An upgrade of an image also brings another
// Python and another provider; the package documentation says what these change.
func Compare(secret string, words Words, from, to Dialect) (Effect, []Finding) {
	before, beforeFaults := from.deliver(secret, words)
	after, afterFaults := to.deliver(secret, words)
	switch {
	case len(beforeFaults) > 0 && len(afterFaults) > 0:
		return Same, nil
	case len(afterFaults) > 0:
		return Stops, afterFaults
	case len(beforeFaults) > 0:
		return Starts, beforeFaults
	}
	l := linter{}
	if before.Password.IsZero() != after.Password.IsZero() {
		instead := "leave out the colon at the end of the login"
		if looksLikeJSON(secret) {
			instead = "write null, or leave the password out"
		}
		l.add("password-empty", "password", `it is empty, which is "" for a task of Airflow 3.2 and later, and no password before`, instead)
	}
	if !before.Extra.Equal(after.Extra) {
		l.add("query-value", "extra", "the API server reads a query value such as 1 or true as JSON, a task as text",
			"write the whole extra as a JSON object under "+extraKey+", percent-encoded")
	}
	if l.findings == nil {
		return Same, nil
	}
	return Changes, l.findings
}
