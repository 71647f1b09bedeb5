package connuri

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Dialect is one of the four ways in which Airflow reads a connection. [DialectOf] returns the one
// for a version.
type Dialect uint8

// The dialects. The functions of this package that take no dialect use TaskSDK.
const (
	// TaskSDK is what a task gets in Airflow 3.2 and later: airflow.sdk.Connection.
	TaskSDK Dialect = iota
	// Server is airflow.models.Connection of Airflow 3.1 and later, which tasks do not get. It
	// reads query values as JSON where they are JSON, requires the extra to be a JSON object, and
	// treats an empty password as none.
	Server
	// Airflow2 is airflow.models.Connection of Airflow 2, for tasks too. It differs from TaskSDK in
	// that an empty password is none, and URI never quotes the protocol of a host.
	Airflow2
	// Airflow30 is airflow.models.Connection of Airflow 3.0, which a task of 3.0.x gets. It differs
	// from Airflow2 in that the extra must be a JSON object.
	Airflow30
)

// String returns the name of the dialect.
func (d Dialect) String() string {
	switch d {
	case TaskSDK:
		return "TaskSDK"
	case Server:
		return "Server"
	case Airflow2:
		return "Airflow2"
	case Airflow30:
		return "Airflow30"
	}
	return "Dialect(" + strconv.Itoa(int(d)) + ")"
}

// Parse reads a connection as a secrets backend returns it, JSON or a URI. White space around it is
// ignored, and text that begins with { is JSON. It follows
// BaseSecretsBackend.deserialize_connection. The errors are those of ParseJSON and ParseURI, and
// ErrEmpty for blank text.
//
// A secret of AWS Secrets Manager may use other names for its keys; see [ConnWords].
func Parse(value string) (Connection, error) { return TaskSDK.Parse(value) }

// Parse is the function [Parse] in dialect d.
func (d Dialect) Parse(value string) (c Connection, err error) {
	text := pystr.Strip(value)
	switch {
	case text == "":
		return Connection{}, &Error{Field: "uri", Rule: "the text is blank", Offset: -1, Instead: storeConnection, kind: ErrEmpty}
	case text[0] == '{':
		c, err = d.ParseJSON(text)
	default:
		c, err = d.ParseURI(text)
	}
	if err != nil {
		err = shifted(err, len(value)-len(pystr.StripLeft(value)))
	}
	return c, err
}

// SanitizeID returns the conn_id that a Connection of this dialect gets when it is made for id
// (sanitize_conn_id). In all dialects but TaskSDK an id has at most 250 characters, all of them
// letters, digits or # ! ( ) - _ . : / \. For any other id the Connection gets no conn_id, and ok
// is false. Airflow2 allows only ASCII letters and digits; Airflow30 and Server allow those of
// every script, and remove one line feed at the end. TaskSDK keeps every id as it is.
//
// Airflow still looks the connection up by the original id, so no other function applies this rule.
func (d Dialect) SanitizeID(id string) (sane string, ok bool) {
	if d == TaskSDK {
		return id, true
	}
	allowed := func(r rune) bool {
		if r >= utf8.RuneSelf {
			return d != Airflow2 && (unicode.IsLetter(r) || unicode.IsNumber(r))
		}
		return onlyName(string(r), `#!()-_.:/\`) != redacted
	}
	sane = id
	if d != Airflow2 {
		sane = strings.TrimSuffix(id, "\n")
	}
	if sane == "" || utf8.RuneCountInString(id) > 250 || strings.TrimFunc(sane, allowed) != "" {
		return "", false
	}
	return sane, true
}
