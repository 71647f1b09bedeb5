package secretsmanagertest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// getter is the call that both Map and the SDK's client have.
type getter interface {
	GetSecretValue(context.Context, *getIn, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// TestMap asks a Map and a server with the same secrets the same questions.
func TestMap(t *testing.T) {
	secrets := map[string]string{"x": "1", "empty": ""}
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Secrets: secrets})
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
	defer cancel()
	s := aws.String
	for _, client := range []getter{secretsmanagertest.Map(secrets), srv.Client()} {
		for name, text := range secrets {
			out, err := client.GetSecretValue(t.Context(), &getIn{SecretId: &name})
			require.NoError(t, err)
			assert.Equal(t, text, *out.SecretString)
			assert.Equal(t, name, *out.Name)
			assert.Equal(t, []string{"AWSCURRENT"}, out.VersionStages)
			assert.NotNil(t, out.CreatedDate)
			assert.Regexp(t, `^arn:aws:secretsmanager:us-east-1:123456789012:secret:`+name+`-[A-Za-z]{6}$`, *out.ARN)
			assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, *out.VersionId)
			again, err := client.GetSecretValue(t.Context(), &getIn{SecretId: &name, VersionId: out.VersionId, VersionStage: s("AWSCURRENT")})
			require.NoError(t, err)
			assert.Equal(t, out.VersionId, again.VersionId)
		}
		for _, row := range []struct {
			in      getIn
			message string
		}{
			{getIn{SecretId: s("nothing")}, notFound},
			{getIn{SecretId: s("x"), VersionStage: s("AWSPREVIOUS")}, notFound[:len(notFound)-1] + " value for staging label: AWSPREVIOUS"},
			{getIn{SecretId: s("x"), VersionId: s(v1)}, notFound[:len(notFound)-1] + " value for VersionId: " + v1},
		} {
			_, err := client.GetSecretValue(t.Context(), &row.in)
			require.ErrorAs(t, err, new(*types.ResourceNotFoundException))
			require.ErrorAs(t, err, new(*smithy.OperationError))
			wantCode(t, err, "ResourceNotFoundException", row.message)
		}
		_, err := client.GetSecretValue(canceled, &getIn{SecretId: s("x")})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorAs(t, err, new(*smithy.OperationError))
		_, err = client.GetSecretValue(late, &getIn{SecretId: s("x")})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = client.GetSecretValue(t.Context(), &getIn{})
		require.ErrorAs(t, err, new(smithy.InvalidParamsError))
		_, err = client.GetSecretValue(t.Context(), nil)
		require.Error(t, err)
	}
}

func TestMapVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := secretsmanagertest.Map{"x": "1"}
		id := func() string {
			out, err := m.GetSecretValue(t.Context(), &getIn{SecretId: aws.String("x")})
			require.NoError(t, err)
			return *out.VersionId
		}
		first := id()
		time.Sleep(time.Hour)
		assert.Equal(t, first, id())
		m["x"] = "2"
		assert.NotEqual(t, first, id())
	})
}
