package secretsmanagertest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

const (
	notFound = "Secrets Manager can't find the specified secret."
	deleted  = "You can't perform this operation on the secret because it was marked for deletion."
	badName  = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
)

// TestEachInvalidRequestHasAWSsError sends requests that AWS refuses, each to a server that holds
//   - "text" with versions v1 (AWSPREVIOUS) and v2 (AWSCURRENT),
//   - "empty", which has no value, and "going", marked for deletion.
func TestEachInvalidRequestHasAWSsError(t *testing.T) {
	ctx := t.Context()
	long := strings.Repeat("é", 40_000) // not too many characters, but too many bytes
	get := func(in getIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.GetSecretValue(ctx, &in); return err }
	}
	batch := func(in batchIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.BatchGetSecretValue(ctx, &in); return err }
	}
	list := func(in listIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.ListSecrets(ctx, &in); return err }
	}
	create := func(in createIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.CreateSecret(ctx, &in); return err }
	}
	put := func(in putIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.PutSecretValue(ctx, &in); return err }
	}
	update := func(in updateIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.UpdateSecret(ctx, &in); return err }
	}
	stage := func(in stageIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.UpdateSecretVersionStage(ctx, &in); return err }
	}
	del := func(in deleteIn) func(*secretsmanager.Client) error {
		return func(c *secretsmanager.Client) error { _, err := c.DeleteSecret(ctx, &in); return err }
	}
	s := aws.String
	for _, row := range []struct {
		name          string
		call          func(*secretsmanager.Client) error
		code, message string
	}{
		{"get what is not there", get(getIn{SecretId: s("nothing")}), "ResourceNotFoundException", notFound},
		{"get without a value", get(getIn{SecretId: s("empty")}), "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"},
		{"get a stage that is not there", get(getIn{SecretId: s("text"), VersionStage: s("mine")}), "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: mine"},
		{"get a version that is not there", get(getIn{SecretId: s("text"), VersionId: s(v3)}), "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: " + v3},
		{"get a version by another's stage", get(getIn{SecretId: s("text"), VersionId: s(v1), VersionStage: s("AWSCURRENT")}), "InvalidRequestException",
			"You provided a VersionStage that is not associated to the provided VersionId."},
		{"get what is marked for deletion", get(getIn{SecretId: s("going")}), "InvalidRequestException", deleted},
		{"get a name with a space", get(getIn{SecretId: s("a b")}), "ValidationException", badName},
		{"get a name with a colon", get(getIn{SecretId: s("a:b")}), "ValidationException", badName},
		{"get no name", get(getIn{SecretId: s("")}), "ValidationException", ""},
		{"get a long name", get(getIn{SecretId: s(strings.Repeat("x", 2049))}), "ValidationException", ""},
		{"get a short version", get(getIn{SecretId: s("text"), VersionId: s("v1")}), "ValidationException", ""},
		{"get a long stage", get(getIn{SecretId: s("text"), VersionStage: s(strings.Repeat("x", 257))}), "ValidationException", ""},

		{"batch of nothing", batch(batchIn{}), "InvalidParameterException", ""},
		{"batch of 21", batch(batchIn{SecretIdList: make([]string, 21)}), "ValidationException", ""},
		{"batch of list and filters", batch(batchIn{SecretIdList: []string{"text"}, Filters: []types.Filter{filterBy("name", "t")}}), "InvalidParameterException", ""},
		{"batch of a list with MaxResults", batch(batchIn{SecretIdList: []string{"text"}, MaxResults: aws.Int32(3)}), "InvalidParameterException", ""},
		{"batch with too many results", batch(batchIn{Filters: []types.Filter{filterBy("name", "t")}, MaxResults: aws.Int32(21)}), "ValidationException", ""},
		{"batch with a made-up token", batch(batchIn{Filters: []types.Filter{filterBy("name", "t")}, NextToken: s("x")}), "InvalidNextTokenException", "The NextToken value is invalid."},

		{"list with a made-up token", list(listIn{NextToken: s("eyJLZXkiOiIifQ")}), "InvalidNextTokenException", ""},
		{"list no results", list(listIn{MaxResults: aws.Int32(0)}), "ValidationException", ""},
		{"list too many results", list(listIn{MaxResults: aws.Int32(101)}), "ValidationException", ""},
		{"list in an order unknown", list(listIn{SortOrder: "up"}), "ValidationException", ""},
		{"list by an unknown key", list(listIn{Filters: []types.Filter{filterBy("size", "1")}}), "ValidationException", ""},
		{"list by no value", list(listIn{Filters: []types.Filter{{Key: "name"}}}), "InvalidParameterException", ""},
		{"list by 11 values", list(listIn{Filters: []types.Filter{filterBy("name", make([]string, 11)...)}}), "ValidationException", ""},
		{"list by 11 filters", list(listIn{Filters: make([]types.Filter, 11)}), "ValidationException", ""},
		{"list by an odd value", list(listIn{Filters: []types.Filter{filterBy("name", "a*")}}), "ValidationException", ""},

		{"create what is there", create(createIn{Name: s("text"), SecretString: s("x")}), "ResourceExistsException", "The operation failed because the secret text already exists."},
		{"create what is marked for deletion", create(createIn{Name: s("going"), SecretString: s("x")}), "InvalidRequestException",
			"You can't create this secret because a secret with this name is already scheduled for deletion."},
		{"create with an odd name", create(createIn{Name: s("é")}), "ValidationException", badName},
		{"create in AWS's own names", create(createIn{Name: s("rds!x")}), "ValidationException", badName},
		{"create with a long name", create(createIn{Name: s(strings.Repeat("x", 513))}), "ValidationException", ""},
		{"create with a long text", create(createIn{Name: s("new"), SecretString: &long}), "ValidationException", ""},
		{"create with an empty text", create(createIn{Name: s("new"), SecretString: s("")}), "ValidationException", ""},
		{"create with long bytes", create(createIn{Name: s("new"), SecretBinary: make([]byte, 65537)}), "ValidationException", ""},
		{"create with text and bytes", create(createIn{Name: s("new"), SecretString: s("x"), SecretBinary: []byte("x")}), "InvalidParameterException", ""},
		{"create with a short token", create(createIn{Name: s("new"), ClientRequestToken: s("x")}), "InvalidParameterException", "ClientRequestToken must be 32-64 characters long."},
		{"create with a long description", create(createIn{Name: s("new"), Description: s(strings.Repeat("x", 2049))}), "ValidationException", ""},
		{"create with a long tag", create(createIn{Name: s("new"), Tags: []types.Tag{{Key: s(strings.Repeat("x", 129))}}}), "ValidationException", ""},
		{"create a replica", create(createIn{Name: s("new"), AddReplicaRegions: []types.ReplicaRegionType{{}}}), "InvalidParameterException", ""},

		{"put what is not there", put(putIn{SecretId: s("nothing"), SecretString: s("x")}), "ResourceNotFoundException", notFound},
		{"put nothing", put(putIn{SecretId: s("text")}), "InvalidRequestException", "You must provide either SecretString or SecretBinary."},
		{"put what is marked for deletion", put(putIn{SecretId: s("going"), SecretString: s("x")}), "InvalidRequestException", deleted},
		{"put another value under a token", put(putIn{SecretId: s("text"), SecretString: s("x"), ClientRequestToken: s(v1)}), "ResourceExistsException", ""},
		{"put 21 labels", put(putIn{SecretId: s("text"), SecretString: s("x"), VersionStages: strings.Split("abcdefghijklmnopqrstu", "")}), "ValidationException", ""},
		{"put an empty label", put(putIn{SecretId: s("text"), SecretString: s("x"), VersionStages: []string{""}}), "ValidationException", ""},

		{"update what is not there", update(updateIn{SecretId: s("nothing")}), "ResourceNotFoundException", notFound},
		{"update what is marked for deletion", update(updateIn{SecretId: s("going"), Description: s("x")}), "InvalidRequestException", deleted},
		{"update another value under a token", update(updateIn{SecretId: s("text"), SecretString: s("x"), ClientRequestToken: s(v1)}), "ResourceExistsException", ""},

		{"stage without versions", stage(stageIn{SecretId: s("text"), VersionStage: s("mine")}), "InvalidParameterException", ""},
		{"stage from where it is not", stage(stageIn{SecretId: s("text"), VersionStage: s("mine"), RemoveFromVersionId: s(v1)}), "InvalidParameterException",
			"Version stage mine not found in version " + v1},
		{"stage to where nothing is", stage(stageIn{SecretId: s("text"), VersionStage: s("mine"), MoveToVersionId: s(v3)}), "InvalidParameterException",
			"Not a valid version: " + v3},
		{"stage without saying from where", stage(stageIn{SecretId: s("text"), VersionStage: s("AWSCURRENT"), MoveToVersionId: s(v1)}), "InvalidParameterException",
			"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version " + v2 +
				", so you must explicitly reference that version in RemoveFromVersionId."},
		{"stage AWSCURRENT away", stage(stageIn{SecretId: s("text"), VersionStage: s("AWSCURRENT"), RemoveFromVersionId: s(v2)}), "InvalidParameterException", ""},
		{"stage what is marked for deletion", stage(stageIn{SecretId: s("going"), VersionStage: s("mine"), MoveToVersionId: s(v1)}), "InvalidRequestException", deleted},

		{"delete what is not there", del(deleteIn{SecretId: s("nothing")}), "ResourceNotFoundException", notFound},
		{"delete what is marked for deletion", del(deleteIn{SecretId: s("going")}), "InvalidRequestException", deleted},
		{"delete in 6 days", del(deleteIn{SecretId: s("text"), RecoveryWindowInDays: aws.Int64(6)}), "InvalidParameterException", ""},
		{"delete in 31 days", del(deleteIn{SecretId: s("text"), RecoveryWindowInDays: aws.Int64(31)}), "InvalidParameterException", ""},
		{"delete by force and in 7 days", del(deleteIn{SecretId: s("text"), RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)}), "InvalidParameterException", ""},
		{"restore what is not there", func(c *secretsmanager.Client) error {
			_, err := c.RestoreSecret(ctx, &restoreIn{SecretId: s("nothing")})
			return err
		}, "ResourceNotFoundException", notFound},
		{"describe what is not there", func(c *secretsmanager.Client) error {
			_, err := c.DescribeSecret(ctx, &describeIn{SecretId: s("nothing")})
			return err
		}, "ResourceNotFoundException", notFound},
		{"an operation there is not", func(c *secretsmanager.Client) error {
			_, err := c.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{})
			return err
		}, "UnknownOperationException", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			client := srv.Client()
			for _, in := range []createIn{
				{Name: s("text"), SecretString: s("old-s3cret"), ClientRequestToken: s(v1)},
				{Name: s("empty")},
				{Name: s("going"), SecretString: s("gone-s3cret"), ClientRequestToken: s(v1)},
			} {
				_, err := client.CreateSecret(ctx, &in)
				require.NoError(t, err)
			}
			_, err := client.PutSecretValue(ctx, &putIn{SecretId: s("text"), SecretString: s("new-s3cret"), ClientRequestToken: s(v2)})
			require.NoError(t, err)
			_, err = client.DeleteSecret(ctx, &deleteIn{SecretId: s("going")})
			require.NoError(t, err)

			err = row.call(client)
			wantCode(t, err, row.code, row.message)
			assert.NotContains(t, err.Error(), "s3cret")

			// A refused request changes nothing.
			got, err := client.GetSecretValue(ctx, &getIn{SecretId: s("text")})
			require.NoError(t, err)
			assert.Equal(t, "new-s3cret", *got.SecretString)
			assert.Equal(t, v2, *got.VersionId)
			assert.Equal(t, []string{"AWSCURRENT"}, got.VersionStages)
			assert.Empty(t, srv.ARN("new"))
		})
	}
}
