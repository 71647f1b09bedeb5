/*
Package backend looks up the connections, variables and configuration options
that Airflow keeps in AWS Secrets Manager, by the same ids and the same rules as
Airflow's SecretsManagerBackend.

	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	b, err := backend.New(secretsmanager.NewFromConfig(cfg), backend.Config{})
	if err != nil {
		return err
	}
	c, err := b.GetConnection(ctx, "postgres_default") // airflow/connections/postgres_default
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", dsn(c.Host, c.Port, c.Login, c.Password.Reveal(), c.Schema))

[Config] has a field for each of the backend_kwargs that decide what is asked
and how it is read; its zero value is Airflow's defaults. [Backend.Lookup] is the
one operation; the methods with Airflow's names are short forms of it. What would
be asked, or why nothing, [Backend.Plan] says without a call.

A Backend makes the calls that Airflow makes, in the same order and no more: one,
or two for a team that has no secret of its own. It keeps nothing, starts no
goroutine and is safe for concurrent use. Every lookup ends with its context, or
after [Config].Timeout.

# Errors

A lookup that fails gives a [*LookupError]. Its [Reason] tells the troubles of a
runbook apart, Hint says what to do, and the text has both, with the names that
were asked for:

	backend: connection "airflow/connections/mysql" (asked for "airflow/connections/airflow/connections/mysql"):
	no such secret: ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections" is added for you

errors.Is(err, [ErrNotFound]) is true only where the secret is truly not there, so
a caller can take a default. Airflow takes more for a miss, a secret that cannot
be decrypted among it: Swallowed tells. AWS's own errors and the context's are
unwrapped; those of other libraries, whose texts may quote a secret, are not. No
error, log or plan holds a value.

# Teams

[Backend.Team] is the view of one team in Airflow's multi-team mode: its own
secret, prefix/team--id, comes before the one for all. With [Config].MultiTeam ids
that hold -- are refused.

# Differences from Airflow

What is not a difference: order, number and names of the calls, the lookup
pattern's dialect (see package lookup), the reading of connections (see package
connuri).

  - What Airflow answers with None is an error here, with Swallowed true.
  - A blank secret or malformed JSON is an error that names the secret; Airflow
    raises IndexError or JSONDecodeError, which its secrets chain then hides.
  - Lookups have a time limit; Airflow's wait as long as botocore does.
  - A secret of an empty name (an empty id without a prefix) is refused before a
    call, as botocore does, which the SDK for Go would not.
  - Half of a surrogate pair in a secret arrives as U+FFFD, since that is what the
    SDK for Go makes of it.
  - UnmarshalJSONVariable reads JSON as encoding/json does: no NaN, no Infinity.
*/
package backend
