/*
Package backend looks up the connections, variables and configuration options
that Airflow keeps in AWS Secrets Manager. It uses the same ids and follows the
same rules as Airflow's SecretsManagerBackend.

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

[Config] has a field for each of the backend_kwargs that decide which secrets
are asked for and how they are read. Its zero value means Airflow's defaults.
[Backend.Lookup] is the core operation; the methods with Airflow's names are
shorthand for it. [Backend.Plan] returns the names of the secrets that a lookup
would ask for, or why it would ask for none. It makes no call.

To read a secret that is not a connection, variable or option, use its full name
or ARN: set [Query].Name, or call [Backend.Secret]. The prefix, the lookup
pattern and the team do not apply to it.

[Config.Rule] returns the rule for one kind of id. A test can pass it to package
lookuptest to check the lookup patterns used in production.

A Backend makes the same calls as Airflow in the same order: one call, or two
for a team that does not have the secret. It is safe for concurrent use. Without
[Config].Cache it keeps nothing in memory and starts no goroutines. Every lookup
ends when its context ends, or after [Config].Timeout.

# The backend_kwargs

Each kwarg of Airflow's backend has a field in [Config]. The zero value is Airflow's
default:

	connections_prefix, …            ConnectionsPrefix, …         airflow/connections, airflow/variables, airflow/config
	    "": the id is the name       lookup.NoPrefix
	    null: no lookups             lookup.Disabled
	connections_lookup_pattern, …    ConnectionsLookupPattern, …  every id is looked up
	sep; ""                          Sep; lookup.NoSep            /
	extra_conn_words                 ExtraConnWords               the usual names
	are_secret_values_urlencoded     URLEncoded                   off
	[core] multi_team                MultiTeam                    off

In backend_kwargs "" means no prefix; in Config it means Airflow's default. A prefix may
be an ARN up to the id, for secrets of another account. MWAA skips aws_default by
[lookup.MWAAPattern], but only while no backend_kwargs are set: with kwargs of your own,
set the pattern yourself. Package setup reads kwargs, environment variables, airflow.cfg
and what aws mwaa get-environment prints.

# Teams

[Backend.Team] returns the view of one team in Airflow's multi-team mode. The
team's secret, prefix/team--id, comes before the global secret, prefix/id. With
[Config].MultiTeam, an id that contains -- is refused.

# Caching

[Config].Cache, a [CachePolicy], keeps answers in memory:

	b, err := backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})

All views of a Backend share one cache. No goroutine outlives the calls that it
makes, and each call ends within [Config].Timeout, so there is nothing to close.

What an entry is:

  - The key of an entry is the name or ARN that a lookup asks for, plus the
    version stage. A name and its ARN are two entries. So are the stages "" and
    AWSCURRENT, although both mean the current version.
  - Every lookup that asks for a secret uses its entry: by id, by [Query].Name,
    for any team, and in LookupAll. Teams that do not have a secret share the
    entry of the global one.
  - An entry holds the text, parsed for the kind of lookup that made the call. A
    lookup of another kind parses the text again each time, without a call.
  - A hit is returned even if the caller's context has ended, and the lookup
    pattern is not matched again.

How long an entry is kept:

  - A text is kept for CachePolicy.TTL.
  - NoSecret and BinaryOnly are kept for CachePolicy.NotFoundTTL.
  - EmptyConnection and Malformed are kept for NotFoundTTL and never served
    stale. GetConnValue still returns the text if it can.
  - Denied, KMSDenied, DecryptionFailed, DeletionScheduled, DefaultKMSKey,
    InvalidRequest and Failed drop the entry at once and are not cached, so the
    next lookup makes a call.
  - Throttled, Unreachable, TimedOut, BadCredentials, ServiceError and
    ServerFailure are outages; see below.
  - The other reasons leave the cache unchanged.
  - A lookup within CachePolicy.RefreshAhead of expiry refreshes the text in the
    background.

Which secret answers:

  - A lookup tries its names in order: the team's secret, then the global one. It
    tries the next name only if this one has no text and Airflow swallows the
    reason. A text that cannot be read ends the lookup.
  - A miss for any name except the last is treated like a text. It is refreshed
    ahead, though at most half of its lifetime early, and it is served during an
    outage.
  - A miss for the last name is neither refreshed ahead nor served during an
    outage. Once NotFoundTTL has passed, such a lookup returns the error of the
    outage.

During an outage:

  - A lookup returns what is cached, up to the age CachePolicy.MaxAge. The age
    of an answer counts from its arrival and is checked when the answer is
    returned. Answer.Stale is set if any entry that the lookup used had expired.
  - ServiceError, which Airflow swallows, leads to the next name only if nothing
    is cached for this one.
  - Lookups request a cached secret at most once per CachePolicy.Pause. In
    between, a lookup that cannot be answered from the cache gets the error of
    the last attempt. If nothing was cached, every lookup makes a call or shares
    one. Outages are tracked per secret: a failure of one does not affect the
    others.
  - A lookup that could return a stale answer waits at most one second for its
    calls, over all its names. It does not wait at all if another lookup has
    already waited that long for the same call, or if the last call for that
    secret failed less than Pause plus Timeout ago. It then starts the next call
    and returns without waiting for it.

Who shares a call:

  - There is at most one call at a time for a secret. Lookups, refreshes and
    batches that need the same secret share that call. Each caller waits under
    its own context.
  - A call continues if the caller that started it gives up. The exception is
    [Backend.LookupAll], whose calls are canceled when its loop is left. Another
    lookup that waits for such a call makes a new one.
  - A denial takes effect when its call returns. A lookup that began earlier may
    still return the older text. A lookup that begins later never does.
  - [Backend.Invalidate] drops the entries of all names of its query and detaches
    their calls in progress. Callers that already wait for such a call get its
    result. Later callers wait for a new call, and the old result is not cached.
    So no cached answer comes from a call that began before the Invalidate.
  - [Backend.Refresh] returns the result of a call that began after it. If an
    older call is in progress, Refresh waits for it first; concurrent refreshes
    share the next call. Refresh returns an error even if a stale answer is
    available.

Time limits and panics:

  - [Config].Timeout limits a lookup or a Refresh as a whole, including the time
    that it waits for others. Each call has the same limit. In LookupAll, Timeout
    applies to each group of twenty ids, with all the calls that they need.
  - If the caller's deadline passes, the Reason is TimedOut. If the caller
    cancels, the Reason is Canceled. The cache makes no difference.
  - If the Client panics, every caller that waits for that call panics. A panic in
    a background refresh reaches no caller; its Event has the Reason Failed.

Bounds:

  - CachePolicy.MaxEntries counts secrets, including missing ones. A lookup for a
    team may need two.
  - CachePolicy.MaxBytes counts names, texts and the memory that keeping them
    takes.
  - When either is exceeded, the cache evicts entries that would expire soon.

# Observing

[Config].Observe is called with an [Event] for every lookup. An Event holds no
value. [LogTo] makes an observer that logs: failures that need a change are
errors, failures that may pass by themselves are warnings, and misses are debug
messages. [LogAsAirflow] logs at Airflow's levels. [ObserveAll] combines several
observers.

  - Event.Names are the names asked for, up to the one that decided.
  - Event.Calls counts the calls that this lookup began. A batch counts for its
    first id.
  - Event.Cache is CacheStale for a stale answer, otherwise CacheMiss if the
    lookup waited for a call, otherwise CacheHit.
  - A background refresh has an event of its own, with CacheRefresh.

[Backend.Stats] counts hits, misses, stale answers, calls and evictions, and
returns the number and size of the cached entries. It needs no observer.

# Rotation

[Backend.UseConnection] logs in with a connection. During a rotation, the
database and AWS disagree about the password for some seconds; UseConnection
keeps trying until they agree. Its callback marks a refused login with
[LoginRefused] and is called again with newer passwords, until
[Config].RotationBudget is spent. With a cache, a secret is requested at most
once a second during that time. Package sqlconn does this for database/sql.

# Several sources

A [Chain] asks its sources in order until one has the answer. [NewChain] makes
one. Airflow's order is Secrets Manager, then the environment variables ([Env]):

	both := backend.NewChain(b, backend.Env{})

A Chain has the methods that read secrets. It does not have those that describe
a single source, such as Plan and List. Answer.Source names the source that
answered. As in Airflow, any failure leads to the next source. The exception is
a denial by a source that is wrapped in [FailClosed], which ends the search.
Each source has its own cache and its own observer. Any type with a Lookup
method is a [Source].

The second source can be the Backend of a replica region. A chain reaches it
only after the first region has failed, so give the first one a short Timeout.
Also give it a short or negative MaxAge if answers from the replica should come
before stale ones. Both regions have the same Answer.Source.

# Cost

Suppose that 1,000 replicas each look up 200 ids once a minute. Half of the ids
are not in Secrets Manager, and a lookup pattern can skip those. The cache keeps
answers for 15 minutes and misses for one minute. With agents, each of 100 hosts
runs one, which keeps answers for 5 minutes. These are the calls per day and
their cost at 5 cents per 10,000 calls:

	neither cache nor pattern         288,000,000   $1,440.00
	a lookup pattern                  144,000,000     $720.00
	the cache                         153,600,000     $768.00
	the cache and a pattern             9,600,000      $48.00
	the same, by LookupAll                480,000       $2.40
	an agent per host and a pattern     2,880,000      $14.40

Misses cost the most because they are cached so briefly: a pattern saves what a
cache cannot. AWS does not say whether it bills a batch as one call. If it bills
each secret, LookupAll costs as much as the line above it. Count your own calls
with [Backend.Stats].

# Errors

A lookup that fails returns a [*LookupError]. Its [Reason] says what went wrong,
precisely enough to choose the right entry of a runbook. Its Hint says what to
do. The error text has both, together with the names that were asked for:

	backend: connection "airflow/connections/mysql" (asked for "airflow/connections/airflow/connections/mysql"):
	no such secret: ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections" is added for you

This is what operators of Airflow see, the Reason that it has here, and what to do:

	not defined, though it exists      NoSecret            compare the names in the error with the secret's
	not defined, no call in CloudTrail Skipped, Disabled,  check the lookup pattern, the prefix, and
	                                   RefusedID           -- in the id in multi-team mode
	AccessDeniedException              Denied              allow secretsmanager:GetSecretValue
	access to KMS is not allowed       KMSDenied,          allow kms:Decrypt on the key
	                                   DecryptionFailed
	a lookup hangs                     TimedOut,           a route through NAT or an interface endpoint,
	                                   Unreachable         DNS, port 443
	expired or wrong token             BadCredentials      the role or the keys of the process
	marked for deletion                DeletionScheduled   aws secretsmanager restore-secret
	default KMS key, another account   DefaultKMSKey       use a customer managed key
	rate exceeded                      Throttled           narrow the lookup pattern
	the task fails, the secret exists  Malformed,          store text; connuri.Lint says what to write
	                                   EmptyConnection,
	                                   BinaryOnly
	re.error in the log                BadPattern          fix the lookup pattern
	now and then                       ServiceError,       try again; check the proxies
	                                   ServerFailure
	anything else                      InvalidRequest,     the error says what is known
	                                   Failed

[Reason.Hint] returns the general advice for a Reason, without an error.
[SkipReason] converts the Skip of a plan to its Reason.

errors.Is(err, [ErrNotFound]) is true only if it is certain that there is no
value, so that a caller can use a default. Airflow treats more failures as "not
found", such as a secret that it cannot decrypt; see [LookupError.Swallowed].

Errors from AWS match smithy.APIError with errors.As. Errors from a context
match context.Canceled or context.DeadlineExceeded with errors.Is. The error
types of the SDK and of the network are not in the chain, nor is context.Cause;
use Reason instead. RequestID is the ID that AWS support asks for. Compare
errors by Reason, since RequestID differs from call to call.

A response from AWS is read only up to the size of the largest valid one: 512 KiB
for a secret and 9 MiB for a batch, after decompression. The HTTP client limits
the headers; the clients that package setup makes read 64 KiB.

# Secrecy

A [*LookupError] and an [Event] are plain data that can be printed, compared and
logged. They hold no value of a secret, and no request or response of AWS. Text
that cannot be an id, a name, a team or a stage is redacted, since it may be a
misplaced connection string.

Two methods of an error from AWS return what the server sent, ErrorCode and
ErrorMessage. That text may quote a secret and is not shown anywhere else.

# Testing

Use the smallest of the three test doubles that has what the test needs:

  - secretsmanagertest.Map is a map from names to texts: one version of each
    secret, and no faults. It is the only one that works under testing/synctest,
    since it has no network.
  - secretsmanagertest.Server speaks the wire protocol, for tests of faults,
    versions, batches and lists. It also counts calls.
  - The program examples/localsecrets runs that server as a process, for programs
    in other languages, for Airflow itself and for work without an account.

Code that takes a [Source] does not need AWS at all: implement its one method.

# Differences from Airflow

The order, the number and the names of the calls are the same. So are the
dialect of lookup patterns (see package lookup) and the reading of connections
(see package connuri).

  - Where Airflow returns None, a lookup returns an error with Swallowed true.
  - A blank secret or malformed JSON is an error that names the secret. Airflow
    raises IndexError or JSONDecodeError, which its secrets chain then hides.
  - The cache belongs to this process and holds connections, variables and
    options alike. Airflow's is shared by the processes that parse DAGs and is
    not used anywhere else.
  - If no source of a Chain answers, the Chain returns the errors of all of them.
    Airflow logs them, then raises an error which says that the connection or
    variable does not exist.
  - Lookups have a time limit. Airflow's wait as long as botocore does.
  - A secret whose name is empty (an empty id without a prefix) is refused before
    a call, as botocore does. The SDK for Go would send it.
  - Half of a surrogate pair in a secret arrives as U+FFFD, because the SDK for Go
    replaces it.
  - UnmarshalJSONVariable reads JSON as encoding/json does: NaN and Infinity are
    errors.

# Compatibility

This section holds for every package of this module outside internal and
examples.

Until v1, a minor release (v0.N.0) may rename or remove exported names, change
signatures and change defaults. CHANGELOG.md lists each such change and says what
to write instead. A patch release (v0.N.P) does not break code that compiles. Any
release may change an answer that differs from Airflow's.

The two newest releases of Go are supported: 1.26 and 1.27 today. Support for an
older one ends with a minor release.

v1 will promise what Go 1 promises: code that compiles with v1.0 will compile with
every later v1 and mean the same. The promise will not cover the texts of
errors, hints, warnings and log messages, nor struct literals without field
names. Branch on Reason, Rule and errors.Is instead of texts. An answer that
differs from Airflow's will still be fixed, unless it is listed as a difference.
*/
package backend
