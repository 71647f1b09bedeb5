package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
		s.client = secretsmanager.New(secretsmanager.Options{
			Region:       "us-east-1",
			BaseEndpoint: &t.endpoint,
			Retryer:      aws.NopRetryer{}, // it is on this machine
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
	s.reader, err = backend.New(s.client, backend.Config{}) // whole names are asked for, to which no prefix or pattern applies
	return s, err
}

// goThrough asks for one secret after the other, or creates them, until AWS cannot
// be reached at all.
func (s *store) goThrough(ctx context.Context, secrets []*secret, apply bool) {
	reachable := true
	for _, one := range secrets {
		switch {
		case one.Action == refused:
		case !reachable:
			one.set(notTried, "")
		case apply:
			reachable = s.create(ctx, one)
		default:
			reachable = s.look(ctx, one)
		}
	}
}

// look finds out whether a secret is there. It reports whether AWS can be reached.
func (s *store) look(ctx context.Context, one *secret) bool {
	answer, err := s.reader.Secret(ctx, one.Name)
	reason, why := backend.Reason(0), ""
	if failure, ok := errors.AsType[*backend.LookupError](err); ok {
		reason, why = failure.Reason, strings.TrimSuffix(failure.Reason.String()+"; "+failure.Hint(), "; ")
	}
	switch {
	case err == nil && answer.Text.Equal(one.text):
		one.set(same, "")
	case err == nil && one.Kind == "connection" && s.reads(answer, one.connection):
		one.set(same, "in other words that read as the same connection")
	case err == nil, reason == backend.BinaryOnly:
		one.set(exists, "with another text, which is left alone")
	case reason == backend.NoSecret:
		one.set(create, "")
	case reason == backend.DeletionScheduled:
		one.set(failed, "a secret of this name is marked for deletion: restore it, or wait until it is gone")
	case reason == backend.Denied, reason == backend.KMSDenied, reason == backend.DecryptionFailed:
		s.describe(ctx, one)
	default:
		one.set(failed, why)
		return reason == backend.InvalidRequest || reason == backend.ServiceError
	}
	return true
}

// reads reports whether a secret that is there holds the same connection.
func (s *store) reads(answer backend.Answer, want connuri.Connection) bool {
	got, err := s.config.Parse(answer.Text.Reveal())
	return err == nil && got.Equal(want)
}

// describe finds out whether a secret is there that may not be read.
func (s *store) describe(ctx context.Context, one *secret) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &one.Name})
	_, absent := errors.AsType[*types.ResourceNotFoundException](err)
	switch {
	case err == nil:
		one.set(exists, "with a text that may not be read, which is left alone")
	case absent:
		one.set(create, "")
	default:
		one.set(unknown, "neither GetSecretValue nor DescribeSecret is allowed; -apply would create it if it is not there")
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
	answer, answered := errors.AsType[smithy.APIError](err)
	if !answered { // the error may quote a URL, a proxy's page or a file
		one.set(failed, "no answer from Secrets Manager: no credentials, no region, no route or no time; it may have been created, see without -apply")
		return false
	}
	one.set(failed, fmt.Sprintf("AWS answers %s%s", answer.ErrorCode(), hints[answer.ErrorCode()]))
	return true
}

// hints are what to do about the answers to CreateSecret.
var hints = map[string]string{
	"AccessDeniedException":       ": allow secretsmanager:CreateSecret for this name",
	"EncryptionFailure":           ": look at the KMS key, its state and its policy",
	"InvalidRequestException":     ": a secret of this name may be marked for deletion; restore it, or wait until it is gone",
	"LimitExceededException":      ": the account has as many secrets as it may have",
	"ThrottlingException":         ": run it again, what was created stays",
	"UnrecognizedClientException": ": look at the credentials",
	"InvalidSignatureException":   ": look at the credentials and the clock",
	"ExpiredTokenException":       ": the credentials are too old",
}
