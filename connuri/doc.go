/*
Package connuri reads and writes Airflow connection strings, URI and JSON,
exactly as Airflow does.

	c, err := connuri.Parse(text)
	if err != nil {
		return err // names the field and the rule, never what is in it
	}
	pg, err := hook.Postgres(c) // what a client needs: package connuri/hook

[Parse] takes either form. A secret of AWS Secrets Manager may name its keys
otherwise (user, engine, …): [ConnWords] reads those, and [URLEncoded] where an old
provider decodes their values. [Connection.URI] and
[Connection.JSON] write what Airflow writes, byte for byte. [Lint] finds what
parses and is silently wrong.

The package does no I/O, keeps no state and can be used from many goroutines.
Reading and writing take time linear in the text. Nothing panics on any input.

# Dialects

Airflow has four readings of a connection; the functions here are those of
[TaskSDK], what a task sees in Airflow 3.2 and later. The methods of [Dialect]
are the same functions in [Airflow30] (a task of 3.0), [Airflow2], and [Server]
(airflow.models.Connection of 3.1 and later, which no task sees). [DialectOf]
chooses the dialect of a task by the version of its Airflow:

	Airflow       dialect    extra          password ""  get_uri before use
	up to 2.11    Airflow2   any text       none         yes
	3.0           Airflow30  a JSON object  none         no
	3.1           -          JSON as in 3.2, a URI by airflow.models; not recorded
	3.2 and up    TaskSDK    any text       ""           yes

A version that calls get_uri before use drops a connection for which it fails,
such as one whose login is a number. A [Connection] holds such a number as text
and so reads in every dialect; [Compare] knows what a task gets, and says what an
upgrade stops, starts or changes. A [Reading] also has the extra_conn_words and what
the provider decodes.

More than the text decides in two cases. Both change with the image of an
upgrade, and the dialect does not tell:

  - Python. Its releases differ on square brackets before the path of a URI. CPython
    3.10.13 and older accept every pair, as in pg://u:p[x]w@h. 3.11.7, 3.12.1 and
    3.13.0 accept them wherever they stand if the first pair holds an IPv6 address or
    the like of v1.ab, as in pg://u:p@[::1]@h. 3.12.10, 3.13.2 and later accept them
    around such a host alone, and so does this package. MWAA has 3.11 up to its
    Airflow 2.10.3. [DependsOnPython] finds those URIs. Encode brackets as %5B and %5D.
  - The Amazon provider. Before 9.0 it decoded the values of JSON secrets once more
    if are_secret_values_urlencoded was set; later ones ignore it. [Reading.Compare]
    tells what that does. Its version also decides which backend_kwargs exist; see package backend/setup.

# Secrets

Password and Extra print as [redacted] everywhere, and a Connection prints
without whatever a mis-stored secret may have put into its other fields, such
as a token that is the login or the path of a web hook; see [Connection.Format].
Plain text leaves by [Secret.Reveal], [Extra.Reveal], [Extra.Get],
[Extra.Decode], [Connection.URI], [Connection.JSON], [ConnWords.Standardize] and
[URLEncoded.Standardize] only. No error holds any of the text it is about.

# Errors

Every error about a text is an [*Error] with the field, the rule, what to write
instead and, where it is known, the byte offset. It wraps [ErrEmpty], [ErrSyntax] or [ErrField].
So is that of [DialectOf], which can wrap [errors.ErrUnsupported] as well.

# Several hosts

Airflow refuses a second port in a URI (h1:27017,h2:27017). Written with
percent-encoding, mongo://h1%3A27017%2Ch2%3A27017/db, both hosts and ports
arrive in Host, and so they do from JSON: {"host": "h1:27017,h2:27017"}. The
brokers of a Kafka connection stand in its extra, under bootstrap.servers.

# Differences from Airflow

Each is forced by Go's types, and each is checked by the tests:

  - Half of a surrogate pair, which JSON can escape and Python's str can hold,
    is U+FFFD in a field, and in an extra that comes from a URI. An extra that
    comes from JSON keeps its escape. The models of Airflow fail to
    encode some of those; here they read.
  - A number in a text field (host, login, password, schema, description) is
    taken as Python's str of it. true, false, a list or an object there is an
    error that names the field. Airflow keeps the odd value and fails later.
  - A port that is no int64 is an error.
  - Arrays and objects nested more than 1000 deep are an error. Python's own
    limit is near and depends on its version.
  - Text that is not UTF-8 is an error; a Python str is always characters.
  - [ParseConnWords] refuses at once what Airflow refuses with the first JSON secret.

Brackets in a URI are judged as by the urlsplit of CPython 3.12.10; see Dialects for
what older ones accept.
*/
package connuri
