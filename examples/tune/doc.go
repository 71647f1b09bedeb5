/*
Tune reports which Airflow ids cause needless calls to Secrets Manager, what
those calls cost, and which lookup pattern would stop them without hiding a
secret that exists.

	tune [flags] [FILE|FOLDER|-]...

It reads what CloudTrail has written and makes no call itself: files, folders of
them and standard input, plain or gzip. An event may stand anywhere in JSON, or be
a row of a table: log files, JSON Lines, the output of the AWS CLI, EventBridge,
CloudWatch Logs, Logs Insights, Athena, CloudTrail Lake, and others. Files are
read in parallel, one for each core. In a folder, tune skips files whose names
show that they hold no events, such as digests and signatures, and files in which
it finds none. Flags may follow the names of files.

	aws s3 cp --recursive s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/REGION/2026/11 trail
	go run ./examples/tune -kwargs @kwargs.json -user AmazonMWAA-airflow trail

	aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue |
		go run ./examples/tune

# Trails that are too large to read

With -sql, tune prints a query for Athena or CloudTrail Lake, and reads nothing.
The rows of the result count as the calls that they stand for:

	tune -sql athena -table security.cloudtrail_logs -from 2026-11-01 -to 2026-11-30 > query.sql
	tune -kwargs @kwargs.json -user AmazonMWAA-airflow result.csv

	tune -sql lake -table 01234567-89ab-cdef-0123-456789abcdef -from 2026-11-01 -to 2026-11-30 > query.sql
	aws cloudtrail start-query --query-statement "$(cat query.sql)" --delivery-s3-uri s3://BUCKET

Give tune all of the result: QUERYID.csv of Athena, result_1.csv.gz and the files
that follow it of Lake, or all pages that the AWS CLI prints. Half of a result is
an error. Pass -kwargs with -sql as well, so that a comment in the query can leave
out the names that are not ids. The doc of Query in package lookup/tune says what
a query costs, how its rows grow, and which column to drop if there are too many.
Athena bills about $5 for each TB of compressed files, so pass -partition for a
table with other partitions.

# No input

Without any input at a terminal, or with -demo, tune reads one day of made-up
events.

# Secrets that exist

A suggestion hides no id that CloudTrail has seen found or denied. Name more of
them with -exists, a file with an id, or the name or ARN of a secret, on each line.
A header such as Name does not count, and a CSV with such a header works too:

	aws secretsmanager list-secrets --query 'SecretList[].[Name]' --output text > names.txt
	go run ./examples/tune -exists names.txt trail

-ids is for ids without a CloudTrail, such as those in Airflow's own log: a file
with an id on each line, as often as it was asked for. With -exists, an id that is
not in that file counts as missing.

# Prefixes

Without -kwargs the prefixes are Airflow's own. Where most names are under none of
them, tune guesses the prefixes from the names, prints the -kwargs to pass, and
continues with the guess. It does not guess a prefix that -kwargs gives, nor one
that another program seems to use: none if an id was found under Airflow's own
prefix, and none under which MWAA does not ask.

# Times

-since and -until bound the calls that count: days in UTC, both counted, or times
in RFC 3339. The rows of a query's result count whole days, so give days for
these; a bound within the calls of a row is an error. The cost of a month is
extrapolated from the time between the first call and the last. From less than an
hour it is not, unless -days says how long it was.

# The policy that fits

-policy prints the IAM policy that allows one caller to read the secrets that it
found, and nothing else: the documents on standard output, and what each resource
opens on standard error. BatchGetSecretValue is allowed if a call of it succeeded,
and kms:Decrypt for the keys of these secrets. Notes name what was denied or only
failed, which is not allowed. Prefixes open no secret that the caller does not use
and that -exists names, that was denied, or that others found:

	tune -user mwaa-execution -policy fit -exists names.txt trail > policy.json

If several roles called, -user chooses one: ROLE, or ACCOUNT/ROLE where two
accounts have a role of that name. A result of an older query has no column
awsregion; pass -region then. Half of a result makes no policy, and a note says if
an input could not be read in full.

# Secrets that nobody asks for

-unused N lists the secrets of -exists that no caller asked for in the N days
before the last call, and what they cost: 40 cents a month each. The calls must
span N days, less an hour.

# JSON

-json prints one object with these keys:

  - from, to, days, calls, found, not_found, denied, failed, dollars
  - dollars_a_month (all calls) and not_found_dollars_a_month: 0 if not known
  - extrapolated_from_hours: 0 if a month is not known
  - unreadable_times, unknown_ids, foreign, broken, batches, other_users, other_ids
  - other_times: calls outside -since and -until
  - ids, principals, user_agents, sources, by_day, outside: lists of objects with
    the same counts
  - patterns: a list with kind, of (in force, given, deny, allow), pattern,
    saved_calls, saved_dollars_a_month, left_calls, hidden, doubt, failed, runaway
  - denied_patterns: the same, for patterns that also refuse what was only denied
  - nothing_to_suggest: why there are no patterns
  - backend_kwargs, with the deny lists in it, and partial: whether to put these
    into your own, because others of yours may hold a key
  - guessed_prefixes
  - policy: documents, grants (resource, used, opens, says) and notes
  - unused: days, dollars_a_month and secrets (name, last)
  - notes on the kwargs and on guesses

The exit code is 0. It is 1 if an input could not be read to its end, has no
event, or is half of a query's result, or if a policy cannot be made; what was
read is shown all the same. It is 2 if the command line is wrong.
*/
package main
