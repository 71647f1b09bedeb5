package connuri

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// URI writes the connection as a URI, byte for byte as Connection.get_uri does. It reveals the
// password and the extra.
//
// ParseURI reads back what a URI can express. A URI cannot express a description, a host or type in
// upper case, a type that is not a valid scheme (with a space, or _ for -), a host that begins or
// ends with ://, a host whose protocol is not a valid scheme or ends in the type, a host with a
// protocol and no type, a port outside 1 to 65535, or an extra whose only key is __extra__.
func (c Connection) URI() string {
	uri, _ := TaskSDK.URI(c)
	return uri
}

// URI is [Connection.URI] in dialect d. The error is an *Error, and Airflow raises one in the same
// cases: d refuses the extra, or the extra holds half of a surrogate pair where it would become a
// query, or a whole number of more than 4300 digits. The text returned with an error is still
// complete, with the extra as it is.
func (d Dialect) URI(c Connection) (string, error) {
	var room [128]byte // many URIs fit, so that only the string is allocated
	dst := room[:0]
	if n := 64 + len(c.Host) + len(c.Schema) + len(c.Extra.Reveal())*3/2; n > len(room) {
		dst = make([]byte, 0, n)
	}
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

// cutProtocol cuts off the protocol of a host, which goes into a URI unquoted. TaskSDK and Server
// quote a protocol that equals the conn_type, together with the host.
func (d Dialect) cutProtocol(c Connection) (protocol, host string) {
	protocol, rest, ok := strings.Cut(c.Host, "://")
	quotesOwnType := d == TaskSDK || d == Server
	isOwnType := protocol == c.Type && (c.Type != "" || c.Empty&EmptyType != 0)
	if !ok || quotesOwnType && isOwnType {
		return "", c.Host
	}
	return protocol, rest
}

const halfInURI = "a URI cannot hold half of a surrogate pair"

// appendFlat writes an extra as a query, if it is a JSON object of nothing but
// strings: anything else would not read back the same.
func appendFlat(dst []byte, extra string) (flat []byte, isFlat bool, err error) {
	shape, err := shapeOf(extra)
	if err == nil && (shape.mayRepeat || !utf8.ValidString(extra)) {
		v, _ := pyjson.Load(extra)
		extra = string(pyjson.AppendDump(nil, v)) // has no key twice, and U+FFFD for bad UTF-8
		shape, err = shapeOf(extra)
	}
	switch {
	case errors.Is(err, pyjson.ErrObject), err != nil && pyjson.IsSyntax(err):
		return dst, false, nil // Airflow logs what is not JSON and takes the extra for {}
	case err != nil:
		return dst, false, jsonError("extra", err)
	case shape.hasHalf:
		return dst, false, fieldError("extra", halfInURI, -1)
	case shape.hasOthers || shape.keys == 0:
		return dst, false, nil
	}
	start := len(dst)
	err = pyjson.Members(extra, func(key, value pyjson.Value) error {
		if len(dst) > start {
			dst = append(dst, '&')
		}
		text, _ := key.Text()
		dst = append(pyurl.AppendQuotePlus(dst, text), '=')
		text, _ = value.Text()
		dst = pyurl.AppendQuotePlus(dst, text)
		return nil
	})
	return dst, true, err
}

// shape is what decides how an extra is written into a URI.
type shape struct {
	keys      int
	mayRepeat bool // a key may come twice
	hasOthers bool // a value is not a string
	hasHalf   bool // a key, or a value that is a string, holds half of a surrogate pair
}

func shapeOf(extra string) (s shape, err error) {
	var seen [8]string // of an extra with more keys, any may come twice
	err = pyjson.Members(extra, func(key, value pyjson.Value) error {
		if s.keys >= len(seen) || key.Escaped || slices.Contains(seen[:s.keys], key.Raw) {
			s.mayRepeat = true
		} else {
			seen[s.keys] = key.Raw
		}
		s.keys++
		s.hasOthers = s.hasOthers || value.Kind != pyjson.String
		s.hasHalf = s.hasHalf || holdsHalf(key) || holdsHalf(value)
		return nil
	})
	return s, err
}

func holdsHalf(v pyjson.Value) bool {
	if v.Kind != pyjson.String || !v.Escaped || !strings.Contains(v.Raw, `\u`) {
		return false
	}
	_, whole := v.Text()
	return !whole
}
