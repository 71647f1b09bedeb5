package secretsmanagertest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// everything returns all that a client can see of the secrets of a server.
func everything(t *testing.T, h *secretsmanagertest.Server) string {
	t.Helper()
	var all strings.Builder
	all.WriteString(send(h, "secretsmanager.ListSecrets", `{"IncludePlannedDeletion": true}`).Body.String())
	for _, id := range []string{"text", "bytes", "empty", "blob", "deleted", "none", "seeded", "gone"} {
		for _, operation := range []string{"DescribeSecret", "ListSecretVersionIds", "GetSecretValue"} {
			all.WriteString(send(h, "secretsmanager."+operation, `{"SecretId": "`+id+`", "IncludeDeprecated": true}`).Body.String())
		}
	}
	for _, id := range []string{v1, v2} {
		all.WriteString(send(h, "secretsmanager.GetSecretValue", `{"SecretId": "text", "VersionId": "`+id+`"}`).Body.String())
	}
	return all.String()
}

// TestStateSurvivesARestart checks that a second server has the state of the first, even though
// that was not closed.
func TestStateSurvivesARestart(t *testing.T) {
	ctx, s := t.Context(), aws.String
	options := secretsmanagertest.Options{
		State:   filepath.Join(t.TempDir(), "state.json"),
		Secrets: map[string]string{"seeded": "1", "gone": "1"},
	}
	first := secretsmanagertest.NewServer(t, options)
	client := first.Client()
	do := func(_ any, err error) { t.Helper(); require.NoError(t, err) }
	do(client.CreateSecret(ctx, &createIn{
		Name: s("text"), SecretString: s("<é>\u2028😀"), ClientRequestToken: s(v1), Description: s("words"), KmsKeyId: s("key"),
		Tags: []types.Tag{{Key: s("a"), Value: s("b")}},
	}))
	do(client.PutSecretValue(ctx, &putIn{SecretId: s("text"), SecretString: s("2"), ClientRequestToken: s(v2), VersionStages: []string{"AWSPENDING", "mine"}}))
	do(client.TagResource(ctx, &tagIn{SecretId: s("text"), Tags: []types.Tag{{Key: s("c"), Value: s("d")}}}))
	do(client.CreateSecret(ctx, &createIn{Name: s("bytes"), SecretBinary: []byte{0, 255}}))
	do(client.CreateSecret(ctx, &createIn{Name: s("none")}))
	do(client.CreateSecret(ctx, &createIn{Name: s("deleted"), SecretString: s("1")}))
	do(client.DeleteSecret(ctx, &deleteIn{SecretId: s("deleted")}))
	do(client.DeleteSecret(ctx, &deleteIn{SecretId: s("gone"), ForceDeleteWithoutRecovery: aws.Bool(true)}))
	first.Set("empty", "")
	first.SetBinary("blob", nil)
	do(client.PutSecretValue(ctx, &putIn{SecretId: s("seeded"), SecretString: s("2")}))
	everything(t, first) // the dates of these reads are saved too
	want := everything(t, first)
	require.Contains(t, want, `<é>\u2028😀`)

	options.Secrets["new"] = "1"
	second := secretsmanagertest.NewServer(t, options)
	second.Remove("new") // for the comparison: the first server did not have it
	assert.Empty(t, cmp.Diff(strings.Split(want, "\n"), strings.Split(everything(t, second), "\n")))
	// New secrets come after the old ones.
	second.Set("later", "1")
	list, err := second.Client().ListSecrets(ctx, &listIn{SortOrder: "desc"})
	require.NoError(t, err)
	assert.Equal(t, "later", *list.SecretList[0].Name)
	// The retry of a request that succeeded succeeds.
	do(second.Client().PutSecretValue(ctx, &putIn{SecretId: s("text"), SecretString: s("2"), ClientRequestToken: s(v2)}))

	if runtime.GOOS != "windows" {
		info, err := os.Stat(options.State)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	assert.NoFileExists(t, options.State+".tmp")
}

// TestEveryChangeIsSaved checks that the file has every change before the operation is answered.
func TestEveryChangeIsSaved(t *testing.T) {
	options := secretsmanagertest.Options{State: filepath.Join(t.TempDir(), "state.json")}
	srv := secretsmanagertest.NewServer(t, options)
	state := func() string {
		doc, err := os.ReadFile(options.State)
		require.NoError(t, err)
		return string(doc)
	}
	for _, row := range []struct{ operation, body string }{
		{"CreateSecret", `{"Name": "x", "SecretString": "1", "ClientRequestToken": "` + v1 + `"}`},
		{"GetSecretValue", `{"SecretId": "x"}`}, // changes the day of the last read
		{"PutSecretValue", `{"SecretId": "x", "SecretString": "2", "ClientRequestToken": "` + v2 + `"}`},
		{"BatchGetSecretValue", `{"SecretIdList": ["x"]}`}, // the first read of this version
		{"UpdateSecret", `{"SecretId": "x", "Description": "d"}`},
		{"UpdateSecretVersionStage", `{"SecretId": "x", "VersionStage": "mine", "MoveToVersionId": "` + v1 + `"}`},
		{"TagResource", `{"SecretId": "x", "Tags": [{"Key": "a", "Value": "b"}]}`},
		{"UntagResource", `{"SecretId": "x", "TagKeys": ["a"]}`},
		{"DeleteSecret", `{"SecretId": "x"}`},
		{"RestoreSecret", `{"SecretId": "x"}`},
		{"DeleteSecret", `{"SecretId": "x", "ForceDeleteWithoutRecovery": true}`},
	} {
		before := state()
		w := send(srv, "secretsmanager."+row.operation, row.body)
		require.Equal(t, 200, w.Code, w.Body)
		assert.NotEqual(t, before, state(), row.operation)
	}
	before := state()
	send(srv, "secretsmanager.ListSecrets", `{}`)
	assert.Equal(t, before, state())
}

// TestStateOfManyWriters checks that each change is in the file when its answer arrives.
func TestStateOfManyWriters(t *testing.T) {
	options := secretsmanagertest.Options{State: filepath.Join(t.TempDir(), "state.json")}
	srv := secretsmanagertest.NewServer(t, options)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 5 {
				name := fmt.Sprintf("x%d-%d", i, n)
				send(srv, "secretsmanager.CreateSecret", `{"Name": "`+name+`", "SecretString": "1"}`)
				doc, err := os.ReadFile(options.State)
				assert.NoError(t, err)
				assert.Contains(t, string(doc), `"`+name+`"`)
			}
		})
	}
	wg.Wait()
}

func TestStateRefuses(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept.json")
	secretsmanagertest.NewServer(t, secretsmanagertest.Options{State: kept, Secrets: map[string]string{"hunter2": "hunter2"}}).Close()
	doc, err := os.ReadFile(kept)
	require.NoError(t, err)
	for want, row := range map[string]struct {
		doc     string
		options secretsmanagertest.Options
	}{
		"not a saved state":            {doc: `{"Secrets": "hunter2"`},
		"not a saved state ":           {doc: `{"Version": 1, "Secrets": "hunter2"}`},
		"Version in the file is not 1": {doc: strings.Replace(string(doc), `"Version":1`, `"Version":2`, 1)},
		"a version without a value":    {doc: strings.Replace(string(doc), `"Text":"hunter2"`, `"Txt":"hunter2"`, 1)},
		"another region":               {doc: string(doc), options: secretsmanagertest.Options{Region: "eu-west-1"}},
		"another region or accou":      {doc: string(doc), options: secretsmanagertest.Options{Account: "000000000000"}},
	} {
		file := filepath.Join(dir, "state.json")
		require.NoError(t, os.WriteFile(file, []byte(row.doc), 0o600))
		row.options.State = file
		_, err := secretsmanagertest.Start(row.options)
		require.ErrorContains(t, err, strings.TrimSpace(want))
		assert.NotContains(t, err.Error(), "hunter2")
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, row.doc, string(after), "a refused file is not changed")
	}
	_, err = secretsmanagertest.Start(secretsmanagertest.Options{State: dir})
	require.ErrorContains(t, err, "not a regular file")
	_, err = secretsmanagertest.Start(secretsmanagertest.Options{State: filepath.Join(dir, "none", "state.json")})
	require.ErrorIs(t, err, os.ErrNotExist)
	// An empty file, such as a temporary one, is a new state.
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	secretsmanagertest.NewServer(t, secretsmanagertest.Options{State: empty})
}

// TestStateCannotBeWritten checks that operations fail as long as the file cannot be written.
func TestStateCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{State: file})
	require.NoError(t, os.Mkdir(file+".tmp", 0o700)) // blocks the temporary file
	client := srv.Client(once)
	put := func() error {
		_, err := client.CreateSecret(context.Background(), &createIn{Name: aws.String("x"), SecretString: aws.String("hunter2"), ClientRequestToken: aws.String(v1)})
		return err
	}
	err := put()
	wantCode(t, err, "InternalServiceError", "")
	require.ErrorContains(t, err, "Options.State cannot be written")
	assert.NotContains(t, err.Error(), "hunter2")
	_, err = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("x")})
	wantCode(t, err, "InternalServiceError", "")

	require.NoError(t, os.Remove(file+".tmp"))
	require.NoError(t, put())
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(doc), v1)
}

// TestStateBehindALink checks that a link stays a link and the file that it points to is written.
func TestStateBehindALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	if err := os.Symlink(file, link); err != nil {
		t.Skip("no links here:", err)
	}
	secretsmanagertest.NewServer(t, secretsmanagertest.Options{State: link, Secrets: map[string]string{"x": "1"}})
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(doc), `"Name":"x"`)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)
}
