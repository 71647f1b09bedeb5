package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// problem is something that can be wrong, and how to create it on a stage.
type problem struct {
	what   string // what is wrong
	create func(*stage)
	check  string // the one that finds it
	found  Status
}

// lookups is a fault that fails lookups with a message that must not be shown.
func lookups(code, message string) secretsmanagertest.Fault {
	return secretsmanagertest.Fault{
		Operation: "GetSecretValue", Code: code, Message: message + " (hunter2-message)",
	}
}

// unused is an address for documentation, which no machine has. If a problem is that it never
// answers, the connection times out at once, since a limit short enough to wait for could fail
// the other checks on a busy machine.
const unused = "192.0.2.1:443"

// problems are those that the demo creates.
var problems = []problem{
	{"no backend is configured", func(s *stage) { s.variable = "NOTHING" }, configuration, Failed},
	{"the variable of the backend is misspelled", func(s *stage) {
		s.variable = "AIRFLOW__SECRETS_BACKEND"
	}, configuration, Failed},
	{"kwargs are set without a backend", func(s *stage) { s.class = "" }, configuration, Failed},
	{"the variable of the kwargs is misspelled", func(s *stage) {
		s.environ = append(s.environ, "AIRFLOW__SECRETS__BACKEND_kwargs={\"sep\": \"hunter2\"}")
	}, configuration, Warning},
	{"a kwarg is set as if it were an option", func(s *stage) {
		s.environ = append(s.environ, "AIRFLOW__SECRETS__VARIABLES_PREFIX=hunter2")
	}, configuration, Warning},
	{"a kwarg is only for providers before 9.0", func(s *stage) {
		s.kwargs["are_secret_values_urlencoded"] = true
	}, kwargs, Warning},
	{"the class is misspelled", func(s *stage) {
		s.class = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretManagerBackend"
	}, class, Failed},
	{"the class is the Parameter Store's", func(s *stage) {
		s.class = "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"
	}, class, Warning},
	{"a kwarg is misspelled", func(s *stage) {
		s.kwargs["connection_prefix"] = "hunter2-prefix"
	}, kwargs, Warning},
	{"a kwarg has the wrong type", func(s *stage) { s.kwargs["sep"] = 5 }, kwargs, Failed},
	{"a pattern does not compile", func(s *stage) {
		s.kwargs["variables_lookup_pattern"] = "^(hunter2-pattern"
	}, patterns, Failed},
	{"a pattern hangs Airflow", func(s *stage) {
		s.kwargs["variables_lookup_pattern"] = `^(\w+_?)+$`
	}, patterns, Warning},
	{"the region is not valid", func(s *stage) {
		s.kwargs["region_name"] = "eu west"
	}, endpoint, Failed},
	{"the name does not resolve", func(s *stage) {
		s.kwargs["region_name"] = "eu-wset-1"
		s.kwargs["endpoint_url"] = "https://secretsmanager.eu-wset-1.amazonaws.invalid"
		s.resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
	}, dns, Failed},
	{"the port is closed", func(s *stage) {
		s.kwargs["endpoint_url"] = "https://" + s.closedPort()
	}, tcp, Failed},
	{"a security group drops the packets", func(s *stage) {
		s.kwargs["endpoint_url"] = "https://" + unused
		s.dials(unused, func() (net.Conn, error) { return nil, os.ErrDeadlineExceeded })
	}, tcp, Failed},
	{"the certificate is not trusted", func(s *stage) {
		s.kwargs["endpoint_url"] = s.overTLS().URL
	}, tlsHandshake, Failed},
	{"the server does not speak TLS", func(s *stage) {
		s.kwargs["endpoint_url"] = strings.Replace(s.srv.URL(), "http:", "https:", 1)
	}, tlsHandshake, Failed},
	{"the handshake is never answered", func(s *stage) {
		s.kwargs["endpoint_url"] = "https://" + unused
		s.dials(unused, func() (net.Conn, error) {
			conn, _ := net.Pipe()
			return conn, conn.SetDeadline(time.Unix(1, 0))
		})
	}, tlsHandshake, Failed},
	{"the credentials have expired", func(s *stage) {
		s.sts.code = "ExpiredToken"
		s.srv.Fail("", "ExpiredTokenException")
	}, credential, Failed},
	{"the credentials have expired, and STS cannot be reached", func(s *stage) {
		s.kwargs["service_config"] = stsAt("http://" + s.closedPort())
		s.srv.Fail("", "ExpiredTokenException")
	}, credential, Failed},
	{"the role cannot be assumed", func(s *stage) {
		s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
		s.sts.denies = true
	}, credential, Failed},
	{"access is denied", func(s *stage) {
		s.srv.Inject(lookups("AccessDeniedException", "User: arn:aws:iam::123456789012:user/airflow is "+
			"not authorized to perform: secretsmanager:GetSecretValue on resource: airflow/connections/pg "+
			"because no identity-based policy allows the secretsmanager:GetSecretValue action"))
	}, getSecret, Failed},
	{"access is denied without an id", func(s *stage) {
		s.ids = nil
		s.srv.Inject(lookups("AccessDeniedException", "not authorized"))
	}, getSecret, Warning},
	{"too many calls", func(s *stage) {
		s.srv.Inject(lookups("ThrottlingException", ""))
	}, getSecret, Failed},
	{"the KMS key is denied", func(s *stage) {
		s.srv.Inject(lookups("AccessDeniedException", "Access to KMS is not allowed"))
	}, kms, Failed},
	{"aws_default is asked for", func(s *stage) {
		delete(s.kwargs, "connections_lookup_pattern")
		s.kwargs["variables_lookup_pattern"] = `^[a-z]+\w*$`
		s.keys = nil
		sdk := credentials.NewStaticCredentialsProvider("AKIAHUNTER2EXAMPLE03", "hunter2-of-the-sdk", "")
		s.options = append(s.options, config.WithCredentialsProvider(sdk))
	}, awsDefault, Warning},
	{"aws_default exists as a secret", func(s *stage) {
		delete(s.kwargs, "connections_lookup_pattern")
		s.srv.Set("airflow/connections/aws_default", "aws://AKIAHUNTER2EXAMPLE01:hunter2-default@/")
	}, awsDefault, Warning},
	{"AIRFLOW_CONN_AWS_DEFAULT is set", func(s *stage) {
		s.environ = append(s.environ, "AIRFLOW_CONN_AWS_DEFAULT=aws://AKIAHUNTER2EXAMPLE02:hunter2-touched@/")
	}, awsDefault, Warning},
	{"the id is given with its prefix", func(s *stage) {
		s.ids = []id{{text: "airflow/connections/pg"}}
	}, idsGiven, Failed},
	{"the id is the name of a variable", func(s *stage) {
		s.ids = []id{{text: "AIRFLOW_CONN_PG"}}
	}, idsGiven, Failed},
	{"the secret does not exist", func(s *stage) { s.ids = []id{{text: "p-g"}} }, idsGiven, Failed},
	{"a pattern hides the id", func(s *stage) {
		s.kwargs["connections_lookup_pattern"] = "^smtp$"
	}, hidden, Failed},
	{"a null prefix hides the id", func(s *stage) {
		s.kwargs["variables_prefix"] = nil
		s.ids = []id{{lookup.KindVariable, "environment"}}
	}, hidden, Failed},
	{"the prefix is wrong", func(s *stage) {
		s.kwargs["connections_prefix"] = "airflow/connection"
	}, prefixes, Failed},
	{"a prefix has nothing under it", func(s *stage) {
		s.ids = nil
		s.kwargs["connections_prefix"] = "prod/connections"
	}, prefixes, Warning},
	{"a secret is not a connection", func(s *stage) {
		s.srv.Set("airflow/connections/pg",
			`{"conn_type": "postgres", "host": "db", "password": "hunter2-broken", "port": "hunter2-port"}`)
	}, secrets, Failed},
	{"a secret is not read as it was meant", func(s *stage) {
		s.srv.Set("airflow/connections/smtp", "hunter2-no-uri")
		s.listed = true
	}, secrets, Warning},
	{"TLS of a connection is not verified", func(s *stage) {
		s.srv.Set("airflow/connections/smtp",
			"redis://:hunter2-redis@cache.example.com:6379?ssl=true&ssl_cert_reqs=none")
		s.listed = true
	}, secrets, Warning},
	{"a secret that a pattern hides is not read as it was meant", func(s *stage) {
		s.srv.Set("airflow/connections/aws_default", "hunter2-no-uri")
		s.listed = true
	}, secrets, Warning},
}
