package backend

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// ErrNotFound means that the secret is not there: there is no secret of that name, the
// configuration skips the lookup, or the secret has no text. A caller may use a default.
// Airflow treats more failures as "not found"; see LookupError.Swallowed.
var ErrNotFound = errors.New("not found")

// LookupError says what was looked up, which secrets were asked for, and why there is no
// answer. It is plain data: it holds no value, client, request or response, so it may be
// printed, compared and logged. A *LookupError is written as its Error in JSON, XML and
// text. Compare two by Reason and ID, since RequestID differs from call to call.
type LookupError struct {
	Kind   lookup.Kind // of the Query
	ID     string      // of the Query, or its Name; redacted if it cannot be an id
	Team   string      // the team that asked, "" for none
	Names  []string    // the secrets asked for, in order; must not be changed
	Reason Reason

	// RequestID is AWS's ID of the call that decided, which AWS support asks for. It is
	// "" if no call was made or AWS gave none.
	RequestID string

	// Err is the cause, nil if the Reason says everything. Its text is AWS's error code
	// if that is a known one, otherwise a description. An error of AWS is a
	// smithy.APIError. Its ErrorCode and ErrorMessage are what the server sent: they may
	// quote a secret, and are shown nowhere else.
	Err error

	byName bool          // the Query has a Name
	env    bool          // from Env, whose names are variables
	stage  string        // of the Query
	prefix string        // what stands before the id in every name of its kind
	limit  time.Duration // the time limit of the lookup, 0 if there is none, negative if it was that of the caller
}

// plainError is an error of this package, whose text holds no value.
type plainError string

func (e plainError) Error() string { return string(e) }

// failed is the error of a query. err is one whose text may be shown; that of a call goes
// through causeOf first.
func (b *Backend) failed(q *Query, names []string, reason Reason, err error) *LookupError {
	e := &LookupError{
		Kind: q.Kind, ID: shownID(q.id()), Team: shownID(q.Team), Names: shownNames(names), Reason: reason, Err: err,
		byName: q.Name != "", stage: shownID(q.Stage), limit: b.cfg.timeout(),
	}
	if e.ID == notID { // which is a part of them
		e.Names = slices.Repeat([]string{notID}, len(names))
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

// id is what a query is called by.
func (q *Query) id() string {
	if q.Name != "" {
		return q.Name
	}
	return q.ID
}

// gaveUp is the error of a query whose caller's context has ended with err.
func (b *Backend) gaveUp(q *Query, names []string, err error) *LookupError {
	if errors.Is(err, context.DeadlineExceeded) {
		e := b.failed(q, names, TimedOut, context.DeadlineExceeded)
		e.limit = -1 // the deadline was not ours
		return e
	}
	return b.failed(q, names, Canceled, context.Canceled) // not err: a context of the caller's may say anything
}

// Error returns the id, the secrets asked for, the reason and the hint.
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

// withoutAdvice returns the text of the cause without what Hint says as well.
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

// Unwrap returns Err: AWS's error, the context's, or one of this module.
func (e *LookupError) Unwrap() error { return e.Err }

// notID stands for text that cannot be an id.
const notID = "[redacted, no id]"

// shownID is an id, a name, a team or a stage as it may be shown. Text that cannot be
// one is redacted: it may be a misplaced connection string.
func shownID(id string) string {
	isURI := strings.Contains(id, "://") || strings.Contains(id, ":") && strings.Contains(id, "@") && !strings.HasPrefix(id, "arn:")
	if isURI || strings.ContainsAny(id, "{}\"\n") || len(id) > 2048 {
		return notID
	}
	return id
}

// shownNames is shownID of each of names: names itself where all may be shown.
func shownNames(names []string) []string {
	for _, name := range names {
		if shownID(name) != name {
			names = slices.Clone(names)
			for i := range names {
				names[i] = shownID(names[i])
			}
			break
		}
	}
	return names
}

// shown is shownID in quotes.
func shown(id string) string {
	if id = shownID(id); id == notID {
		return id
	}
	return strconv.Quote(id)
}

// Is reports whether target is ErrNotFound and the Reason means it.
func (e *LookupError) Is(target error) bool {
	return target == ErrNotFound && e.Reason.traits().notFound
}

// Swallowed reports whether Airflow's backend returns None here instead of raising an
// error, so that Airflow goes on as if there were no such secret.
func (e *LookupError) Swallowed() bool { return e.Reason.traits().swallowed }

// Reason is why a lookup has no answer.
type Reason uint8

// The reasons. Errors of those marked ErrNotFound are ErrNotFound. For those marked
// swallowed, Airflow returns None.
const (
	// Never asked for. ErrNotFound, swallowed.
	Disabled  Reason = iota + 1 // the prefix of the kind is lookup.Disabled, Airflow's null
	Skipped                     // the lookup pattern does not match the id
	RefusedID                   // multi_team is on and the id has -- in it

	// Not there. ErrNotFound, swallowed.
	NoSecret        // ResourceNotFoundException: no secret of that name, or no such version
	BinaryOnly      // it has SecretBinary and no SecretString
	EmptyConnection // the text of a connection is ""

	// There, or perhaps there, and Airflow acts as if it were not: swallowed.
	DeletionScheduled // InvalidRequestException: marked for deletion
	DefaultKMSKey     // InvalidRequestException: encrypted with the default key of another account
	InvalidRequest    // another InvalidRequestException, or InvalidParameterException
	DecryptionFailed  // DecryptionFailure
	ServiceError      // InternalServiceError, or an answer without any secret in it

	// Raised by Airflow.
	Denied         // no permission for secretsmanager:GetSecretValue
	KMSDenied      // no permission to use the KMS key of the secret
	Throttled      // too many calls
	Unreachable    // no connection to AWS: name not resolved, refused, TLS, cut
	TimedOut       // no answer before the caller's deadline, or within Config.Timeout
	BadCredentials // none, wrong or expired
	ServerFailure  // HTTP 5xx with another code, or none
	Malformed      // the text is not a connection, or not the JSON that was asked for
	BadPattern     // the lookup pattern does not compile, or takes too many steps
	Canceled       // the caller gave up
	Failed         // anything else
)

// traits are what a reason means to a caller, and what the cache does with it.
type traits struct {
	text                string
	notFound, swallowed bool
	keep                store.Keep
}

var reasonTraits = [...]traits{
	Disabled:          {"lookups of this kind are switched off", true, true, store.Leave},
	Skipped:           {"skipped by the lookup pattern", true, true, store.Leave},
	RefusedID:         {"the id has -- in it", true, true, store.Leave},
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
	Canceled:          {"given up", false, false, store.Leave},
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

// SkipReason returns the Reason of a lookup.Plan that asks for nothing, 0 for
// lookup.Asked.
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

// codes :: AWS's error code → reason. Airflow swallows the first five, by the code alone.
var codes = map[string]Reason{
	"ResourceNotFoundException": NoSecret,
	"InvalidParameterException": InvalidRequest,
	"InvalidRequestException":   InvalidRequest,
	"DecryptionFailure":         DecryptionFailed,
	"InternalServiceError":      ServiceError,

	"AccessDeniedException":    Denied,
	"AccessDenied":             Denied,
	"KMSAccessDeniedException": KMSDenied,
}

var credentialCodes = []string{
	"ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId",
	"InvalidClientTokenId", "InvalidSignatureException", "InvalidTokenException", "MissingAuthenticationToken",
	"MissingAuthenticationTokenException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired",
	"UnrecognizedClientException",
}

// reasonOfCode reads an error of the service.
func reasonOfCode(api smithy.APIError) Reason {
	code, message := api.ErrorCode(), strings.ToLower(api.ErrorMessage())
	reason := codes[code]
	switch {
	case reason == Denied && (strings.Contains(message, "access to kms") || strings.Contains(message, "perform: kms:") || strings.Contains(message, "customer master key")):
		return KMSDenied
	case code == "InvalidRequestException" && strings.Contains(message, "marked for deletion"),
		code == "InvalidRequestException" && strings.Contains(message, "scheduled for deletion"):
		return DeletionScheduled
	case code == "InvalidRequestException" && strings.Contains(message, "default kms"):
		return DefaultKMSKey
	case reason != 0:
		return reason
	case slices.Contains(credentialCodes, code):
		return BadCredentials
	case isThrottle(code):
		return Throttled
	}
	return 0
}
