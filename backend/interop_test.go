package backend_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// The tests in this file compare this module with programs of others. They need a Python
// interpreter, which an environment variable names:
//
//	AIRFLOW_PROVIDER_PYTHON  has apache-airflow and apache-airflow-providers-amazon
//	AIRFLOW_BOTO3_PYTHON     has boto3 and moto[server]
//
// .ci/run makes an environment that has all of it.

// interopSeed maps the names of twenty typical connections to their texts. It is also a seed for
// examples/localsecrets.
const interopSeed = "testdata/interop.json"

const interopPrefix = "airflow/connections/"

// TestProviderOnLocalsecrets checks that Airflow's SecretsManagerBackend gets the same
// connections from examples/localsecrets as this package.
func TestProviderOnLocalsecrets(t *testing.T) {
	python := pythonWith(t, "AIRFLOW_PROVIDER_PYTHON", "apache-airflow-providers-amazon")
	url := startLocalsecrets(t, "-seed", interopSeed)
	ids := slices.Collect(maps.Keys(interopSecrets(t)))
	require.Len(t, ids, 20)

	airflow := fromAirflow(t, python, url, ids)
	ours := fromGo(t, newClient(url), ids)
	for _, id := range ids {
		assert.Equal(t, airflow[id], ours[id], id)
	}
	t.Logf("%d connections, the same for Airflow and for Go", len(ids))
}

// TestBackendOnMoto checks that this package gets the seed from moto, the Secrets Manager of the
// Python world.
func TestBackendOnMoto(t *testing.T) {
	python := pythonWith(t, "AIRFLOW_BOTO3_PYTHON", "boto3 and moto[server]")
	if err := exec.Command(python, "-c", "import moto.server").Run(); err != nil {
		t.Skipf("%s has no moto[server]", python)
	}
	secrets := interopSecrets(t)
	ids := slices.Collect(maps.Keys(secrets))
	moto := newClient(startServer(t, exec.Command(python, "testdata/motoserver.py")))
	for id, text := range secrets {
		_, err := moto.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
			Name: aws.String(interopPrefix + id), SecretString: &text,
		})
		require.NoError(t, err)
	}

	fromMoto := fromGo(t, moto, ids)
	fromLocal := fromGo(t, newClient(startLocalsecrets(t, "-seed", interopSeed)), ids)
	for _, id := range ids {
		assert.Equal(t, fromLocal[id], fromMoto[id], id)
	}

	b, err := backend.New(moto, backend.Config{})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "none")
	require.ErrorIs(t, err, backend.ErrNotFound)
	_, err = moto.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(interopPrefix + ids[0])})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), ids[0])
	require.Error(t, err)
	assert.NotErrorIs(t, err, backend.ErrNotFound, "a secret that is marked for deletion still exists")
	t.Logf("%d connections from moto, the same as from localsecrets", len(ids))
}

// TestBoto3OnLocalsecrets runs the script of secretsmanagertest against the program: about 100
// operations of the AWS SDK for Python.
func TestBoto3OnLocalsecrets(t *testing.T) {
	python := pythonWith(t, "AIRFLOW_BOTO3_PYTHON", "boto3")
	const script = "secretsmanagertest/testdata/crosscheck."
	want, err := os.ReadFile(script + "txt")
	require.NoError(t, err)
	got, err := command(t, exec.Command(python, script+"py", startLocalsecrets(t))).Output()
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	t.Logf("%d operations by boto3", bytes.Count(got, []byte("\n")))
}

// pythonWith returns the Python interpreter that an environment variable names.
func pythonWith(t *testing.T, variable, packages string) string {
	t.Helper()
	python := os.Getenv(variable)
	if python == "" {
		t.Skipf("%s names no Python that has %s", variable, packages)
	}
	return python
}

// interopSecrets returns the seed by conn_id.
func interopSecrets(t *testing.T) map[string]string {
	t.Helper()
	doc, err := os.ReadFile(interopSeed)
	require.NoError(t, err)
	var named map[string]string
	require.NoError(t, json.Unmarshal(doc, &named))
	secrets := map[string]string{}
	for name, text := range named {
		secrets[strings.TrimPrefix(name, interopPrefix)] = text
	}
	return secrets
}

// fields is a connection as testdata/provider.py prints it.
type fields struct {
	Value    string  `json:"value"` // get_conn_value
	URI      string  `json:"uri"`   // get_uri
	JSON     string  `json:"json"`  // as_json
	Type     *string `json:"conn_type"`
	Host     *string `json:"host"`
	Login    *string `json:"login"`
	Password *string `json:"password"`
	Schema   *string `json:"schema"`
	Port     *int    `json:"port"`
	Extra    *string `json:"extra"`
}

// withoutNones replaces None by "". A Connection distinguishes the two only in JSON, which is
// compared unchanged.
func (f fields) withoutNones() fields {
	for _, text := range []**string{&f.Type, &f.Host, &f.Login, &f.Password, &f.Schema, &f.Extra} {
		if *text == nil {
			*text = new(string)
		}
	}
	if f.Port == nil {
		f.Port = new(int)
	}
	return f
}

func fromAirflow(t *testing.T, python, url string, ids []string) map[string]fields {
	t.Helper()
	cmd := command(t, exec.Command(python, "testdata/provider.py", url))
	home := t.TempDir()
	cmd.Env = append(cmd.Env, "AIRFLOW_HOME="+home, "AIRFLOW__CORE__LOAD_EXAMPLES=False", "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any")
	asked, err := json.Marshal(ids)
	require.NoError(t, err)
	cmd.Stdin = bytes.NewReader(asked)
	out, err := cmd.Output()
	require.NoError(t, err, "%s", cmd.Stderr)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	answers := map[string]fields{}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &answers))
	for id, answer := range answers {
		answers[id] = answer.withoutNones()
	}
	return answers
}

func fromGo(t *testing.T, client *secretsmanager.Client, ids []string) map[string]fields {
	t.Helper()
	b, err := backend.New(client, backend.Config{})
	require.NoError(t, err)
	answers := map[string]fields{}
	for _, id := range ids {
		c, err := b.GetConnection(t.Context(), id)
		require.NoError(t, err)
		value, err := b.GetConnValue(t.Context(), id)
		require.NoError(t, err)
		password, extra := c.Password.Reveal(), c.Extra.Reveal()
		answers[id] = fields{
			Value: value, URI: c.URI(), JSON: c.JSON(),
			Type: &c.Type, Host: &c.Host, Login: &c.Login, Password: &password, Schema: &c.Schema, Port: &c.Port, Extra: &extra,
		}
	}
	return answers
}

func newClient(url string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

// startLocalsecrets builds and starts examples/localsecrets and returns its URL.
func startLocalsecrets(t *testing.T, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "localsecrets.exe")
	out, err := exec.Command("go", "build", "-o", program, "../examples/localsecrets").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return startServer(t, exec.Command(program, args...))
}

// startServer starts a program that prints its URL. The program ends when its standard input is
// closed at the end of the test.
func startServer(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd = command(t, cmd)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, stdin.Close())
		assert.NoError(t, cmd.Wait(), fmt.Sprint(cmd.Stderr))
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "the program printed no URL")
	return strings.TrimSpace(url)
}

// command returns a command that does not see the AWS configuration of this machine.
func command(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	cmd.Stderr = new(bytes.Buffer)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "AIRFLOW_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "NO_PROXY=127.0.0.1")
	return cmd
}
