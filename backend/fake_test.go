package backend_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// fake is a client without a network, for tests under testing/synctest. Unlike those of a
// secretsmanagertest.Map, its secrets can change.
type fake struct {
	mu       sync.Mutex
	texts    map[string][]string // by name: the versions of the secret, the current one last
	faults   map[string]error    // by name: the error to return instead; "" is for every name
	latency  time.Duration
	hang     bool
	calls    map[string]int // by name: the number of single calls
	batches  int
	running  int // the number of calls in progress
	peak     int
	noBatch  error
	tooLarge map[string]bool // names that batches leave out
}

func newFake(texts map[string]string) *fake {
	f := &fake{texts: map[string][]string{}, faults: map[string]error{}, calls: map[string]int{}, tooLarge: map[string]bool{}}
	for name, text := range texts {
		f.texts[name] = []string{text}
	}
	return f
}

func (f *fake) set(name, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts[name] = append(f.texts[name], text)
}

// fail makes calls for a name fail with err, or all calls if the name is "". A nil err ends that.
func (f *fake) fail(name string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults[name] = err; err == nil {
		delete(f.faults, name)
	}
}

func (f *fake) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.batches
	for _, calls := range f.calls {
		n += calls
	}
	return n
}

func (f *fake) wait(ctx context.Context) error {
	f.mu.Lock()
	f.running++
	f.peak = max(f.peak, f.running)
	latency, hang := f.latency, f.hang
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.running--; f.mu.Unlock() }()
	switch {
	case hang:
		<-ctx.Done()
	case latency > 0:
		select {
		case <-time.After(latency):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (f *fake) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	f.mu.Lock()
	f.calls[*in.SecretId]++
	f.mu.Unlock()
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	text, version, err := f.getLocked(*in.SecretId, aws.ToString(in.VersionStage))
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{Name: in.SecretId, SecretString: &text, VersionId: &version, VersionStages: []string{"AWSCURRENT"}}, nil
}

func (f *fake) getLocked(name, stage string) (text, version string, err error) {
	if err := f.faults[""]; err != nil {
		return "", "", err
	}
	if err := f.faults[name]; err != nil {
		return "", "", err
	}
	versions := f.texts[name]
	if stage == "AWSPREVIOUS" && len(versions) > 0 {
		versions = versions[:len(versions)-1]
	}
	if len(versions) == 0 {
		return "", "", &types.ResourceNotFoundException{}
	}
	return versions[len(versions)-1], "version " + strconv.Itoa(len(versions)), nil
}

func (f *fake) BatchGetSecretValue(ctx context.Context, in *secretsmanager.BatchGetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.BatchGetSecretValueOutput, error) {
	f.mu.Lock()
	f.batches++
	f.mu.Unlock()
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noBatch != nil {
		return nil, f.noBatch
	}
	if err := f.faults[""]; err != nil {
		return nil, err
	}
	if len(in.SecretIdList) > 20 {
		return nil, apiError("ValidationException")
	}
	out := &secretsmanager.BatchGetSecretValueOutput{}
	for _, name := range slices.Backward(in.SecretIdList) { // in an order that nobody should rely on
		if f.tooLarge[name] {
			continue
		}
		text, version, err := f.getLocked(name, "")
		if err != nil {
			code := codeOf(err)
			out.Errors = append(out.Errors, types.APIErrorType{SecretId: &name, ErrorCode: &code})
			continue
		}
		out.SecretValues = append(out.SecretValues, types.SecretValueEntry{Name: &name, SecretString: &text, VersionId: &version})
	}
	return out, nil
}

func (f *fake) ListSecrets(ctx context.Context, in *secretsmanager.ListSecretsInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error) {
	if err := f.wait(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.faults[""]; err != nil {
		return nil, err
	}
	out := &secretsmanager.ListSecretsOutput{}
	for _, name := range slices.Sorted(maps.Keys(f.texts)) {
		if len(in.Filters) > 0 && !strings.HasPrefix(name, in.Filters[0].Values[0]) || name <= aws.ToString(in.NextToken) {
			continue
		}
		if len(out.SecretList) == 2 { // small pages
			out.NextToken = out.SecretList[1].Name
			break
		}
		out.SecretList = append(out.SecretList, types.SecretListEntry{Name: &name})
	}
	return out, nil
}

func codeOf(err error) string {
	api, _ := errors.AsType[smithy.APIError](err)
	return api.ErrorCode()
}

func apiError(code string) error { return &smithy.GenericAPIError{Code: code} }

// outages are the errors of an AWS that does not answer.
var outages = map[string]error{
	"dropped":   io.ErrUnexpectedEOF,
	"500":       &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusInternalServerError}}, Err: io.EOF},
	"throttled": apiError("ThrottlingException"),
	"inside":    &types.InternalServiceError{},
	"expired":   apiError("ExpiredTokenException"),
}

// exact is a cache without randomness.
var exact = backend.CachePolicy{On: true, Jitter: -1}

func cachedBackend(t testing.TB, client backend.Client, cfg backend.Config) *backend.Backend {
	t.Helper()
	if !cfg.Cache.On {
		cfg.Cache = exact
	}
	b, err := backend.New(client, cfg)
	require.NoError(t, err)
	return b
}

// goexit ends the goroutine that calls it, as t.FailNow does in a client of a test.
type goexit struct{}

func (goexit) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	runtime.Goexit()
	return nil, nil
}

// denying is a client without permissions.
type denying struct{}

func (denying) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return nil, apiError("AccessDeniedException")
}
