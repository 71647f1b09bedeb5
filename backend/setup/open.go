package setup

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
)

// Open makes the client and the Backend. The SDK takes what the Settings do not say from its
// environment variables and files: FIPS, dual stack, retries and the role of the machine.
// opts are options of the SDK and take precedence. A role is assumed by the first lookup.
func (s Settings) Open(ctx context.Context, opts ...func(*config.LoadOptions) error) (*backend.Backend, error) {
	client, err := s.Client(ctx, opts...)
	if err != nil {
		return nil, err
	}
	return backend.New(client, s.Backend)
}

// OpenChain opens Airflow's usual order of sources: Secrets Manager, as Open does, then the
// environment variables of this process (AIRFLOW_CONN_ID, AIRFLOW_VAR_KEY). Both use the same
// MultiTeam and Dialect.
func (s Settings) OpenChain(ctx context.Context, opts ...func(*config.LoadOptions) error) (*backend.Chain, error) {
	b, err := s.Open(ctx, opts...)
	if err != nil {
		return nil, err
	}
	return backend.NewChain(b, backend.Env{MultiTeam: s.Backend.MultiTeam, Dialect: s.Backend.Dialect}), nil
}

// Client makes only the client, for other calls to Secrets Manager with the same credentials.
func (s Settings) Client(ctx context.Context, opts ...func(*config.LoadOptions) error) (*secretsmanager.Client, error) {
	client, err := s.AWS.client(ctx, cmp.Or(s.Backend.Timeout, roleTimeout), opts)
	if err != nil {
		return nil, named(err)
	}
	return client, nil
}

// client makes a client. within is the time limit for assuming a role.
func (a AWS) client(ctx context.Context, within time.Duration, opts []func(*config.LoadOptions) error) (*secretsmanager.Client, error) {
	if a.APIVersion != "" && a.APIVersion != apiVersion {
		return nil, refusal("api_version", "value", "api_version must be "+apiVersion, "")
	}
	a.Role.SessionName = cmp.Or(a.Role.SessionName, defaultSessionName(a.Role.Method, backendID))
	cfg, err := load(ctx, a.AWSConfig, within, opts)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
		o.APIOptions = append(o.APIOptions, bodylimit.Add)
		// botocore uses use_ssl only if it makes the URL itself.
		o.EndpointOptions.DisableHTTPS = a.PlainHTTP && o.BaseEndpoint == nil
	}), nil
}

// apiVersion is the only version of the API of Secrets Manager.
const apiVersion = "2017-10-17"
