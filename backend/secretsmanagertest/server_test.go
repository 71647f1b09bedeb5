package secretsmanagertest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func TestStartAndClose(t *testing.T) {
	for range 5 { // another program may take the port, but not every time
		if errors.Is(startAndClose(t), syscall.ECONNREFUSED) {
			return
		}
	}
	t.Error("a closed server takes connections")
}

// startAndClose returns the error of a call after Close.
func startAndClose(t *testing.T) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: map[string]string{"x": "1"}})
	require.NoError(t, err)
	client := srv.Client(once)
	out, err := client.GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
	require.NoError(t, err)
	assert.Equal(t, "1", *out.SecretString)

	// Close does not wait for a request that hangs. After that nobody can connect.
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	hung := make(chan error)
	go func() {
		_, err := client.GetSecretValue(context.Background(), &getIn{SecretId: aws.String("x")})
		hung <- err
	}()
	for srv.Calls("x") < 2 {
		time.Sleep(time.Millisecond)
	}
	srv.Close()
	require.Error(t, <-hung)
	srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = client.GetSecretValue(ctx, &getIn{SecretId: aws.String("x")})
	assert.Equal(t, 2, srv.Calls("x"))
	return err
}

func TestStartRefuses(t *testing.T) {
	_, err := secretsmanagertest.Start(secretsmanagertest.Options{Suffix: "short"})
	require.Error(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	_, err = secretsmanagertest.Start(secretsmanagertest.Options{Addr: listener.Addr().String()})
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	assert.Panics(t, func() { _, _ = secretsmanagertest.Start(secretsmanagertest.Options{}, secretsmanagertest.Options{}) })
}

func TestChosenAddress(t *testing.T) {
	for range 5 { // another program may take the port first, but not every time
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := listener.Addr().String()
		_ = listener.Close()
		srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Addr: address})
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		require.NoError(t, err)
		defer srv.Close()
		assert.Equal(t, "http://"+address, srv.URL())
		return
	}
	t.Error("no port was free")
}

func TestSetMakesANewVersion(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	srv.Set("x", "1")
	arn := srv.ARN("x")
	blob := []byte("2")
	srv.SetBinary("x", blob)
	blob[0] = '!' // the server has a copy

	out, err := client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Equal(t, []byte("2"), out.SecretBinary)
	assert.Equal(t, arn, *out.ARN)
	out, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x"), VersionStage: s("AWSPREVIOUS")})
	require.NoError(t, err)
	assert.Equal(t, "1", *out.SecretString)

	_, err = client.DeleteSecret(ctx, &deleteIn{SecretId: s("x")})
	require.NoError(t, err)
	srv.Set("x", "3")
	out, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Equal(t, "3", *out.SecretString)

	srv.Remove("x")
	assert.Empty(t, srv.ARN("x"))
	_, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	wantCode(t, err, "ResourceNotFoundException", notFound)
}

func TestCallsAreCountedAndLogged(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client(func(o *secretsmanager.Options) {
		o.Region = "eu-west-1"
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDOTHER", SecretAccessKey: "x", SessionToken: "TOKEN"}, nil
		})
	})
	srv.Inject(secretsmanagertest.Fault{Name: "b", Status: 500, Times: 1})
	_, _ = client.GetSecretValue(ctx, &getIn{SecretId: s("b")})
	_, _ = client.CreateSecret(ctx, &createIn{Name: s("a")})
	_, _ = client.ListSecrets(ctx, &listIn{})
	_, _ = srv.Client().DescribeSecret(ctx, &describeIn{SecretId: s("a")})

	assert.Equal(t, []string{"b", "b", "a", "a"}, srv.Asked())
	assert.Equal(t, 2, srv.Calls("a"))
	assert.Equal(t, 2, srv.Calls("b"))
	assert.Equal(t, 0, srv.Calls("c"))
	assert.Equal(t, 2, srv.Operations("GetSecretValue"))
	assert.Equal(t, 5, srv.Operations(""))

	log := srv.Log()
	for i := range log {
		assert.Contains(t, log[i].UserAgent, "aws-sdk-go-v2")
		log[i].UserAgent = ""
	}
	assert.Equal(t, []secretsmanagertest.Call{
		{Operation: "GetSecretValue", IDs: []string{"b"}, Attempt: 1, AccessKeyID: "AKIDOTHER", SessionToken: "TOKEN", Region: "eu-west-1"},
		{Operation: "GetSecretValue", IDs: []string{"b"}, Attempt: 2, AccessKeyID: "AKIDOTHER", SessionToken: "TOKEN", Region: "eu-west-1"},
		{Operation: "CreateSecret", IDs: []string{"a"}, Attempt: 1, AccessKeyID: "AKIDOTHER", SessionToken: "TOKEN", Region: "eu-west-1"},
		{Operation: "ListSecrets", Attempt: 1, AccessKeyID: "AKIDOTHER", SessionToken: "TOKEN", Region: "eu-west-1"},
		{Operation: "DescribeSecret", IDs: []string{"a"}, Attempt: 1, AccessKeyID: "AKIDEXAMPLE", Region: "us-east-1"},
	}, log)
	srv.ResetCalls()
	assert.Empty(t, srv.Log())
	assert.NotEmpty(t, srv.ARN("a"), "secrets stay")
}

// TestConcurrent calls every method concurrently, together with clients, for the race detector.
func TestConcurrent(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprint("x", i%3)
			for range 15 {
				srv.Set(name, name)
				out, err := client.GetSecretValue(ctx, &getIn{SecretId: &name})
				if assert.NoError(t, err) {
					assert.Equal(t, name, *out.SecretString)
				}
				remove := srv.Inject(secretsmanagertest.Fault{Name: "other", Code: "A"})
				_, _ = client.PutSecretValue(ctx, &putIn{SecretId: &name, SecretString: &name})
				_, _ = client.DescribeSecret(ctx, &describeIn{SecretId: &name})
				_, _ = client.ListSecrets(ctx, &listIn{MaxResults: aws.Int32(1)})
				_, _ = client.BatchGetSecretValue(ctx, &batchIn{SecretIdList: []string{name, "other"}})
				_, _ = client.UpdateSecret(ctx, &updateIn{SecretId: &name, Description: s("words")})
				remove()
				srv.Calls(name)
				srv.Log()
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 8*15*6, srv.Operations(""))
}
