/*
Tune reports which Airflow ids cause needless calls to Secrets Manager, what
those calls cost, and which lookup pattern would stop them without hiding a
secret that exists.

	go install github.com/airflowsecrets/airflowsecrets/examples/tune@latest
	tune [flags] [FILE|FOLDER|-]...

Tune makes no AWS calls. It reads what CloudTrail recorded from files, folders and
standard input, plain or gzip. An event may be anywhere in JSON, or be a row of a
table, so tune reads log files, JSON Lines, the output of the AWS CLI, EventBridge,
CloudWatch Logs, Logs Insights, Athena, CloudTrail Lake, and others. It reads one
file per core in parallel, at most 8. In a folder, tune skips files whose names
show that they hold no events, such as digests and signatures, and files in which
it finds none. Flags may follow file names.

	aws s3 cp --recursive s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/REGION/2026/11 trail
	go run ./examples/tune -kwargs @kwargs.json -user AmazonMWAA-airflow trail

	aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue |
		go run ./examples/tune

# Trails that are too large to read

With -sql, tune reads no input, and prints a query for Athena or CloudTrail Lake.
Run the query, and give its result to tune:

	tune -sql athena -table security.cloudtrail_logs -from 2026-11-01 -to 2026-11-30 > query.sql
	tune -kwargs @kwargs.json -user AmazonMWAA-airflow result.csv

	tune -sql lake -table 01234567-89ab-cdef-0123-456789abcdef -from 2026-11-01 -to 2026-11-30 > query.sql
	aws cloudtrail start-query --query-statement "$(cat query.sql)" --delivery-s3-uri s3://BUCKET

Give tune the whole result: Athena's QUERYID.csv, Lake's result_1.csv.gz and the
files after it, or all pages that the AWS CLI prints. It is an error if a part is
missing. Pass -kwargs with -sql too: a comment in the query then has the condition
that leaves out names under no prefix. The doc of Query in package lookup/tune says
what a query costs, what makes a result large, and which column to blank out if it
has too many rows. Athena bills about $5 for each TB of compressed files that it
reads, so pass -partition if the table is not partitioned by "timestamp".

# No input

With -demo, or at a terminal without any input, tune reads one day of made-up
events.

# Secrets that exist

No suggested pattern hides an id that CloudTrail shows as found or denied. To
protect more ids, pass -exists with a file that has an id, or the name or ARN of a
secret, on each line. Tune skips a header such as Name, and also takes a CSV with
such a header:

	aws secretsmanager list-secrets --query 'SecretList[].[Name]' --output text > names.txt
	go run ./examples/tune -exists names.txt trail

Pass -ids to count ids that are not from CloudTrail, such as those in Airflow's own
log: a file with one line for each time that an id was asked for. With -exists, an
id that is not in the file of -exists counts as missing.

# Prefixes

Without -kwargs, the prefixes are Airflow's defaults. If most calls are for names
under none of them, tune guesses the prefixes from the names, prints the -kwargs to
pass, and continues with the guess. It guesses no prefix that -kwargs gives. It
also guesses no prefix that another program seems to use, because an id was found
under Airflow's default prefix, or because MWAA does not ask under the guess.

# Times

-since and -until restrict which calls count. They take days in UTC, both
inclusive, or times in RFC 3339. A row of a query's result covers a whole day, so
pass days with these; a bound between the calls of one row is an error. The cost of
a month is extrapolated from the time between the first call and the last. If this
is less than an hour, pass -days to say how long the calls took.

# The policy that fits

-policy prints an IAM policy that allows one caller to read the secrets that it
found. The documents go to standard output; what each resource opens goes to
standard error. The policy allows BatchGetSecretValue if a call of it succeeded,
and kms:Decrypt for the keys of these secrets. It does not allow secrets that were
denied or whose calls all failed; notes name these. A prefix never opens an unused
secret that -exists names, that was denied, or that others found, but it opens
every secret that is created under it later:

	tune -user mwaa-execution -policy fit -exists names.txt trail > policy.json

If several roles made calls, choose one with -user: ROLE, or ACCOUNT/ROLE if two
accounts have a role of that name. If a query's result has no column awsregion,
pass -region. Tune makes no policy from a part of a result, and a note says if an
input could not be read in full.

# Secrets that nobody asks for

-unused DAYS lists the secrets of -exists that no caller asked for in that many
days before the last call, and what they cost: 40 cents a month each. The calls
must span that many days, less an hour.

# JSON

-json prints one object with these keys:

  - from, to, days, calls, found, not_found, denied, failed, dollars
  - dollars_a_month (all calls) and not_found_dollars_a_month: 0 if not known
  - extrapolated_from_hours: 0 if the cost of a month is not known
  - unreadable_times, unknown_ids, foreign, broken, batches, other_users, other_ids
  - other_times: calls outside -since and -until
  - ids, principals, user_agents, sources, by_day, outside: lists of objects with
    the same counts
  - patterns: a list of objects with kind, of (in force, given, deny or allow),
    pattern, saved_calls, saved_dollars_a_month, left_calls, hidden, doubt, failed
    and runaway
  - denied_patterns: the same, for patterns that also refuse ids that were only
    denied
  - nothing_to_suggest: why there are no patterns
  - backend_kwargs: your kwargs with the deny patterns added
  - partial: whether backend_kwargs has only the changes, because your own kwargs
    may hold a key; add the changes to your own
  - guessed_prefixes
  - policy: documents, grants (resource, used, opens, says) and notes
  - unused: days, dollars_a_month and secrets (name, last)
  - notes: on the kwargs and on guesses

# Exit codes

The exit code is 0 on success, and 2 if the command line is wrong. It is 1 if an
input could not be read to its end, has no event, or is only part of a query's
result, or if -policy or -unused has no answer. Tune still prints what it could
read, unless -policy or -unused needs the part that is missing.
*/
package main
