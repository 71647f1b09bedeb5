package secretsmanagertest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// listed asks for every page and returns the names, with a space between secrets and a bar
// between pages.
func listed(ctx context.Context, t *testing.T, client *secretsmanager.Client, in *listIn) string {
	t.Helper()
	var pages []string
	for p := secretsmanager.NewListSecretsPaginator(client, in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		var names []string
		for _, entry := range page.SecretList {
			names = append(names, *entry.Name)
		}
		pages = append(pages, strings.Join(names, " "))
	}
	return strings.Join(pages, "|")
}

func TestList(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	for _, in := range []createIn{
		{Name: s("prod/db"), Description: s("The main Database, for orders"), Tags: []types.Tag{{Key: s("team"), Value: s("red")}}},
		{Name: s("prod/web"), Tags: []types.Tag{{Key: s("Team"), Value: s("blue")}, {Key: s("stage"), Value: s("live")}}},
		{Name: s("dev/db"), Description: s("scratch database")},
		{Name: s("a-b")},
	} {
		in.SecretString = s("1")
		_, err := client.CreateSecret(ctx, &in)
		require.NoError(t, err)
	}
	_, err := client.PutSecretValue(ctx, &putIn{SecretId: s("prod/db"), SecretString: s("2")})
	require.NoError(t, err)

	for _, row := range []struct {
		in   listIn
		want string
	}{
		{listIn{}, "prod/db prod/web dev/db a-b"},
		{listIn{SortOrder: "desc"}, "a-b dev/db prod/web prod/db"},
		{listIn{SortBy: "name"}, "a-b dev/db prod/db prod/web"},
		{listIn{SortBy: "name", SortOrder: "desc", MaxResults: aws.Int32(3)}, "prod/web prod/db dev/db|a-b"},
		{listIn{SortBy: "last-changed-date"}, "prod/web dev/db a-b prod/db"},
		{listIn{MaxResults: aws.Int32(2)}, "prod/db prod/web|dev/db a-b"},
		{listIn{MaxResults: aws.Int32(1), SortOrder: "desc"}, "a-b|dev/db|prod/web|prod/db"},
		{listIn{Filters: []types.Filter{filterBy("name", "prod/")}}, "prod/db prod/web"},
		{listIn{Filters: []types.Filter{filterBy("name", "Prod")}}, ""},
		{listIn{Filters: []types.Filter{filterBy("name", "!prod")}}, "dev/db a-b"},
		{listIn{Filters: []types.Filter{filterBy("name", "prod/w", "a")}}, "prod/web a-b"},
		{listIn{Filters: []types.Filter{filterBy("name", "prod"), filterBy("description", "DATABASE")}}, "prod/db"},
		{listIn{Filters: []types.Filter{filterBy("description", "data main")}}, "prod/db"},
		{listIn{Filters: []types.Filter{filterBy("description", "base")}}, ""},
		{listIn{Filters: []types.Filter{filterBy("tag-key", "team")}}, "prod/db"},
		{listIn{Filters: []types.Filter{filterBy("tag-key", "!team")}}, "prod/web dev/db a-b"},
		{listIn{Filters: []types.Filter{filterBy("tag-value", "l", "r")}}, "prod/db prod/web"},
		{listIn{Filters: []types.Filter{filterBy("all", "db")}}, "prod/db dev/db"},
		{listIn{Filters: []types.Filter{filterBy("all", "BLUE")}}, "prod/web"},
		{listIn{Filters: []types.Filter{filterBy("all", "/")}}, ""},
		{listIn{Filters: []types.Filter{filterBy("owning-service", "rds")}}, ""},
		{listIn{Filters: []types.Filter{filterBy("primary-region", "!eu")}}, "prod/db prod/web dev/db a-b"},
	} {
		assert.Equal(t, row.want, listed(ctx, t, client, &row.in), "%+v", row.in.Filters)
	}

	out, err := client.ListSecrets(ctx, &listIn{MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.NotNil(t, out.NextToken)
	entry := out.SecretList[0]
	assert.Equal(t, "The main Database, for orders", *entry.Description)
	assert.Len(t, entry.SecretVersionsToStages, 2)
	assert.Equal(t, srv.ARN("prod/db"), *entry.ARN)

	// A token continues where its page ended, even if secrets were added and removed.
	srv.Remove("prod/db")
	srv.Set("new", "1")
	assert.Equal(t, "prod/web dev/db a-b new", listed(ctx, t, client, &listIn{NextToken: out.NextToken}))
	// A token is valid only for the list it was made for.
	for _, in := range []listIn{{SortOrder: "desc"}, {SortBy: "name"}, {IncludePlannedDeletion: aws.Bool(true)}, {Filters: []types.Filter{filterBy("name", "a")}}} {
		in.NextToken = out.NextToken
		_, err = client.ListSecrets(ctx, &in)
		wantCode(t, err, "InvalidNextTokenException", "The NextToken value is invalid.")
	}
}

func TestBatch(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Suffix: "AbCdEf", Secrets: map[string]string{"a": "1"}})
	client := srv.Client()
	srv.SetBinary("b", []byte{0, 1})
	srv.Set("going", "1")
	_, err := client.DeleteSecret(ctx, &deleteIn{SecretId: s("going")})
	require.NoError(t, err)
	srv.Set("denied", "1")
	srv.Inject(secretsmanagertest.Fault{Name: "denied", Operation: "BatchGetSecretValue", Code: "AccessDeniedException", Message: "no"})
	srv.ResetCalls()

	ids := []string{"b", "nothing", "a", "going", "denied", srv.ARN("a"), "a"}
	out, err := client.BatchGetSecretValue(ctx, &batchIn{SecretIdList: ids})
	require.NoError(t, err)
	var names []string
	for _, v := range out.SecretValues {
		names = append(names, *v.Name)
	}
	assert.Equal(t, []string{"b", "a", "a", "a"}, names)
	assert.Equal(t, []byte{0, 1}, out.SecretValues[0].SecretBinary)
	assert.Equal(t, "1", *out.SecretValues[1].SecretString)
	assert.Nil(t, out.NextToken)
	var failed []string
	for _, e := range out.Errors {
		failed = append(failed, fmt.Sprint(*e.SecretId, ": ", *e.ErrorCode, ": ", *e.Message))
	}
	assert.Equal(t, []string{
		"nothing: ResourceNotFoundException: " + notFound,
		"going: InvalidRequestException: " + deleted,
		"denied: AccessDeniedException: no",
	}, failed)
	assert.Equal(t, ids, srv.Asked())
	assert.Equal(t, 2, srv.Calls("a"), "a batch counts each time it lists a name")
	assert.Equal(t, 1, srv.Operations("BatchGetSecretValue"))

	// A fault that is not an error code fails the whole batch.
	srv.Inject(secretsmanagertest.Fault{Name: "a", Status: 502, Times: 3})
	_, err = client.BatchGetSecretValue(ctx, &batchIn{SecretIdList: ids})
	require.Error(t, err)
	// So does a fault for every name.
	srv.Inject(secretsmanagertest.Fault{Code: "AccessDeniedException", Times: 1})
	_, err = client.BatchGetSecretValue(ctx, &batchIn{SecretIdList: ids})
	wantCode(t, err, "AccessDeniedException", "")
}

func TestBatchPages(t *testing.T) {
	ctx := t.Context()
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	var want []string
	for i := range 45 {
		name := fmt.Sprintf("conn/%02d", i)
		want = append(want, name)
		srv.Set(name, name)
		srv.Set(fmt.Sprintf("var/%02d", i), "")
	}
	for most, pages := range map[int32]int{0: 3, 20: 3, 15: 3, 14: 4, 1: 45} {
		in := &batchIn{Filters: []types.Filter{filterBy("name", "conn/")}}
		if most > 0 {
			in.MaxResults = &most
		}
		var got []string
		n := 0
		for p := secretsmanager.NewBatchGetSecretValuePaginator(client, in); p.HasMorePages(); n++ {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, v := range page.SecretValues {
				got = append(got, *v.SecretString)
			}
		}
		assert.Equal(t, want, got)
		assert.Equal(t, pages, n)
	}
	all := strings.Fields(listed(ctx, t, client, &listIn{}))
	assert.Len(t, all, 90)
	assert.True(t, slices.Contains(all, "var/44"))
}
