package backend

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// key is what the store finds a secret by.
type key struct {
	name, stage string // as they are asked for
}

// secret is what one call has brought for a name: a text, or why there is none. It is
// never changed, since lookups share it.
type secret struct {
	answer Answer // its Connection is that of a connection's lookup
	reason Reason // why there is no text; 0 if there is one
	err    error  // of reason; a cause, or nil

	read    reading // how the text was read
	refused Reason  // why that reading refuses the text; 0 if it does not
	refusal error
}

// reading is how a lookup reads the text of a secret.
type reading uint8

const (
	asText       reading = iota // variables and options
	asConnection                // connections
	asEither                    // by name: a connection if it is one in JSON
)

func (q *Query) reading() reading {
	switch {
	case q.Name != "":
		return asEither
	case q.Kind == lookup.KindConnection:
		return asConnection
	}
	return asText
}

// fetch makes the call for a name and reads what comes.
func (b *Backend) fetch(ctx context.Context, name, stage string, how reading) secret {
	if name == "" {
		// botocore refuses to send this, the SDK for Go would.
		return secret{reason: Failed, err: plainError("the name of the secret is empty")}
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &name}
	if stage != "" {
		in.VersionStage = aws.String(stage) // a pointer to stage itself would allocate it always
	}
	b.counts.calls.Add(1)
	out, err := b.client.GetSecretValue(ctx, in, callOptions...)
	switch {
	case err != nil:
		reason, err := atEnd(ctx, reasonOf(err), causeOf(err))
		return secret{reason: reason, err: err}
	case out == nil || out.SecretString == nil && out.SecretBinary == nil:
		return secret{reason: ServiceError, err: plainError("the answer holds no secret")}
	}
	return b.secretOf(name, out.SecretString, out.VersionId, out.VersionStages, how)
}

// secretOf is the secret of an answer. It is binary if there is no text.
func (b *Backend) secretOf(name string, text, version *string, stages []string, how reading) secret {
	if text == nil {
		return secret{reason: BinaryOnly}
	}
	if len(stages) == 1 && stages[0] == current[0] {
		stages = current
	}
	s := secret{answer: Answer{
		Text: connuri.NewSecret(*text), Name: name, VersionID: aws.ToString(version), Stages: stages, Source: SourceSecretsManager,
	}}
	s.read = how
	s.answer.Connection, s.refused, s.refusal = b.readAs(how, *text)
	return s
}

// current is shared by the answers that have no other stage, which are most.
var current = []string{"AWSCURRENT"}

// readAs reads a text as a lookup of its kind does.
func (b *Backend) readAs(how reading, text string) (connuri.Connection, Reason, error) {
	switch {
	case how == asText:
		return connuri.Connection{}, 0, nil
	case how == asEither:
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			return connuri.Connection{}, 0, nil
		}
		c, err := b.cfg.Parse(text)
		if err != nil {
			return connuri.Connection{}, 0, nil
		}
		return c, 0, nil
	case text == "":
		return connuri.Connection{}, EmptyConnection, nil
	}
	c, err := b.cfg.Parse(text)
	if err != nil {
		return connuri.Connection{}, Malformed, err
	}
	return c, 0, nil
}

// outcome is what the store does with the secret of a name.
func (s secret) outcome(name string) store.Outcome[*secret] {
	o := store.Outcome[*secret]{Value: &s}
	switch {
	case s.refused != 0:
		o.Keep = store.Refused
	case s.reason == 0:
		o.Keep = store.Found
	default:
		o.Keep = s.reason.traits().keep
	}
	// Measured: the entry, its places in the store and in the memo, and a connection that
	// was read, or an error, take this in addition to the texts. The name is there again in
	// the memo; the parts of a connection share the text of a URI, and are copies from JSON.
	text := s.answer.Text.Reveal()
	o.Size = 700 + len(name) + len(s.answer.VersionID) + len(text)
	if len(name) <= longestKnown {
		o.Size += len(name)
	}
	if s.read != asText && strings.HasPrefix(strings.TrimSpace(text), "{") {
		o.Size += len(text)
	}
	if s.reason != 0 {
		o.Size += 200
	}
	if c, ok := s.err.(*awsCause); ok { //nolint:errorlint // a cause is never wrapped
		o.Size += len(c.ErrorMessage())
	}
	return o
}

// in gives the answer of a secret to a query. A text that the query's reading refuses is
// given together with the error.
func (s *secret) in(b *Backend, q *Query) (answer Answer, refused Reason, refusal error) {
	answer = s.answer
	how := q.reading()
	if s.read == how {
		refused, refusal = s.refused, s.refusal
	} else {
		answer.Connection, refused, refusal = b.readAs(how, answer.Text.Reveal())
	}
	if how == asConnection && refused == 0 {
		answer.Connection.ID = q.ID
	}
	return answer, refused, refusal
}
