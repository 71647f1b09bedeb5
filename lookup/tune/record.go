package tune

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A record is what is read of CloudTrail's. The first field is that of what lookup-events prints around it.
type record struct {
	CloudTrailEvent string

	EventName, EventSource, EventTime string
	AWSRegion                         string
	ErrorCode, ErrorMessage           string
	UserAgent, SourceIPAddress        string
	UserIdentity                      identity
	RequestParameters                 struct { // null where access was denied
		SecretID          string
		EncryptionContext struct{ SecretARN string } // of a call of KMS that Secrets Manager makes for the caller
	}
	Resources []struct{ ARN string }
}

type identity struct {
	Type, ARN, PrincipalID, UserName, InvokedBy, AccountID string

	SessionContext struct {
		SessionIssuer struct{ Type, UserName string }
	}
}

// What a record turns out to be.
type sort uint8

const (
	sortForeign sort = iota // of another service, or another call
	sortCall                // of GetSecretValue
	sortBatch               // of BatchGetSecretValue
	sortKey                 // of Decrypt of KMS, for a secret
	sortBroken
)

// parse reads a record: an object, or a string with one in it. Most foreign ones are told without reading them.
func parse(raw []byte) (Event, sort) {
	if raw == nil {
		return Event{}, sortBroken
	}
	if !bytes.Contains(raw, []byte("GetSecretValue")) && !bytes.Contains(raw, []byte("SecretARN")) {
		return Event{}, sortForeign
	}
	// A field of another type than ours is left out, and the others are read all the same: the first AWS CLI prints EventTime as a
	// number, and other services have requestParameters of their own.
	var r record
	var err error
	if raw[0] == '"' {
		err = json.Unmarshal(raw, &r.CloudTrailEvent)
	} else {
		err = json.Unmarshal(raw, &r)
	}
	if inner := r.CloudTrailEvent; inner != "" {
		r = record{}
		err = json.Unmarshal([]byte(inner), &r)
	}
	ours := strings.HasPrefix(r.EventSource, "secretsmanager.amazonaws.com")
	switch {
	case err != nil && (ours || r.EventSource == ""):
		return Event{}, sortBroken
	case r.decrypts():
		return r.event(), sortKey
	case !ours:
		return Event{}, sortForeign
	}
	switch r.EventName {
	case "GetSecretValue":
		return r.event(), sortCall
	case "BatchGetSecretValue":
		return r.event(), sortBatch
	}
	return Event{}, sortForeign
}

// decrypts reports whether it is a call of KMS that decrypts a secret.
func (r *record) decrypts() bool {
	return r.EventName == "Decrypt" && r.EventSource == "kms.amazonaws.com" && r.RequestParameters.EncryptionContext.SecretARN != ""
}

func (r *record) event() Event {
	e := Event{
		Secret: r.RequestParameters.SecretID, Time: r.EventTime, Agent: r.UserAgent, Source: r.SourceIPAddress,
		Region: r.AWSRegion, Account: r.UserIdentity.account(),
	}
	e.Outcome, e.Exists = outcome(r.ErrorCode, r.ErrorMessage)
	if r.decrypts() && len(r.Resources) > 0 {
		e.Key = r.Resources[0].ARN
	} else if e.Outcome == Denied {
		e.Key = deniedKey(r.ErrorMessage)
	}
	if e.Secret == "" && e.Outcome == Denied {
		e.Secret, e.full = resource(r.ErrorMessage), true
	}
	e.Role, e.Session = r.UserIdentity.caller()
	return e
}

// account is that of who called; older events have it in the ARN alone.
func (u *identity) account() string {
	if parts := strings.SplitN(u.ARN, ":", 6); u.AccountID == "" && len(parts) == 6 {
		return parts[4]
	}
	return u.AccountID
}

// caller gives role and session name. What is no role has a name alone.
func (u *identity) caller() (role, session string) {
	_, resource, _ := strings.Cut(u.ARN, ":assumed-role/") // ROLE/SESSION
	role, session, _ = strings.Cut(resource, "/")
	if issuer := u.SessionContext.SessionIssuer; issuer.Type == "Role" && issuer.UserName != "" {
		role = issuer.UserName
	}
	if session == "" {
		_, session, _ = strings.Cut(u.PrincipalID, ":")
	}
	for _, name := range []string{u.UserName, u.ARN[strings.LastIndexByte(u.ARN, '/')+1:], u.InvokedBy, u.Type, u.AccountID} {
		if session == "" {
			session = name
		}
	}
	return role, session
}
