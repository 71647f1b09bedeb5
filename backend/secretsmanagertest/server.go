package secretsmanagertest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Options configure a server. The zero value is a server in us-east-1, account 123456789012,
// without secrets, on a free port of loopback.
type Options struct {
	// Region and Account are part of every ARN. "" means us-east-1 and 123456789012. The
	// server also responds to clients of other regions.
	Region, Account string

	// Suffix is the six letters or digits at the end of every ARN, after a hyphen. "" means
	// random ones, as on AWS, which change if a secret is created again.
	Suffix string

	// Secrets maps names to texts that the server has from the start, as if Set had been
	// called in the order of the names. With State, each name is set only once: later changes
	// and deletions are kept.
	Secrets map[string]string

	// State is the path of a file that keeps the secrets from one run to the next; "" means
	// none. If the file does not exist or is empty, the server starts with Secrets alone. The server
	// replaces the file atomically before it responds to an operation that changes anything, and in
	// Close. Changes by Set, SetBinary, Remove and Reset are written the next time that happens.
	// Only one server may use a file at a time. The file holds the secrets in plain text, and only
	// its owner may read it.
	State string

	// AnyName makes a lookup of a name that AWS forbids (a space, ':', 'é', 3000 characters)
	// fail with ResourceNotFoundException. Without it, as on AWS, it fails with
	// ValidationException.
	AnyName bool

	// Addr is the address to listen on, as in net.Listen("tcp", Addr). "" means 127.0.0.1:0.
	Addr string

	// KeepCalls is the number of latest calls that Log and Asked return. 0 means 10,000. The
	// counters do not depend on it, unless it is negative: then no call is kept or counted, so that
	// the memory of the server does not grow with the IDs of its requests.
	KeepCalls int

	// Wrap, if not nil, is called once with the server and returns the handler to use
	// instead, such as one that refuses some requests.
	Wrap func(http.Handler) http.Handler

	// OnAnswer, if not nil, is called after each response with its error code. The code is ""
	// for success and for a fault without a code. Several goroutines may call it at once.
	OnAnswer func(call Call, code string)
}

func (o Options) region() string  { return cmp.Or(o.Region, "us-east-1") }
func (o Options) account() string { return cmp.Or(o.Account, "123456789012") }
func (o Options) addr() string    { return cmp.Or(o.Addr, "127.0.0.1:0") }
func (o Options) keepCalls() int  { return cmp.Or(o.KeepCalls, 10_000) }

// arnPrefix returns the beginning of every ARN of the account and region.
func (o Options) arnPrefix() string {
	partition := "aws"
	switch region := o.region(); {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":secretsmanager:" + o.region() + ":" + o.account() + ":secret:"
}

// Server is a Secrets Manager in memory. NewServer and Start make one. It is also an
// [http.Handler], so that it can be served at a second address, for example with TLS. Its
// methods are safe for concurrent use.
type Server struct {
	options   Options
	prefix    string // the beginning of the ARNs of this account and region
	url       string
	http      *http.Server
	transport *http.Transport // shared by all Clients, so that Close can close their connections

	closeOnce sync.Once
	closing   chan struct{}  // closed by Close, which ends all delays and hangs
	running   sync.WaitGroup // the accept loop and each connection

	faults faults
	calls  calls

	mu      sync.Mutex
	secrets map[string]*secret // by key, including those marked for deletion
	created int                // the number of secrets ever created, which orders the lists
	seeded  map[string]bool    // the names that were set from Options.Secrets, now or in an earlier run
	changes int                // the number of changes of the fields above; compare stateFile.saved
	now     func() time.Time   // time.Now, except in the test of recovery windows

	state    stateFile
	bodyTime time.Duration // the time limit for the body of a request
}

// headerTime also limits how long a client may keep a connection that it opened and has not
// used yet, so it is long: on a busy machine such a connection is used after seconds.
const (
	headerTime = time.Minute
	bodyTime   = 30 * time.Second
	idleTime   = 5 * time.Minute
)

// NewServer starts a server for a test and closes it when the test ends. Pass at most one
// Options; without one, it uses the zero value.
func NewServer(t testing.TB, options ...Options) *Server {
	t.Helper()
	s, err := Start(options...)
	if err != nil {
		t.Fatalf("secretsmanagertest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server outside a test. The caller must close it. Pass at most one Options. It
// returns an error if it cannot listen, if Options.Suffix is invalid, or if Options.State
// cannot be read and written or belongs to another region or account.
func Start(options ...Options) (*Server, error) {
	var o Options
	switch len(options) {
	case 0:
	case 1:
		o = options[0]
	default:
		panic("secretsmanagertest: there is more than one Options; pass one")
	}
	if o.Suffix != "" && arnEnd().FindString("-"+o.Suffix) != "-"+o.Suffix {
		return nil, errors.New("Options.Suffix must be six letters or digits")
	}
	s := &Server{
		options: o,
		prefix:  o.arnPrefix(),
		// Not http.DefaultTransport, which is shared and uses the proxies of the environment.
		transport: &http.Transport{MaxIdleConnsPerHost: 64},
		closing:   make(chan struct{}),
		calls:     calls{keep: o.keepCalls()},
		secrets:   map[string]*secret{},
		seeded:    map[string]bool{},
		now:       time.Now,
		bodyTime:  bodyTime,
	}
	// Listen before reading the state: a server that already listens there may use the file.
	listener, err := net.Listen("tcp", o.addr())
	if err != nil {
		return nil, err
	}
	if err := s.fill(); err != nil {
		_ = listener.Close()
		return nil, err
	}
	s.url = "http://" + listener.Addr().String()
	handler := http.Handler(s)
	if o.Wrap != nil {
		handler = o.Wrap(s)
	}
	s.http = &http.Server{
		Handler: handler, ConnState: s.track, ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
	}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// fill restores the state and sets those secrets of the options that it never had.
func (s *Server) fill() error {
	if s.options.State == "" {
		s.seed()
		return nil
	}
	if err := s.restore(); err != nil {
		return err
	}
	s.seed()
	return s.save() // even if nothing changed, to find out now if the file cannot be written
}

func (s *Server) seed() {
	for _, name := range slices.Sorted(maps.Keys(s.options.Secrets)) { // sorted, so that lists are reproducible
		if !s.seeded[name] {
			s.Set(name, s.options.Secrets[name])
			s.seeded[name] = true
		}
	}
}

// track counts connections in running, so that Close can wait for their goroutines. StateNew is
// reported from the accept loop, which is counted as well, so the count never grows from zero
// while Close waits.
func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	}
}

// Close stops listening, closes every connection and waits for all goroutines. After that the
// address refuses connections. Further calls do nothing.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.closing)
		_ = s.http.Close()
		s.transport.CloseIdleConnections()
	})
	s.running.Wait()
	_ = s.save() // an error concerns only changes that no client has seen
}

// URL returns the URL of the server, such as http://127.0.0.1:PORT, without a slash at the end.
// Use it as endpoint_url or as AWS_ENDPOINT_URL_SECRETS_MANAGER.
func (s *Server) URL() string { return s.url }

// Client returns a client of the AWS SDK for this server, with fixed credentials that are valid
// nowhere else. It makes three attempts, as the SDK does by default, but a millisecond apart.
// The options come last and may change all of this:
//
//	srv.Client(func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} })
func (s *Server) Client(optFns ...func(*secretsmanager.Options)) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       s.options.region(),
		BaseEndpoint: aws.String(s.url),
		HTTPClient:   &http.Client{Transport: s.transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "EXAMPLE"}, nil
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
			o.RateLimiter = ratelimit.None // a test of an outage may retry without limit
		}),
	}, optFns...)
}
