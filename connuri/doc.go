// Package connuri reads and writes Airflow connection strings, URI and JSON, exactly as Airflow
// does.
//
//	c, err := connuri.Parse(text)
//	if err != nil {
//		return err // names the field and the rule, and holds no value
//	}
//	pg, err := hook.Postgres(c) // the settings of a client: package connuri/hook
//
// Parse reads both forms. A secret of AWS Secrets Manager may use other names for its keys (user,
// engine, …): [ConnWords] reads those, and [URLEncoded] also decodes their values as old providers
// do. [Connection.URI] and [Connection.JSON] write what Airflow writes, byte for byte. [Lint] finds
// text that Airflow accepts but misreads.
//
// The package does no I/O, keeps no state and is safe for concurrent use. Reading and writing take
// time linear in the length of the text. No input makes it panic.
//
// # Dialects
//
// Airflow reads a connection in four ways. The functions of this package are those of [TaskSDK],
// which is what a task gets in Airflow 3.2 and later. The methods of [Dialect] are the same
// functions for [Airflow30] (a task of 3.0), [Airflow2], and [Server] (airflow.models.Connection of
// 3.1 and later, which no task gets). [DialectOf] returns the dialect of a task for a version of
// Airflow:
//
//	Airflow       dialect    extra          password ""  get_uri before use
//	up to 2.11    Airflow2   any text       none         yes
//	3.0           Airflow30  a JSON object  none         no
//	3.1           -          JSON as in 3.2, a URI by airflow.models; not recorded
//	3.2 and up    TaskSDK    any text       ""           yes
//
// A version that calls get_uri before use drops each connection for which get_uri fails, such as
// one whose login is a number. A Connection holds such a number as text, so it parses in every
// dialect. [Compare] takes this into account: it reports what an upgrade stops, starts or changes.
// A [Reading] also holds the extra_conn_words and whether the provider decodes values.
//
// Two things other than the text and the dialect decide what a task gets, and an upgrade of the
// image changes both:
//
//   - Python. Its releases differ on square brackets before the path of a URI. CPython 3.10.13
//     and older accept every pair, as in pg://u:p[x]w@h. 3.11.7, 3.12.1 and 3.13.0 accept
//     brackets anywhere if the first pair holds an IPv6 address or a form such as v1.ab, as in
//     pg://u:p@[::1]@h. 3.12.10, 3.13.2 and later accept them only around such a host, and so
//     does this package. MWAA runs Python 3.11 with Airflow 2.8 to 2.10. [DependsOnPython] finds
//     those URIs. Encode brackets as %5B and %5D.
//   - The Amazon provider. Before 9.0 it decoded the values of JSON secrets once more if
//     are_secret_values_urlencoded was set; later releases ignore that option.
//     [Reading.Compare] reports the effect. The provider's version also decides which
//     backend_kwargs exist; see package backend/setup.
//
// # Secrets
//
// Password and Extra print as [redacted] everywhere. A Connection also prints without anything that
// a secret stored in the wrong form may have put into its other fields, such as a token that became
// the login or the path of a web hook; see [Connection.Format]. Only Secret.Reveal, Extra.Reveal,
// Extra.Get, Extra.Decode, Connection.URI, Connection.JSON, ConnWords.Standardize and
// URLEncoded.Standardize return plain text. No error holds any of the text it is about.
//
// # Errors
//
// Every error about a text is an [*Error] with the field, the rule, what to write instead and, if
// known, the byte offset. It wraps [ErrEmpty], [ErrSyntax] or [ErrField]. The error of DialectOf is
// an *Error too, and may wrap [errors.ErrUnsupported] instead.
//
// # Several hosts
//
// Airflow refuses a second port in a URI (h1:27017,h2:27017). Percent-encode it, as in
// mongo://h1%3A27017%2Ch2%3A27017/db, or write JSON, {"host": "h1:27017,h2:27017"}: both put all
// hosts and ports into Host. The brokers of a Kafka connection belong in its extra, under
// bootstrap.servers.
//
// # Differences from Airflow
//
// Go's types force each of these, and the tests check each:
//
//   - A lone half of a surrogate pair, which JSON can escape and Python's str can hold, becomes
//     U+FFFD in a field and in an extra that comes from a URI. An extra that comes from JSON
//     keeps the escape. Airflow's models fail to encode some of these; this package reads them.
//   - A number in a text field (host, login, password, schema, description) is read as Python's
//     str of it. true, false, a list or an object there is an error that names the field.
//     Airflow keeps the value and fails later.
//   - A port that does not fit int64 is an error.
//   - Arrays and objects nested more than 1000 deep are an error. Python's limit is close to
//     that and depends on its version.
//   - Text that is not UTF-8 is an error. A Python str always consists of characters.
//   - ParseConnWords refuses at once what Airflow refuses when it reads the first JSON secret.
//
// Brackets in a URI follow the urlsplit of CPython 3.12.10; see Dialects for what older releases
// accept.
package connuri
