package secretsmanagertest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// An address that refuses connections stands in for an unreachable AWS.
func ExampleClosedPort() {
	addr, release, err := secretsmanagertest.ClosedPort()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer release()
	_, err = net.Dial("tcp", addr)
	fmt.Println(err != nil)
	// Output: true
}

// Outside a test, the caller closes the server. After that its URL refuses connections.
func ExampleStart() {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(srv.Client(), "a")
	srv.Close()
	_, err = net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	fmt.Println(err != nil)
	// Output:
	// a → 1
	// true
}

// Each test has its own server, which is closed when the test ends.
func ExampleNewServer() {
	t := &testOf{} // the *testing.T of the test
	srv := secretsmanagertest.NewServer(t)
	srv.Set("a", "1")
	show(srv.Client(), "a")
	t.end()
	show(srv.Client(func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }), "a")
	// Output:
	// a → 1
	// a → no answer
}

// testOf stands in for a *testing.T.
type testOf struct {
	testing.TB
	end func()
}

func (*testOf) Helper()            {}
func (t *testOf) Cleanup(f func()) { t.end = f }

// The counters are exact. Log and Asked have the latest calls.
func ExampleServer_Calls() {
	srv := start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1"}, KeepCalls: 2})
	defer srv.Close()
	for _, id := range []string{"a", "a", "b"} {
		show(srv.Client(), id)
	}
	fmt.Println(srv.Calls("a"), srv.Operations("GetSecretValue"), srv.Asked())
	srv.ResetCalls()
	fmt.Println(srv.Calls("a"), srv.Operations(""), srv.Asked())
	// Output:
	// a → 1
	// a → 1
	// b → ResourceNotFoundException
	// 2 3 [a b]
	// 0 0 []
}

// A binary secret has no text.
func ExampleServer_SetBinary() {
	srv := start()
	defer srv.Close()
	srv.SetBinary("keystore", []byte{1, 2, 3})
	out, err := srv.Client().GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("keystore")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %x\n", out.SecretString == nil, out.SecretBinary)
	// Output: true 010203
}

// Remove deletes one secret, Reset everything.
func ExampleServer_Remove() {
	srv := start(secretsmanagertest.Options{Suffix: "AbCdEf", Secrets: map[string]string{"a": "1", "b": "2"}})
	defer srv.Close()
	srv.Remove("a")
	fmt.Printf("%q %q\n", srv.ARN("a"), srv.ARN("b"))
	srv.Reset()
	fmt.Printf("%q %q\n", srv.ARN("a"), srv.ARN("b"))
	// Output:
	// "" "arn:aws:secretsmanager:us-east-1:123456789012:secret:b-AbCdEf"
	// "" ""
}

// A fault can be a page of a proxy, which has no error code of AWS.
func ExampleFault() {
	srv := start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1"}})
	defer srv.Close()
	remove := srv.Inject(secretsmanagertest.Fault{Operation: "GetSecretValue", Status: http.StatusBadGateway})
	_, err := srv.Client().GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("a")})
	fmt.Println(err != nil, srv.Calls("a"), "attempts")
	remove()
	show(srv.Client(), "a")
	// Output:
	// true 3 attempts
	// a → 1
}

// A Call says who made a request, even if it failed.
func ExampleCall() {
	srv := start(secretsmanagertest.Options{OnAnswer: func(call secretsmanagertest.Call, code string) {
		fmt.Println(call.Operation, call.IDs, call.Attempt, call.Region, code)
	}})
	defer srv.Close()
	show(srv.Client(), "a")
	// Output:
	// GetSecretValue [a] 1 us-east-1 ResourceNotFoundException
	// a → ResourceNotFoundException
}
