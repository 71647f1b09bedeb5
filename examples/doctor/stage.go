package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// stage is an environment in which every check is ok, until a problem is created in it. It has
// Secrets Manager and STS on loopback, and Airflow's variables.
type stage struct {
	srv      *secretsmanagertest.Server
	sts      *standIn
	class    string
	variable string // the one that names the class
	kwargs   map[string]any
	keys     map[string]any // more kwargs; nil uses the keys of the SDK's options
	environ  []string       // more than the class and the kwargs
	ids      []id
	listed   bool // read every secret that is listed

	options []func(*config.LoadOptions) error
	resolve func(context.Context, string) ([]netip.Addr, error)
	closers []func()
}

// staged are the secrets of a stage. Nothing may print their values.
var staged = map[string]string{
	"airflow/connections/pg":        "postgres://app:hunter2-password@db.example.com:5432/orders?sslmode=verify-full",
	"airflow/variables/environment": "hunter2-variable",
	"airflow/connections/smtp": `{"conn_type": "smtp", "host": "smtp.example.com", "login": "mailer",
		"password": "hunter2-mail", "port": 465,
		"extra": {"disable_tls": true, "from_email": "mailer@example.com"}}`,
}

// keys are the kwargs that hold credentials.
var keys = map[string]any{
	"aws_access_key_id":     "AKIAHUNTER2EXAMPLE00",
	"aws_secret_access_key": "hunter2-secret-access-key",
	"aws_session_token":     "hunter2-session-token",
}

func newStage() (*stage, error) {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Region: "eu-west-1", Secrets: staged})
	if err != nil {
		return nil, err
	}
	s := &stage{
		srv: srv, sts: &standIn{}, class: setup.Class, variable: "AIRFLOW__SECRETS__BACKEND",
		keys: keys, ids: []id{{text: "pg"}}, closers: []func(){srv.Close},
	}
	s.kwargs = map[string]any{
		"region_name": "eu-west-1", "endpoint_url": srv.URL(),
		"connections_lookup_pattern": lookup.MWAAPattern, "service_config": stsAt(s.serve(s.sts)),
	}
	s.options = append(s.options, // without the user's configuration
		config.WithSharedConfigFiles([]string{os.DevNull}),
		config.WithSharedCredentialsFiles([]string{os.DevNull}))
	return s, nil
}

func (s *stage) close() {
	for _, c := range s.closers {
		c()
	}
}

// doctor returns a doctor for the stage.
func (s *stage) doctor() (*doctor, error) {
	all := maps.Clone(s.kwargs)
	maps.Copy(all, s.keys)
	doc, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	environ := append([]string{
		"AIRFLOW_CONFIG=", // no airflow.cfg
		s.variable + "=" + s.class,
		s.variable + "_KWARGS=" + string(doc),
	}, s.environ...)
	return &doctor{
		source: airflow{environ: environ}, environ: environ, ids: s.ids, all: s.listed,
		timeout: 30 * time.Second, options: s.options, resolve: s.resolve,
	}, nil
}

// serve starts a server on loopback and returns its URL.
func (s *stage) serve(h http.Handler) string {
	srv := httptest.NewServer(h)
	s.closers = append(s.closers, srv.Close)
	return srv.URL
}

// overTLS starts a server for Secrets Manager with a certificate of its own.
func (s *stage) overTLS() *httptest.Server {
	srv := httptest.NewUnstartedServer(s.srv)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	srv.EnableHTTP2 = true
	srv.StartTLS()
	s.closers = append(s.closers, srv.Close)
	return srv
}

// closedPort returns an address that refuses connections.
func (s *stage) closedPort() string {
	addr, release, err := secretsmanagertest.ClosedPort()
	if err != nil {
		return "127.0.0.1:1"
	}
	s.closers = append(s.closers, release)
	return addr
}

// dials makes dial the way to connect to an address.
func (s *stage) dials(address string, dial func() (net.Conn, error)) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		others := t.DialContext
		t.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
			if to == address {
				return dial()
			}
			return others(ctx, network, to)
		}
	})
	s.options = append(s.options, config.WithHTTPClient(client))
}

// stsAt is a service_config that names the endpoint of STS.
func stsAt(url string) map[string]any {
	return map[string]any{"sts": map[string]any{"endpoint_url": url}}
}

// standIn is the part of STS that doctor needs.
type standIn struct {
	mu     sync.Mutex
	code   string // an error to answer with
	status int    // the HTTP status of the error; 0 is 403
	denies bool   // refuse AssumeRole
	role   bool   // a role was assumed
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	action := r.PostForm.Get("Action")
	code := s.code
	if action == "AssumeRole" && s.denies {
		code = "AccessDenied"
	}
	if code != "" {
		w.WriteHeader(cmp.Or(s.status, http.StatusForbidden))
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>`+
			`<Message>The security token in the request is not valid: hunter2-token</Message>`+
			`</Error></ErrorResponse>`, code)
		return
	}
	const account = `<Account>123456789012</Account>`
	result := `<Arn>arn:aws:iam::123456789012:user/airflow</Arn><UserId>AIDA</UserId>` + account
	if s.role {
		result = `<Arn>arn:aws:sts::123456789012:assumed-role/reader/doctor</Arn>` +
			`<UserId>AROA:doctor</UserId>` + account
	}
	if action == "AssumeRole" {
		s.role = true
		result = `<Credentials><AccessKeyId>ASIAHUNTER2EXAMPLE00</AccessKeyId>` +
			`<SecretAccessKey>hunter2-role</SecretAccessKey>` +
			`<SessionToken>hunter2-role-token</SessionToken><Expiration>` +
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `</Expiration></Credentials>`
	}
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
		`<%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, result)
}
