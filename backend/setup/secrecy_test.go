package setup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// canaries look like secrets in a configuration. The first has the form of an AWS key.
var canaries = []string{"wJalrXUtnFEMI7K7MDENGbPxRfiCYzEXAMPLEKEY1", "AKIAIOSFODNN7EXAMPLE", "hunter2 'pass' wörd"}

func leaks(t *testing.T, text, canary, where string) {
	t.Helper()
	if strings.Contains(text, canary) || strings.Contains(text, canary[:12]) {
		t.Errorf("%s shows a secret: %s", where, text)
	}
}

// prints are the ways in which a value may be logged.
func prints(v any) (texts []string) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, v))
	}
	doc, err := json.Marshal(v)
	return append(texts, string(doc), fmt.Sprint(err))
}

func TestSettingsPrintNoSecret(t *testing.T) {
	for _, c := range canaries {
		secret, _ := json.Marshal(c)
		s, err := setup.ParseKwargs(fmt.Appendf(nil, `{
			"aws_access_key_id": %[1]s, "aws_secret_access_key": %[1]s, "aws_session_token": %[1]s, "role_arn": "arn:aws:iam::123456789012:role/r",
			"assume_role_kwargs": {"ExternalId": %[1]s, "TokenCode": %[1]s},
			"login": %[1]s, "password": %[1]s, "extra": {"a": %[1]s}, "config_kwargs": {"user_agent_extra": %[1]s},
			"assume_role_with_saml": {"x": %[1]s}, "service_config": {"s3": {"x": %[1]s}}}`, secret))
		require.NoError(t, err)
		assert.Equal(t, c, s.AWS.SecretAccessKey.Reveal())
		assert.Equal(t, c, s.AWS.Role.ExternalID.Reveal())
		for _, v := range []any{s, &s, s.AWS, []setup.Settings{s}, map[string]any{"s": s}, struct{ s setup.Settings }{s}} {
			for _, text := range prints(v) {
				leaks(t, text, c, "a print")
			}
		}
	}
}

// Known kwargs, each of which is tried with every kind of nonsense.
var everyKwarg = []string{
	"connections_prefix", "connections_lookup_pattern", "variables_prefix", "variables_lookup_pattern", "config_prefix",
	"config_lookup_pattern", "sep", "extra_conn_words", "region_name", "profile_name", "endpoint_url", "verify", "use_ssl",
	"api_version", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "session_kwargs", "role_arn",
	"assume_role_method", "assume_role_kwargs", "assume_role_with_saml", "assume_role_with_web_identity_federation",
	"assume_role_with_web_identity_token_file", "service_config", "config_kwargs", "full_url_mode", "unknown", "self",
	"host", "aws_account_id", "aws_iam_role", "external_id", "are_secret_values_urlencoded", "s3_config_file",
}

func TestMessagesHoldNoKwarg(t *testing.T) {
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	for _, c := range canaries {
		secret, _ := json.Marshal(c)
		values := []string{"%s", "[%s]", `{%s: 1}`, `{"k": %s}`, `{"login": %s}`, `{"login": [%s]}`, `{"sts": %s}`, `{"sts": {"endpoint_url": %s}}`,
			`{"RoleSessionName": %s}`, `{"DurationSeconds": %s}`, `{"Tags": [%s]}`, `{"PolicyArns": [{"arn": [%s]}]}`, `{"Policy": {"a": %s}}`,
			`{"aws_access_key_id": [%s]}`, `{"aws_session_token": %s}`, `"(%[2]s"`, `"http://%[2]s@h"`, `"http://h?t=%[2]s"`, `"%[2]s://h"`, `1e9%.0[1]s999`}
		for _, name := range everyKwarg {
			for _, value := range values {
				raw := strings.ReplaceAll(value, "%.0[1]s", "")
				raw = strings.NewReplacer("%s", string(secret), "%[2]s", strings.Trim(string(secret), `"`)).Replace(raw)
				for _, doc := range []string{
					fmt.Sprintf(`{%q: %s}`, name, raw), fmt.Sprintf(`{%q: %s, "role_arn": "arn:aws:iam::123456789012:role/r"}`, name, raw),
					fmt.Sprintf(`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": "assume_role_with_web_identity", %q: %s}`, name, raw),
					fmt.Sprintf(`{"aws_account_id": "123456789012", "aws_iam_role": "r", %q: %s}`, name, raw),
				} {
					s, err := eight.ParseKwargs([]byte(doc))
					leaks(t, fmt.Sprint(err, s.Warnings), c, "8.28.0 "+name)
					s, err = setup.ParseKwargs([]byte(doc))
					leaks(t, fmt.Sprint(err), c, name)
					leaks(t, fmt.Sprint(s.Warnings), c, name)
					if name == "profile_name" || name == "verify" {
						continue // these two are shown if they cannot be found; see below
					}
					if err == nil {
						_, err = s.Open(context.Background())
						leaks(t, fmt.Sprint(err), c, name)
					}
				}
			}
		}
		for _, doc := range []string{`{%s`, `{%s: 1}`, `{"a": %s x}`, `%s`, `[%s]`, `{'a': %s}`, `{"a": %s,}`, `{"a": tru%s}`, "\ufeff{%s: 1}", "{\"a\": \"\n%s\"}"} {
			doc = strings.ReplaceAll(doc, "%s", string(secret))
			s, err := setup.ParseKwargs([]byte(doc))
			leaks(t, fmt.Sprint(err, s.Warnings), c, doc)
			for _, variable := range []string{"BACKEND", "BACKEND_KWARGS", "BACKEND_KWARGS_CMD", "BACKEND_KWARG__" + c, "BACKEND_KWARG__VERIFY_"} {
				s, err = setup.Load([]string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__BACKEND=" + setup.Class, "AIRFLOW__CORE__MULTI_TEAM=f"}, setup.Server)
				require.NoError(t, err)
				s, err = setup.Load([]string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__" + variable + "=" + doc, "AIRFLOW__SECRETS__BACKEND=" + setup.Class}, setup.Server)
				leaks(t, fmt.Sprint(err, s.Warnings), c, variable)
			}
			_, err = setup.Load([]string{"AIRFLOW_CONFIG=", "AIRFLOW__CORE__MULTI_TEAM=" + doc}, setup.Server)
			leaks(t, fmt.Sprint(err), c, "multi_team")
			for _, text := range []string{doc, `{"Environment": ` + doc + `}`, `{"secrets.backend": ` + doc + `}`, `{"AirflowConfigurationOptions": ` + doc + `}`} {
				s, err = setup.ParseMWAA([]byte(text))
				leaks(t, fmt.Sprint(err, s.Warnings), c, "MWAA "+text)
			}
		}
	}
	for _, c := range canaries[:2] {
		for _, a := range []setup.AWS{{AWSConfig: hook.AWSConfig{Profile: c}}, {AWSConfig: hook.AWSConfig{CAFile: c}}} {
			_, err := setup.Settings{AWS: a}.Open(context.Background())
			require.Error(t, err)
			leaks(t, err.Error(), c, "Open")
		}
		_, err := setup.Load([]string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__BACKEND=" + c}, setup.Server)
		leaks(t, err.Error(), c, "class")
	}
}

func TestErrorsHoldNothingOfAFile(t *testing.T) {
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	dir := t.TempDir()
	for _, c := range canaries {
		for i, text := range []string{
			"%s", "[%s", "[secrets]\n%s", "[secrets]\n%s\n = 1", "[secrets]\nbackend = %s", "[secrets]\nbackend = %%(%s)s", "[secrets]\nbackend = %s %x",
			"[secrets]\nbackend = $A%s", "[%s]\n[%s]", "[secrets]\n%s=1\n%s=2", "[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = %s",
			"[core]\nmulti_team = %s", "[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs_cmd = echo %s",
		} {
			file := filepath.Join(dir, "airflow.cfg")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "%s", c)), 0o600))
			s, err := setup.Load([]string{"AIRFLOW_CONFIG=" + file, "A=$A x"}, setup.Server)
			leaks(t, fmt.Sprint(err, s.Warnings), c, fmt.Sprint("airflow.cfg ", i))
		}
		for i, text := range []string{
			"%s", "[%s", "[prof\naws_secret_access_key = %s", "[prof]\n%s", "[prof]\naws_secret_access_key = %s", "[prof]\naws_access_key_id = %s",
			"[prof]\nrole_arn = r\nsource_profile = %s", "[prof]\nrole_arn = r\nsource_profile = prof2\nduration_seconds = %s\n[prof2]\naws_secret_access_key = %s",
			"[prof]\nretry_mode = %s", "[prof]\nmax_attempts = %s", "[prof]\nuse_fips_endpoint = %s", "[prof]\nregion = %s x",
		} {
			file := filepath.Join(dir, "credentials")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "%s", c)), 0o600))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
			t.Setenv("AWS_CONFIG_FILE", file)
			_, err := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{Profile: "prof"}}}.Open(context.Background())
			if !strings.Contains(fmt.Sprint(err), fmt.Sprintf("source_profile: the profile %q does not exist", c)) { // a name that does not look like a key
				leaks(t, fmt.Sprint(err), c, fmt.Sprint("credentials ", i))
			}
		}
	}
}

// No error contains a setting of an aws connection, wherever the secret is.
func TestLoadAWSErrorsHoldNoSetting(t *testing.T) {
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	for _, c := range canaries {
		secret := connuri.NewSecret(c)
		for name, a := range map[string]hook.AWSConfig{
			"region": {Region: c}, "client region": {Client: hook.AWSClient{Region: c}}, "endpoint": {EndpointURL: c}, "login in it": {EndpointURL: "http://u:" + c + "@h"},
			"service": {ServiceEndpoints: map[string]string{c: c}}, "key": {AccessKeyID: secret}, "secret": {SecretAccessKey: secret}, "token": {SessionToken: secret},
			"proxy":  {Client: hook.AWSClient{Proxies: map[string]connuri.Secret{"https": connuri.NewSecret("http://u:" + c + "%zz@h")}}},
			"method": {Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r", Method: c}}, "session": {Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r", SessionName: c + "!"}},
			"federation": {Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r", Method: hook.AssumeRoleWithWebIdentity, Federation: c}},
		} {
			_, err := setup.LoadAWS(t.Context(), a)
			leaks(t, fmt.Sprint(err), c, name)
		}
	}
}
