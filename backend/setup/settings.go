package setup

import (
	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// Settings is Airflow's configuration of SecretsManagerBackend in typed form. It
// prints without keys and tokens, and a program may change any of it before it
// opens the backend.
type Settings struct {
	Backend  backend.Config // what is asked and how it is read
	AWS      AWS            // how the client is made
	Warnings []Warning      // what works and is probably not what was meant; no value of a kwarg is in it
	From     string         // where the configuration was found, in words
	Versions Versions       // by whose rules it was read; what is empty is not known
	Rules    string         // which dialect and provider that means, and why, in words; "" if no version is known
}

// AWS is the part of backend_kwargs that makes the client. The zero value leaves
// all to the SDK: the environment, the shared configuration files, the role of
// the machine.
type AWS struct {
	// What an aws connection may say as well. EndpointURL is that of Secrets Manager.
	// A Role without a SessionName has that of Airflow's backend,
	// airflow_secretsmanagerbackend__connection.
	hook.AWSConfig

	APIVersion string // api_version; there is one, 2017-10-17
	PlainHTTP  bool   // use_ssl: false; an endpoint that is set keeps its own scheme
}

// backendID is the id of the connection as which Airflow's backend reads its kwargs.
const backendID = "SecretsManagerBackend__connection"
