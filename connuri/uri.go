package connuri

import (
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// extraKey is the query key under which a URI holds a whole extra.
const extraKey = "__extra__"

// ParseURI reads an Airflow connection URI, as Connection.from_uri does:
//
//	conn-type://login:password@host:port/schema?key=value
//
// Every part may be left out and is percent-encoded; the query becomes the
// extra, a JSON object of strings, or is the extra itself under __extra__. The
// host may bring a protocol along (spark://https://host). Text that is no URI
// is mostly accepted and ends up in odd fields, as in Airflow; Lint tells.
//
// The error is an *Error that wraps ErrSyntax or, for the port and for the
// extra of Server and Airflow30, ErrField.
func ParseURI(uri string) (Connection, error) { return TaskSDK.ParseURI(uri) }

// ParseURI is the function ParseURI in dialect d. In all but TaskSDK the
// empty text is a connection without any field.
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

// splitURI finds the conn_type of a URI, the protocol its host has, and the
// other parts. Airflow splits twice, the second time with every `scheme://`
// replaced throughout the text, query and all; where that could only give the
// same again, once is enough.
func splitURI(uri string, parts *pyurl.Parts) (scheme, protocol string, err error) {
	protocols := countProtocols(uri)
	if protocols > 2 {
		third := len(uri) - len(strings.SplitN(uri, "://", 4)[3]) - len("://")
		return "", "", uriError("`://` may stand in it twice at most, encode the others as %3A%2F%2F", third)
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

// hostOf is _parse_netloc_to_hostname: the host in lower case, unless an
// encoded slash is in it; then it is cut out once more, with its case kept.
func hostOf(parts *pyurl.Parts) string {
	host := parts.Hostname()
	if strings.IndexByte(host, '/') < 0 {
		return host
	}
	host = parts.Netloc[strings.LastIndexByte(parts.Netloc, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return pyurl.Unquote(host)
}

// dropFirst is s[1:] in Python: the character goes, slash or not.
func dropFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[n:]
}

// portOffset is where the port of an unchanged URI stands, else -1.
func portOffset(uri string, parts *pyurl.Parts) int {
	at := strings.Index(uri, parts.Netloc)
	if at < 0 {
		return -1
	}
	return at + len(parts.Netloc) - len(parts.Port)
}

// queryExtra is the extra that a query string stands for.
func (d Dialect) queryExtra(query string) (Extra, error) {
	whole, isWhole := "", false
	var room [256]byte // most extras fit, so that only the string is allocated
	var dict pyjson.Dict
	dst := room[:0]
	if len(query) > len(room) {
		dst = make([]byte, 0, len(query)+len(query)/8)
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

// decodeValues is what Server does to a query: each value that is JSON counts
// as what it holds, unlike in Extra.Nested even where that is an error.
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

// checkExtra is Connection._validate_extra: Server and Airflow30 require a JSON
// object, Airflow2 fails for a number that json.loads fails for, TaskSDK never
// looks.
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

// noteEmpty puts those of the given fields that are empty into c.Empty.
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
