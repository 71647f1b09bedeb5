package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/middleware"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// tap is a client that counts its calls, retries included, and keeps the texts of secrets for
// Lint, even those that are not connections.
type tap struct {
	*secretsmanager.Client

	mu    sync.Mutex
	made  map[string]int            // :: operation → calls that AWS bills
	texts map[string]connuri.Secret // :: secret name → its text
}

func newTap(client *secretsmanager.Client) *tap {
	return &tap{Client: client, made: map[string]int{}, texts: map[string]connuri.Secret{}}
}

func (t *tap) GetSecretValue(
	ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := t.Client.GetSecretValue(ctx, in, append(opts, t.counts("GetSecretValue"))...)
	if err == nil {
		t.keep(aws.ToString(in.SecretId), out.SecretString)
	}
	return out, err
}

func (t *tap) BatchGetSecretValue(
	ctx context.Context, in *secretsmanager.BatchGetSecretValueInput, opts ...func(*secretsmanager.Options),
) (*secretsmanager.BatchGetSecretValueOutput, error) {
	out, err := t.Client.BatchGetSecretValue(ctx, in, append(opts, t.counts("BatchGetSecretValue"))...)
	if err == nil {
		for _, v := range out.SecretValues {
			arn := aws.ToString(v.ARN) // a prefix that is an ARN makes names without its random end
			t.keep(aws.ToString(v.Name), v.SecretString)
			t.keep(arn, v.SecretString)
			t.keep(arn[:max(0, len(arn)-len("-AbCdEf"))], v.SecretString)
		}
	}
	return out, err
}

func (t *tap) ListSecrets(
	ctx context.Context, in *secretsmanager.ListSecretsInput, opts ...func(*secretsmanager.Options),
) (*secretsmanager.ListSecretsOutput, error) {
	return t.Client.ListSecrets(ctx, in, append(opts, t.counts("ListSecrets"))...)
}

// counts counts the requests that are sent. It runs after the step that retries.
func (t *tap) counts(operation string) func(*secretsmanager.Options) {
	count := middleware.FinalizeMiddlewareFunc("count", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		t.count(operation)
		return next.HandleFinalize(ctx, in)
	})
	return secretsmanager.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Finalize.Add(count, middleware.After)
	})
}

func (t *tap) count(operation string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made[operation]++
}

func (t *tap) keep(name string, text *string) {
	if text == nil || name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts[name] = connuri.NewSecret(*text)
}

func (t *tap) text(name string) (connuri.Secret, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, there := t.texts[name]
	return text, there
}

// calls returns the number of calls to Secrets Manager, and which operations they were.
func (t *tap) calls() (n int, which string) {
	if t == nil {
		return 0, "none"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, operation := range slices.Sorted(maps.Keys(t.made)) {
		n += t.made[operation]
		parts = append(parts, count(t.made[operation], operation, operation))
	}
	if n == 0 {
		return 0, "none"
	}
	return n, strings.Join(parts, ", ")
}
