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
	pg, err := hook.Postgres(c) // what a client needs: package connuri/hook

[Config] has a field for each of the backend_kwargs that decide what is asked
for and how it is read. Its zero value means Airflow's defaults.
[Backend.Lookup] is the one operation; the methods with Airflow's names are
short forms of it. [Backend.Plan] returns the secrets that a lookup would ask
for, or the reason why it would ask for none, without a call.

A secret that belongs to no kind of id is looked up by its full name or ARN:
[Query].Name, or [Backend.Secret] for short. Prefix, lookup pattern and team do
not apply to it.

[Config.Rule] returns the rule of one kind, so that a test can check production's
lookup patterns with package lookuptest.

A Backend makes the same calls as Airflow in the same order: one call, or two
for a team that has no secret of its own. It is safe for concurrent use. Without
[Config].Cache it keeps nothing, and a lookup starts no goroutine. Every lookup
ends with its context, or after [Config].Timeout.

# Errors

A lookup that fails returns a [*LookupError]. Its [Reason] distinguishes the
causes that a runbook distinguishes, and its Hint says what to do. The text of
the error has both, together with the names that were asked for:

	backend: connection "airflow/connections/mysql" (asked for "airflow/connections/airflow/connections/mysql"):
	no such secret: ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections" is added for you

[Reason.Hint] is the general advice for a Reason, where there is no error to ask.
[SkipReason] maps the Skip of a plan to its Reason.

errors.Is(err, [ErrNotFound]) is true only if the secret is not there, so a
caller can use a default. Airflow treats more failures as "not found", such as a
secret that it cannot decrypt; see Swallowed.

A LookupError is plain data. It can be printed, compared and logged safely: it
holds no value, and no request or response of AWS, which carry credentials.
errors.As finds AWS's error as a smithy.APIError. Its ErrorCode and ErrorMessage
are what the server sent; they may quote a secret and are shown nowhere else.
errors.Is finds context.Canceled and context.DeadlineExceeded. The error types of
the SDK and of the network, and context.Cause, are not found; Reason says what
they would say. RequestID is the ID that AWS support asks for. Compare errors by
Reason, since RequestID differs from call to call.

An answer of AWS is read up to the length of the largest valid one: 512 KiB for
a secret and 9 MiB for a batch, after decompression. The HTTP client limits the
headers; the clients that package setup makes read 64 KiB.

# Teams

[Backend.Team] returns the view of one team in Airflow's multi-team mode. The
team's own secret, prefix/team--id, comes before the global secret, prefix/id.
With [Config].MultiTeam, an id that contains -- is refused.

# Caching

[Config].Cache, a [CachePolicy], keeps answers in memory:

	b, err := backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})

All views of a Backend share one cache. It starts no goroutine that outlives its calls,
and a call ends within [Config].Timeout, so there is nothing to close.

What an entry is:

  - An entry is a secret as it is asked for: its name or ARN, and the version
    stage. A name and its ARN are two entries. So are the stages "" and
    AWSCURRENT, although both mean the current version.
  - Every lookup that reaches a secret uses its entry: by id, by [Query].Name, of
    any team, and in LookupAll. Teams without a secret of their own share the
    entry of the global secret.
  - The entry holds the text, and how the lookup that made the call read it. A
    lookup of another kind reads the kept text again each time, without a call.
  - A hit does not check its context and does not match the lookup pattern.

How long an entry is kept:

  - A text is kept for CachePolicy.TTL.
  - NoSecret and BinaryOnly are kept for CachePolicy.NotFoundTTL.
  - EmptyConnection and Malformed are kept for NotFoundTTL and never served
    stale. GetConnValue still returns the text if it can.
  - Denied, KMSDenied, DecryptionFailed, DeletionScheduled, DefaultKMSKey,
    InvalidRequest and Failed drop the entry at once. Nothing is remembered of
    them, so the next lookup makes a call.
  - Throttled, Unreachable, TimedOut, BadCredentials, ServiceError and
    ServerFailure are outages; see below.
  - The other reasons leave the cache unchanged.
  - A lookup within CachePolicy.RefreshAhead of expiry refreshes the text in the
    background.

Which name answers:

  - A lookup takes its names in order: the team's secret, then the global one. It
    goes on to the next name only if there is no text and Airflow swallows the
    reason. A text that cannot be read ends the lookup.
  - For every name but the last, "there is none" is an answer like a text: it is
    refreshed ahead, by at most half of its lifetime, and served in an outage.
  - For the last name it is not. Once its NotFoundTTL is over, a lookup during an
    outage returns the error of the outage.

During an outage:

  - A lookup returns what is kept, until that is CachePolicy.MaxAge old. The age
    counts from the arrival of the answer and is checked when it is handed out.
    Answer.Stale is set if any entry that the lookup used had expired.
  - ServiceError, which Airflow swallows, leads on to the next name only if
    nothing is kept for this one.
  - A secret that was kept is tried once per CachePolicy.Pause; in between, a
    lookup that nothing can be served to gets the error of that try. If nothing was
    kept, every lookup makes a call or shares one. An outage is known per secret: trouble
    with one secret does not affect another.
  - A lookup that could return a stale answer waits for calls for one second in
    total, over all its names. It does not wait at all if another lookup has
    already waited in vain for that call, or if the last call for that secret
    failed less than Pause plus Timeout ago. It then starts the next call and
    returns without waiting for it.

Who shares a call:

  - There is one call at a time for a secret. Lookups, refreshes and batches that
    need the secret meanwhile share that call. Each caller waits under its own
    context.
  - A call continues if the caller that started it gives up. Only the calls of
    [Backend.LookupAll] are canceled when its loop is left; another lookup that
    waits for one of them makes a new call.
  - A denial takes effect when its call returns. A lookup that began earlier may
    still return the older text. A lookup that begins later never does.
  - [Backend.Invalidate] drops the entries of all names of its query and detaches
    their calls under way. Callers that already wait for such a call get its
    outcome. No other caller does, and nothing of it is kept. So a kept answer
    always comes from the call that began last.
  - [Backend.Refresh] returns the outcome of a call that began after it. It waits
    for an older call first, and concurrent refreshes share the next call. It
    returns an error even if a stale answer is at hand.

Time limits and panics:

  - [Config].Timeout limits a lookup or a Refresh as a whole, including the time
    it waits for others. A call has a Timeout of its own. In LookupAll, the
    Timeout is for each twenty ids together, with all the calls that they need.
  - If the caller's deadline passes, the Reason is TimedOut. If the caller
    cancels, it is Canceled. Both hold with and without a cache.
  - If the Client panics, every caller that waits for that call panics. A panic in
    a background refresh reaches no caller; its Event has the Reason Failed.

Bounds:

  - CachePolicy.MaxEntries counts secrets, including those that are not there. A
    lookup of a team may need two.
  - CachePolicy.MaxBytes counts names and texts, and what keeping them takes.
  - When either is exceeded, the cache evicts entries that would expire soon.

# Observing

[Config].Observe is told of every lookup, as an [Event] without any value.
[LogTo] makes an observer that logs: what somebody has to fix as an error, what
may pass by itself as a warning, misses for debugging. [LogAsAirflow] logs at
Airflow's levels. [ObserveAll] combines several observers.

  - Event.Names are the names asked for, up to the one that decided.
  - Event.Calls counts the calls that this lookup began. A batch counts for its
    first id.
  - Event.Cache is CacheStale for a stale answer, otherwise CacheMiss if the
    lookup waited for a call, otherwise CacheHit.
  - A background refresh is an event of its own, with CacheRefresh.

[Backend.Stats] counts hits, misses, stale answers, calls and evictions, and
what the cache holds in entries and bytes. It needs no observer.

# Rotation

[Backend.UseConnection] logs in with a connection, and keeps trying through the
seconds of a rotation in which the database and AWS disagree. Its callback marks
a refused login with [LoginRefused] and is called again with newer passwords,
until [Config].RotationBudget is spent. With a cache, a secret is asked for once
a second at most meanwhile. Package sqlconn does this for database/sql.

# Several sources

A [Chain] asks its sources in order until one has the answer. [NewChain] makes
one; Airflow's order is Secrets Manager, then [Env], the environment variables:

	both := backend.NewChain(b, backend.Env{})

It has the methods that read secrets, and not those that describe one source,
such as Plan and List. Answer.Source says which source answered. As in Airflow,
any failure leads on to the next source; after a denial of a source wrapped in
[FailClosed] it does not. Each source has its own cache and its own observer, and
any type with a Lookup method is a [Source].

The Backend of a replica region can be the second source. A chain reaches it
only after the first region has failed: give the first one a short Timeout, and a
short or negative MaxAge if the replica should come before stale answers. The two
have the same Answer.Source.

# What it costs

This table has the calls a day, and dollars at 5 cents for 10,000 calls, of
1,000 replicas that each look up 200 ids once a minute. Half of the ids are not
in Secrets Manager, and a lookup pattern can skip them. The cache keeps answers
for 15 minutes and misses for one. There is one agent on each of 100 hosts, and
it keeps answers for 5 minutes.

	nothing                           288,000,000   $1,440.00
	a lookup pattern                  144,000,000     $720.00
	the cache                         153,600,000     $768.00
	the cache and a pattern             9,600,000      $48.00
	the same, by LookupAll                480,000       $2.40
	an agent per host and a pattern     2,880,000      $14.40

Misses cost the most because they are kept for so short a time: a pattern saves
what a cache cannot. AWS does not say whether a batch is billed as one call. If
it is billed by the secret, LookupAll costs as much as the line above it. Count
your own calls with [Backend.Stats].

# Differences from Airflow

The order, the number and the names of the calls are the same. So are the
dialect of lookup patterns (see package lookup) and the reading of connections
(see package connuri).

  - What Airflow answers with None is an error here, with Swallowed true.
  - A blank secret or malformed JSON is an error that names the secret; Airflow
    raises IndexError or JSONDecodeError, which its secrets chain then hides.
  - The cache belongs to this process, and holds connections, variables and
    options alike. Airflow's is shared by the processes that parse DAGs, and used
    nowhere else.
  - If no source of a Chain answers, it returns the errors of all of them;
    Airflow logs them and raises that there is no such connection or variable.
  - Lookups have a time limit; Airflow's wait as long as botocore does.
  - A secret whose name is empty (an empty id without a prefix) is refused before
    a call, as botocore does. The SDK for Go would send it.
  - Half of a surrogate pair in a secret arrives as U+FFFD, since that is what the
    SDK for Go makes of it.
  - UnmarshalJSONVariable reads JSON as encoding/json does: no NaN, no Infinity.
*/
package backend
