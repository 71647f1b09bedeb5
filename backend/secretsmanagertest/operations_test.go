package secretsmanagertest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// stagesOf returns the labels of a secret as Describe shows them.
func stagesOf(ctx context.Context, t *testing.T, client *secretsmanager.Client, name string) map[string][]string {
	t.Helper()
	out, err := client.DescribeSecret(ctx, &describeIn{SecretId: &name})
	require.NoError(t, err)
	return out.VersionIdsToStages
}

func TestStagesMoveBetweenVersions(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	_, err := client.CreateSecret(ctx, &createIn{Name: s("x")})
	require.NoError(t, err)
	require.Empty(t, stagesOf(ctx, t, client, "x"))

	for _, step := range []struct {
		name string
		do   func() error
		want map[string][]string
	}{
		{"the first version is current whatever else it is", func() error {
			out, err := client.PutSecretValue(ctx, &putIn{SecretId: s("x"), SecretString: s("1"), ClientRequestToken: s(v1), VersionStages: []string{"mine"}})
			if err == nil {
				assert.Equal(t, []string{"mine", "AWSCURRENT"}, out.VersionStages)
			}
			return err
		}, map[string][]string{v1: {"mine", "AWSCURRENT"}}},
		{"a pending version leaves it so", func() error {
			_, err := client.PutSecretValue(ctx, &putIn{SecretId: s("x"), SecretString: s("2"), ClientRequestToken: s(v2), VersionStages: []string{"AWSPENDING"}})
			return err
		}, map[string][]string{v1: {"mine", "AWSCURRENT"}, v2: {"AWSPENDING"}}},
		{"AWSCURRENT moves and leaves AWSPREVIOUS", func() error {
			_, err := client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: s("x"), VersionStage: s("AWSCURRENT"), RemoveFromVersionId: s(v1), MoveToVersionId: s(v2)})
			return err
		}, map[string][]string{v1: {"mine", "AWSPREVIOUS"}, v2: {"AWSPENDING", "AWSCURRENT"}}},
		{"and moves back", func() error {
			_, err := client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: s("x"), VersionStage: s("AWSCURRENT"), RemoveFromVersionId: s(v2), MoveToVersionId: s(v1)})
			return err
		}, map[string][]string{v1: {"mine", "AWSCURRENT"}, v2: {"AWSPENDING", "AWSPREVIOUS"}}},
		{"a new value takes AWSPREVIOUS from the one before", func() error {
			_, err := client.PutSecretValue(ctx, &putIn{SecretId: s("x"), SecretString: s("3"), ClientRequestToken: s(v3)})
			return err
		}, map[string][]string{v1: {"mine", "AWSPREVIOUS"}, v2: {"AWSPENDING"}, v3: {"AWSCURRENT"}}},
		{"the same again changes nothing", func() error {
			_, err := client.PutSecretValue(ctx, &putIn{SecretId: s("x"), SecretString: s("1"), ClientRequestToken: s(v1)})
			return err
		}, map[string][]string{v1: {"mine", "AWSPREVIOUS"}, v2: {"AWSPENDING"}, v3: {"AWSCURRENT"}}},
		{"a label moves with its version named", func() error {
			_, err := client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: s("x"), VersionStage: s("mine"), RemoveFromVersionId: s(v1), MoveToVersionId: s(v2)})
			return err
		}, map[string][]string{v1: {"AWSPREVIOUS"}, v2: {"AWSPENDING", "mine"}, v3: {"AWSCURRENT"}}},
		{"a label is taken away", func() error {
			_, err := client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: s("x"), VersionStage: s("AWSPENDING"), RemoveFromVersionId: s(v2)})
			return err
		}, map[string][]string{v1: {"AWSPREVIOUS"}, v2: {"mine"}, v3: {"AWSCURRENT"}}},
		{"a version without labels is shown no more", func() error {
			_, err := client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: s("x"), VersionStage: s("mine"), RemoveFromVersionId: s(v2)})
			return err
		}, map[string][]string{v1: {"AWSPREVIOUS"}, v3: {"AWSCURRENT"}}},
		{"an update is a new version", func() error {
			out, err := client.UpdateSecret(ctx, &updateIn{SecretId: s("x"), SecretBinary: []byte("4"), ClientRequestToken: s(v4)})
			if err == nil {
				assert.Equal(t, v4, *out.VersionId)
			}
			return err
		}, map[string][]string{v3: {"AWSPREVIOUS"}, v4: {"AWSCURRENT"}}},
		{"an update of words alone is none", func() error {
			out, err := client.UpdateSecret(ctx, &updateIn{SecretId: s("x"), Description: s("words")})
			if err == nil {
				assert.Nil(t, out.VersionId)
			}
			return err
		}, map[string][]string{v3: {"AWSPREVIOUS"}, v4: {"AWSCURRENT"}}},
	} {
		require.NoError(t, step.do(), step.name)
		require.Equal(t, step.want, stagesOf(ctx, t, client, "x"), step.name)
	}

	for _, row := range []struct{ version, stage, want string }{
		{"", "AWSPREVIOUS", "3"}, {v1, "", "1"}, {v2, "", "2"}, {v3, "AWSPREVIOUS", "3"},
	} {
		in := getIn{SecretId: s("x")}
		if row.version != "" {
			in.VersionId = &row.version
		}
		if row.stage != "" {
			in.VersionStage = &row.stage
		}
		out, err := client.GetSecretValue(ctx, &in)
		require.NoError(t, err)
		assert.Equal(t, row.want, *out.SecretString)
	}
	out, err := client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Nil(t, out.SecretString)
	assert.Equal(t, []byte("4"), out.SecretBinary)
	assert.WithinDuration(t, time.Now(), *out.CreatedDate, time.Minute)
}

func TestIdempotentCreate(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	in := &createIn{Name: s("x"), SecretString: s("1"), ClientRequestToken: s(v1)}
	first, err := srv.Client().CreateSecret(ctx, in)
	require.NoError(t, err)
	again, err := srv.Client().CreateSecret(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, first.ARN, again.ARN)
	assert.Equal(t, first.VersionId, again.VersionId)

	// A connection is dropped, and the client's second attempt sends the same token.
	srv.Inject(secretsmanagertest.Fault{Operation: "CreateSecret", Times: 1, Drop: true})
	_, err = srv.Client().CreateSecret(ctx, &createIn{Name: s("y"), SecretString: s("1")})
	require.NoError(t, err)
	assert.Equal(t, 2, srv.Calls("y"))
}

func TestDescribe(t *testing.T) {
	ctx, s := t.Context(), aws.String
	client := secretsmanagertest.NewServer(t).Client()
	tags := []types.Tag{{Key: s("team"), Value: s("red")}, {Key: s("empty"), Value: s("")}}
	made, err := client.CreateSecret(ctx, &createIn{Name: s("x"), SecretString: s("1"), ClientRequestToken: s(v1),
		Description: s("words"), KmsKeyId: s("alias/mine"), Tags: tags})
	require.NoError(t, err)

	out, err := client.DescribeSecret(ctx, &describeIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Equal(t, made.ARN, out.ARN)
	assert.Equal(t, "words", *out.Description)
	assert.Equal(t, "alias/mine", *out.KmsKeyId)
	assert.Equal(t, tags, out.Tags)
	assert.Nil(t, out.LastAccessedDate, "the version was never read")
	assert.Nil(t, out.DeletedDate)
	assert.WithinDuration(t, time.Now(), *out.CreatedDate, time.Minute)
	assert.WithinDuration(t, time.Now(), *out.LastChangedDate, time.Minute)

	_, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	require.NoError(t, err)
	out, err = client.DescribeSecret(ctx, &describeIn{SecretId: s("x")})
	require.NoError(t, err)
	accessed := out.LastAccessedDate.UTC()
	assert.Equal(t, accessed.Truncate(24*time.Hour), accessed, "the date is a day")
	assert.WithinDuration(t, time.Now(), accessed, 25*time.Hour) // midnight may just have passed
}

func TestDeletion(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	srv.Set("x", "1")
	arn := srv.ARN("x")

	out, err := client.DeleteSecret(ctx, &deleteIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().AddDate(0, 0, 30), *out.DeletionDate, 2*time.Hour)
	_, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	wantCode(t, err, "InvalidRequestException", deleted)
	described, err := client.DescribeSecret(ctx, &describeIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Equal(t, out.DeletionDate, described.DeletedDate)
	for including, want := range map[bool]int{false: 0, true: 1} {
		listed, err := client.ListSecrets(ctx, &listIn{IncludePlannedDeletion: &including})
		require.NoError(t, err)
		assert.Len(t, listed.SecretList, want)
	}

	_, err = client.RestoreSecret(ctx, &restoreIn{SecretId: s("x")})
	require.NoError(t, err)
	got, err := client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	require.NoError(t, err)
	assert.Equal(t, "1", *got.SecretString)

	out, err = client.DeleteSecret(ctx, &deleteIn{SecretId: s("x"), RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().AddDate(0, 0, 7), *out.DeletionDate, 2*time.Hour)
	for range 2 { // a forced deletion also works for marked and for missing secrets
		out, err = client.DeleteSecret(ctx, &deleteIn{SecretId: s("x"), ForceDeleteWithoutRecovery: aws.Bool(true)})
		require.NoError(t, err)
		assert.Equal(t, "x", *out.Name)
	}
	_, err = client.GetSecretValue(ctx, &getIn{SecretId: s("x")})
	wantCode(t, err, "ResourceNotFoundException", notFound)

	made, err := client.CreateSecret(ctx, &createIn{Name: s("x"), SecretString: s("2")})
	require.NoError(t, err)
	assert.NotEqual(t, arn, *made.ARN, "a new secret has a new ARN")
	_, err = client.GetSecretValue(ctx, &getIn{SecretId: &arn})
	wantCode(t, err, "ResourceNotFoundException", notFound)
}

func TestARNs(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{
		Suffix:  "AbCdEf",
		Secrets: map[string]string{"my/conn": "1", "ends-in-abcdef": "2", "short": "3", "rds!x": "4"},
	})
	for _, row := range []struct{ id, want string }{
		{"my/conn", "1"},
		{arn + "my/conn-AbCdEf", "1"},
		{arn + "my/conn", "1"},
		{arn + "my/conn-AbCdE", ""},
		{arn + "my/conn-abcdef", ""},
		{"my/conn-AbCdEf", ""},
		{arn + "ends-in-abcdef-AbCdEf", "2"},
		{arn + "ends-in-abcdef", ""}, // looks like a full ARN but is not
		{arn + "ends", ""},
		{arn, ""},
		{strings.Replace(arn, "us-east-1", "eu-west-1", 1) + "short-AbCdEf", ""},
		{strings.Replace(arn, "123456789012", "210987654321", 1) + "short", ""},
		{strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1) + "short", ""},
		{"rds!x", "4"},
	} {
		out, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: s(row.id)})
		if row.want == "" {
			wantCode(t, err, "ResourceNotFoundException", notFound)
			continue
		}
		require.NoError(t, err, row.id)
		assert.Equal(t, row.want, *out.SecretString)
	}
	for _, id := range []string{"arn:aws:s3:::bucket", "arn:", "x:y"} {
		_, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: s(id)})
		wantCode(t, err, "ValidationException", badName)
	}

	// A secret of another account that is shared with this one.
	const shared = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:their/conn"
	srv.Set(shared, "5")
	assert.Equal(t, shared+"-AbCdEf", srv.ARN(shared))
	srv.Set(arn+"mine-UvWxYz", "6")
	assert.Equal(t, arn+"mine-UvWxYz", srv.ARN("mine"))
	for id, name := range map[string]string{shared: "their/conn", shared + "-AbCdEf": "their/conn", "mine": "mine"} {
		out, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: s(id)})
		require.NoError(t, err)
		assert.Equal(t, name, *out.Name)
	}
	_, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: s("their/conn")})
	wantCode(t, err, "ResourceNotFoundException", notFound)
	assert.NotContains(t, listed(ctx, t, srv.Client(), &listIn{}), "their/conn")

	cn := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Region: "cn-north-1", Account: "111111111111"})
	cn.Set("x", "1")
	assert.Regexp(t, `^arn:aws-cn:secretsmanager:cn-north-1:111111111111:secret:x-[A-Za-z0-9]{6}$`, cn.ARN("x"))
}

func TestAnyName(t *testing.T) {
	ctx := t.Context()
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{AnyName: true})
	for _, name := range []string{"a b", strings.Repeat("x", 3000)} {
		_, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: &name})
		wantCode(t, err, "ResourceNotFoundException", notFound)
	}

	// A name that was set is found with or without the option.
	srv = secretsmanagertest.NewServer(t)
	for _, name := range []string{"é:\x00", "a b\n", strings.Repeat("x", 2000)} {
		srv.Set(name, "")
		out, err := srv.Client().GetSecretValue(ctx, &getIn{SecretId: &name})
		require.NoError(t, err)
		require.NotNil(t, out.SecretString)
		assert.Equal(t, "", *out.SecretString)
		assert.Equal(t, name, *out.Name)
	}
}

func TestTheLargestValidRequestsAreAccepted(t *testing.T) {
	ctx, s := t.Context(), aws.String
	client := secretsmanagertest.NewServer(t).Client()
	text := strings.Repeat("\x01", 65536) // each takes six bytes on the wire
	name := strings.Repeat("n", 512)
	_, err := client.CreateSecret(ctx, &createIn{Name: &name, SecretString: &text, ClientRequestToken: s(strings.Repeat("t", 64))})
	require.NoError(t, err)
	out, err := client.GetSecretValue(ctx, &getIn{SecretId: &name})
	require.NoError(t, err)
	assert.Equal(t, text, *out.SecretString)

	blob := make([]byte, 65536)
	blob[7] = 0xff
	_, err = client.PutSecretValue(ctx, &putIn{SecretId: &name, SecretBinary: blob, VersionStages: strings.Split("abcdefghijklmnopqrst", "")})
	require.NoError(t, err)
	out, err = client.GetSecretValue(ctx, &getIn{SecretId: &name, VersionStage: s("a")})
	require.NoError(t, err)
	assert.Equal(t, blob, out.SecretBinary)

	_, err = client.UpdateSecretVersionStage(ctx, &stageIn{SecretId: &name, VersionStage: s("u"), MoveToVersionId: out.VersionId})
	wantCode(t, err, "LimitExceededException", "")
}
