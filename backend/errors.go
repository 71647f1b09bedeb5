package backend

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// ErrNotFound means that the secret certainly has no value: it does not exist, it has no text,
// or the configuration skips the lookup. A caller may use a default. Airflow treats more
// failures as "not found"; see LookupError.Swallowed.
var ErrNotFound = errors.New("not found")

// LookupError says what was looked up, which secrets were asked for, and why there is no
// answer. It is plain data that may be printed, compared and logged: it holds no value,
// client, request or response. JSON, XML and text encoders write it as its Error. Compare two
// errors by Reason and ID, since RequestID differs from call to call.
type LookupError struct {
	Kind   lookup.Kind // the Kind of the Query
	ID     string      // the ID or the Name of the Query; redacted if it cannot be an id
	Team   string      // the team that asked; "" for none
	Names  []string    // the secrets asked for, in order; must not be changed
	Reason Reason

	// RequestID is AWS's ID of the call that decided. AWS support asks for it. It is "" if
	// no call was made or the response had none.
	RequestID string

	// Err is the cause, or nil if the Reason says everything. Its text is the error code of
	// AWS if that is a known one, otherwise a description. An error from AWS implements
	// smithy.APIError, whose ErrorCode and ErrorMessage return what the server sent. That
	// text may quote a secret and is not shown anywhere else.
	Err error

	byName bool          // the Query has a Name
	env    bool          // the error is from Env, whose Names are variables
	stage  string        // the Stage of the Query
	prefix string        // prefix and separator of the Kind
	limit  time.Duration // the time limit: 0 for none, negative for the caller's
}

// plainError is an error of this package whose text may be shown.
type plainError string

func (e plainError) Error() string { return string(e) }

const errNoSecretInResponse = plainError("the response contains no secret")

// failed returns the error of a query. The text of err is shown, so the error of a call must
// go through causeOf first.
func (b *Backend) failed(q *Query, names []string, reason Reason, err error) *LookupError {
	e := &LookupError{
		Kind: q.Kind, ID: lookup.ShownID(q.id()), Team: lookup.ShownID(q.Team), Names: shownNames(names), Reason: reason, Err: err,
		byName: q.Name != "", stage: lookup.ShownID(q.Stage), limit: b.cfg.timeout(),
	}
	if e.ID == lookup.RedactedID { // the names contain the id
		e.Names = slices.Repeat([]string{lookup.RedactedID}, len(names))
	}
	if int(q.Kind) < len(b.rules) && !e.byName {
		e.prefix = b.rules[q.Kind].path
	}
	switch c := err.(type) { //nolint:errorlint // a cause is never wrapped
	case *cause:
		e.RequestID = c.requestID
	case *awsCause:
		e.RequestID = c.requestID
	}
	return e
}

// id returns the Name of a query if it has one, otherwise its ID.
func (q *Query) id() string {
	if q.Name != "" {
		return q.Name
	}
	return q.ID
}

// gaveUp returns the error of a query whose caller's context ended with err.
func (b *Backend) gaveUp(q *Query, names []string, err error) *LookupError {
	if errors.Is(err, context.DeadlineExceeded) {
		e := b.failed(q, names, TimedOut, context.DeadlineExceeded)
		e.limit = -1 // the caller's
		return e
	}
	return b.failed(q, names, Canceled, context.Canceled) // not err: the caller's context chooses its text
}

// Error returns the id, the secrets asked for, the reason, the cause and the hint.
func (e *LookupError) Error() string {
	kind := e.Kind.String()
	if e.byName {
		kind = "secret"
	}
	var s strings.Builder
	s.WriteString("backend: " + kind + " " + shown(e.ID))
	for i, name := range e.Names {
		s.WriteString([]string{" (asked for ", ", "}[min(i, 1)] + shown(name))
		if i == len(e.Names)-1 {
			s.WriteString(")")
		}
	}
	s.WriteString(": " + e.Reason.String())
	if e.Err != nil && e.Err.Error() != "" {
		s.WriteString(": " + e.withoutAdvice())
	}
	if hint := e.Hint(); hint != "" {
		s.WriteString("; " + hint)
	}
	return s.String()
}

// withoutAdvice returns the text of the cause without the part that Hint repeats.
func (e *LookupError) withoutAdvice() string {
	if wrong, ok := errors.AsType[*connuri.Error](e.Err); ok && wrong.Instead != "" {
		return strings.TrimSuffix(e.Err.Error(), "; "+wrong.Instead)
	}
	if wrong, ok := errors.AsType[*notJSON](e.Err); ok {
		return strings.TrimSuffix(e.Err.Error(), "; "+wrong.instead)
	}
	return e.Err.Error()
}

// GoString returns Error, so that %#v is as readable.
func (e *LookupError) GoString() string { return e.Error() }

// MarshalText returns Error, for encoding/json, encoding/xml and log/slog.
func (e *LookupError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Unwrap returns Err.
func (e *LookupError) Unwrap() error { return e.Err }

// shownNames applies lookup.ShownID to each name. It returns names unchanged if all may be shown.
func shownNames(names []string) []string {
	for _, name := range names {
		if lookup.ShownID(name) != name {
			names = slices.Clone(names)
			for i := range names {
				names[i] = lookup.ShownID(names[i])
			}
			break
		}
	}
	return names
}

// shown returns lookup.ShownID(id) in quotes, unless it is redacted.
func shown(id string) string {
	if id = lookup.ShownID(id); id == lookup.RedactedID {
		return id
	}
	return strconv.Quote(id)
}

// Is reports whether target is ErrNotFound and the Reason is marked ErrNotFound.
func (e *LookupError) Is(target error) bool {
	return target == ErrNotFound && e.Reason.traits().notFound
}

// Swallowed reports whether Airflow's backend returns None here instead of raising an
// error, so that Airflow continues as if the secret did not exist.
func (e *LookupError) Swallowed() bool { return e.Reason.traits().swallowed }

// Reason says why a lookup has no answer.
type Reason uint8

// The reasons. An error whose reason is marked ErrNotFound matches ErrNotFound. For a reason
// marked swallowed, Airflow returns None.
const (
	// The secret was not asked for. ErrNotFound, swallowed.
	Disabled  Reason = iota + 1 // the prefix of the kind is lookup.Disabled, Airflow's null
	Skipped                     // the lookup pattern does not match the id
	RefusedID                   // multi_team is on and the id contains --

	// The secret has no value. ErrNotFound, swallowed.
	NoSecret        // ResourceNotFoundException: the secret or its version does not exist
	BinaryOnly      // the secret has SecretBinary and no SecretString
	EmptyConnection // the text of a connection is ""

	// The secret exists, or may exist, but Airflow acts as if it did not: swallowed.
	DeletionScheduled // InvalidRequestException: marked for deletion
	DefaultKMSKey     // InvalidRequestException: encrypted with the default key of another account
	InvalidRequest    // another InvalidRequestException, or InvalidParameterException
	DecryptionFailed  // DecryptionFailure
	ServiceError      // InternalServiceError, or a response that contains no secret

	// Airflow raises an error.
	Denied         // the caller may not call secretsmanager:GetSecretValue
	KMSDenied      // the caller may not use the KMS key of the secret
	Throttled      // there were too many calls
	Unreachable    // the connection to AWS failed: DNS, refused, TLS or cut
	TimedOut       // nothing arrived before the caller's deadline or within Config.Timeout
	BadCredentials // the credentials are missing, wrong or expired
	ServerFailure  // HTTP 5xx without a code that has a Reason
	Malformed      // the text is not a connection, or not the JSON that was asked for
	BadPattern     // the lookup pattern does not compile, or takes too many steps
	Canceled       // the caller canceled the lookup
	Failed         // anything else
)

// traits say what a reason means to a caller, and what the cache does with it.
type traits struct {
	text                string
	notFound, swallowed bool
	keep                store.Keep
}

var reasonTraits = [...]traits{
	Disabled:          {"lookups of this kind are disabled", true, true, store.Leave},
	Skipped:           {"skipped by the lookup pattern", true, true, store.Leave},
	RefusedID:         {"the id contains --", true, true, store.Leave},
	NoSecret:          {"no such secret", true, true, store.Absent},
	BinaryOnly:        {"the secret is binary", true, true, store.Absent},
	EmptyConnection:   {"the secret is empty", true, true, store.Absent},
	DeletionScheduled: {"the secret is scheduled for deletion", false, true, store.Forget},
	DefaultKMSKey:     {"the secret of another account uses the default KMS key", false, true, store.Forget},
	InvalidRequest:    {"the request is invalid", false, true, store.Forget},
	DecryptionFailed:  {"the secret cannot be decrypted", false, true, store.Forget},
	ServiceError:      {"Secrets Manager failed", false, true, store.Outage},
	Denied:            {"access denied", false, false, store.Forget},
	KMSDenied:         {"access to the KMS key denied", false, false, store.Forget},
	Throttled:         {"throttled", false, false, store.Outage},
	Unreachable:       {"AWS cannot be reached", false, false, store.Outage},
	TimedOut:          {"no answer in time", false, false, store.Outage},
	BadCredentials:    {"no valid credentials", false, false, store.Outage},
	ServerFailure:     {"AWS failed", false, false, store.Outage},
	Malformed:         {"malformed secret", false, false, store.Absent},
	BadPattern:        {"bad lookup pattern", false, false, store.Leave},
	Canceled:          {"canceled", false, false, store.Leave},
	Failed:            {"failed", false, false, store.Forget},
}

func (r Reason) traits() traits {
	if int(r) < len(reasonTraits) {
		return reasonTraits[r]
	}
	return traits{}
}

// String returns the reason in words.
func (r Reason) String() string { return r.traits().text }

// MarshalText returns the reason in words.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// SkipReason converts the Skip of a lookup.Plan to the Reason with which its lookup fails. It
// returns 0 for lookup.Asked.
func SkipReason(r lookup.Reason) Reason {
	switch r {
	case lookup.SkippedDisabled:
		return Disabled
	case lookup.SkippedPattern:
		return Skipped
	case lookup.SkippedTeam:
		return RefusedID
	}
	return 0
}
