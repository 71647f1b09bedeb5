package connuri

import (
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// extraKey is the query key that holds a whole extra.
const extraKey = "__extra__"

// ParseURI reads an Airflow connection URI, as Connection.from_uri does:
//
//	conn-type://login:password@host:port/schema?key=value
//
// Every part is optional and percent-encoded. The query becomes the extra, a JSON object of
// strings; the key __extra__ holds a whole extra instead. The host may have a protocol of its own
// (spark://https://host). Like Airflow, ParseURI accepts most text that is not a URI and puts it
// into unexpected fields; [Lint] finds it.
//
// The error is an *Error that wraps ErrSyntax or, for the port and for the extra in Server and
// Airflow30, ErrField.
func ParseURI(uri string) (Connection, error) { return TaskSDK.ParseURI(uri) }

// ParseURI is the function [ParseURI] in dialect d. In all dialects but TaskSDK the empty text is a
// connection without any field.
func (d Dialect) ParseURI(uri string) (Connection, error) {
	c, err := d.parseURI(uri)
	if err != nil {
		err = adviseURI(err, uri)
	}
	return c, err
}

func (d Dialect) parseURI(uri string) (c Connection, err error) {
	if uri == "" && d != TaskSDK {
		return Connection{}, nil
	}
	if err := checkUTF8("uri", uri); err != nil {
		return Connection{}, err
	}
	var parts pyurl.Parts
	scheme, protocol, err := splitURI(uri, &parts)
	if err != nil {
		return Connection{}, err
	}

	given := EmptyType | EmptyHost | EmptySchema // a URI never leaves these None
	c.Type = normalizeType(scheme)
	c.Host = hostOf(&parts)
	if protocol != "" && c.Host != "" {
		c.Host = protocol + "://" + c.Host
	}
	c.Schema = pyurl.Unquote(dropFirst(parts.Path))
	if parts.HasLogin {
		c.Login = pyurl.Unquote(parts.Login)
		given |= EmptyLogin
	}
	if parts.HasPassword && (parts.Password != "" || d == TaskSDK) {
		c.Password = NewSecret(pyurl.Unquote(parts.Password))
	}
	if parts.Port != "" {
		if c.Port, err = parts.PortNumber(); err != nil {
			return Connection{}, fieldError("port", err.Error(), portOffset(uri, &parts))
		}
		given |= EmptyPort
	}
	if parts.Query != "" {
		if c.Extra, err = d.queryExtra(parts.Query); err != nil {
			return Connection{}, err
		}
	}
	c.noteEmpty(given)
	return c, nil
}

// splitURI returns the conn_type of a URI and the protocol of its host, and fills parts with the
// rest. Airflow splits twice, the second time after it has replaced every `scheme://` in the text,
// the query included. splitURI splits once if the second split could only give the same result.
func splitURI(uri string, parts *pyurl.Parts) (scheme, protocol string, err error) {
	protocols := countProtocols(uri)
	if protocols > 2 {
		third := len(uri) - len(strings.SplitN(uri, "://", 4)[3]) - len("://")
		return "", "", uriError("`://` may appear in it at most twice, encode the others as %3A%2F%2F", third)
	}
	if err := parts.Split(uri); err != nil {
		return "", "", uriError(err.Error(), pyurl.Offset(uri, err))
	}
	scheme = parts.Scheme
	if protocols == 0 || protocols == 1 && scheme != "" && strings.HasPrefix(uri, scheme) && strings.HasPrefix(uri[len(scheme):], "://") {
		return scheme, "", nil
	}

	slashes := "//"
	if protocols == 2 {
		slashes = ""
	}
	rest := strings.ReplaceAll(uri, scheme+"://", slashes)
	if protocols == 2 {
		if before, _, _ := strings.Cut(rest, "://"); strings.ContainsAny(before, "@:") {
			return "", "", uriError("login, password and port come after the protocol of the host", -1)
		}
	}
	*parts = pyurl.Parts{}
	if err := parts.Split(rest); err != nil {
		return "", "", uriError(err.Error(), pyurl.Offset(uri, err))
	}
	if protocols == 2 {
		protocol = parts.Scheme
	}
	return scheme, protocol, nil
}

// countProtocols is strings.Count(uri, "://"), and faster for texts of this kind.
func countProtocols(uri string) (n int) {
	for {
		i := strings.IndexByte(uri, ':')
		if i < 0 {
			return n
		}
		if uri = uri[i+1:]; strings.HasPrefix(uri, "//") {
			n++
		}
	}
}

// normalizeType is Connection._normalize_conn_type.
func normalizeType(connType string) string {
	if connType == "postgresql" {
		return "postgres"
	}
	return strings.ReplaceAll(connType, "-", "_")
}

// hostOf is _parse_netloc_to_hostname: the host in lower case. A host with an encoded slash is cut
// out of the netloc again and keeps its case.
func hostOf(parts *pyurl.Parts) string {
	host := parts.Hostname()
	if strings.IndexByte(host, '/') < 0 {
		return host
	}
	host = parts.Netloc[strings.LastIndexByte(parts.Netloc, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return pyurl.Unquote(host)
}

// dropFirst is Python's s[1:]: it drops the first character, whether or not it is a slash.
func dropFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[n:]
}

// portOffset returns the offset of the port in a URI that Airflow did not change, otherwise -1.
func portOffset(uri string, parts *pyurl.Parts) int {
	at := strings.Index(uri, parts.Netloc)
	if at < 0 {
		return -1
	}
	return at + len(parts.Netloc) - len(parts.Port)
}

// queryExtra returns the extra that a query string stands for.
func (d Dialect) queryExtra(query string) (Extra, error) {
	whole, isWhole := "", false
	var room [256]byte // most extras fit, so that only the string is allocated
	var dict pyjson.Dict
	dst := room[:0]
	if len(query) > len(room) {
		dst = make([]byte, 0, len(query)+len(query)/32)
	}
	dst = dict.Begin(dst)
	quoted := strings.IndexByte(query, '%') >= 0 || strings.IndexByte(query, '+') >= 0
	for {
		key, value, rest, ok := pyurl.NextPair(query)
		if !ok {
			break
		}
		query = rest
		if quoted {
			key = pyurl.UnquotePlus(key)
		}
		if key == extraKey {
			whole, isWhole = value, true
		}
		if isWhole {
			continue // only another __extra__ counts from here on
		}
		if quoted {
			value = pyurl.UnquotePlus(value)
		}
		dst = dict.Colon(pyjson.AppendString(dict.Sep(dst), key))
		dst = pyjson.AppendString(dst, value)
	}
	if isWhole {
		whole = pyurl.UnquotePlus(whole)
		return RawExtra(whole), d.checkExtra(whole)
	}
	dst = dict.End(dst)
	if d == Server {
		return decodeValues(string(dst))
	}
	return RawExtra(string(dst)), nil
}

// decodeValues does what Server does to a query: a value that is JSON becomes what the JSON holds.
// Unlike Extra.Nested it fails if that JSON is an error other than a syntax error.
func decodeValues(doc string) (Extra, error) {
	var dict pyjson.Dict
	dst := dict.Begin(nil)
	err := pyjson.Members(doc, func(key, value pyjson.Value) error {
		dst = dict.Colon(pyjson.AppendDump(dict.Sep(dst), key))
		text, _ := value.Text()
		inner, err := pyjson.Load(text)
		switch {
		case err == nil:
			value = inner
		case !pyjson.IsSyntax(err):
			return err
		}
		dst = pyjson.AppendDump(dst, value)
		return nil
	})
	if err != nil {
		return Extra{}, jsonError("extra", err)
	}
	return RawExtra(string(dict.End(dst))), nil
}

const notObject = "must be a JSON object"

// checkExtra is Connection._validate_extra: Server and Airflow30 require a JSON object, Airflow2
// fails for a number that json.loads refuses, and TaskSDK checks nothing.
func (d Dialect) checkExtra(extra string) error {
	if d == TaskSDK || extra == "" {
		return nil
	}
	mustBeObject := d == Server || d == Airflow30
	v, err := pyjson.Load(extra)
	switch {
	case err != nil && (mustBeObject || !pyjson.IsSyntax(err)):
		return jsonError("extra", err)
	case mustBeObject && v.Kind != pyjson.Object:
		return fieldError("extra", notObject, -1)
	}
	return nil
}

// noteEmpty adds those of the given fields that are empty to c.Empty.
func (c *Connection) noteEmpty(given Fields) {
	empty := Fields(0)
	if c.Type == "" {
		empty |= EmptyType
	}
	if c.Description == "" {
		empty |= EmptyDescription
	}
	if c.Host == "" {
		empty |= EmptyHost
	}
	if c.Schema == "" {
		empty |= EmptySchema
	}
	if c.Login == "" {
		empty |= EmptyLogin
	}
	if c.Port == 0 {
		empty |= EmptyPort
	}
	c.Empty |= empty & given
}
