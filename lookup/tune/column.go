package tune

import (
	"bytes"
	"slices"
	"strings"
)

// A column is what a column of a table holds: a field, the text of a node, or anything else, which
// may be JSON, at a spot of the row.
type column struct {
	field field
	node  node
	spot  spot
}

// inNode lists the nodes as the names of columns begin, the longest first.
var inNode = []struct {
	name string
	node node
}{
	{"useridentitysessioncontextsessionissuer", issuer},
	{"useridentitysessioncontext", session},
	{"useridentity", identity},
	{"requestparameters", parameters},
}

// columnOf returns the column of a name. Dots, underscores, spaces and case make no difference:
// requestParameters.secretId is requestparameterssecretid.
func columnOf(name []byte) column {
	key := joined(name)
	if f, n, ok := splitName(key); ok {
		return column{field: f, node: n}
	}
	f, n := anyNode.find(key)
	if f >= fieldStatus {
		f = noField
	}
	c := column{field: f, node: n}
	if f == noField && n == anyNode {
		c.spot = spotOf(name)
	}
	return c
}

// joined returns a name in lower case, without dots, underscores and spaces.
func joined(name []byte) []byte {
	return bytes.ToLower(bytes.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == ' ' {
			return -1
		}
		return r
	}, name))
}

// splitName returns the field or node of a joined name that begins with the name of a node.
func splitName(key []byte) (field, node, bool) {
	for _, in := range inNode {
		if rest, ok := bytes.CutPrefix(key, []byte(in.name)); ok && len(rest) > 0 {
			f, child := in.node.find(rest)
			return f, child, true
		}
	}
	return noField, anyNode, false
}

// withinNode returns the field or node of a key such as requestParameters.secretId in an object.
func withinNode(key []byte) (field, node) {
	isSplit := bytes.IndexByte(key, '.') >= 0 || bytes.IndexByte(key, '_') >= 0
	if isSplit && (key[0]|' ' == 'r' || key[0]|' ' == 'u') {
		if f, n, ok := splitName(joined(key)); ok {
			return f, n
		}
	}
	return noField, anyNode
}

// tells reports whether only tables of events and results have a column.
func (c column) tells() bool {
	switch c.field {
	case noField:
		return c.node == identity || c.node == parameters
	case fieldName, fieldSource, fieldTime, fieldCode, fieldMessage, fieldSecret,
		fieldCalls, fieldFirst, fieldLast:
		return true
	}
	return false
}

// holds reports whether one of the columns is a field, or the node that the field stands in.
func holds(columns []column, f field, n node) bool {
	return slices.ContainsFunc(columns, func(c column) bool {
		return c.field == f && f != noField || n != anyNode && c.field == noField && c.node == n
	})
}

// repeated returns the first name that stands for the same field or node as one before it, or "".
// So it is unclear which of the two counts.
func repeated(columns []column, names [][]byte) string {
	for i, c := range columns {
		isRead := c.field != noField || c.node == identity || c.node == parameters
		if isRead && slices.Contains(columns[:i], c) {
			return string(names[i])
		}
	}
	return ""
}

// missed returns the names of the columns that a table lacks to be a table of events, or the result
// of a query.
func missed(columns []column) (names []string) {
	want := func(name string, f field, n node) {
		if !holds(columns, f, n) {
			names = append(names, name)
		}
	}
	want("eventName", fieldName, anyNode)
	if holds(columns, fieldCalls, anyNode) {
		want("firsttime", fieldFirst, anyNode)
		want("lasttime", fieldLast, anyNode)
	} else {
		want("eventSource", fieldSource, anyNode)
	}
	want("requestParameters (or secretId)", fieldSecret, parameters)
	want("errorCode", fieldCode, anyNode)
	want("errorMessage", fieldMessage, anyNode)
	return names
}

// mayHoldEvents reports whether a column may hold events as JSON.
func mayHoldEvents(name []byte) bool {
	switch strings.ToLower(string(bytes.Trim(name, "@_ "))) {
	case "message", "detail", "raw", "original", "event.original", "cloudtrailevent", "event", "body",
		"record":
		return true
	}
	return false
}

// isNull reports whether the text of a field in a row is empty, or NULL as engines, libraries and
// Kibana write it. A secret may be named null, and the results of queries hold it.
func isNull(f field, text []byte) bool {
	switch string(text) {
	case "", "NULL", `\N`, "<null>", " - ", "None", "nan", "NaN", "-":
		return true
	case "null":
		return f != fieldSecret
	}
	return false
}
