package tune

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// MWAASession is the session name that the schedulers, workers and web servers of Amazon MWAA use
// when they call AWS.
const MWAASession = "AmazonMWAA-airflow"

// An Event is one call of GetSecretValue. Leave fields empty that are not known.
type Event struct {
	Secret string      // what was asked for: a name, or an ARN with or without its suffix
	Kind   lookup.Kind // set Kind and ID instead of Secret if only the id is known
	ID     string

	Outcome Outcome
	Exists  bool // the secret exists, whatever the outcome; Found implies it

	Time    string // RFC 3339, in UTC: 2026-11-01T10:20:30Z
	Role    string // the role that called, without its path
	Session string // name of the role's session, or of the user if the caller has no role
	Agent   string // user agent
	Source  string // source address
	Region  string // AWS region that was called
	Account string // account of the caller
	Key     string // ARN of the KMS key that decrypted the secret, or that was denied

	untimed bool // it has a time that cannot be read
	full    bool // Secret has the suffix that AWS appends, if it is an ARN
}

// An Outcome says how a call ended.
type Outcome uint8

// The outcomes.
const (
	Failed   Outcome = iota // the call was throttled or failed otherwise, or its outcome is unknown
	Found                   // the call returned a value
	NotFound                // the secret does not exist
	Denied                  // IAM, a policy of the secret, or KMS denied the call
)

// String returns the outcome in words.
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

// outcome reads CloudTrail's errorCode and errorMessage. Some failures show that the secret exists.
func outcome(code, message string) (o Outcome, exists bool) {
	if !hasMessage(code) {
		message = "" // the result of a query lacks it, and must give what the events give
	}
	switch {
	case code == "":
		return Found, true
	case code == "ResourceNotFoundException":
		// The second message says that the secret has no version of the stage.
		return NotFound, strings.Contains(message, "specified secret value")
	case strings.HasPrefix(code, "AccessDenied"):
		return Denied, strings.Contains(message, "Access to KMS") ||
			strings.Contains(message, "kms:Decrypt")
	case strings.HasPrefix(code, "DecryptionFailure"), code == "InvalidRequestException":
		return Failed, true // the secret is marked for deletion, or encrypted with KMS's default key
	}
	return Failed, false
}

// deniedKey returns the ARN of the KMS key that a denial names, or "".
func deniedKey(message string) string {
	_, rest, _ := strings.Cut(message, "on resource: ")
	key, _, _ := strings.Cut(rest, " ")
	parts := strings.SplitN(key, ":", 6)
	isKMS := len(parts) == 6 && parts[0] == "arn" && parts[2] == "kms"
	if isKMS && strings.HasPrefix(parts[5], "key/") {
		return key
	}
	return ""
}

// hasMessage reports whether the outcome of a call depends on the message of its error. The queries
// of [Query] keep only these messages, by the same condition in SQL.
func hasMessage(code string) bool {
	return strings.HasPrefix(code, "AccessDenied") || code == "ResourceNotFoundException"
}

// resource returns the name or ARN of the secret that a denial names, or "". The requestParameters
// of a denial are null.
func resource(message string) string {
	_, rest, _ := strings.Cut(message, "on resource: ")
	name, _, _ := strings.Cut(rest, " ")
	if _, isARN := nameOf(name); name == "*" || !isARN && strings.HasPrefix(name, "arn:") {
		return "" // all secrets, or a key
	}
	return name
}
