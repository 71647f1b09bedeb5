package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	os.Exit(m.Run())
}

// request is a request that a server received, together with its signer.
type request struct {
	url, signedBy, region, token string
	form                         url.Values
}

var credential = regexp.MustCompile(`Credential=([^/]*)/\d+/([^/]*)/`)

func seen(r *http.Request) request {
	body, _ := io.ReadAll(r.Body)
	got := request{url: r.URL.String(), token: r.Header.Get("X-Amz-Security-Token")}
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		got.signedBy, got.region = m[1], m[2]
	}
	got.form, _ = url.ParseQuery(string(body))
	return got
}

const (
	listing = `<ListBucketResult><Name>b</Name><Contents><Key>k</Key><Size>7</Size></Contents></ListBucketResult>`
	roleFor = `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`
)

// wire is an HTTP client that answers as S3 and STS do.
type wire struct{ s3, sts []request }

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	got, answer := seen(r), listing
	if action := got.form.Get("Action"); action != "" {
		w.sts, answer = append(w.sts, got), fmt.Sprintf(roleFor, action)
	} else {
		w.s3 = append(w.s3, got)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// environment gives the process AWS keys and profiles, and hides those of the machine.
func environment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[analytics]\naws_access_key_id = AKIDANALYTICS\naws_secret_access_key = x\n[q]\naws_access_key_id = AKIDQ\naws_secret_access_key = x\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that the test restores it
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "ap-south-1", "AWS_SHARED_CREDENTIALS_FILE": file, "AWS_CONFIG_FILE": file,
		"AWS_WEB_IDENTITY_TOKEN_FILE": tokenFile(t),
	} {
		t.Setenv(name, value)
	}
}

func tokenFile(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("web-token"), 0o600))
	return file
}

type row struct {
	Conn   struct{ URI, JSON connuritest.Answer }
	Result struct {
		Error      *string
		RegionName *string `json:"region_name"`
		Session    map[string]any
		Client     struct {
			Error       string
			EndpointURL *string `json:"endpoint_url"`
		}
		Config map[string]any
		STS    []struct {
			Session     map[string]any
			EndpointURL *string `json:"endpoint_url"`
			Operation   string
			Params      map[string]any
		}
	}
}

// TestRows asks S3 with each recorded connection. Signer, region and endpoint of the request must
// be those of boto3.
func TestRows(t *testing.T) {
	environment(t)
	asked := 0
	connuritest.Rows(t, "hooks/aws", func(line int, r row) {
		text := r.Conn.URI
		if !text.IsRecorded() {
			text = r.Conn.JSON
		}
		c, err := connuri.ConnWords{}.Parse(connuri.TaskSDK, text.Text())
		require.NoError(t, err)
		c.ID = "c"
		a, err := hook.AWS(c)
		if r.Result.Error != nil || r.Result.Client.Error != "" || errors.Is(err, hook.ErrUnsupported) {
			assert.Error(t, err, "line %d", line)
			return
		}
		if a.CAFile != "" {
			a.CAFile = "" // the file does not exist here
		}
		if a.SessionToken.Reveal() != "" && a.AccessKeyID.IsZero() {
			_, err := setup.LoadAWS(t.Context(), a)
			assert.ErrorContains(t, err, "aws_session_token", "line %d", line)
			return
		}
		if a.Role.TokenFile != "" {
			a.Role.TokenFile = os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
		}
		w := &wire{}
		cfg, err := setup.LoadAWS(t.Context(), a, config.WithHTTPClient(w))
		require.NoError(t, err, "line %d", line)
		_, err = s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b-1")})
		require.NoError(t, err, "line %d", line)
		r.compare(t, line, w)
		asked++
	})
	t.Logf("%d requests compared", asked)
	assert.Positive(t, asked)
}

// signer returns the key and the token that a session of boto3 signs with here.
func signer(session map[string]any) (key, token string) {
	token, _ = session["aws_session_token"].(string)
	if id, _ := session["aws_access_key_id"].(string); id != "" {
		return id, token
	}
	switch session["profile_name"] {
	case "analytics":
		return "AKIDANALYTICS", ""
	case "q":
		return "AKIDQ", ""
	}
	return "AKIDENV", ""
}

func (r row) compare(t *testing.T, line int, w *wire) {
	require.Len(t, w.s3, 1, "line %d", line)
	got := w.s3[0]
	region := "ap-south-1"
	if name := r.Result.RegionName; name != nil && *name != "" {
		region = *name
	}
	want := request{region: region, url: "https://b-1.s3." + region + ".amazonaws.com/?list-type=2"}
	if endpoint := r.Result.Client.EndpointURL; endpoint != nil && *endpoint != "" {
		want.url = *endpoint + "/b-1?list-type=2" // in the path, as boto3 writes it at such an endpoint
	}
	want.signedBy, want.token = signer(r.Result.Session)
	if len(r.Result.STS) > 0 {
		want.signedBy, want.token = "ASIAROLE", "role-token"
	}
	if r.Result.Config["signature_version"] == "unsigned" {
		want.signedBy, want.region, want.token = "", "", ""
	}
	got.form = nil
	assert.Equal(t, want, got, "line %d", line)

	require.Len(t, w.sts, len(r.Result.STS), "line %d", line)
	for i, call := range r.Result.STS {
		got := w.sts[i]
		to := "https://sts." + region + ".amazonaws.com/"
		if call.EndpointURL != nil {
			to = *call.EndpointURL + "/"
		}
		assert.Equal(t, to, got.url, "line %d", line)
		assert.Equal(t, call.Operation, got.form.Get("Action"), "line %d", line)
		key, token := signer(call.Session)
		if call.Operation == "AssumeRoleWithWebIdentity" {
			key, token = "", ""
		}
		assert.Equal(t, []string{key, token}, []string{got.signedBy, got.token}, "line %d", line)
		assert.Len(t, got.form, len(call.Params)+2, "line %d", line) // + Action, Version
		for name, value := range call.Params {
			text := strings.ReplaceAll(fmt.Sprint(value), "<token file content>", "web-token")
			if prefix, found := strings.CutSuffix(text, "<unix time>"); found {
				assert.Regexp(t, "^"+prefix+`\d+$`, got.form.Get(name), "line %d", line)
				continue
			}
			assert.Equal(t, text, got.form.Get(name), "line %d: %s", line, name)
		}
	}
}

// TestStyleOfAddresses checks that the bucket is where boto3 writes it, in the host or in the path,
// also with the endpoints of the environment.
func TestStyleOfAddresses(t *testing.T) {
	environment(t)
	for _, row := range []struct{ variable, endpoint, extra, want string }{
		{"", "", `{}`, "https://b-1.s3.ap-south-1.amazonaws.com/"},
		{"AWS_ENDPOINT_URL", "http://minio:9000", `{}`, "http://minio:9000/b-1"},
		{"AWS_ENDPOINT_URL_S3", "http://minio:9000", `{}`, "http://minio:9000/b-1"},
		{"AWS_ENDPOINT_URL_STS", "http://minio:9000", `{}`, "https://b-1.s3.ap-south-1.amazonaws.com/"},
		{"AWS_ENDPOINT_URL_S3", "https://s3-accelerate.amazonaws.com", `{}`, "https://b-1.s3-accelerate.amazonaws.com/"},
		{"AWS_ENDPOINT_URL_S3", "https://s3.eu-west-1.amazonaws.com", `{}`, "https://s3.eu-west-1.amazonaws.com/b-1"},
		{"AWS_ENDPOINT_URL_S3", "http://minio:9000", `{"config_kwargs": {"s3": {"addressing_style": "virtual"}}}`, "http://b-1.minio:9000/"},
		{"AWS_ENDPOINT_URL_S3", "http://minio:9000", `{"endpoint_url": "https://s3-accelerate.amazonaws.com"}`, "https://b-1.s3-accelerate.amazonaws.com/"},
		{"AWS_ENDPOINT_URL_S3", "https://s3-accelerate.amazonaws.com", `{"endpoint_url": "http://minio:9000"}`, "http://minio:9000/b-1"},
		{"AWS_ENDPOINT_URL_S3", "http://minio:9000", `{"endpoint_url": "http://other:1", "service_config": {"s3": {"endpoint_url": null}}}`, "http://minio:9000/b-1"},
		{"", "", `{"endpoint_url": "https://s3-accelerate.dualstack.amazonaws.com"}`, "https://b-1.s3-accelerate.dualstack.amazonaws.com/"},
		{"", "", `{"endpoint_url": "https://s3-accelerate.amazonaws.com", "config_kwargs": {"s3": {"addressing_style": "path"}}}`, "https://s3-accelerate.amazonaws.com/b-1"},
	} {
		t.Run("", func(t *testing.T) {
			if row.variable != "" {
				t.Setenv(row.variable, row.endpoint)
			}
			a, err := hook.AWS(connuri.Connection{ID: "c", Type: "aws", Extra: connuri.RawExtra(row.extra)})
			require.NoError(t, err)
			w := &wire{}
			cfg, err := setup.LoadAWS(t.Context(), a, config.WithHTTPClient(w))
			require.NoError(t, err)
			_, err = s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b-1")})
			require.NoError(t, err)
			assert.Equal(t, row.want+"?list-type=2", w.s3[0].url, "%v", row)
		})
	}
}

// server is S3 and STS on loopback.
type server struct {
	mu    sync.Mutex
	asked []request
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := seen(r)
	s.asked = append(s.asked, got)
	switch action := got.form.Get("Action"); {
	case action != "":
		fmt.Fprintf(w, roleFor, action)
	case r.URL.Path == "/b/large":
		_, _ = w.Write(bytes.Repeat([]byte("x"), 4<<20))
	default:
		fmt.Fprint(w, listing)
	}
}

func once(o *config.LoadOptions) error {
	o.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return nil
}

// TestServers checks that S3, which has its own certificate, and STS, which is another server,
// each receive their own requests.
func TestServers(t *testing.T) {
	environment(t)
	atS3, atSTS := &server{}, &server{}
	overTLS := httptest.NewUnstartedServer(atS3)
	overTLS.Config.ErrorLog = log.New(io.Discard, "", 0)
	overTLS.StartTLS()
	t.Cleanup(overTLS.Close)
	sts := httptest.NewServer(atSTS)
	t.Cleanup(sts.Close)
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: overTLS.Certificate().Raw}), 0o600))

	list := func(verify string) error {
		c := connuri.Connection{ID: "aws_default", Type: "aws", Login: "AKIDLOGIN", Password: connuri.NewSecret("s"), Extra: connuri.RawExtra(fmt.Sprintf(`{
			"region_name": "eu-west-1", "role_arn": "arn:aws:iam::123456789012:role/reader", "endpoint_url": %q, "verify": %s,
			"service_config": {"sts": {"endpoint_url": %q}}}`, overTLS.URL, verify, sts.URL))}
		client, err := newClient(t.Context(), c, once)
		require.NoError(t, err)
		_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b")})
		return err
	}
	require.ErrorContains(t, list("null"), "certificate")
	assert.Empty(t, atS3.asked)
	for _, verify := range []string{"false", fmt.Sprintf("%q", caFile)} {
		atS3.asked, atSTS.asked = nil, nil
		require.NoError(t, list(verify))
		require.Len(t, atSTS.asked, 1)
		assert.Equal(t, "AKIDLOGIN", atSTS.asked[0].signedBy)
		require.Len(t, atS3.asked, 1)
		assert.Equal(t, request{url: "/b?list-type=2", signedBy: "ASIAROLE", region: "eu-west-1", token: "role-token", form: url.Values{}}, atS3.asked[0])
	}
}

// TestLargeObject checks that the bound on the answers of STS does not apply to objects.
func TestLargeObject(t *testing.T) {
	environment(t)
	srv := httptest.NewServer(&server{})
	t.Cleanup(srv.Close)
	client, err := newClient(t.Context(), connuri.Connection{Type: "aws", Extra: connuri.RawExtra(`{"endpoint_url": "` + srv.URL + `"}`)})
	require.NoError(t, err)
	object, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("large")})
	require.NoError(t, err)
	body, err := io.ReadAll(object.Body)
	require.NoError(t, err)
	assert.Len(t, body, 4<<20)
}
