package backend

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// ErrNotFound means that the secret is truly not there: no secret of that name,
// a lookup that the configuration keeps from being made, a secret without text.
// A caller may take a default. Airflow takes more for a miss, see
// LookupError.Swallowed.
var ErrNotFound = errors.New("not found")

// LookupError says what was looked up, which secrets were asked for, and why
// there is no answer. It never holds a value.
type LookupError struct {
	Kind   lookup.Kind // of the Query
	ID     string      // of the Query; the name, of Secret
	Team   string      // the team that asked, "" for none
	Names  []string    // the secrets asked for, in order; not to be changed
	Reason Reason
	Err    error // the cause, nil where the Reason says all

	byName bool     // from Secret, which has no kind
	env    bool     // from Env, whose names are variables
	stage  string   // of the Query
	b      *Backend // for the hint
}

// ownError is an error of this package, whose text holds no value.
type ownError string

func (e ownError) Error() string { return string(e) }

func (b *Backend) failed(q Query, names []string, reason Reason, cause error) *LookupError {
	return &LookupError{Kind: q.Kind, ID: q.ID, Team: q.Team, Names: names, Reason: reason, Err: cause, stage: q.Stage, b: b}
}

// prefix is what stands before the id in every name of its kind.
func (e *LookupError) prefix() string {
	if e.b == nil || int(e.Kind) >= len(e.b.rules) || e.byName {
		return ""
	}
	bare := lookup.Rule{Kind: e.Kind, Prefix: e.b.rules[e.Kind].Prefix, Sep: e.b.rules[e.Kind].Sep}
	plan, _ := bare.Plan("", "")
	return strings.Join(plan.Names, "")
}

// Error names the id, the secrets asked for, the reason and the hint.
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
	if cause := e.cause(); cause != "" {
		s.WriteString(": " + cause)
	}
	if hint := e.Hint(); hint != "" {
		s.WriteString("; " + hint)
	}
	return s.String()
}

// GoString is Error, so that %#v holds nothing else either.
func (e *LookupError) GoString() string { return e.Error() }

// shown quotes an id or a name. One that no id can be is kept back: it may be
// a connection string that went astray.
func shown(id string) string {
	isURI := strings.Contains(id, "://") || strings.Contains(id, ":") && strings.Contains(id, "@") && !strings.HasPrefix(id, "arn:")
	if isURI || strings.ContainsAny(id, "{}\"\n") || len(id) > 2048 {
		return "[redacted, no id]"
	}
	return strconv.Quote(id)
}

// errorCode is what an error code of AWS looks like. What else a server sends in
// its place is not shown.
var errorCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)

// cause is what may be told of Err: the code of AWS, the text of this module's own
// errors, and of another library's only the kind, for it may quote a secret.
func (e *LookupError) cause() string {
	if e.Err == nil {
		return ""
	}
	if api, ok := errors.AsType[smithy.APIError](e.Err); ok && errorCode.MatchString(api.ErrorCode()) {
		return api.ErrorCode()
	}
	if e.safe() {
		return e.Err.Error()
	}
	return callTrouble(e.Err)
}

// safe tells whether the text of Err, and of all that it wraps, holds no value:
// connuri's, lookup's and this package's own errors, and the context's.
func (e *LookupError) safe() bool {
	if _, ok := e.Err.(ownError); ok { //nolint:errorlint // what wraps one may hold a value
		return true
	}
	return e.Reason == Malformed || e.Reason == BadPattern || e.Err == context.Canceled || e.Err == context.DeadlineExceeded || e.Err == errors.ErrUnsupported //nolint:errorlint // as above
}

// Unwrap gives the cause where it is AWS's own error, the context's or this
// module's. The cause of another library may quote the text of a secret, and is
// told by its kind only.
func (e *LookupError) Unwrap() error {
	if _, ok := errors.AsType[smithy.APIError](e.Err); ok || e.safe() {
		return e.Err
	}
	return nil
}

// Is tells whether the Reason means ErrNotFound.
func (e *LookupError) Is(target error) bool {
	return target == ErrNotFound && e.Reason.traits().notFound
}

// Swallowed tells whether Airflow's backend returns None here instead of raising
// an error, so that Airflow goes on as if there were no such secret.
func (e *LookupError) Swallowed() bool { return e.Reason.traits().swallowed }

// Reason is why a lookup has no answer.
type Reason uint8

// The reasons. ErrNotFound: the errors of these are ErrNotFound. Swallowed:
// Airflow returns None for it.
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
	TimedOut       // no answer in time, be it the caller's or Config.Timeout
	BadCredentials // none, wrong or expired
	ServerFailure  // HTTP 5xx with another code, or none
	Malformed      // the text is no connection, or not the JSON that was asked for
	BadPattern     // the lookup pattern does not compile, or takes too many steps
	Canceled       // the caller gave up
	Failed         // all else
)

// traits are what a reason means to a caller.
type traits struct {
	text                string
	notFound, swallowed bool
	memory              memory
}

// memory is what the cache does with a lookup that failed.
type memory uint8

const (
	leave  memory = iota // nothing: no entry comes or goes
	miss                 // keep that there is none, for CachePolicy.NotFoundTTL
	forget               // drop what is kept and remember nothing
	outage               // serve what is kept, though stale
)

var reasonTraits = [...]traits{
	Disabled:          {"lookups of this kind are switched off", true, true, leave},
	Skipped:           {"skipped by the lookup pattern", true, true, leave},
	RefusedID:         {"the id has -- in it", true, true, leave},
	NoSecret:          {"no such secret", true, true, miss},
	BinaryOnly:        {"the secret is binary", true, true, miss},
	EmptyConnection:   {"the secret is empty", true, true, miss},
	DeletionScheduled: {"the secret is scheduled for deletion", false, true, forget},
	DefaultKMSKey:     {"the secret of another account uses the default KMS key", false, true, forget},
	InvalidRequest:    {"the request is invalid", false, true, forget},
	DecryptionFailed:  {"the secret cannot be decrypted", false, true, forget},
	ServiceError:      {"Secrets Manager failed", false, true, outage},
	Denied:            {"access denied", false, false, forget},
	KMSDenied:         {"access to the KMS key denied", false, false, forget},
	Throttled:         {"throttled", false, false, outage},
	Unreachable:       {"AWS cannot be reached", false, false, outage},
	TimedOut:          {"no answer in time", false, false, outage},
	BadCredentials:    {"no valid credentials", false, false, outage},
	ServerFailure:     {"AWS failed", false, false, outage},
	Malformed:         {"malformed secret", false, false, miss},
	BadPattern:        {"bad lookup pattern", false, false, leave},
	Canceled:          {"given up", false, false, leave},
	Failed:            {"failed", false, false, forget},
}

func (r Reason) traits() traits {
	if int(r) < len(reasonTraits) {
		return reasonTraits[r]
	}
	return traits{}
}

// String is the reason in words.
func (r Reason) String() string { return r.traits().text }

// skipReasons are the reasons of a Plan that asks for nothing.
var skipReasons = map[lookup.Reason]Reason{
	lookup.SkippedDisabled: Disabled,
	lookup.SkippedPattern:  Skipped,
	lookup.SkippedTeam:     RefusedID,
}

// codes are the reasons by AWS's error code. Airflow swallows the first five,
// told by the very code and nothing else.
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
