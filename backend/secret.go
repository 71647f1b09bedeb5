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

// key identifies an entry of the store.
type key struct {
	name, stage string // as they are asked for
}

// secret is the result of one call for a name: a text, or why there is none. It must not be
// changed, since lookups share it.
type secret struct {
	answer Answer // its Connection is what read made of the text, without an ID
	reason Reason // why the call returned no text; 0 if it did
	err    error  // the cause of reason, or nil

	read    reading // how the text was read
	refused Reason  // why that reading refuses the text; 0 if it does not
	refusal error   // the error of refused
}

// reading is how a lookup reads the text of a secret.
type reading uint8

const (
	asText       reading = iota // variables and options
	asConnection                // connections
	asEither                    // by name: a connection if the text is one in JSON
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

// fetch makes the call for a name and reads the result.
func (b *Backend) fetch(ctx context.Context, name, stage string, how reading) secret {
	if name == "" {
		// The SDK for Go would send this; botocore refuses to.
		return secret{reason: Failed, err: plainError("the name of the secret is empty; ask for an id, or set a prefix")}
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &name}
	if stage != "" {
		in.VersionStage = aws.String(stage) // &stage would move stage to the heap in every call
	}
	b.counts.calls.Add(1)
	out, err := b.client.GetSecretValue(ctx, in, callOptions...)
	switch {
	case err != nil:
		reason, err := atEnd(ctx, reasonOf(err), causeOf(err))
		return secret{reason: reason, err: err}
	case out == nil || out.SecretString == nil && out.SecretBinary == nil:
		return secret{reason: ServiceError, err: errNoSecretInResponse}
	}
	return b.secretOf(name, out.SecretString, out.VersionId, out.VersionStages, how)
}

// secretOf makes a secret from a response. Without a text, the secret is binary.
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

// current is shared by all answers that have this stage only, which saves an allocation.
var current = []string{"AWSCURRENT"}

// readAs parses a text for one kind of lookup.
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

// outcome wraps the secret of a name for the store.
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
	// These sizes were measured. The entry, its places in the store and in the memo, and the
	// parsed connection or the error take 700 bytes in addition to the texts. The memo has the
	// name a second time. The parts of a connection share the memory of a URI, but are copies
	// of JSON.
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

// in returns the answer of a secret to a query. If the reading of the query refuses the text,
// in returns both the text and the error.
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
