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

[Load] reads the environment and airflow.cfg. [ParseKwargs] reads only
backend_kwargs. [ParseMWAA] reads the output of `aws mwaa get-environment`, for a
service outside an MWAA environment. Each returns [Settings], which a program can
print and change.

[Settings.Open] makes the client as SecretsManagerBackend and AwsConnectionWrapper
do: region, profile, keys, role, endpoints and TLS. [Settings.OpenChain] opens
Airflow's usual order of sources: Secrets Manager, then the environment variables
AIRFLOW_CONN_ID and AIRFLOW_VAR_KEY.

# AWS connections

[LoadAWS] does the same for an aws connection, such as aws_default, and for clients
of any service. Airflow reads the kwargs of its backend as the extra of such a
connection, and so does this package: [AWS] embeds hook.AWSConfig.

# Versions

The meaning of a configuration depends on the versions of Airflow and of its amazon
provider. [Versions] states them:

	s, err := setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}.Load(os.Environ(), setup.Server)

ParseMWAA takes the version of Airflow from the environment, and that of the provider
from a table of MWAA's images. Settings.Versions has both, and Settings.Rules
describes the rules that follow from them. An unknown version means the newest.

	Airflow before 3.0      connections are read as Airflow2; [workers] has no effect
	3.0                     connections are read as Airflow30
	3.1                     JSON and URIs are read by different rules; here both are read as
	                        TaskSDK, with a warning
	before 3.2              [core] multi_team and variables for single kwargs have no effect
	MWAA                    multi_team is always off; until backend_kwargs are set,
	                        connections_lookup_pattern is lookup.MWAAPattern
	provider before 7.3.0   lookup patterns have no effect
	before 9.0              these kwargs count: are_secret_values_urlencoded, host, external_id,
	                        aws_account_id together with aws_iam_role, and region_name and
	                        profile_name in session_kwargs
	before 9.34.0           teams follow other rules: every lookup for a team is an error that
	                        says so

# Sources

The rules are those of Airflow 3.3. AIRFLOW__SECRETS__BACKEND and
AIRFLOW__SECRETS__BACKEND_KWARGS take precedence over [secrets] of airflow.cfg, each
on its own, even if it is "". AIRFLOW__SECRETS__BACKEND_KWARG__SEP sets the single
kwarg sep, as text. A worker reads the same options of [workers] secrets_backend
first. The path of airflow.cfg is AIRFLOW_CONFIG, otherwise airflow.cfg in
AIRFLOW_HOME, otherwise in ~/airflow. The file follows the rules of Python's
configparser, with % interpolation. In both sources, $NAME and ${NAME} are expanded.

# Warnings

Airflow silently ignores many mistakes. Settings.Warnings reports them:

  - a name that nothing reads, together with the nearest right one
  - kwargs without a backend
  - options that have no effect in this version, or will have none after an upgrade
    of the provider
  - a lookup pattern that does not compile, which fails only the lookups of its kind
  - text where true or false belongs
  - kwargs that are not a JSON object, so that all defaults apply

Misspelled names are found at every level: the section and the option of
airflow.cfg, the environment variable, the option of an MWAA environment, the kwarg.

	[secrets] backends of airflow.cfg does nothing; did you mean backend?

A [Warning] has a Rule to branch on.

# Errors

An error is an [*Error], which has a Rule to branch on and names the source and the
field. The exceptions are [ErrNoBackend], the end of a context, and an error that an
option of the caller returns.

# Secrecy

Keys, tokens and external IDs are connuri.Secrets. A misspelled option or variable
is named only if it is similar to one of Airflow's. No error and no warning contains
the value of a kwarg, except the name of a class, a profile or a CA file that cannot
be found, and these only if they do not look like a key.

# Differences from Airflow

  - A kwarg of the wrong JSON type (sep null or 5, a prefix that is false) is
    refused by name. Airflow keeps it and fails later or never. The same holds for
    empty texts with which a client cannot be made, unknown assume_role_kwargs, an
    endpoint_url with a login or a query, and extra_conn_words with which Airflow
    fails at the first JSON secret. An unknown option in config_kwargs is refused
    here, and by Airflow when it makes the client.
  - Only one class is read, [Class]. Airflow's others are refused.
  - Kwargs from a command (_CMD) or a secret (_SECRET) are refused. No program is
    run.
  - A variable that refers to itself is an error; Airflow hangs. A text that grows
    beyond a megabyte is an error too.
  - An airflow.cfg without read permission is an error; Airflow continues without it.
  - Half of a surrogate pair in a kwarg becomes U+FFFD.
  - s3_config_file, a file of keys that providers before 9.0 read, is refused.
  - Teams are refused with providers before 9.34.0. Providers 9.27.0 to 9.33.0 never
    look up an id such as red--pg without a team. This package does, with a warning.
  - Parameters of a role that STS would refuse are refused when the client is made.
    An empty list among them is not sent. Of two tags with the same key, the last
    counts.
  - The host name of an endpoint may contain an underscore; botocore refuses it.
    AWS_DEFAULT_PROFILE and AWS_STS_REGIONAL_ENDPOINTS are not read. An empty
    AWS_DEFAULT_REGION counts as unset. If only one of the two variables for an AWS
    key is set, it is ignored.
  - AWS_REGION takes precedence over AWS_DEFAULT_REGION, as in every SDK except
    boto3. If they differ, there is a warning.
  - One AWS key without the other is refused when the client is made, and the CA
    file of verify is read then. botocore does both at the first call.
  - A role is assumed by the first lookup. Airflow assumes it when it makes the
    client.
  - assume_role_with_saml and the web identity federation google are refused. The
    kwarg config_kwargs, which Airflow passes only to its STS client, is not read.
    The config_kwargs of an aws connection is read, for its clients and for STS.
  - The read_timeout of an aws connection limits how long a response may take to
    begin. In botocore it limits each read. The retry mode legacy means standard.
  - An aws connection needs a region, from itself or from the environment, even for
    S3.
*/
package setup
