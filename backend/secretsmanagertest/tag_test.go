package secretsmanagertest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func TestTagsAreAddedAndRemoved(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Secrets: map[string]string{"x": "1"}})
	client := srv.Client()
	tag := func(id string, tags ...string) error {
		in := &tagIn{SecretId: &id, Tags: []types.Tag{}}
		for _, text := range tags {
			key, value, _ := strings.Cut(text, "=")
			in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value})
		}
		_, err := client.TagResource(ctx, in)
		return err
	}
	untag := func(id string, keys ...string) error {
		_, err := client.UntagResource(ctx, &untagIn{SecretId: &id, TagKeys: keys})
		return err
	}
	var many []string
	for i := range 49 {
		many = append(many, fmt.Sprint("k", i))
	}
	for _, step := range []struct {
		name string
		do   func() error
		want string // the tags after that
		code string
	}{
		{"the first", func() error { return tag("x", "a=1", "b=") }, "a=1 b=", ""},
		{"another value", func() error { return tag(srv.ARN("x"), "b=2", "c=3") }, "a=1 b=2 c=3", ""},
		{"taken away", func() error { return untag("x", "b", "never there") }, "a=1 c=3", ""},
		{"49 more than 2", func() error { return tag("x", many...) }, "a=1 c=3", "InvalidParameterException"},
		{"a reserved key", func() error { return tag("x", "AWS:x=1") }, "a=1 c=3", "InvalidParameterException"},
		{"a long key", func() error { return tag("x", strings.Repeat("k", 129)) }, "a=1 c=3", "ValidationException"},
		{"no secret", func() error { return tag("y", "a=1") }, "a=1 c=3", "ResourceNotFoundException"},
		{"none to take it from", func() error { return untag("y", "a") }, "a=1 c=3", "ResourceNotFoundException"},
		{"all taken away", func() error { return untag("x", "a", "c") }, "", ""},
	} {
		err := step.do()
		if step.code != "" {
			wantCode(t, err, step.code, "")
		} else {
			require.NoError(t, err, step.name)
		}
		out, err := client.DescribeSecret(ctx, &describeIn{SecretId: s("x")})
		require.NoError(t, err)
		var have []string
		for _, pair := range out.Tags {
			have = append(have, *pair.Key+"="+*pair.Value)
		}
		assert.Equal(t, step.want, strings.Join(have, " "), step.name)
	}
	for _, operation := range []string{"TagResource", "UntagResource"} {
		w := send(srv, "secretsmanager."+operation, `{"SecretId": "x"}`)
		assert.Equal(t, "ValidationException", w.Header().Get("X-Amzn-Errortype"), operation)
	}
}

func TestVersionsByPage(t *testing.T) {
	ctx, s := t.Context(), aws.String
	srv := secretsmanagertest.NewServer(t)
	client := srv.Client()
	for i := range 5 {
		srv.Set("x", fmt.Sprint(i))
	}
	srv.Set("y", "1")
	pages := func(in secretsmanager.ListSecretVersionIdsInput) (ids []string, sizes []int) {
		in.SecretId = s("x")
		for p := secretsmanager.NewListSecretVersionIdsPaginator(client, &in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			assert.Equal(t, srv.ARN("x"), *page.ARN)
			sizes = append(sizes, len(page.Versions))
			for _, v := range page.Versions {
				ids = append(ids, *v.VersionId+strings.Join(v.VersionStages, "+"))
			}
		}
		return ids, sizes
	}
	labeled, sizes := pages(secretsmanager.ListSecretVersionIdsInput{MaxResults: aws.Int32(1)})
	assert.Equal(t, []int{1, 1}, sizes)
	assert.Contains(t, labeled[0], "AWSPREVIOUS")
	assert.Contains(t, labeled[1], "AWSCURRENT")
	all, sizes := pages(secretsmanager.ListSecretVersionIdsInput{MaxResults: aws.Int32(2), IncludeDeprecated: aws.Bool(true)})
	assert.Equal(t, []int{2, 2, 1}, sizes)
	whole, sizes := pages(secretsmanager.ListSecretVersionIdsInput{IncludeDeprecated: aws.Bool(true)})
	assert.Equal(t, []int{5}, sizes)
	assert.Equal(t, whole, all)
	assert.Subset(t, all, labeled)

	// A token belongs to the secret and to IncludeDeprecated.
	page, err := client.ListSecretVersionIds(ctx, &versionsIn{SecretId: s("x"), MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	for _, in := range []*versionsIn{
		{SecretId: s("y"), NextToken: page.NextToken},
		{SecretId: s("x"), NextToken: page.NextToken, IncludeDeprecated: aws.Bool(true)},
		{SecretId: s("x"), NextToken: s("e30")},
	} {
		_, err = client.ListSecretVersionIds(ctx, in)
		wantCode(t, err, "InvalidNextTokenException", "")
	}
}

// TestUnknownOperations checks that the message says what is missing and what to do instead, and
// does not quote arbitrary text.
func TestUnknownOperations(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	for _, row := range []struct{ target, want string }{
		{"secretsmanager.RotateSecret", "RotateSecret is not implemented. The server runs no Lambda functions"},
		{"secretsmanager.PutResourcePolicy", "PutResourcePolicy is not implemented. The server denies nobody, so it keeps no resource policies"},
		{"secretsmanager.ReplicateSecretToRegions", "start a second server for the other region"},
		{"secretsmanager.GetRandomPassword", "make one in the client"},
		{"secretsmanager.getsecretvalue", "getsecretvalue is not an operation of Secrets Manager. Use one of BatchGetSecretValue, CreateSecret,"},
		{"secretsmanager.hunter2 hunter2", "The operation is not an operation of Secrets Manager"},
		{"AmazonSSM.GetParameter", "AmazonSSM.GetParameter does not begin with secretsmanager."},
		{"", "the header X-Amz-Target, such as secretsmanager.GetSecretValue, is missing or malformed. To send other services elsewhere, set AWS_ENDPOINT_URL_SECRETS_MANAGER"},
		{"hunter2 hunter2", "is missing or malformed"},
	} {
		w := send(srv, row.target, `{"SecretId": "hunter2"}`)
		var doc struct{ Message string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
		assert.Contains(t, doc.Message, row.want)
		assert.NotContains(t, doc.Message, "hunter2")
		assert.Equal(t, "UnknownOperationException", w.Header().Get("X-Amzn-Errortype"))
	}
	_, err := srv.Client().RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: aws.String("x")})
	require.ErrorContains(t, err, "UpdateSecretVersionStage")
}
