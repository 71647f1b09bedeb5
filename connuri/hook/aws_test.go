package hook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var awsTest = hookTest{
	name: "aws",
	read: func(c connuri.Connection) (object, error) {
		a, err := hook.AWS(c)
		return awsObject(a), err
	},
	fails: func(result object) string {
		if text, ok := result["error"].(string); ok {
			return text
		}
		if client, ok := result["client"].(object); ok && client["error"] != nil {
			return "client: " + client["error"].(string)
		}
		return ""
	},
	refused: func(result object) string {
		config, _ := result["config"].(object)
		verify, isText := result["verify"].(string)
		switch {
		case isTrue(result["aws_access_key_id"]) != isTrue(result["aws_secret_access_key"]):
			return "half a key pair"
		case result["region_name"] == "":
			return "region_name is empty"
		case isText && verify != "" && !strings.Contains(verify, "/"):
			return "verify is text without a slash"
		case config["max_pool_connections"] != nil, config["user_agent_extra"] != nil:
			return "config_kwargs without a place"
		case result["google_audience"] != nil:
			return "Google federation"
		case result["saml"] != nil:
			return "SAML"
		}
		return ""
	},
	notCompared: []string{"session"},
	want:        func(result object) object { return result },
	leaves:      3482,
}

// awsObject is the settings in the form of a row: what each client of boto3 would get.
func awsObject(a hook.AWSConfig) object {
	o := object{
		"region_name": a.Region, "profile_name": a.Profile, "endpoint_url": a.EndpointURL,
		"aws_access_key_id": a.AccessKeyID.Reveal(), "aws_secret_access_key": a.SecretAccessKey.Reveal(),
		"aws_session_token": a.SessionToken.Reveal(), "service_config": awsJSON(a.ServiceConfig),
		"config": awsJSON(a.Client.Kwargs), "verify": nil,
		"client": object{"endpoint_url": a.Endpoint("s3"), "config": awsJSON(a.Client.Kwargs), "verify": nil},
	}
	verify := func(v any) { o["verify"], o["client"].(object)["verify"] = v, v }
	switch {
	case a.InsecureSkipVerify:
		verify(false)
	case a.SystemCAs:
		verify(true)
	case a.CAFile != "":
		verify(a.CAFile)
	}
	if a.Role.ARN == "" {
		return o
	}
	o["role_arn"], o["assume_role_method"], o["assume_role_kwargs"] = a.Role.ARN, a.Role.Method, awsJSON(a.Role.Kwargs)
	o["token_file"] = a.Role.TokenFile
	o["google_audience"] = a.Role.Audience
	o["saml"] = awsJSON(a.Role.SAML)
	o["sts"] = []any{awsCall(a, o)}
	return o
}

// awsCall is how the role is asked for.
func awsCall(a hook.AWSConfig, o object) object {
	session, config := object{}, awsJSON(a.Client.Kwargs)
	for _, key := range []string{"region_name", "profile_name", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"} {
		session[key] = o[key]
	}
	params := object{"RoleArn": a.Role.ARN, "RoleSessionName": a.Role.SessionName}
	optional := func(key string, v any) {
		if isTrue(v) {
			params[key] = v
		}
	}
	optional("ExternalId", a.Role.ExternalID.Reveal())
	optional("TokenCode", a.Role.TokenCode.Reveal())
	optional("SerialNumber", a.Role.SerialNumber)
	optional("SourceIdentity", a.Role.SourceIdentity)
	optional("Policy", a.Role.Policy)
	if a.Role.Duration > 0 {
		params["DurationSeconds"] = int(a.Role.Duration / time.Second)
	}
	operation := "AssumeRole"
	switch a.Role.Method {
	case hook.AssumeRoleWithWebIdentity:
		operation = "AssumeRoleWithWebIdentity"
		config["signature_version"] = "unsigned"
		if params["WebIdentityToken"] = "<token file content>"; a.Role.Federation == "google" {
			params["WebIdentityToken"] = "<google token>"
		}
		if a.Role.SessionName == "" {
			params["RoleSessionName"] = "botocore-session-<unix time>"
		}
	case hook.AssumeRoleWithSAML:
		operation = "AssumeRoleWithSAML"
		params["SAMLAssertion"], params["PrincipalArn"] = "<assertion>", awsJSON(a.Role.SAML)["principal_arn"]
		delete(params, "RoleSessionName")
	}
	return object{"session": session, "config": config, "operation": operation, "params": params, "endpoint_url": a.ServiceEndpoints["sts"]}
}

// awsJSON is the object that an extra holds.
func awsJSON(e connuri.Extra) object {
	if o, ok := extraObject(e).(object); ok {
		return o
	}
	return object{}
}

func awsOf(extra string) (hook.AWSConfig, error) {
	return hook.AWS(connuri.Connection{ID: "aws_default", Type: "aws", Extra: connuri.RawExtra(extra)})
}

func TestAWSRefuses(t *testing.T) {
	role := func(more string) string { return `{"role_arn": "r", ` + more + `}` }
	for extra, want := range map[string]string{
		`{"region_name": 5}`:               "extra region_name: it is not text; put it in quotes",
		`{"endpoint_url": "http://u:p@h"}`: "extra endpoint_url: it is not a plain URL, and may hold a secret; write scheme, host and port alone, without a login and a query",
		`{"service_config": {"s3": {"endpoint_url": "http://h/?X-Amz-Signature=x"}}}`: "extra service_config.SERVICE.endpoint_url: it is not a plain URL, and may hold a secret; write scheme, host and port alone, without a login and a query",
		`{"verify": 1}`:                                        "extra verify: it is neither true nor false nor a path; write true, false or the path of a CA file",
		`{"session_kwargs": "{}"}`:                             "extra session_kwargs: it is not an object; write a JSON object, in a URI inside __extra__",
		`{"service_config": {"s3": "x"}}`:                      `extra service_config: the settings of a service are not an object; write {"endpoint_url": URL}`,
		`{"config_kwargs": {"read_timout": 1}}`:                "extra config_kwargs: it has a key that botocore does not know (did you mean read_timeout?); leave that key out",
		`{"config_kwargs": {"hunter2": 1}}`:                    "extra config_kwargs: it has a key that botocore does not know; leave that key out",
		`{"config_kwargs": {"read_timeout": 0}}`:               "extra config_kwargs.read_timeout: it is not a number above 0; write seconds, without quotes",
		`{"config_kwargs": {"retries": {"max_attempts": -1}}}`: "extra config_kwargs.retries.max_attempts: it is not a whole number, or below the least one; write a number, without quotes",
		`{"config_kwargs": {"retries": {"mode": "fast"}}}`:     "extra config_kwargs.retries.mode: botocore does not know it; write standard or adaptive",
		`{"config_kwargs": {"s3": {"addressing_style": "x"}}}`: "extra config_kwargs.s3.addressing_style: botocore does not know it; write path, virtual or auto",
		role(`"assume_role_kwargs": {"DurationSeconds": "900"}`): "extra assume_role_kwargs.DurationSeconds: it is not a whole number; " +
			"write a number of seconds, without quotes",
		role(`"assume_role_kwargs": {"Tags": [{"Key": "a"}]}`):        `extra assume_role_kwargs.Tags: it is not a list of tags; write [{"Key": …, "Value": …}]`,
		role(`"assume_role_kwargs": {"ExternalID": "x"}`):             "extra assume_role_kwargs: it has a key that STS, or this package, does not know (did you mean ExternalId?); leave that key out",
		role(`"assume_role_method": "x"`):                             "extra assume_role_method: the hook does not know it; write assume_role or assume_role_with_web_identity, or leave it out",
		role(`"assume_role_method": "assume_role_with_web_identity"`): "extra assume_role_with_web_identity_federation: the hook does not know it; write file",
		role(`"assume_role_method": "assume_role_with_saml", "assume_role_with_saml": {"principal_arn": "x"}`): "extra assume_role_with_saml.idp_auth_method: " +
			"it is missing; use another assume_role_method",
	} {
		_, err := awsOf(extra)
		assert.EqualError(t, err, "aws connection: "+want, extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
	}
}

func TestAWSUnsupported(t *testing.T) {
	for extra, names := range map[string]string{
		`{"aws_access_key_id": "A"}`:     "aws_access_key_id",
		`{"aws_secret_access_key": "s"}`: "aws_access_key_id",
		`{"region_name": ""}`:            "region_name",
		`{"verify": "false"}`:            "verify",
		`{"role_arn": "r", "assume_role_method": "assume_role_with_web_identity", "assume_role_with_web_identity_federation": "google"}`: "assume_role_with_web_identity_federation",
		`{"role_arn": "r", "assume_role_method": "assume_role_with_saml", "assume_role_with_saml": {"principal_arn": "p",
			"idp_auth_method": "http_spegno_auth", "idp_url": "u", "saml_response_xpath": "x"}}`: "assume_role_method",
		`{"config_kwargs": {"client_cert": "/c.pem"}}`:                 "config_kwargs.client_cert",
		`{"config_kwargs": {"s3": {"use_accelerate_endpoint": true}}}`: "config_kwargs.s3",
		`{"config_kwargs": {"signature_version": "s3"}}`:               "config_kwargs.signature_version",
		`{"config_kwargs": {"max_pool_connections": 20}}`:              "config_kwargs.max_pool_connections",
	} {
		_, err := awsOf(extra)
		require.ErrorIs(t, err, hook.ErrUnsupported, extra)
		e, _ := errors.AsType[*hook.Error](err)
		assert.Equal(t, names, e.Key, extra)
	}
}

func TestAWSReads(t *testing.T) {
	a, err := awsOf(`{"role_arn": "r", "service_config": {"s3": {"endpoint_url": null}, "logs": {"endpoint_url": "http://l"}}, "endpoint_url": "http://all",
		"config_kwargs": {"region_name": "eu-west-2", "retries": {"max_attempts": 4}, "connect_timeout": 2.5, "read_timeout": 30, "signature_version": "unsigned",
			"proxies": {"https": "http://u:p@proxy:3128", "ftp": "x"}, "use_fips_endpoint": true, "use_dualstack_endpoint": false, "user_agent_appid": "app",
			"request_checksum_calculation": "WHEN_REQUIRED", "tcp_keepalive": true},
		"assume_role_kwargs": {"RoleArn": "other", "ExternalId": "e", "DurationSeconds": 900, "Policy": "{}", "PolicyArns": [{"arn": "p"}],
			"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["a"], "SourceIdentity": "i", "SerialNumber": "s", "TokenCode": "1"}}`)
	require.NoError(t, err)
	a.ServiceConfig, a.Client.Kwargs, a.Role.Kwargs = connuri.Extra{}, connuri.Extra{}, connuri.Extra{}
	assert.Equal(t, hook.AWSConfig{
		EndpointURL: "http://all", ServiceEndpoints: map[string]string{"s3": "", "logs": "http://l"},
		Role: hook.AWSRole{
			ARN: "r", Method: hook.AssumeRole, SessionName: "airflow_aws_default", ExternalID: connuri.NewSecret("e"), Duration: 15 * time.Minute,
			Policy: "{}", PolicyARNs: []string{"p"}, Tags: map[string]string{"a": "1", "b": "2"}, TransitiveTagKeys: []string{"a"},
			SourceIdentity: "i", SerialNumber: "s", TokenCode: connuri.NewSecret("1"),
		},
		Client: hook.AWSClient{
			Region: "eu-west-2", MaxAttempts: 5, ConnectTimeout: 2500 * time.Millisecond, ReadTimeout: 30 * time.Second, Unsigned: true,
			Proxies: hook.Secrets{"https": connuri.NewSecret("http://u:p@proxy:3128")}, UseFIPSEndpoint: new(true), UseDualStackEndpoint: new(false),
			AppID: "app", RequestChecksum: "when_required",
		},
	}, a)
	assert.Equal(t, []string{"", "http://l", "http://all"}, []string{a.Endpoint("s3"), a.Endpoint("logs"), a.Endpoint("sts")})
	assert.False(t, a.S3PathStyle(), "AWS's own endpoint")
}

func TestS3PathStyle(t *testing.T) {
	for extra, want := range map[string]bool{
		`{}`:                               false,
		`{"endpoint_url": "http://minio"}`: true,
		`{"endpoint_url": "https://s3.eu-west-1.amazonaws.com"}`:                                                         true,
		`{"endpoint_url": "https://s3-accelerate.amazonaws.com"}`:                                                        false,
		`{"endpoint_url": "https://s3-accelerate.dualstack.amazonaws.com"}`:                                              false,
		`{"endpoint_url": "https://s3-accelerate.amazonaws.com.example"}`:                                                true,
		`{"endpoint_url": "https://s3-accelerate.amazonaws.com", "config_kwargs": {"s3": {"addressing_style": "path"}}}`: true,
		`{"service_config": {"s3": {"endpoint_url": "http://minio"}}}`:                                                   true,
		`{"config_kwargs": {"s3": {"addressing_style": "path"}}}`:                                                        true,
		`{"endpoint_url": "http://minio", "config_kwargs": {"s3": {"addressing_style": "virtual"}}}`:                     false,
		`{"endpoint_url": "http://minio", "config_kwargs": {"s3": {"addressing_style": "auto"}}}`:                        true,
		`{"endpoint_url": "http://minio", "service_config": {"s3": {"endpoint_url": null, "bucket_name": "mine"}}}`:      false,
	} {
		a, err := awsOf(extra)
		require.NoError(t, err)
		assert.Equal(t, want, a.S3PathStyle(), extra)
	}
}

// The names are slugify's.
func TestAWSSessionName(t *testing.T) {
	for id, want := range map[string]string{
		"aws_default": "airflow_aws_default", "My Conn": "airflow_my-conn", "a/b//c!": "airflow_a-b-c", "it's": "airflow_it-s",
		"1,2,x,3": "airflow_12,x,3", "--a--": "airflow_-a", "a+=,.@b": "airflow_a+=,.@b", "SecretsManagerBackend__connection": "airflow_secretsmanagerbackend__connection",
	} {
		a, err := hook.AWS(connuri.Connection{ID: id, Type: "aws", Extra: connuri.RawExtra(`{"role_arn": "r"}`)})
		require.NoError(t, err)
		assert.Equal(t, want, a.Role.SessionName, id)
	}
	_, err := hook.AWS(connuri.Connection{ID: "größe", Type: "aws", Extra: connuri.RawExtra(`{"role_arn": "r"}`)})
	assert.ErrorIs(t, err, hook.ErrUnsupported)
}

func TestAWSPrintsNoSecret(t *testing.T) {
	const canary = "hunter2 표식 secret"
	detector := connuritest.NewDetector(canary)
	a, err := awsOf(fmt.Sprintf(`{"aws_access_key_id": %[1]q, "aws_secret_access_key": %[1]q, "aws_session_token": %[1]q, "role_arn": "r",
		"assume_role_kwargs": {"ExternalId": %[1]q, "TokenCode": %[1]q}, "config_kwargs": {"proxies": {"https": %[1]q}}, "service_config": {"s3": {%[1]q: %[1]q}}}`, canary))
	require.NoError(t, err)
	connuritest.Ways(a, hook.AWSConfig{}, func(way, output string) {
		if form := detector.In(output); form != "" {
			t.Errorf("%s shows a secret %s", way, form)
		}
	}, nil)
}

// An endpoint that may hold a secret is in no field, and in no error.
func TestAWSEndpointsHoldNoSecret(t *testing.T) {
	const canary = "hunter2"
	for _, endpoint := range []string{
		"http://u:hunter2@minio:9000", "http://hunter2@minio", "http://u:hun%zzter2@h", "//u:hunter2@h", "http://h/?token=hunter2", "http://h#hunter2",
		"http://u:hunter2", "u:hunter2@h", "http://u:h/hunter2@h", "http://h:9000/hunter2@",
	} {
		for _, extra := range []string{`{"endpoint_url": %q}`, `{"service_config": {"s3": {"endpoint_url": %q}}}`, `{"service_config": {"sts": {"endpoint_url": %q}}, "role_arn": "r"}`} {
			a, err := awsOf(fmt.Sprintf(extra, endpoint))
			_, ok := errors.AsType[*hook.Error](err)
			require.True(t, ok, endpoint)
			assert.NotErrorIs(t, err, hook.ErrUnsupported, "its settings are not complete")
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v", a, a, a, err), canary, endpoint)
		}
	}
}

func FuzzAWS(f *testing.F) {
	fuzzHook(f, "aws", func(_ *testing.T, c connuri.Connection) error {
		a, err := hook.AWS(c)
		_, _ = a.Endpoint("s3"), a.S3PathStyle()
		return err
	})
}

func ExampleAWS() {
	c, err := connuri.Parse("aws://AKIDEXAMPLE:secret@/?region_name=eu-west-1&role_arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.ID = "aws_default"
	a, err := hook.AWS(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Region, a.AccessKeyID, a.SecretAccessKey)
	fmt.Println(a.Role.ARN, a.Role.SessionName)
	// Output:
	// eu-west-1 [redacted] [redacted]
	// arn:aws:iam::123456789012:role/reader airflow_aws_default
}

// An S3 of one's own: the role is still asked for at AWS.
func ExampleAWSConfig_Endpoint() {
	c, err := connuri.Parse(`{"conn_type": "aws", "extra": {"endpoint_url": "https://minio.example.com",
		"service_config": {"logs": {"endpoint_url": null}}}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := hook.AWS(c)
	fmt.Printf("%q %q %t %v\n", a.Endpoint("s3"), a.Endpoint("logs"), a.S3PathStyle(), err)
	// Output: "https://minio.example.com" "" true <nil>
}

// The endpoint of the environment is known where the client is made.
func ExampleAWSConfig_S3PathStyleAt() {
	var a hook.AWSConfig // of a connection that says nothing about S3
	fmt.Println(a.S3PathStyle(), a.S3PathStyleAt("https://minio.example.com"), a.S3PathStyleAt("https://s3-accelerate.amazonaws.com"))
	// Output: false true false
}
