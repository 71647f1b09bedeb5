//go:build unix

package backend_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

const benchURI = "postgresql://app_user:s3cr%2Ft%40pw@db.prod.example.com:5432/orders_db?sslmode=verify-full&connect_timeout=10"

// cpuTime returns the CPU time that this process has used so far. Unlike the clock, it hardly
// depends on other load on the machine.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkOverhead reports the CPU time of GetConnection as a multiple of the SDK's
// GetSecretValue on the same server. It is the median of 25 pairs of 400 calls each, and includes
// both the client and the server. Raw against raw shows the noise. Raw with time limit, user
// agent and body limit shows the part of the overhead that every lookup must have.
func BenchmarkOverhead(b *testing.B) {
	srv := secretsmanagertest.NewServer(b)
	srv.Set(name, benchURI)
	client := srv.Client()
	ours, err := backend.New(client, backend.Config{Timeout: time.Hour})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background()) // like the context of a service
	defer cancel()
	soon, cancel := context.WithTimeout(ctx, 30*time.Minute) // like the context of a request, if shorter
	defer cancel()
	raw := func() {
		_, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
		require.NoError(b, err)
	}
	getIn := func(ctx context.Context) func() {
		return func() {
			_, err := ours.GetConnection(ctx, "pg")
			require.NoError(b, err)
		}
	}
	named := func(o *secretsmanager.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), middleware.AddUserAgentKey("airflowsecrets"), bodylimit.Add)
	}
	careful := func() { // the minimum that a lookup has to add
		limited, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		_, err := client.GetSecretValue(limited, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)}, named)
		require.NoError(b, err)
	}
	turn := func(f func()) time.Duration {
		start := cpuTime()
		for range 10 {
			f()
		}
		return cpuTime() - start
	}
	for _, pair := range []struct {
		name string
		f    func()
	}{{"connection", getIn(ctx)}, {"connection under a deadline", getIn(soon)}, {"raw with time limit, user agent and body limit", careful}, {"raw", raw}} {
		b.Run(pair.name, func(b *testing.B) {
			for b.Loop() {
				ratios := make([]float64, 25)
				for i := range ratios {
					var one, other time.Duration
					for range 40 { // turns so short that both see the machine in the same state
						one += turn(pair.f)
						other += turn(raw)
					}
					srv.ResetCalls()
					ratios[i] = float64(one) / float64(other)
				}
				slices.Sort(ratios)
				b.ReportMetric(ratios[len(ratios)/2], "x-raw")
			}
		})
	}
}

// A skipped lookup costs the plan and the error.
func BenchmarkSkipped(b *testing.B) {
	ours, err := backend.New(secretsmanagertest.Map{}, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern, VariablesPrefix: lookup.Disabled})
	require.NoError(b, err)
	ctx := context.Background()
	for _, q := range []backend.Query{{ID: "aws_default"}, {Kind: lookup.KindVariable, ID: "v"}} {
		b.Run(q.Kind.String()+"/plan and error", func(b *testing.B) {
			var err error
			for b.Loop() {
				plan, _ := ours.Plan(q)
				err = &backend.LookupError{Kind: q.Kind, ID: q.ID, Reason: backend.Reason(plan.Skip)}
			}
			_ = err
		})
		b.Run(q.Kind.String()+"/lookup", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = ours.Lookup(ctx, q)
			}
		})
	}
}

// canned answers every request with one secret. It uses no network, since the allocations of a
// network vary.
type canned struct{}

func (canned) Do(*http.Request) (*http.Response, error) {
	body := `{"Name": "x", "VersionId": "v", "VersionStages": ["AWSCURRENT"], "SecretString": "` + benchURI + `"}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestAllocations(t *testing.T) {
	client := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", HTTPClient: canned{}, Credentials: aws.CredentialsProviderFunc(someKeys)})
	ours, err := backend.New(client, backend.Config{Timeout: time.Hour, ConnectionsLookupPattern: lookup.MWAAPattern, VariablesPrefix: lookup.Disabled})
	require.NoError(t, err)
	ctx := context.Background()
	raw := testing.AllocsPerRun(100, func() {
		_, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	})
	require.NoError(t, err)
	got := testing.AllocsPerRun(100, func() { _, err = ours.GetConnection(ctx, "pg") })
	require.NoError(t, err)
	t.Logf("%v allocations more than the SDK's own call", got-raw)
	if !raceDetector { // under the race detector, pools drop objects at random, which makes the SDK allocate
		assert.LessOrEqual(t, got-raw, 18.0)
	}

	soon, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	inRequest := testing.AllocsPerRun(100, func() { _, err = ours.GetConnection(soon, "pg") })
	require.NoError(t, err)
	t.Logf("%v under a deadline", inRequest-raw)
	if !raceDetector {
		assert.Less(t, inRequest, got, "an earlier deadline needs no timer")
	}

	for _, q := range []backend.Query{{ID: "aws_default"}, {Kind: lookup.KindVariable, ID: "v"}} {
		var err error
		allocs := testing.AllocsPerRun(100, func() { _, err = ours.Lookup(ctx, q) })
		assert.True(t, errors.Is(err, backend.ErrNotFound))
		assert.LessOrEqual(t, allocs, 1.0, "a skipped lookup allocates its error")
	}
}
