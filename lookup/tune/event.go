package tune

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// MWAASession is the session name under which Amazon MWAA's schedulers, workers and web servers call AWS.
const MWAASession = "AmazonMWAA-airflow"

// An Event is one call of GetSecretValue. Fields that are not known stay empty.
type Event struct {
	Secret string      // what was asked for: a name, an ARN, or the beginning of an ARN
	Kind   lookup.Kind // with ID, in the place of Secret
	ID     string

	Outcome Outcome
	Exists  bool // the secret is there all the same: a Found one always is

	Time    string // RFC 3339, in UTC: 2026-11-01T10:20:30Z
	Role    string // the role that called, without its path
	Session string // its session name; for a caller without a role, the name of the user
	Agent   string // user agent
	Source  string // source address
	Region  string // AWS region in which it was asked
	Account string // account of who called
	Key     string // ARN of the KMS key, where access to that was denied

	untimed bool // it has a time that cannot be read
	full    bool // Secret, if it is an ARN, has AWS's six characters at its end
}

// Outcome is what a call came to.
type Outcome uint8

// The outcomes.
const (
	Failed   Outcome = iota // throttled, down, not readable, or not known at all
	Found                   // a value
	NotFound                // no such secret
	Denied                  // by IAM, a policy of the secret, or KMS
)

// String is the outcome in words.
func (o Outcome) String() string {
	switch o {
	case Found:
		return "found"
	case NotFound:
		return "not found"
	case Denied:
		return "denied"
	}
	return "failed"
}

// outcome reads CloudTrail's errorCode and errorMessage. Some failures tell that the secret is there.
func outcome(code, message string) (o Outcome, exists bool) {
	if !hasMessage(code) {
		message = "" // the result of a query has none, and is to say the same as its events
	}
	switch {
	case code == "":
		return Found, true
	case code == "ResourceNotFoundException":
		return NotFound, strings.Contains(message, "specified secret value") // it has no version of that stage
	case strings.HasPrefix(code, "AccessDenied"):
		return Denied, strings.Contains(message, "Access to KMS") || strings.Contains(message, "kms:Decrypt")
	case strings.HasPrefix(code, "DecryptionFailure"), code == "InvalidRequestException": // marked for deletion, or KMS's default key
		return Failed, true
	}
	return Failed, false
}

// deniedKey finds the KMS key that a denial is about.
func deniedKey(message string) string {
	_, rest, _ := strings.Cut(message, "on resource: ")
	key, _, _ := strings.Cut(rest, " ")
	if parts := strings.SplitN(key, ":", 6); len(parts) == 6 && parts[0] == "arn" && parts[2] == "kms" && strings.HasPrefix(parts[5], "key/") {
		return key
	}
	return ""
}

// hasMessage reports whether the message of an error decides what a call was. The queries of [Query] keep these messages only, by the
// condition of the same words.
func hasMessage(code string) bool {
	return strings.HasPrefix(code, "AccessDenied") || code == "ResourceNotFoundException"
}

// resource finds what a denial is about, where requestParameters is null.
func resource(message string) string {
	_, rest, _ := strings.Cut(message, "on resource: ")
	name, _, _ := strings.Cut(rest, " ")
	if _, isARN := nameOf(name); name == "*" || !isARN && strings.HasPrefix(name, "arn:") {
		return "" // all of them, or a key
	}
	return name
}
