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

// Options are the choices of a server. The zero value is a server in us-east-1,
// account 123456789012, that holds nothing and listens on a free loopback port.
type Options struct {
	// Region and Account stand in every ARN; "" means us-east-1 and 123456789012.
	// Both are only names: a client of another region is answered too.
	Region, Account string

	// Suffix is the six letters or digits that end every ARN, after the name and a
	// hyphen. "" means random ones, new when a secret is created again, as on AWS.
	Suffix string

	// Secrets are there from the start, as if by Set in the order of their names:
	// names to texts. A name that Options.State has had from here before is not set
	// again, so what was changed or deleted since stays so.
	Secrets map[string]string

	// State is a file that keeps the secrets from one run to the next; "" is none.
	// What is in it is there from the start; a missing or empty file is a new state.
	// It is written, whole and atomically, before an operation that changes anything
	// is answered, and by Close: Set, SetBinary, Remove and Reset wait for the next
	// of these. One server at a time may use a file. It holds the secrets in plain
	// text and only its owner may read it.
	State string

	// AnyName makes a name that AWS forbids (a space, ':', 'é', 3000 characters)
	// merely not found. AWS, and the zero value, answer ValidationException.
	AnyName bool

	// Addr is where to listen, as in net.Listen("tcp", Addr); "" is 127.0.0.1:0.
	Addr string

	// KeepCalls is how many of the latest calls Log and Asked have; 0 means 10,000.
	// The counters are exact whatever it is. Negative means that no call is kept or
	// counted, for a server whose memory must not grow with the IDs it is asked for.
	KeepCalls int

	// Wrap puts a handler before the server, such as one that refuses requests; nil
	// is none. It is called once, with the server.
	Wrap func(http.Handler) http.Handler

	// OnAnswer is called once a request has been answered, with the error code of
	// the answer: "" is success, or a fault without a code. It may be called from
	// several goroutines at once; nil is none.
	OnAnswer func(call Call, code string)
}

func (o Options) region() string  { return cmp.Or(o.Region, "us-east-1") }
func (o Options) account() string { return cmp.Or(o.Account, "123456789012") }
func (o Options) addr() string    { return cmp.Or(o.Addr, "127.0.0.1:0") }
func (o Options) keepCalls() int  { return cmp.Or(o.KeepCalls, 10_000) }

// arnPrefix is what every ARN of the account and region begins with.
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

// Server is a Secrets Manager in memory. It is an [http.Handler] as well, so that
// it can be mounted at a second place, behind TLS for one. All its methods may be
// called from several goroutines.
type Server struct {
	options   Options
	prefix    string // of the ARNs of this account and region
	url       string
	http      *http.Server
	transport *http.Transport // of every Client, so that Close can let go of it

	closeOnce sync.Once
	closing   chan struct{}  // closed by Close: whatever hangs or is slow gives up
	running   sync.WaitGroup // the accept loop and each connection

	faults faults
	calls  calls

	mu      sync.Mutex
	secrets map[string]*secret // :: key → secret, also those marked for deletion
	created int                // secrets ever created: orders the lists
	seeded  map[string]bool    // :: name → set from Options.Secrets, in this run or before
	changes int                // counts what happened to the fields above: a state file that has less is behind
	now     func() time.Time   // time.Now, but for the test of recovery windows

	state    stateFile
	bodyTime time.Duration // how long the body of a request may take
}

// headerTime also limits how long a client may keep a connection that it opened and has not
// used yet, so it is long: on a busy machine such a connection is used after seconds.
const (
	headerTime = time.Minute
	bodyTime   = 30 * time.Second
	idleTime   = 5 * time.Minute
)

// NewServer starts a server that is closed when the test ends. At most one
// Options is taken; none means the zero value.
func NewServer(t testing.TB, options ...Options) *Server {
	t.Helper()
	s, err := Start(options...)
	if err != nil {
		t.Fatalf("secretsmanagertest: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server without a test; the caller closes it. It fails when it
// cannot listen, when Options.Suffix is not of that form, or when Options.State
// cannot be read and written or is of another region or account.
func Start(options ...Options) (*Server, error) {
	var o Options
	switch len(options) {
	case 0:
	case 1:
		o = options[0]
	default:
		panic("secretsmanagertest: more than one Options")
	}
	if o.Suffix != "" && arnEnd().FindString("-"+o.Suffix) != "-"+o.Suffix {
		return nil, errors.New("Options.Suffix is not six letters or digits")
	}
	s := &Server{
		options: o,
		prefix:  o.arnPrefix(),
		// A transport of its own: no proxy from the environment, nothing shared.
		transport: &http.Transport{MaxIdleConnsPerHost: 64},
		closing:   make(chan struct{}),
		calls:     calls{keep: o.keepCalls()},
		secrets:   map[string]*secret{},
		seeded:    map[string]bool{},
		now:       time.Now,
		bodyTime:  bodyTime,
	}
	// Whoever already listens there may be using the state, so listen first.
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

// fill restores the state and sets the secrets of the options that it never had.
func (s *Server) fill() error {
	if s.options.State == "" {
		s.seed()
		return nil
	}
	if err := s.restore(); err != nil {
		return err
	}
	s.seed()
	return s.save() // also when nothing changed: what cannot be written should be known now
}

func (s *Server) seed() {
	for _, name := range slices.Sorted(maps.Keys(s.options.Secrets)) { // so that lists are the same each time
		if !s.seeded[name] {
			s.Set(name, s.options.Secrets[name])
			s.seeded[name] = true
		}
	}
}

// track keeps running in step with the connections, so that Close can wait for
// their goroutines. StateNew is reported from the accept loop, which is itself
// counted, so the count never grows from zero while Close waits.
func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	}
}

// Close stops listening, drops every connection and waits until nothing runs any
// more. The address then refuses connections. Closing twice does no harm.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.closing)
		_ = s.http.Close()
		s.transport.CloseIdleConnections()
	})
	s.running.Wait()
	_ = s.save() // what was answered is saved
}

// URL is where the server listens: http://127.0.0.1:PORT, without a slash at the
// end. It is what endpoint_url or AWS_ENDPOINT_URL_SECRETS_MANAGER wants.
func (s *Server) URL() string { return s.url }

// Client returns a client of the AWS SDK that talks to this server, with fixed
// credentials that are good for nothing else. It makes three attempts as the SDK
// does by default, but a millisecond apart. Option functions come last and may
// change any of it:
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
			o.RateLimiter = ratelimit.None // a test of an outage may retry all day
		}),
	}, optFns...)
}
