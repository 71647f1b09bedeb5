package sqlconn_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// world is a database, its driver, and a Secrets Manager that holds the password.
type world struct {
	mu       sync.Mutex
	secrets  []string // the passwords in AWS, the current one last
	calls    []time.Time
	noSecret bool

	password string // the password of the database
	events   []string
	sessions int // the number of open sessions
	logins   int

	latency  time.Duration // the latency of AWS and of logins
	fault    func() error  // the error of a login; nil for none
	openWith func(context.Context, connuri.Connection) (driver.Connector, error)
}

func newWorld(password string) *world {
	return &world{secrets: []string{password}, password: password, latency: time.Millisecond}
}

// GetSecretValue makes world a backend.Client.
func (w *world) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	w.mu.Lock()
	w.calls = append(w.calls, time.Now())
	w.mu.Unlock()
	if err := wait(ctx, w.latency); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	versions := w.secrets
	if aws.ToString(in.VersionStage) == "AWSPREVIOUS" {
		versions = versions[:len(versions)-1]
	}
	if w.noSecret || len(versions) == 0 {
		return nil, &types.ResourceNotFoundException{}
	}
	password := versions[len(versions)-1]
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String("postgres://app:" + password + "@db/orders"), VersionId: &password}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) putSecret(password string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, password)
}

func (w *world) alterRole(password string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.password = password
}

func (w *world) happened(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, fmt.Sprintf(format, args...))
}

// since returns what happened since it was last called.
func (w *world) since() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.events
	w.events = nil
	return strings.Join(events, ", ")
}

func (w *world) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// open is the function to pass to New.
func (w *world) open(ctx context.Context, c connuri.Connection) (driver.Connector, error) {
	w.happened("open %s", c.Password.Reveal())
	if w.openWith != nil {
		return w.openWith(ctx, c)
	}
	return &fakeConnector{w, c.Password.Reveal()}, nil
}

func (w *world) backend(t *testing.T, cfg backend.Config) *backend.Backend {
	t.Helper()
	cfg.Cache = backend.CachePolicy{On: true, Jitter: -1}
	b, err := backend.New(w, cfg)
	require.NoError(t, err)
	return b
}

// fakeConnector is the connector of the fake driver.
type fakeConnector struct {
	w        *world
	password string
}

func (c *fakeConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := wait(ctx, c.w.latency); err != nil {
		return nil, err
	}
	c.w.mu.Lock()
	fault := c.w.fault
	c.w.mu.Unlock()
	if fault != nil {
		if err := fault(); err != nil {
			return nil, err
		}
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.logins++
	if c.password != c.w.password {
		c.w.events = append(c.w.events, "refused "+c.password)
		return nil, fmt.Errorf("failed to connect: %w", &postgresError{"28P01"})
	}
	c.w.events = append(c.w.events, "session "+c.password)
	c.w.sessions++
	return &fakeSession{w: c.w}, nil
}

func (c *fakeConnector) Driver() driver.Driver { return fakeDriver{} }

// closingConnector is a connector that holds resources.
type closingConnector struct{ fakeConnector }

func (c *closingConnector) Close() error {
	c.w.happened("close %s", c.password)
	return errors.New("closing " + c.password)
}

type fakeDriver struct{}

func (fakeDriver) Open(string) (driver.Conn, error) { return nil, errors.New("not by name") }

// fakeSession has optional interfaces, as the sessions of all drivers do.
type fakeSession struct {
	w    *world
	once sync.Once
}

func (s *fakeSession) Prepare(string) (driver.Stmt, error) { return nil, errors.New("no statements") }
func (s *fakeSession) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }
func (s *fakeSession) Ping(context.Context) error          { return nil }
func (s *fakeSession) Close() error {
	s.once.Do(func() { s.w.mu.Lock(); s.w.sessions--; s.w.mu.Unlock() })
	return nil
}

// postgresError is an error like those of pgx and lib/pq.
type postgresError struct{ state string }

func (e *postgresError) Error() string    { return "FATAL: password authentication failed" }
func (e *postgresError) SQLState() string { return e.state }
