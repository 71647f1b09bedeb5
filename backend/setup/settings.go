package setup

import (
	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// Settings is Airflow's configuration of SecretsManagerBackend in typed form. It prints
// without keys and tokens. A program may change any of it before it opens the backend.
type Settings struct {
	Backend  backend.Config // which secrets are asked for and how they are read
	AWS      AWS            // how the client is made
	Warnings []Warning      // probable mistakes; no warning contains the value of a kwarg
	From     string         // describes where the configuration was found
	Versions Versions       // the versions whose rules were followed; an empty one is unknown
	Rules    string         // describes these rules and why they hold; "" if no version is known
}

// AWS is the part of backend_kwargs that makes the client. The zero value leaves everything
// to the SDK: the environment, the shared configuration files and the role of the machine.
type AWS struct {
	// AWSConfig has the kwargs that an aws connection may have as well. EndpointURL is that of
	// Secrets Manager. The default SessionName of a Role is that of Airflow's backend,
	// airflow_secretsmanagerbackend__connection.
	hook.AWSConfig

	APIVersion string // api_version; the only one is 2017-10-17
	PlainHTTP  bool   // use_ssl: false; does not change the scheme of EndpointURL
}

// backendID is the connection id that Airflow's backend uses to read its kwargs.
const backendID = "SecretsManagerBackend__connection"
