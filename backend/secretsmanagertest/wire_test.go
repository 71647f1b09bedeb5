package secretsmanagertest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// send plays a request without a client or a connection.
func send(h http.Handler, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWireFormat(t *testing.T) {
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Suffix: "AbCdEf"})
	srv.Set("x", "a<b>\u2028")
	w := send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "x", "VersionId": null, "Unknown": [1]}`)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "application/x-amz-json-1.1", w.Header().Get("Content-Type"))
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, w.Header().Get("X-Amzn-Requestid"))
	assert.Regexp(t, `^\{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf","CreatedDate":\d{10}(\.\d{1,3})?,`+
		`"Name":"x","SecretString":"a<b>\\u2028","VersionId":"[0-9a-f-]{36}","VersionStages":\["AWSCURRENT"\]\}\n$`, w.Body.String())

	// If the client sends no token, the server makes one.
	w = send(srv, "secretsmanager.CreateSecret", `{"Name": "y", "SecretBinary": "AGJpbmFyef8="}`)
	assert.Equal(t, 200, w.Code, w.Body)
	w = send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "y"}`)
	assert.Contains(t, w.Body.String(), `"SecretBinary":"AGJpbmFyef8="`)

	for _, row := range []struct{ target, body, code string }{
		{"", "", "UnknownOperationException"},
		{"secretsmanager.", "{}", "UnknownOperationException"},
		{"secretsmanager.RotateSecret", "{}", "UnknownOperationException"},
		{"secretsmanager.getsecretvalue", "{}", "UnknownOperationException"},
		{"GetSecretValue", "{}", "UnknownOperationException"},
		{"ssm.GetSecretValue", "{", "UnknownOperationException"},
		{"secretsmanager.GetSecretValue", `{"SecretId": "x"`, "SerializationException"},
		{"secretsmanager.GetSecretValue", strings.Repeat(`{"SecretId":`, 20_000), "SerializationException"},
		{"secretsmanager.GetSecretValue", `["x"]`, "SerializationException"},
		{"secretsmanager.GetSecretValue", `{"SecretId": "x"} {}`, "SerializationException"},
		{"secretsmanager.GetSecretValue", `{"SecretId": 5}`, "SerializationException"},
		{"secretsmanager.GetSecretValue", `{"SecretId": ["x"]}`, "SerializationException"},
		{"secretsmanager.GetSecretValue", ``, "ValidationException"},
		{"secretsmanager.GetSecretValue", `null`, "ValidationException"},
		{"secretsmanager.GetSecretValue", `{"secretid": "x"}`, "ValidationException"},
		{"secretsmanager.GetSecretValue", `{"SecretId": null}`, "ValidationException"},
		{"secretsmanager.ListSecrets", `{"MaxResults": 1.5}`, "SerializationException"},
		{"secretsmanager.ListSecrets", `{"MaxResults": 1e99}`, "SerializationException"},
		{"secretsmanager.ListSecrets", `{"Filters": [null]}`, "ValidationException"},
		{"secretsmanager.ListSecrets", `{"IncludePlannedDeletion": "true"}`, "SerializationException"},
		{"secretsmanager.CreateSecret", `{"Name": "z", "SecretBinary": "?s3cret?"}`, "SerializationException"},
		{"secretsmanager.CreateSecret", `{"Name": "z", "SecretString": {"s3cret": 1}}`, "SerializationException"},
		{"secretsmanager.CreateSecret", `{"Name": "z", "Tags": [{"Value": 5}]}`, "SerializationException"},
		{"secretsmanager.CreateSecret", `{"Name": "z", "SecretString": "` + strings.Repeat("s3cret", 200_000) + `"}`, "RequestEntityTooLargeException"},
	} {
		w := send(srv, row.target, row.body)
		var doc map[string]string
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc), row)
		assert.Equal(t, row.code, doc["__type"], "%s %.80s", row.target, row.body)
		assert.Equal(t, row.code, w.Header().Get("X-Amzn-Errortype"))
		assert.Equal(t, doc["Message"], doc["message"])
		assert.Equal(t, 400, w.Code)
		assert.NotContains(t, w.Body.String(), "s3cret")
	}
}

// FuzzServeHTTP searches for a request that panics or whose response is not JSON.
func FuzzServeHTTP(f *testing.F) {
	for _, operation := range []string{
		"GetSecretValue", "BatchGetSecretValue", "ListSecrets", "DescribeSecret", "CreateSecret", "PutSecretValue",
		"UpdateSecret", "UpdateSecretVersionStage", "DeleteSecret", "RestoreSecret",
		"TagResource", "UntagResource", "ListSecretVersionIds", "GetResourcePolicy", "Other",
	} {
		for _, body := range []string{
			``, `{}`, `null`, `[]`, `{"SecretId": "x"}`, `{"SecretId": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}`,
			`{"SecretId": "x", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": "` + v1 + `", "MoveToVersionId": "` + v1 + `"}`,
			`{"SecretIdList": ["x", "", "é", null]}`, `{"Name": "x\ud800", "SecretString": "1", "Tags": [{}, null]}`,
			`{"Filters": [{"Key": "all", "Values": ["!", "x y"]}], "MaxResults": 1, "NextToken": "e30", "SortBy": "name"}`,
			`{"SecretId": "x", "SecretBinary": "AAAA", "VersionStages": ["a", "a", "AWSPREVIOUS"], "ClientRequestToken": "` + v1 + `"}`,
			`{"SecretId": "x", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": false}`,
			`{"SecretId": "x", "Tags": [{"Key": "a"}, null], "TagKeys": ["a", null], "IncludeDeprecated": true, "MaxResults": 1}`,
		} {
			f.Add("secretsmanager."+operation, body)
		}
	}
	srv := secretsmanagertest.NewServer(f)
	srv.Set("x", "1")
	f.Fuzz(func(t *testing.T, target, body string) {
		w := send(srv, target, body)
		if !json.Valid(w.Body.Bytes()) || !bytes.HasPrefix(w.Body.Bytes(), []byte("{")) {
			t.Errorf("%q with %q: %q", target, body, w.Body)
		}
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%q with %q: status %d", target, body, w.Code)
		}
	})
}
