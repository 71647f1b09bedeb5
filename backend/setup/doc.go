/*
Package setup opens a backend from the configuration that Airflow users already
have.

	s, err := setup.Load(os.Environ(), setup.Worker)
	if err != nil {
		return err
	}
	for _, w := range s.Warnings {
		log.Print(w)
	}
	b, err := s.Open(ctx)
	if err != nil {
		return err
	}
	c, err := b.GetConnection(ctx, "postgres_default")

[Load] reads the environment and airflow.cfg, [ParseKwargs] backend_kwargs alone,
and [ParseMWAA] what `aws mwaa get-environment` prints, for a service outside an
MWAA environment. Each gives [Settings]: typed, printable, and the program's own
to change. [Settings.Open] makes the client as SecretsManagerBackend and
AwsConnectionWrapper do: region, profile, keys, role, endpoints, TLS.
[Settings.OpenChain] opens Airflow's usual order in one call: Secrets Manager, then
the environment variables AIRFLOW_CONN_ID and AIRFLOW_VAR_KEY.

# AWS connections

[LoadAWS] does the same with an aws connection, such as aws_default, for a client of
any service. Airflow reads the kwargs of its backend as the extra of such a
connection, and so does this package: [AWS] embeds hook.AWSConfig.

# Versions

What a configuration means depends on the version of Airflow and on that of its
amazon provider. [Versions] gives them:

	s, err := setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}.Load(os.Environ(), setup.Server)

ParseMWAA takes the version of Airflow from the environment, and that of the provider
from a table of MWAA's images. Settings.Versions has both, and Settings.Rules says in
words which rules they mean. A version that is not known means the newest.

	Airflow before 3.0      connections are read as Airflow2; [workers] does nothing
	3.0                     connections are read as Airflow30
	3.1                     is a mixture; a warning says so, and all is read as TaskSDK
	before 3.2              [core] multi_team does nothing, nor does a variable for one kwarg
	MWAA                    multi_team is always off
	provider before 7.3.0   lookup patterns do nothing
	before 9.0              are_secret_values_urlencoded, host, external_id, aws_account_id together
	                        with aws_iam_role, and region_name and profile_name in session_kwargs count
	before 9.34.0           teams have other rules: every lookup for a team is an error that names them

# Sources

The rules are those of Airflow 3.3: AIRFLOW__SECRETS__BACKEND and
_BACKEND_KWARGS come before [secrets] of airflow.cfg, each key by itself and ""
too; AIRFLOW__SECRETS__BACKEND_KWARG__SEP sets one kwarg, as text; a worker asks
the same of [workers] secrets_backend first. airflow.cfg is where AIRFLOW_CONFIG
says, else in AIRFLOW_HOME, else in ~/airflow. It is read by the rules of Python's
configparser, with % interpolation; in both sources $NAME and ${NAME} are
expanded.

# Warnings

Airflow passes over much without a word. Settings.Warnings has it: a name that
nothing reads, with the nearest right one; kwargs without a backend; options that do
nothing in this version, or will not after an upgrade of the provider; a lookup pattern
that does not compile, which fails the lookups of that kind only; text where true or
false belongs; kwargs that are no JSON object, which leave all defaults in force.

Misspelled names are found at every level: the section and the option of airflow.cfg,
the environment variable, the option of an MWAA environment, the kwarg.

	[secrets] backends of airflow.cfg does nothing; did you mean backend?

A [Warning] and an [Error] have a Rule to branch on.

# Secrets

Keys, tokens and external IDs are connuri.Secrets. A misspelled option or variable is
named only where it is near to one of Airflow's. No error and no warning holds the
value of a kwarg, but for the names of a class, a profile and a CA file that
cannot be found, and these only where they do not look like a key.

# Differences from Airflow

  - A kwarg of the wrong JSON type (sep null or 5, a prefix that is false) is
    refused by name; Airflow keeps it and fails later, or at no time. So are empty
    texts that no client can be made with, unknown assume_role_kwargs, an
    endpoint_url with a login or a query in it, and extra_conn_words that Airflow
    fails for at the first JSON secret. An unknown option in config_kwargs is
    refused here, and by Airflow when it makes the client.
  - One class is read, [Class]. Others of Airflow's are refused.
  - Kwargs that a command (_CMD) or a secret (_SECRET) would give are refused; no
    program is run.
  - A variable that refers to itself is an error; Airflow hangs. A text that grows
    beyond a megabyte is one too.
  - An airflow.cfg that may not be read is an error; Airflow goes on without it.
  - Half of a surrogate pair in a kwarg is U+FFFD.
  - s3_config_file, a file of keys that providers before 9.0 read, is refused.
  - Teams of providers before 9.34.0 are refused. Those from 9.27.0 to 9.33.0 never look
    up an id such as red--pg that no team asks for; it is looked up here, with a warning.
  - Parameters of a role that STS would refuse are refused when the client is made.
    An empty list among them is not sent, and of two tags with one key the last counts.
  - The name of an endpoint's host may have an underscore; botocore refuses it.
    AWS_DEFAULT_PROFILE and AWS_STS_REGIONAL_ENDPOINTS are not read, an empty
    AWS_DEFAULT_REGION is none, and one variable of a key without the other is passed over.
  - AWS_REGION counts before AWS_DEFAULT_REGION, as in every SDK but boto3; a
    warning tells when they differ.
  - One AWS key without the other is refused when the client is made, and the CA
    file of verify is read then. botocore does both at the call.
  - A role is taken on by the first lookup; Airflow does it when it makes the
    client.
  - assume_role_with_saml and the web identity federation google are refused.
    The kwarg config_kwargs, which Airflow gives to its STS client only, is not
    read. Of an aws connection it is, for its clients and for STS.
  - An aws connection's read_timeout is how long an answer may take to begin; in
    botocore each read of it may take as long. The retry mode legacy is standard.
  - An aws connection needs a region, of its own or of the environment, for S3 too.
*/
package setup
