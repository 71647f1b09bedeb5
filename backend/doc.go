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
or two for a team that has no secret of its own. It is safe for concurrent use,
and unless [Config].Cache is on it keeps nothing and a lookup starts no goroutine.
Every lookup ends with its context, or after [Config].Timeout.

# Errors

A lookup that fails gives a [*LookupError]. Its [Reason] tells the troubles of a
runbook apart, Hint says what to do, and the text has both, with the names that
were asked for:

	backend: connection "airflow/connections/mysql" (asked for "airflow/connections/airflow/connections/mysql"):
	no such secret: ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections" is added for you

errors.Is(err, [ErrNotFound]) is true only where the secret is truly not there, so
a caller can take a default. Airflow treats more failures as "not found", such as a
secret it cannot decrypt; see Swallowed.

A LookupError is plain data and can be printed, compared and logged without care. It
holds no value, and neither a request nor a response of AWS, which carry credentials.
errors.As finds AWS's error as a smithy.APIError: ErrorCode and ErrorMessage are what
the server sent, which may quote a secret, and are shown nowhere else. errors.Is finds
context.Canceled and context.DeadlineExceeded. The SDK's own types, the network's and
context.Cause are not found: Reason says what they would. RequestID is what AWS
support asks for; compare errors by Reason, since it differs from call to call.

[LogTo] logs lookups for an operator: what somebody has to fix as an error, what may
pass as a warning, misses for debugging.

An answer is read up to the length of the largest valid one: 512 KiB of a secret,
9 MiB of a batch, decompressed. How long its headers may be is the HTTP client's
choice; the clients that setup makes read 64 KiB.

# Teams

[Backend.Team] is the view of one team in Airflow's multi-team mode: its own
secret, prefix/team--id, comes before the one for all. With [Config].MultiTeam ids
that hold -- are refused.

# Caching

[Config].Cache, a [CachePolicy], keeps answers in memory, connections as they were
read:

	b, err := backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})

A hit asks nothing, not even its context or the lookup pattern. All who miss the
same id wait for one call, each as long as its own context lasts; the call goes on
when who started it leaves, and ends within [Config].Timeout. There is nothing to
close. What a failure does is a matter of its [Reason]:

  - No such secret, binary, empty or malformed: kept for CachePolicy.NotFoundTTL.
  - Denied, not to be decrypted, marked for deletion, an invalid request, or
    failed otherwise: what was kept is forgotten at once, and nothing remembered.
  - Throttled, unreachable, timed out, without credentials, failed inside AWS: an
    outage. What was found before is served, with Answer.Stale set, until it is
    CachePolicy.MaxAge old, then the error; AWS is tried once a pause. With such an
    answer at hand a lookup waits for a try no longer than a second.
  - Skipped, disabled, refused, a bad pattern: nothing comes and nothing goes.

That a team has no secret of its own is kept for the time of a miss, what is for
all for its own time and once for all teams. [Backend.Invalidate] forgets an id,
[Backend.Refresh] reads it anew. [Backend.Secret] always asks.

# Rotation

[Backend.UseConnection] logs in with a connection and goes on through the seconds
of a rotation in which the database and AWS disagree: its callback marks a login
that was refused with [LoginRefused], and is called again with newer passwords
until [Config].RotationBudget is spent.

# Several sources

[Chain] asks one source after the other, as Airflow does: Secrets Manager, then
[Env]. Answer.Source says who answered.

# What it costs

Calls a day, and dollars at 5 cents for 10,000 calls, of 1,000 replicas that look
200 ids up once a minute each. Half of the ids are not in Secrets Manager, and a
lookup pattern can tell; the cache keeps answers for 15 minutes and misses for
one. The agents are one each on 100 hosts and keep answers for 5 minutes.

	nothing                           288,000,000   $1,440.00
	a lookup pattern                  144,000,000     $720.00
	the cache                         153,600,000     $768.00
	the cache and a pattern             9,600,000      $48.00
	the same, by LookupAll                480,000       $2.40
	an agent per host and a pattern     2,880,000      $14.40

Misses are asked for so often since they are kept so short: a pattern saves what a
cache cannot. Whether a batch is billed as one call AWS does not say; billed by
the secret, LookupAll costs what the line above it does. See [Config].Observe for
counting your own.

# Differences from Airflow

What is not a difference: order, number and names of the calls, the lookup
pattern's dialect (see package lookup), the reading of connections (see package
connuri).

  - What Airflow answers with None is an error here, with Swallowed true.
  - A blank secret or malformed JSON is an error that names the secret; Airflow
    raises IndexError or JSONDecodeError, which its secrets chain then hides.
  - The cache is of this process, and holds for connections, variables and options
    alike; Airflow's is shared by the processes that parse DAGs, and used nowhere
    else.
  - A Chain returns the errors of all its sources where none answers; Airflow logs
    them and raises that there is no such connection or variable.
  - Lookups have a time limit; Airflow's wait as long as botocore does.
  - A secret of an empty name (an empty id without a prefix) is refused before a
    call, as botocore does, which the SDK for Go would not.
  - Half of a surrogate pair in a secret arrives as U+FFFD, since that is what the
    SDK for Go makes of it.
  - UnmarshalJSONVariable reads JSON as encoding/json does: no NaN, no Infinity.
*/
package backend
