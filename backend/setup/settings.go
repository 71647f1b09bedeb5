package setup

import (
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Settings is Airflow's configuration of SecretsManagerBackend in typed form. It
// prints without keys and tokens, and a program may change any of it before it
// opens the backend.
type Settings struct {
	Backend  backend.Config // what is asked and how it is read
	AWS      AWS            // how the client is made
	Warnings []string       // what works and is probably not what was meant; no value of a kwarg is in it
	From     string         // where the configuration was found, in words
}

// AWS is the part of backend_kwargs that makes the client. The zero value leaves
// all to the SDK: the environment, the shared configuration files, the role of
// the machine.
type AWS struct {
	Region      string // region_name
	Profile     string // profile_name; its keys come before those of the environment
	EndpointURL string // endpoint_url, of Secrets Manager alone
	APIVersion  string // api_version; there is one, 2017-10-17

	PlainHTTP          bool   // use_ssl: false; an endpoint that is set keeps its own scheme
	InsecureSkipVerify bool   // verify: false
	CAFile             string // verify: the path of a PEM file, whose certificates alone are trusted

	// The keys, of the top level or else of session_kwargs. Both or neither.
	AccessKeyID     connuri.Secret // aws_access_key_id
	SecretAccessKey connuri.Secret // aws_secret_access_key
	SessionToken    connuri.Secret // aws_session_token

	Role           Role   // what to become with them
	STSEndpointURL string // service_config.sts.endpoint_url; EndpointURL never counts for STS
}

// Role is the role that the client takes on, with the credentials that it would
// else sign with: role_arn, assume_role_method and assume_role_kwargs.
type Role struct {
	ARN    string // role_arn; "" is no role, and nothing below counts
	Method string // assume_role_method: AssumeRole or WebIdentity; "" is AssumeRole

	// assume_role_kwargs, by the names that STS has for them.
	SessionName       string            // RoleSessionName; "" is Airflow's airflow_secretsmanagerbackend__connection
	ExternalID        connuri.Secret    // ExternalId
	Duration          time.Duration     // DurationSeconds; 0 leaves it to STS, which means an hour
	Policy            string            // Policy
	PolicyARNs        []string          // PolicyArns
	Tags              map[string]string // Tags
	TransitiveTagKeys []string          // TransitiveTagKeys
	SourceIdentity    string            // SourceIdentity
	SerialNumber      string            // SerialNumber
	TokenCode         connuri.Secret    // TokenCode

	// For WebIdentity.
	Federation string // assume_role_with_web_identity_federation; only "file" is supported
	TokenFile  string // assume_role_with_web_identity_token_file; "" is AWS_WEB_IDENTITY_TOKEN_FILE
}

// The methods of a Role.
const (
	AssumeRole  = "assume_role"
	WebIdentity = "assume_role_with_web_identity"
)

// defaultSessionName is what AwsGenericHook makes of "Airflow_" and the
// backend's connection id: slugified, so in lower case.
const defaultSessionName = "airflow_secretsmanagerbackend__connection"
