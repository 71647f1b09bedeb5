package secretsmanagertest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func once(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }

func TestFaultCodes(t *testing.T) {
	for _, row := range []struct {
		fault       secretsmanagertest.Fault
		code        string // as the client reports it
		status, try int    // the HTTP status, and the attempts of a client that retries
	}{
		{secretsmanagertest.Fault{Code: "ResourceNotFoundException"}, "ResourceNotFoundException", 400, 1},
		{secretsmanagertest.Fault{Code: "ResourceNotFoundException", Status: 404}, "ResourceNotFoundException", 404, 1},
		{secretsmanagertest.Fault{Code: "ResourceNotFoundException", Status: 500}, "ResourceNotFoundException", 500, 3},
		{secretsmanagertest.Fault{Code: "ResourceNotFoundException:http://internal.amazon.com/coral/"}, "ResourceNotFoundException", 400, 1},
		{secretsmanagertest.Fault{Code: "com.amazonaws.secretsmanager#ResourceNotFoundException"}, "ResourceNotFoundException", 400, 1},
		{secretsmanagertest.Fault{Code: "InternalServiceError"}, "InternalServiceError", 500, 3},
		{secretsmanagertest.Fault{Code: "InternalServiceError", Status: 503}, "InternalServiceError", 503, 3},
		{secretsmanagertest.Fault{Code: "DecryptionFailure"}, "DecryptionFailure", 400, 1},
		{secretsmanagertest.Fault{Code: "AccessDeniedException", Message: "Access to KMS is not allowed"}, "AccessDeniedException", 400, 1},
		{secretsmanagertest.Fault{Code: "ThrottlingException", Message: "Rate exceeded"}, "ThrottlingException", 400, 3},
		{secretsmanagertest.Fault{Code: "ServiceUnavailable"}, "ServiceUnavailable", 503, 3},
		{secretsmanagertest.Fault{Code: "SomethingNewException"}, "SomethingNewException", 400, 1},
		{secretsmanagertest.Fault{Code: "resourcenotfoundexception"}, "resourcenotfoundexception", 400, 1},
	} {
		srv := secretsmanagertest.NewServer(t)
		srv.Set("x", "s3cret")
		row.fault.Name = "x"
		srv.Inject(row.fault)
		_, err := srv.Client().GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
		var api smithy.APIError
		require.ErrorAs(t, err, &api, row.fault.Code)
		assert.Equal(t, row.code, api.ErrorCode())
		if row.fault.Message != "" {
			assert.Equal(t, row.fault.Message, api.ErrorMessage())
		}
		var response *awshttp.ResponseError
		require.ErrorAs(t, err, &response)
		assert.Equal(t, row.status, response.HTTPStatusCode())
		assert.NotEmpty(t, response.ServiceRequestID())
		assert.Equal(t, row.try, srv.Calls("x"), row.fault.Code)
		if row.code == "ResourceNotFoundException" {
			assert.ErrorAs(t, err, new(*types.ResourceNotFoundException))
		}
	}

	srv := secretsmanagertest.NewServer(t)
	srv.Fail("x", "ResourceNotFoundException")
	_, err := srv.Client().GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
	wantCode(t, err, "ResourceNotFoundException", notFound)
}

func TestFaultsOfTheNetwork(t *testing.T) {
	ctx := t.Context()
	srv := secretsmanagertest.NewServer(t)
	srv.Set("x", "1")
	get := func(ctx context.Context, optFns ...func(*secretsmanager.Options)) error {
		_, err := srv.Client(optFns...).GetSecretValue(ctx, &getIn{SecretId: aws.String("x")})
		return err
	}

	remove := srv.Inject(secretsmanagertest.Fault{Name: "x", Drop: true})
	require.ErrorIs(t, get(ctx), io.EOF)
	assert.Equal(t, 3, srv.Calls("x"), "the client tries again when a connection is dropped")
	remove()
	require.NoError(t, get(ctx))

	remove = srv.Inject(secretsmanagertest.Fault{Name: "x", Hang: true})
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, get(short), context.DeadlineExceeded)
	timeout := func(o *secretsmanager.Options) {
		once(o)
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(30 * time.Millisecond)
	}
	err := get(ctx, timeout)
	var network net.Error
	require.ErrorAs(t, err, &network)
	assert.True(t, network.Timeout())
	remove()

	srv.Inject(secretsmanagertest.Fault{Name: "x", Status: 503, Times: 1})
	err = get(ctx, once)
	require.Error(t, err)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, 503, response.HTTPStatusCode())

	srv.Inject(secretsmanagertest.Fault{Name: "x", Body: `{"SecretString": 5`, Times: 1})
	err = get(ctx, once)
	var broken *smithy.DeserializationError
	require.ErrorAs(t, err, &broken)

	remove = srv.Inject(secretsmanagertest.Fault{Delay: 20 * time.Millisecond})
	srv.Inject(secretsmanagertest.Fault{Name: "x", Delay: 20 * time.Millisecond, Times: 1})
	start := time.Now()
	require.NoError(t, get(ctx))
	assert.GreaterOrEqual(t, time.Since(start), 40*time.Millisecond, "delays add up")
	srv.Inject(secretsmanagertest.Fault{Code: "DecryptionFailure", Times: 1})
	start = time.Now()
	wantCode(t, get(ctx), "DecryptionFailure", "")
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
	remove()

	srv.Inject(secretsmanagertest.Fault{Delay: time.Hour})
	canceled, cancel := context.WithCancel(ctx)
	time.AfterFunc(10*time.Millisecond, cancel)
	require.ErrorIs(t, get(canceled), context.Canceled)
}

func TestAFaultStrikesTheRequestsItNames(t *testing.T) {
	ctx := t.Context()
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Secrets: map[string]string{"x": "1", "y": "2"}})
	client := srv.Client(once)
	code := func(id string) string {
		_, err := client.GetSecretValue(ctx, &getIn{SecretId: &id})
		var api smithy.APIError
		if errors.As(err, &api) {
			return api.ErrorCode()
		}
		return ""
	}

	remove := srv.Fail("x", "A")
	assert.Equal(t, "A", code("x"))
	assert.Equal(t, "A", code(srv.ARN("x")), "the same secret by its ARN")
	assert.Equal(t, "", code("y"))
	remove()
	remove() // a second time, which does nothing
	assert.Equal(t, "", code("x"))

	remove = srv.Fail("", "B")
	assert.Equal(t, "B", code("x"))
	assert.Equal(t, "B", code("nothing"))
	_, err := client.ListSecrets(ctx, &listIn{})
	wantCode(t, err, "B", "")
	remove()

	srv.Inject(secretsmanagertest.Fault{Name: "x", Operation: "DescribeSecret", Code: "C"})
	assert.Equal(t, "", code("x"))
	_, err = client.DescribeSecret(ctx, &describeIn{SecretId: aws.String("x")})
	wantCode(t, err, "C", "")
	_, err = client.DescribeSecret(ctx, &describeIn{SecretId: aws.String("y")})
	require.NoError(t, err)

	// In turn, the first one first, each as often as it says.
	srv.Inject(secretsmanagertest.Fault{Name: "x", Code: "D", Times: 2})
	srv.Inject(secretsmanagertest.Fault{Code: "E", Times: 1})
	assert.Equal(t, []string{"D", "E", "D", "", ""}, []string{code("x"), code("y"), code("x"), code("x"), code("y")})

	srv.Fail("created", "F")
	_, err = client.CreateSecret(ctx, &createIn{Name: aws.String("created")})
	wantCode(t, err, "F", "")
	_, err = client.CreateSecret(ctx, &createIn{Name: aws.String("created too")})
	wantCode(t, err, "ValidationException", "")

	srv.Reset()
	assert.Equal(t, 0, srv.Operations(""))
	assert.Equal(t, "ResourceNotFoundException", code("x"))

	assert.Panics(t, func() { srv.Inject(secretsmanagertest.Fault{Name: "x"}) })
	assert.Panics(t, func() { srv.Inject(secretsmanagertest.Fault{Status: 42}) })
}

func TestFaultsMountedElsewhere(t *testing.T) {
	// With another server in front, closing this one ends requests that hang.
	srv, err := secretsmanagertest.Start()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	other := &http.Server{Handler: srv}
	served := make(chan error)
	go func() { served <- other.Serve(listener) }()

	srv.Set("x", "1")
	client := srv.Client(once, func(o *secretsmanager.Options) { o.BaseEndpoint = aws.String("http://" + listener.Addr().String()) })
	out, err := client.GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
	require.NoError(t, err)
	assert.Equal(t, "1", *out.SecretString)

	srv.Inject(secretsmanagertest.Fault{Hang: true})
	go func() {
		for srv.Calls("x") < 2 {
			time.Sleep(time.Millisecond)
		}
		srv.Close()
	}()
	_, err = client.GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, other.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}

// TestFailReplacesTheFaultOfItsName checks that a second Fail for a name replaces the first and
// nothing else.
func TestFailReplacesTheFaultOfItsName(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	code := func(id string) string {
		return send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "`+id+`"}`).Header().Get("X-Amzn-Errortype")
	}
	first := srv.Fail("x", "AccessDeniedException")
	srv.Fail("y", "ThrottlingException")
	second := srv.Fail("x", "DecryptionFailure")
	assert.Equal(t, "DecryptionFailure", code("x"))
	assert.Equal(t, "ThrottlingException", code("y"))
	first() // it was replaced, so this does nothing
	assert.Equal(t, "DecryptionFailure", code("x"))
	second()
	assert.Equal(t, "ResourceNotFoundException", code("x"))

	// Injected faults stay, and the first one still decides.
	srv.Inject(secretsmanagertest.Fault{Name: "x", Code: "InternalServiceError", Times: 1})
	srv.Fail("x", "AccessDeniedException")
	srv.Fail("x", "DecryptionFailure")
	assert.Equal(t, "InternalServiceError", code("x"))
	assert.Equal(t, "DecryptionFailure", code("x"))
	assert.Panics(t, func() { srv.Fail("x", "") })
}
