package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// target says which Secrets Manager, and with what key.
type target struct {
	endpoint      string
	demo, offline bool
	kmsKey        string
}

// store is a Secrets Manager to create secrets in.
type store struct {
	client *secretsmanager.Client
	reader *backend.Backend
	config backend.Config
	kmsKey string
	close  func()
}

func (t target) open(ctx context.Context, settings setup.Settings) (*store, error) {
	s := &store{config: settings.Backend, kmsKey: t.kmsKey, close: func() {}}
	var err error
	switch {
	case t.demo:
		var srv *secretsmanagertest.Server
		if srv, err = secretsmanagertest.Start(); err == nil {
			s.client, s.close = srv.Client(), srv.Close
		}
	case t.endpoint != "":
		// A server on this machine is there at once or not at all.
		retryer := retry.AddWithMaxBackoffDelay(retry.NewStandard(), 50*time.Millisecond)
		s.client = secretsmanager.New(secretsmanager.Options{
			Region:       "us-east-1",
			BaseEndpoint: &t.endpoint,
			Retryer:      retryer,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
			}),
		})
	default:
		s.client, err = settings.Client(ctx)
	}
	if err != nil {
		return nil, err
	}
	// It is asked for whole names, to which prefix and pattern do not apply.
	s.reader, err = backend.New(s.client, backend.Config{})
	return s, err
}

// goThrough asks for one secret after the other, or creates and changes them, until AWS
// cannot be reached at all.
func (s *store) goThrough(ctx context.Context, secrets []*secret, m mode) {
	reachable := true
	for _, one := range secrets {
		switch {
		case one.Action == refused:
		case !reachable:
			one.set(notTried, "")
		case m.apply:
			reachable = s.create(ctx, one)
		default:
			reachable = s.look(ctx, one)
		}
		if !reachable || one.Action != differs || !m.update || len(one.Fields) == 0 {
			continue
		}
		one.set(update, "in "+strings.Join(one.Fields, ", "))
		if m.apply {
			reachable = s.put(ctx, one)
		}
	}
}

const leftAlone = ", which is left alone"

// look finds out whether a secret exists, and in which fields it differs. It reports whether
// AWS can be reached.
func (s *store) look(ctx context.Context, one *secret) bool {
	answer, err := s.reader.Secret(ctx, one.Name)
	reason, why := backend.Reason(0), ""
	if failure, ok := errors.AsType[*backend.LookupError](err); ok {
		reason, why = failure.Reason, explained(failure)
	}
	switch {
	case err == nil:
		s.compare(one, answer.Text)
	case reason == backend.BinaryOnly:
		one.set(exists, "with bytes instead of text"+leftAlone)
	case reason == backend.NoSecret:
		one.set(create, "")
	case reason == backend.DeletionScheduled:
		one.set(failed, "a secret of this name is marked for deletion: restore it, or wait until "+
			"it is gone")
	case reason == backend.Denied, reason == backend.KMSDenied, reason == backend.DecryptionFailed:
		s.describe(ctx, one)
	default:
		one.set(failed, why)
		return reason == backend.InvalidRequest || reason == backend.ServiceError
	}
	return true
}

// explained is why a lookup failed and what to do about it, without what was asked for.
func explained(failure *backend.LookupError) string {
	return strings.TrimSuffix(failure.Reason.String()+"; "+failure.Hint(), "; ")
}

// compare says how a secret differs from one that exists: by its fields, never by what they
// hold.
func (s *store) compare(one *secret, existing connuri.Secret) {
	switch {
	case existing.Equal(one.text):
		one.set(same, "")
		return
	case one.Kind != "connection" && equalJSON(existing.Reveal(), one.text.Reveal()):
		one.set(same, "in other words that read as the same JSON")
		return
	case one.Kind != "connection":
		one.Fields = []string{"value"}
		one.set(differs, "in its value"+leftAlone)
		return
	}
	got, err := s.config.Parse(existing.Reveal())
	if err != nil {
		one.Fields = []string{"text"}
		one.set(differs, "Airflow reads no connection from the secret"+leftAlone)
		return
	}
	one.Fields = slices.DeleteFunc(differing(one.connection, got), func(field string) bool {
		return field == "extra" && equalJSON(one.connection.Extra.Reveal(), got.Extra.Reveal())
	})
	if len(one.Fields) == 0 {
		one.set(same, "in other words that read as the same connection")
		return
	}
	one.set(differs, "in "+strings.Join(one.Fields, ", ")+leftAlone)
}

// describe finds out whether a secret is there that may not be read.
func (s *store) describe(ctx context.Context, one *secret) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &one.Name})
	_, absent := errors.AsType[*types.ResourceNotFoundException](err)
	switch {
	case err == nil:
		one.set(exists, "with a text that may not be read"+leftAlone)
	case absent:
		one.set(create, "")
	default:
		one.set(unknown, "neither GetSecretValue nor DescribeSecret is allowed; -apply would "+
			"create it if it is not there")
	}
}

const callTimeout = 15 * time.Second

// create makes a secret, and changes none. It reports whether AWS can be reached.
func (s *store) create(ctx context.Context, one *secret) bool {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &secretsmanager.CreateSecretInput{Name: &one.Name, SecretString: aws.String(one.text.Reveal())}
	if one.description != "" {
		in.Description = &one.description
	}
	if s.kmsKey != "" {
		in.KmsKeyId = &s.kmsKey
	}
	_, err := s.client.CreateSecret(callCtx, in)
	if err == nil {
		one.set(created, "")
		return true
	}
	if _, ok := errors.AsType[*types.ResourceExistsException](err); ok {
		reachable := s.look(ctx, one)
		if one.Action == create {
			one.set(failed, "it was there a moment ago: try again")
		}
		return reachable
	}
	if ctx.Err() != nil {
		one.set(failed, "interrupted; it may have been created, see without -apply")
		return false
	}
	return one.failedCall(err, "it may have been created, see without -apply")
}

// put gives a secret that exists the value of the file. It reports whether AWS can be reached.
func (s *store) put(ctx context.Context, one *secret) bool {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &secretsmanager.PutSecretValueInput{SecretId: &one.Name, SecretString: aws.String(one.text.Reveal())}
	_, err := s.client.PutSecretValue(callCtx, in)
	switch {
	case err == nil:
		one.set(updated, "in "+strings.Join(one.Fields, ", "))
		return true
	case ctx.Err() != nil:
		one.set(failed, "interrupted; it may have been updated, see without -apply")
		return false
	}
	return one.failedCall(err, "it may have been updated, see without -apply")
}

// failedCall says why a call failed. It reports whether AWS can be reached. The error may
// quote a URL, a proxy's page or a file, so only AWS's code is told.
func (s *secret) failedCall(err error, otherwise string) bool {
	answer, answered := errors.AsType[smithy.APIError](err)
	if !answered {
		s.set(failed, "no answer from Secrets Manager: no credentials, no region, no route or no "+
			"time; "+otherwise)
		return false
	}
	code := answer.ErrorCode()
	hint := hints[code]
	if code == "AccessDeniedException" {
		hint = ": allow secretsmanager:CreateSecret for this name"
		if s.Action == update {
			hint = ": allow secretsmanager:PutSecretValue for this name"
		}
	}
	s.set(failed, "AWS answers "+code+hint)
	return true
}

// hints are what to do about the answers to CreateSecret and PutSecretValue.
var hints = map[string]string{
	"EncryptionFailure": ": look at the KMS key, its state and its policy",
	"InvalidRequestException": ": a secret of this name may be marked for deletion; restore " +
		"it, or wait until it is gone",
	"LimitExceededException":      ": the account has as many secrets as it may have",
	"ThrottlingException":         ": run it again, what was created stays",
	"UnrecognizedClientException": ": look at the credentials",
	"InvalidSignatureException":   ": look at the credentials and the clock",
	"ExpiredTokenException":       ": the credentials are too old",
}
