package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func googleWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "google_cloud_platform", Extra: connuri.RawExtra(extra)}
}

const madeUpKey = `{"type": "service_account", "client_email": "svc@p.iam.gserviceaccount.com", "private_key": "-----BEGIN\\n", "token_uri": "https://h/token"}`

func TestGoogleCloudRefusals(t *testing.T) {
	for extra, want := range map[string]string{
		`{"key_path": "/k.json", "is_anonymous": "false"}`:         "is_anonymous: there is another way",
		`{"keyfile_dict": {"a": 1}, "key_path": "/k.json"}`:        "keyfile_dict: there is another way",
		`{"credential_config_file": {"a": 1}, "key_path": "/k"}`:   "credential_config_file: there is another way",
		`{"credential_config_file": "/c", "key_secret_name": "s"}`: "key_secret_name: there is another way",
		`{"key_path": {"a": 1}}`:                                   "key_path: it is not text",
		`{"key_path": " {\"private_key\": 1}"}`:                    "key_path: it is a key, and not the path of one",
		`{"keyfile_dict": "x"}`:                                    "keyfile_dict: it is text that is not JSON",
		`{"keyfile_dict": [1]}`:                                    "keyfile_dict: it is not text",
		`{"credential_config_file": [1]}`:                          "credential_config_file: it is not text",
		`{"idp_extra_params": "x"}`:                                "idp_extra_params: it is text that is not JSON",
		`{"idp_extra_params": {"a": 1}}`:                           "idp_extra_params: it is not text",
		`{"idp_issuer_url": "https://u:p@h"}`:                      "idp_issuer_url: it is not a plain URL",
		`{"idp_issuer_url": {"a": 1}}`:                             "idp_issuer_url: it is not text",
		`{"client_id": {"a": 1}}`:                                  "client_id: it is not text",
		`{"client_secret": {"a": 1}}`:                              "client_secret: it is not text",
		`{"key_secret_name": [1]}`:                                 "key_secret_name: it is not text",
		`{"key_secret_project_id": [1]}`:                           "key_secret_project_id: it is not text",
		`{"project": [1]}`:                                         "project: it is not text",
		`{"scope": ["a"]}`:                                         "scope: it is not text",
		`{"impersonation_chain": 5}`:                               "impersonation_chain: it is neither text nor a list of texts",
		`{"impersonation_chain": ["a", 5]}`:                        "impersonation_chain: it is neither text nor a list of texts",
		`{"impersonation_chain": {"a": "b"}}`:                      "impersonation_chain: it is neither text nor a list of texts",
		`{"quota_project_id": 5}`:                                  "quota_project_id: it is not text",
		`{"quota_project_id": "short"}`:                            "quota_project_id: it cannot be the id of a project",
		`{"quota_project_id": "1project"}`:                         "quota_project_id: it cannot be the id of a project",
		`{"quota_project_id": "project-"}`:                         "quota_project_id: it cannot be the id of a project",
		`{"quota_project_id": "Project"}`:                          "quota_project_id: it cannot be the id of a project",
		`{"quota_project_id": "` + strings.Repeat("p", 31) + `"}`:  "quota_project_id: it cannot be the id of a project",
		`{"num_retries": []}`:                                      "num_retries: it is not a number",
		`{"num_retries": "1.5"}`:                                   "num_retries: it is not a number",
		`{"extra__google_cloud_platform__num_retries": "x"}`:       "num_retries: it is not a number",
		`[]`: "extra: it is JSON, but not an object",
	} {
		g, err := hook.GoogleCloud(googleWith(extra))
		require.ErrorContains(t, err, want, extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
		assert.Zero(t, g, extra)
	}
	_, err := hook.GoogleCloud(connuri.Connection{Type: "aws"})
	assert.EqualError(t, err, "google_cloud_platform connection: conn_type: it is of the hook aws; use a connection of the type google_cloud_platform")
}

func TestGoogleCloudFields(t *testing.T) {
	read := func(extra string) hook.GoogleCloudConfig {
		g, err := hook.GoogleCloud(googleWith(extra))
		require.NoError(t, err, extra)
		return g
	}
	for extra, want := range map[string]int{
		`{}`: 5, `{"num_retries": null}`: 5, `{"num_retries": " "}`: 5, `{"num_retries": false}`: 0, `{"num_retries": " 1_0 "}`: 10, `{"num_retries": -2.9}`: -2,
		`{"num_retries": "", "extra__google_cloud_platform__num_retries": 2}`: 5,
	} {
		assert.Equal(t, want, read(extra).NumRetries, extra)
	}
	for extra, want := range map[string][]string{
		`{"impersonation_chain": " a "}`: {" a "}, `{"impersonation_chain": " a , b,c"}`: {"a", "b", "c"}, `{"impersonation_chain": ["a,b", "c"]}`: {"a,b", "c"},
		`{"impersonation_chain": []}`: {""}, `{"impersonation_chain": "a,"}`: {"a", ""},
	} {
		g := read(extra)
		assert.Equal(t, want, append(append([]string(nil), g.Delegates...), g.TargetPrincipal), extra)
	}
	assert.Equal(t, []string{"a", "b"}, read(`{"scope": "a , b"}`).Scopes)
	assert.Empty(t, read(`{"is_anonymous": 1, "quota_project_id": 5}`).QuotaProject, "nobody has no project")
	assert.Equal(t, "proj-app-1\n", read(`{"quota_project_id": "proj-app-1\n"}`).QuotaProject, "Python's $ stands before a line break")
	assert.True(t, read(`{"keyfile_dict": "{}", "key_path": "/k.json"}`).KeyfileDict.IsZero(), "an empty object is none")
	assert.Equal(t, "/c", read(`{"credential_config_file": "/c"}`).CredentialConfigFile)
}

func TestCredentialsJSON(t *testing.T) {
	files := map[string]string{"/k.json": madeUpKey, "/c": ` {"type": "external_account", "audience": "a"}`, "/x.json": "[]"}
	readFile := func(path string) ([]byte, error) {
		if path == "/no" {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		}
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return missingFile(path)
	}
	quoted, err := json.Marshal(madeUpKey)
	require.NoError(t, err)
	for extra, want := range map[string]string{
		`{}`:                                  "",
		`{"key_path": "/k.json"}`:             "service_account " + madeUpKey,
		`{"keyfile_dict": ` + madeUpKey + `}`: "service_account " + strings.Replace(madeUpKey, `\\n`, `\n`, 1),
		`{"keyfile_dict": ` + string(quoted) + `, "idp_issuer_url": "https://h"}`: "service_account " + strings.Replace(madeUpKey, `\\n`, `\n`, 1),
		`{"credential_config_file": "/c"}`:                                        `external_account {"type": "external_account", "audience": "a"}`,
		`{"credential_config_file": {"type": "authorized_user"}}`:                 `authorized_user {"type": "authorized_user"}`,
		`{"credential_config_file": " {\"type\": \"impersonated_service_account\", \"service_account_impersonation_url\": \"https://h/a@x.com:b\"}"}`: `impersonated_service_account {"type": "impersonated_service_account", "service_account_impersonation_url": "https://h/a@x.com:b"}`,
	} {
		g, err := hook.GoogleCloud(googleWith(extra))
		require.NoError(t, err, extra)
		kind, credentials, err := g.CredentialsJSON(readFile)
		require.NoError(t, err, extra)
		assert.Equal(t, want, strings.TrimSpace(kind+" "+credentials.Reveal()), extra)
	}
	for _, row := range []struct {
		extra, want string
		unsupported bool
	}{
		{`{"is_anonymous": "false"}`, "is_anonymous: it is true in Python", true},
		{`{"key_secret_name": "s"}`, "key_secret_name: the key has to be fetched", true},
		{`{"credential_config_file": "/c", "idp_issuer_url": "https://h"}`, "idp_issuer_url: a token has to be asked of", true},
		{`{"key_path": "/k.p12"}`, "key_path: it does not end in .json", false},
		{`{"key_path": "/QZXJ.json"}`, "hook: the key file cannot be read", false},
		{`{"key_path": "/x.json"}`, "key_path: it is not a JSON object", false},
		{`{"keyfile_dict": "[1]"}`, "keyfile_dict: it is not a JSON object", false},
		{`{"keyfile_dict": {"type": "service_account"}}`, "keyfile_dict: it has no private_key", false},
		{`{"keyfile_dict": {"private_key": "QZXJ", "client_email": "e"}}`, "keyfile_dict: it has no token_uri", false},
		{`{"keyfile_dict": {"type": "QZXJ", "private_key": "QZXJ", "client_email": "e", "token_uri": "https://h"}}`, "keyfile_dict: its type is not service_account", false},
		{`{"keyfile_dict": {"type": "service_account", "private_key": "k", "client_email": "e", "token_uri": "https://u:QZXJ@h"}}`, "keyfile_dict: a URL in it, such as its token_uri, is not a plain one", false},
		{`{"keyfile_dict": {"type": "service_account", "private_key": "k", "client_email": "e", "token_uri": "QZXJ"}}`, "keyfile_dict: a URL in it, such as its token_uri, is not a plain one", false},
		{`{"credential_config_file": {"type": "external_account", "token_url": "https://h?QZXJ"}}`, "credential_config_file: a URL in it is not a plain one", false},
		{`{"credential_config_file": "/QZXJ"}`, "credential_config_file: it is neither a file that is there nor", false},
		{`{"credential_config_file": "/no"}`, "hook: the credential configuration file cannot be read", false},
		{`{"credential_config_file": "{QZXJ"}`, "credential_config_file: it is neither a file that is there nor", false},
		{`{"credential_config_file": {"type": "QZXJ"}}`, "credential_config_file: its type is not one of Google's", false},
		{`{"credential_config_file": {"type": [1]}}`, "credential_config_file: its type is not one of Google's", false},
	} {
		g, err := hook.GoogleCloud(googleWith(row.extra))
		require.NoError(t, err, row.extra)
		kind, credentials, err := g.CredentialsJSON(readFile)
		require.ErrorContains(t, err, row.want, row.extra)
		assert.Equal(t, row.unsupported, errors.Is(err, hook.ErrUnsupported), row.extra)
		assert.NotContains(t, err.Error(), "QZXJ")
		assert.True(t, kind == "" && credentials.IsZero())
	}
}

// The driver's errors would show a URL with a secret (QZXJ), in any place. What gcloud
// writes passes.
func TestCredentialsURLs(t *testing.T) {
	read := func(configuration string) error {
		g, err := hook.GoogleCloud(googleWith(`{"credential_config_file": ` + configuration + `}`))
		require.NoError(t, err, configuration)
		_, _, err = g.CredentialsJSON(missingFile)
		return err
	}
	for _, url := range []string{"https://u:QZXJ@h/t", "https://h/t?token=QZXJ", "https://h?QZXJ", "https://h/#QZXJ", "QZXJ", "ftp://QZXJ", "https://h?Action=a&sig=QZXJ", "https://h?resource=https://u:QZXJ@h"} {
		for _, configuration := range []string{
			`{"type": "external_account", "token_url": "§"}`, `{"type": "external_account", "TOKEN_URL": "§"}`,
			`{"type": "external_account", "credential_source": {"url": "§"}}`, `{"type": "external_account", "credential_source": {"region_url": "§"}}`,
			`{"type": "external_account", "credential_source": {"regional_cred_verification_url": "§"}}`,
			`{"type": "impersonated_service_account", "source_credentials": {"token_uri": "§"}}`, `{"type": "external_account", "a": [{"url": "§"}]}`,
		} {
			configuration = strings.Replace(configuration, "§", url, 1)
			err := read(configuration)
			require.ErrorContains(t, err, "credential_config_file: a URL in it is not a plain one", configuration)
			assert.NotContains(t, err.Error(), "QZXJ")
		}
	}
	require.Error(t, read(`{"type": "external_account", "token_url": ["https://h"]}`))
	for _, configuration := range []string{
		`{"type": "external_account", "credential_source": {"environment_id": "aws1", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"}}`,
		`{"type": "external_account", "credential_source": {"url": "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://iam.googleapis.com/p", "headers": {"Metadata": "True"}}}`,
		`{"type": "authorized_user", "token_uri": null}`,
	} {
		require.NoError(t, read(configuration))
	}
}

func ExampleGoogleCloud() {
	c, err := connuri.TaskSDK.Parse(`google-cloud-platform://?key_path=%2Fetc%2Fkeys%2Fsa.json&project=shop-prod&impersonation_chain=reader@shop-prod.iam.gserviceaccount.com`)
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := hook.GoogleCloud(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Project, g.Scopes, g.TargetPrincipal)
	_, _, err = g.CredentialsJSON(os.ReadFile) // for google.CredentialsFromJSONWithType
	fmt.Println(err)
	// Output:
	// shop-prod [https://www.googleapis.com/auth/cloud-platform] reader@shop-prod.iam.gserviceaccount.com
	// hook: the key file cannot be read
}

func FuzzGoogleCloud(f *testing.F) {
	fuzzHook(f, "google_cloud_platform", func(t *testing.T, c connuri.Connection) error {
		g, err := hook.GoogleCloud(c)
		if g.Anonymous && (g.KeyPath != "" || !g.KeyfileDict.IsZero() || g.KeySecretName != "") || err == nil && len(g.Scopes) == 0 {
			t.Error("settings that cannot be")
		}
		kind, credentials, jsonErr := g.CredentialsJSON(func(string) ([]byte, error) { return []byte(madeUpKey), nil })
		if jsonErr == nil && (kind == "") != credentials.IsZero() || !credentials.IsZero() && !json.Valid([]byte(credentials.Reveal())) && !strings.Contains(credentials.Reveal(), "NaN") && !strings.Contains(credentials.Reveal(), "Infinity") {
			t.Error("credentials that are not JSON")
		}
		return err
	})
}
