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
	// names to texts.
	Secrets map[string]string

	// AnyName makes a name that AWS forbids (a space, ':', 'é', 3000 characters)
	// merely not found. AWS, and the zero value, answer ValidationException.
	AnyName bool

	// Addr is where to listen, as in net.Listen("tcp", Addr); "" is 127.0.0.1:0.
	Addr string
}

func (o Options) region() string  { return cmp.Or(o.Region, "us-east-1") }
func (o Options) account() string { return cmp.Or(o.Account, "123456789012") }
func (o Options) addr() string    { return cmp.Or(o.Addr, "127.0.0.1:0") }

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
	now     func() time.Time   // time.Now, but for the test of recovery windows
}

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
// cannot listen, or when Options.Suffix is not of that form.
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
	listener, err := net.Listen("tcp", o.addr())
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o,
		prefix:  o.arnPrefix(),
		url:     "http://" + listener.Addr().String(),
		// A transport of its own: no proxy from the environment, nothing shared.
		transport: &http.Transport{MaxIdleConnsPerHost: 64},
		closing:   make(chan struct{}),
		secrets:   map[string]*secret{},
		now:       time.Now,
	}
	s.http = &http.Server{Handler: s, ConnState: s.track, ErrorLog: log.New(io.Discard, "", 0)}
	for _, name := range slices.Sorted(maps.Keys(o.Secrets)) { // so that lists are the same each time
		s.Set(name, o.Secrets[name])
	}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
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
