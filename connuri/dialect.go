package connuri

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Dialect is one of the four readings of a connection that Airflow has.
// [DialectOf] chooses it by the version.
type Dialect uint8

// The dialects. The functions of this package without one are TaskSDK's.
const (
	// TaskSDK is what a task sees in Airflow 3.2 and later: airflow.sdk.Connection.
	TaskSDK Dialect = iota
	// Server is airflow.models.Connection of Airflow 3.1 and later, which tasks
	// do not see: it reads the values of a query as JSON where they are JSON,
	// requires an extra to be a JSON object, and takes an empty password for none.
	Server
	// Airflow2 is airflow.models.Connection of Airflow 2, for tasks too: as
	// TaskSDK, but an empty password is none, and URI never quotes the protocol
	// of a host.
	Airflow2
	// Airflow30 is airflow.models.Connection of Airflow 3.0, which a task of
	// 3.0.x sees: as Airflow2, but an extra must be a JSON object.
	Airflow30
)

// String is the name of the dialect.
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

// Parse reads what a secrets backend hands on, a connection as JSON or URI:
// white space around it is dropped, and a { at its head means JSON. It follows
// BaseSecretsBackend.deserialize_connection. The errors are those of ParseJSON
// and ParseURI, and ErrEmpty for blank text.
//
// A secret of AWS Secrets Manager may use other names for its keys; for those
// see ConnWords.
func Parse(value string) (Connection, error) { return TaskSDK.Parse(value) }

// Parse is the function Parse in dialect d.
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

// SanitizeID is the conn_id that a Connection of this dialect gets when it is
// made for id (sanitize_conn_id): in all dialects but TaskSDK only letters,
// digits and # ! ( ) - _ . : / \ may be in it, up to 250 characters, otherwise
// it gets none and ok is false. Airflow2 takes ASCII letters and digits only;
// Airflow30 and Server take every script's, and cut one line feed at the end.
// TaskSDK takes every id as it is.
//
// Airflow looks the connection up by the id as it was given all the same, so no
// other function applies this rule.
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
