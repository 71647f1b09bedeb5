/*
Doctor finds out why an environment cannot read its secrets. It runs a list of
checks. Each is ok, warning, failed or skipped, and says what it saw and the
one thing to do about it.

	doctor [flags] [ID]...

Before an upgrade of Airflow, it finds the connections that stop working; see
"What an upgrade does".

Install it with

	go install github.com/airflowsecrets/airflowsecrets/examples/doctor@latest

It checks the configuration that Airflow would have on this machine, from its
environment variables and airflow.cfg, or the one that -kwargs or -mwaa gives:
the class, the kwargs and the patterns. Then it checks the way to the very
address that the SDK would use: the name, the connection and the handshake.
Last, it checks who the caller is and what that principal may read.

	go run ./examples/doctor -demo
	go run ./examples/doctor postgres_default variable:environment
	go run ./examples/doctor -kwargs kwargs.json postgres_default
	aws mwaa get-environment --name prod | go run ./examples/doctor -mwaa - postgres_default

If localsecrets stands in for AWS and its seed is {id: uri}, start it with -as
connections. Without -as, it takes the keys for the names of secrets, and there
is nothing under airflow/connections/.

Doctor reports what its own principal sees from its own network. To see what an
MWAA environment sees, build a static binary and run it in the subnets of the
environment under its execution role, from a BashOperator:

	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build ./examples/doctor

# IDs

An ID is a conn_id, variable:KEY or config:KEY. Flags come before IDs; write
-id for an ID that begins with a hyphen. Give an ID whose secret exists: it is
the only way to find out whether that secret may be read and decrypted. Without
an ID, doctor asks for a missing name under each prefix.

# What it costs

It calls GetSecretValue once for each ID, once for aws_default if Airflow would
ask for it, and ListSecrets once or more for each kind. The last two lines name
the checks that warn or fail, and count the calls. -all reads every secret that
is listed, even those that a pattern hides: each read costs, and CloudTrail
records it. connuri.Lint and hook.Lint check what was read, which costs nothing.

# What an upgrade does

-upgrade FROM:TO runs no checks of the network. It reads connections and
reports which of them an upgrade of Airflow stops, starts or changes, by
connuri.Reading. It shows the id, the rule, the field, and what to write so
that both versions read the same.

	go run ./examples/doctor -upgrade 2.10.3:3.0.6 -all
	go run ./examples/doctor -upgrade 2.10.3:3.0.6 pg_default smtp_default
	go run ./examples/doctor -upgrade 2.10.3:3.0.6 -file connections.json
	go run ./examples/doctor -upgrade 2.10.1:2.11.0 -mwaa environment.json -all
	go run ./examples/doctor -demo -upgrade 2.10.3:3.0.6

It compares the connections of the IDs, or with -all every connection that is
listed under connections_prefix, or with -file those of a file, without asking
AWS. A file is a JSON or YAML object, or lines of ID=URI or ID={JSON}, as airflow
connections export writes them, or an .env or Compose file that sets
AIRFLOW_CONN_ID. The env_file of a service in a Compose file is not read, and a
warning names it. A key is an id. A value is the text of a secret, or an object
that is its JSON. If a key begins with connections_prefix and sep, all keys are
names of secrets, and those outside the prefix are left out. Quotes around the
value of a line are removed as a shell does. The JSON of a single secret is
refused, since its keys are not ids. What was exported from Airflow's database
is compared as if it were stored in secrets unchanged. Prefix, sep, lookup
pattern and extra_conn_words are those of the configuration that would be
checked; a file needs none.

Compare each step of an upgrade in a run of its own. For 2.10.3 to 3.0.6 to
3.3.1, run -upgrade 2.10.3:3.0.6 and then -upgrade 3.0.6:3.3.1, since a
connection may stop at the first step and start again at the second.

The provider matters as well. If are_secret_values_urlencoded is on, a provider
before 9.0 decodes the values of JSON secrets and a later one does not. With
-mwaa, the images of both versions say which provider each has. -provider is
the one before the upgrade. It is needed if that kwarg is on in Airflow 2 and
-mwaa is not given. The provider after the upgrade is then the newest.

Texts that neither version gives to a task, such as broken JSON, are counted
and listed separately. The upgrade does not change them, so the exit code is 0
unless every text is of this kind. For some URIs with square brackets, the
release of Python matters. Their ids are listed, and do not change the counts.

Secrets that are binary, that are scheduled for deletion, or whose ids the
lookup pattern skips are counted by reason. So are those that could not be
read. The upgrade may stop those too, which is why the exit code is then 1.

-timeout bounds the whole run: give thousands of connections more than the
default minute. A batch of twenty costs one call if
secretsmanager:BatchGetSecretValue is allowed; otherwise each connection costs
one.

# What it prints

It fits lines to COLUMNS or to the width of the terminal, and to 100 columns in
a pipe or a file. Of secrets and kwargs it prints prefixes, patterns, regions
and endpoints, and no other value.

With -json it prints one object:

	{"caller": {"principal", "account", "assumed_role", "region", "endpoint",
	            "addresses", "route", "mwaa"},
	 "checks": [{"name", "status", "seen", "do",
	             "findings": [{"status", "seen", "do"}]}],
	 "calls": N}

With -upgrade and -json it prints one object:

	{"from", "to",
	 "compared": N, "stop": N, "change": N, "start": N, "same": N, "neither": N,
	 "connections": [{"id", "effect": "stops",
	                  "reasons": [{"rule", "field", "problem", "do"}]}],
	 "unreadable": [as above, without effect], "depends_on_python": [ids],
	 "not_compared": [{"reason", "do", "unknown": false, "count": N, "ids"}],
	 "notes", "checks": [as above], "calls": N}

The exit code is 0 if no check failed. It is 1 if a check failed or, with
-upgrade, if a connection stops or could not be read, or neither version reads
any. It is 2 for a wrong command line and 130 after an interrupt.
*/
package main
