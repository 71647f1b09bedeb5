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
// [Reading.Compare] also compares providers that decode values with those that do not.
func Compare(secret string, words ConnWords, from, to Dialect) (Effect, []Finding) {
	return Reading{Dialect: from, Words: words}.Compare(secret, Reading{Dialect: to, Words: words})
}
