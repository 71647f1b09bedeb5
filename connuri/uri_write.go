package connuri

import (
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// URI writes the connection as a URI, byte for byte as Connection.get_uri does.
// It reveals password and extra.
//
// ParseURI reads back what a URI can say. It cannot say a description, a host
// or a type in upper case, a type that is no scheme (with a space, or _ for -),
// a host that begins or ends with ://, whose protocol is no scheme or ends in
// the type, or that has one without a type, a port that is not 1 to 65535, nor
// an extra of one key __extra__.
func (c Connection) URI() string {
	uri, _ := TaskSDK.URI(c)
	return uri
}

// URI is Connection.URI in dialect d. The error, an *Error, comes where Airflow
// raises one: for an extra that d refuses, that holds half a surrogate
// pair where it would become a query, or a whole number of over 4300 digits.
// The text beside an error is still complete, with the extra as it is.
func (d Dialect) URI(c Connection) (string, error) {
	dst := make([]byte, 0, 64+len(c.Host)+len(c.Schema)+2*len(c.Extra.Reveal()))
	if c.Type != "" {
		dst = append(dst, strings.ReplaceAll(pystr.Lower(c.Type), "_", "-")...)
		dst = append(dst, ':')
	}
	dst = append(dst, "//"...)

	protocol, host := d.cutProtocol(c)
	if protocol != "" {
		dst = append(append(dst, protocol...), "://"...)
	}

	authority := len(dst)
	dst = pyurl.AppendQuote(dst, c.Login)
	if password := c.Password.Reveal(); password != "" || d == TaskSDK && !c.Password.IsZero() {
		dst = pyurl.AppendQuote(append(dst, ':'), password)
	}
	if len(dst) > authority {
		dst = append(dst, '@')
	}
	dst = pyurl.AppendQuote(dst, host)
	if c.Port != 0 {
		if len(dst) == authority {
			dst = append(dst, '@')
		}
		dst = strconv.AppendInt(append(dst, ':'), int64(c.Port), 10)
	}
	slash := "/"
	if c.Schema != "" {
		dst = pyurl.AppendQuote(append(dst, slash...), c.Schema)
		slash = ""
	}
	extra := c.Extra.Reveal()
	if extra == "" {
		return string(dst), nil
	}
	dst = append(append(dst, slash...), '?')
	flat, isFlat, err := appendFlat(dst, extra)
	if !isFlat || err != nil {
		flat = pyurl.AppendQuotePlus(append(dst, extraKey+"="...), extra)
	}
	if err == nil {
		err = d.checkExtra(extra)
	}
	return string(flat), err
}

// cutProtocol cuts off the protocol of a host that goes into a URI unquoted.
// TaskSDK and Server quote one that is the conn_type together with the host.
func (d Dialect) cutProtocol(c Connection) (protocol, host string) {
	protocol, rest, ok := strings.Cut(c.Host, "://")
	quotesOwnType := d == TaskSDK || d == Server
	isOwnType := protocol == c.Type && (c.Type != "" || c.Empty&EmptyType != 0)
	if !ok || quotesOwnType && isOwnType {
		return "", c.Host
	}
	return protocol, rest
}

const halfInURI = "half of a surrogate pair fits in no URI"

// appendFlat writes an extra as a query, if it is a JSON object of nothing but
// strings: what else there is would not read back the same.
func appendFlat(dst []byte, extra string) (flat []byte, isFlat bool, err error) {
	v, err := pyjson.Load(extra)
	if err != nil {
		if pyjson.IsSyntax(err) {
			err = nil // Airflow logs it and takes the extra for {}
		} else {
			err = jsonError("extra", err)
		}
		return dst, false, err
	}
	if v.Kind != pyjson.Object {
		return dst, false, nil
	}
	isFlat, whole := true, true
	start := len(dst)
	text := func(v pyjson.Value) string {
		s, ok := v.Text()
		whole = whole && ok
		return s
	}
	// Written by dumps first, so that no key comes twice.
	err = pyjson.Members(string(pyjson.AppendDump(nil, v)), func(key, value pyjson.Value) error {
		if len(dst) > start {
			dst = append(dst, '&')
		}
		dst = pyurl.AppendQuotePlus(dst, text(key))
		if value.Kind != pyjson.String {
			isFlat = false
			return nil
		}
		dst = pyurl.AppendQuotePlus(append(dst, '='), text(value))
		return nil
	})
	if err == nil && !whole {
		err = fieldError("extra", halfInURI, -1)
	}
	return dst, isFlat && len(dst) > start, err
}
