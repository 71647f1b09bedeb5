package secretsmanagertest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// Short names for the inputs of the SDK.
type (
	getIn      = secretsmanager.GetSecretValueInput
	batchIn    = secretsmanager.BatchGetSecretValueInput
	listIn     = secretsmanager.ListSecretsInput
	describeIn = secretsmanager.DescribeSecretInput
	createIn   = secretsmanager.CreateSecretInput
	putIn      = secretsmanager.PutSecretValueInput
	updateIn   = secretsmanager.UpdateSecretInput
	stageIn    = secretsmanager.UpdateSecretVersionStageInput
	deleteIn   = secretsmanager.DeleteSecretInput
	restoreIn  = secretsmanager.RestoreSecretInput
	tagIn      = secretsmanager.TagResourceInput
	untagIn    = secretsmanager.UntagResourceInput
	versionsIn = secretsmanager.ListSecretVersionIdsInput
)

// Version IDs that are long enough to be valid.
const (
	v1 = "00000000-0000-4000-8000-000000000001"
	v2 = "00000000-0000-4000-8000-000000000002"
	v3 = "00000000-0000-4000-8000-000000000003"
	v4 = "00000000-0000-4000-8000-000000000004"
)

// wantCode checks the code of an error and, if one is given, its message.
func wantCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode())
	if message != "" {
		require.Equal(t, message, api.ErrorMessage())
	}
}

func filterBy(key string, values ...string) types.Filter {
	return types.Filter{Key: types.FilterNameStringType(key), Values: values}
}
