package backend_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

const name = "airflow/connections/pg"

// failures are the cases in the runbook of an MWAA operator, each produced for real.
var failures = []struct {
	name   string
	cfg    backend.Config
	id     string                                             // "" means pg
	make   func(t *testing.T, srv *secretsmanagertest.Server) // produces the failure
	client func(t *testing.T) backend.Client                  // replaces the server's client
	reason backend.Reason
	calls  int
	hint   string // a part of the hint

	notFound, swallowed bool
}{
	{name: "wrong name", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: `check the prefix "airflow/connections", the spelling of the id, the region and the account`},
	{name: "the id begins with its prefix", id: "airflow/connections/mysql", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: `ask for "mysql"; the prefix "airflow/connections" is added for you`},
	{name: "the id is a variable's name", id: "AIRFLOW_CONN_PG", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: `ask for "pg"; AIRFLOW_CONN_ begins the name of an environment variable`},
	{name: "a variable's name in capitals and small letters", id: "AIRFLOW_CONN_Pg", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true, hint: `ask for "Pg";`},
	{name: "a variable's name of another kind", id: "AIRFLOW_VAR_STAGE", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: `ask for the variable "stage"; AIRFLOW_VAR_`},
	{name: "a variable's name that the pattern skips", id: "AIRFLOW_CONN_PG", cfg: backend.Config{ConnectionsLookupPattern: "^prod_"}, reason: backend.Skipped, notFound: true, swallowed: true,
		hint: `ask for "pg"`},
	{name: "a variable's name that is denied", id: "AIRFLOW_CONN_PG", make: fail("airflow/connections/AIRFLOW_CONN_PG", "AccessDeniedException", ""), reason: backend.Denied, calls: 1,
		hint: `ask for "pg"; AIRFLOW_CONN_ begins the name of an environment variable, not an id; if that is denied as well, grant secretsmanager:GetSecretValue`},
	{name: "nothing but the beginning of a variable's name", id: "AIRFLOW_CONN_", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true, hint: "check the prefix"},
	{name: "no prefix", cfg: backend.Config{ConnectionsPrefix: lookup.NoPrefix}, reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: "no prefix is added to the id"},
	{name: "aws_default asked for", id: "aws_default", reason: backend.NoSecret, calls: 1, notFound: true, swallowed: true,
		hint: "skip it with the lookup pattern ^(?!aws_default$).*$"},
	{name: "aws_default kept and denied", id: "aws_default", make: fail("airflow/connections/aws_default", "AccessDeniedException", ""), reason: backend.Denied, calls: 1,
		hint: "or skip aws_default with the lookup pattern"},
	{name: "aws_default kept as no connection", id: "aws_default", make: set("airflow/connections/aws_default", "{"), reason: backend.Malformed, calls: 1,
		hint: "write the closing brace; or delete it, since aws_default is rarely needed"},
	{name: "skipped by the pattern", cfg: backend.Config{ConnectionsLookupPattern: "^prod_"}, reason: backend.Skipped, notFound: true, swallowed: true,
		hint: "widen connections_lookup_pattern"},
	{name: "disabled", cfg: backend.Config{ConnectionsPrefix: lookup.Disabled}, reason: backend.Disabled, notFound: true, swallowed: true,
		hint: "set its prefix"},
	{name: "-- with multi_team", cfg: backend.Config{MultiTeam: true}, id: "red--pg", reason: backend.RefusedID, notFound: true, swallowed: true,
		hint: "ask as that team"},
	{name: "bad pattern", cfg: backend.Config{ConnectionsLookupPattern: "("}, reason: backend.BadPattern, hint: "fix the lookup pattern"},
	{name: "binary", make: func(_ *testing.T, srv *secretsmanagertest.Server) { srv.SetBinary(name, []byte{1}) }, reason: backend.BinaryOnly, calls: 1, notFound: true, swallowed: true,
		hint: "SecretString"},
	{name: "empty", make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Body: `{"Name":"x","SecretString":""}`})
	}, reason: backend.EmptyConnection, calls: 1, notFound: true, swallowed: true, hint: "store a connection"},
	{name: "malformed", make: set(name, `{"port": "x"}`), reason: backend.Malformed, calls: 1, hint: "write a number from 1 to 65535"},
	{name: "blank", make: set(name, " \n"), reason: backend.Malformed, calls: 1, hint: "store a connection URI, or JSON with conn_type"},

	{name: "no permission", make: fail(name, "AccessDeniedException",
		"User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue on resource: z because no identity-based policy allows the secretsmanager:GetSecretValue action"),
		reason: backend.Denied, calls: 1,
		hint: "no identity-based policy allows secretsmanager:GetSecretValue on the secret; grant it there; a denial neither proves nor disproves that the secret exists"},
	{name: "no permission, nothing said", make: fail(name, "AccessDeniedException", "no"), reason: backend.Denied, calls: 1,
		hint: "grant secretsmanager:GetSecretValue on the secret to this role; a denial"},
	{name: "an explicit deny somewhere", make: fail(name, "AccessDeniedException", "... with an explicit deny"), reason: backend.Denied, calls: 1,
		hint: "an explicit deny forbids secretsmanager:GetSecretValue"},
	{name: "a secret with kms in its name", make: fail(name, "AccessDeniedException",
		"User: arn:aws:iam::1:user/kms-reader is not authorized to perform: secretsmanager:GetSecretValue on resource: airflow/connections/kms"),
		reason: backend.Denied, calls: 1, hint: "grant secretsmanager:GetSecretValue"},
	{name: "denied by a resource policy", make: fail(name, "AccessDeniedException", "... because no resource-based policy allows the ... action"),
		reason: backend.Denied, calls: 1, hint: "no resource-based policy allows secretsmanager:GetSecretValue"},
	{name: "explicit deny", make: fail(name, "AccessDeniedException", "... with an explicit deny in an identity-based policy"),
		reason: backend.Denied, calls: 1, hint: "an explicit deny in the identity-based policy forbids"},
	{name: "denied by the endpoint", make: fail(name, "AccessDeniedException", "... with an explicit deny in a VPC endpoint policy"),
		reason: backend.Denied, calls: 1, hint: "an explicit deny in the VPC endpoint policy forbids"},
	{name: "no kms:Decrypt", make: fail(name, "AccessDeniedException", "Access to KMS is not allowed"),
		reason: backend.KMSDenied, calls: 1, hint: "grant kms:Decrypt"},
	{name: "decryption failure", make: fail(name, "DecryptionFailure", ""), reason: backend.DecryptionFailed, calls: 1, swallowed: true,
		hint: "check that its KMS key is enabled"},
	{name: "scheduled for deletion", make: fail(name, "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."),
		reason: backend.DeletionScheduled, calls: 1, swallowed: true, hint: "restore-secret"},
	{name: "default key across accounts", make: fail(name, "InvalidRequestException",
		"You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key."),
		reason: backend.DefaultKMSKey, calls: 1, swallowed: true, hint: "customer managed key"},
	{name: "invalid request", make: fail(name, "InvalidRequestException", "?"), reason: backend.InvalidRequest, calls: 1, swallowed: true, hint: "version stage"},
	{name: "invalid parameter", make: fail(name, "InvalidParameterException", "?"), reason: backend.InvalidRequest, calls: 1, swallowed: true, hint: "version stage"},
	{name: "AWS fails inside", make: fail(name, "InternalServiceError", ""), reason: backend.ServiceError, calls: 3, swallowed: true, hint: "try again"},
	{name: "an id that AWS forbids", id: "my db", reason: backend.Failed, calls: 1, hint: "letters, digits and /_+=.@-!"},
	{name: "empty name", cfg: backend.Config{ConnectionsPrefix: lookup.NoPrefix}, id: "\x00empty", reason: backend.Failed},

	{name: "throttled", make: fail(name, "ThrottlingException", ""), reason: backend.Throttled, calls: 3, hint: "make fewer calls"},
	{name: "expired token", make: fail(name, "ExpiredTokenException", ""), reason: backend.BadCredentials, calls: 1, hint: "expired"},
	{name: "wrong keys", make: fail(name, "UnrecognizedClientException", ""), reason: backend.BadCredentials, calls: 1, hint: "role or keys"},
	{name: "no keys", client: withoutCredentials(errors.New("no EC2 IMDS role found")), reason: backend.BadCredentials, hint: "role or keys"},
	{name: "503 from a proxy", make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Status: http.StatusServiceUnavailable})
	}, reason: backend.ServerFailure, calls: 3, hint: "proxies"},
	{name: "an answer that is not JSON", make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Body: "<html>"})
	}, reason: backend.Failed, calls: 1, hint: "a proxy that answers in place of AWS"},
	{name: "an answer without a secret", make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Body: "{}"})
	}, reason: backend.ServiceError, calls: 1, swallowed: true, hint: "try again"},
	{name: "no region", client: func(*testing.T) backend.Client {
		return secretsmanager.New(secretsmanager.Options{Credentials: aws.CredentialsProviderFunc(someKeys)})
	}, reason: backend.Failed, hint: "set the region: AWS_REGION"},
	{name: "a login that is not found", client: withoutCredentials(&types.ResourceNotFoundException{}), reason: backend.BadCredentials, hint: "role or keys"},
	{name: "a role that may not be assumed", client: withoutCredentials(&smithy.GenericAPIError{Code: "AccessDenied"}), reason: backend.BadCredentials, hint: "role or keys"},

	{name: "cut off", make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Drop: true})
	}, reason: backend.Unreachable, calls: 3, hint: "interface endpoint"},
	{name: "nobody listens", client: nobodyListens, reason: backend.Unreachable, hint: "region, DNS and route"},
	{name: "name does not resolve", client: at("http://nowhere..invalid"), reason: backend.Unreachable, hint: "DNS"},
	{name: "no TLS", client: func(t *testing.T) backend.Client {
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it would log the failed handshake
		srv.StartTLS()
		t.Cleanup(srv.Close)
		return at(srv.URL)(t)
	}, reason: backend.Unreachable, hint: "route"},
	{name: "no answer", cfg: backend.Config{Timeout: 50 * time.Millisecond}, make: func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Hang: true})
	}, reason: backend.TimedOut, calls: 1, hint: "Config.Timeout is 50ms; in a VPC"},
	{name: "no route", cfg: backend.Config{Timeout: 50 * time.Millisecond}, client: func(t *testing.T) backend.Client {
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		return secretsmanager.New(secretsmanager.Options{
			Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(someKeys),
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				<-end // packets without an answer
				return nil, context.Canceled
			}}},
		})
	}, reason: backend.TimedOut, hint: "route through NAT"},
}

func set(name, text string) func(*testing.T, *secretsmanagertest.Server) {
	return func(_ *testing.T, srv *secretsmanagertest.Server) { srv.Set(name, text) }
}

func fail(name, code, message string) func(*testing.T, *secretsmanagertest.Server) {
	return func(_ *testing.T, srv *secretsmanagertest.Server) {
		srv.Inject(secretsmanagertest.Fault{Name: name, Code: code, Message: message})
	}
}

// withoutCredentials returns a client whose credentials fail with an error, such as one of STS.
func withoutCredentials(err error) func(t *testing.T) backend.Client {
	return func(t *testing.T) backend.Client {
		return secretsmanagertest.NewServer(t).Client(func(o *secretsmanager.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: err}
			})
		})
	}
}

func someKeys(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "EXAMPLE"}, nil
}

// at returns a client of the given address.
func at(url string) func(*testing.T) backend.Client {
	return func(*testing.T) backend.Client {
		return secretsmanager.New(secretsmanager.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(url), Credentials: aws.CredentialsProviderFunc(someKeys), Retryer: aws.NopRetryer{},
			HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		})
	}
}

// nobodyListens returns a client of an address that refuses connections.
func nobodyListens(t *testing.T) backend.Client {
	addr, release, err := secretsmanagertest.ClosedPort()
	require.NoError(t, err)
	t.Cleanup(release)
	return at("http://" + addr)(t)
}

func TestEachFailureHasItsReasonAndHint(t *testing.T) {
	for _, row := range failures {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			if row.make != nil {
				row.make(t, srv)
			}
			client := backend.Client(srv.Client())
			if row.client != nil {
				client = row.client(t)
			}
			b, err := backend.New(client, row.cfg)
			require.NoError(t, err)
			id := row.id
			switch id {
			case "":
				id = "pg"
			case "\x00empty":
				id = ""
			}

			_, err = b.GetConnection(t.Context(), id)

			var failed *backend.LookupError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, row.reason.String(), failed.Reason.String())
			assert.Contains(t, failed.Hint(), row.hint)
			assert.Equal(t, row.hint == "", failed.Hint() == "", "a hint is expected if and only if the row has one")
			assert.Contains(t, err.Error(), failed.Hint())
			assert.Equal(t, row.notFound, errors.Is(err, backend.ErrNotFound), "ErrNotFound")
			assert.Equal(t, row.swallowed, failed.Swallowed(), "Swallowed")
			if failed.Reason == backend.TimedOut { // the time may be up before the call reaches the server
				assert.LessOrEqual(t, len(srv.Asked()), row.calls, "calls")
			} else {
				assert.Equal(t, row.calls, len(srv.Asked()), "calls")
			}
			for _, name := range failed.Names {
				if name != "" {
					assert.Contains(t, err.Error(), name)
				}
			}
		})
	}
}

// A caller can read the error of AWS.
func TestErrorsUnwrapToAWS(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Fail(name, "AccessDeniedException")
	b := newBackend(t, srv, backend.Config{})
	_, err := b.GetConnection(t.Context(), "pg")
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "AccessDeniedException", api.ErrorCode())

	_, err = b.GetConnection(t.Context(), "airflow/connections/mysql")
	assert.EqualError(t, err, `backend: connection "airflow/connections/mysql" (asked for "airflow/connections/airflow/connections/mysql"): `+
		`no such secret: ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections" is added for you`)

	srv.Set("airflow/connections/bad", `{"conn_type": "postgres", "port": "x"}`)
	_, err = b.GetConnection(t.Context(), "bad")
	var field *connuri.Error
	require.ErrorAs(t, err, &field)
	assert.Equal(t, "port", field.Field)
}

// A team's secret that cannot be read says more than the miss of the global one.
func TestTheErrorIsTheWorseOfTwoMisses(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Fail("airflow/connections/red--pg", "DecryptionFailure")
	b := newBackend(t, srv, backend.Config{}).Team("red")
	_, err := b.GetConnection(t.Context(), "pg")
	var failed *backend.LookupError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, backend.DecryptionFailed, failed.Reason)
	assert.Equal(t, []string{"airflow/connections/red--pg", "airflow/connections/pg"}, failed.Names)
	assert.NotErrorIs(t, err, backend.ErrNotFound)
	assert.Equal(t, "red", failed.Team)
}

// A hint names the kwarg to change. For a skipped id with its prefix it is the same as for a
// missing one.
func TestHintsNameTheKwarg(t *testing.T) {
	b, err := backend.New(secretsmanagertest.Map{}, backend.Config{ConnectionsLookupPattern: "^prod_", ConfigLookupPattern: "^prod_"})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "airflow/connections/prod_x")
	assert.ErrorContains(t, err, `ask for "prod_x"`)
	_, err = b.GetConfig(t.Context(), "x")
	assert.ErrorContains(t, err, "widen config_lookup_pattern")
	_, err = b.Lookup(t.Context(), backend.Query{Kind: lookup.KindVariable, ID: "v", Stage: "AWSPENDING"})
	assert.ErrorContains(t, err, `the stage "AWSPENDING"`)
	_, err = b.Lookup(t.Context(), backend.Query{Kind: 9, ID: "x"})
	assert.EqualError(t, err, `backend: connection "x": failed: the kind is unknown; use lookup.KindConnection, KindVariable or KindConfig`)
	for reason := range backend.Failed + 2 {
		failed := &backend.LookupError{Reason: reason, ID: "x"} // as a test of a caller may make one
		assert.NotPanics(t, func() { _ = failed.Error() + failed.Hint() + reason.Hint(); _ = failed.Unwrap() })
	}
}

func newBackend(t testing.TB, srv *secretsmanagertest.Server, cfg backend.Config) *backend.Backend {
	b, err := backend.New(srv.Client(), cfg)
	require.NoError(t, err)
	return b
}
