package tune

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
)

// A field is a value that is read: of an event, of a row, or of what is around rows.
type field uint8

// The fields.
const (
	noField field = iota

	// Of an event.
	fieldName
	fieldSource
	fieldTime
	fieldCode
	fieldMessage
	fieldAgent
	fieldAddress
	fieldRegion
	fieldSecret
	fieldID

	// Of a call of KMS.
	fieldKey
	fieldDecrypted // the ARN of the secret

	// Of who called.
	fieldType
	fieldARN
	fieldPrincipal
	fieldUser
	fieldInvoked
	fieldAccount
	fieldIssuerType
	fieldIssuerUser

	// Of a row that counts calls.
	fieldCalls
	fieldFirst
	fieldLast

	// Of a page of rows.
	fieldStatus
	fieldState // of other services
	fieldTotal
	fieldBytes
	fieldToken

	// Of a cell in a row.
	fieldColumn
	fieldValue
	fieldCell

	fieldCount
)

// isText reports whether CloudTrail writes a field at the top of an event, and always as text.
func (f field) isText() bool { return noField < f && f <= fieldRegion && f != fieldTime }

// A node is an object that holds fields.
type node uint8

// The nodes.
const (
	anyNode    node = iota // it may be an event, or hold some
	identity               // userIdentity
	session                // sessionContext
	issuer                 // sessionIssuer
	parameters             // requestParameters
	encryption             // encryptionContext in these
	resources              // an array of objects
	otherNode              // nothing in it is read
)

// maxKey is the longest name of a field.
const maxKey = 24

// find returns the field or the node that a key of a node stands for. Case makes no difference.
func (n node) find(key []byte) (field, node) {
	if len(key) > maxKey || n == otherNode {
		return noField, n
	}
	var room [maxKey]byte
	low := room[:len(key)]
	for i, c := range key {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	switch n {
	case anyNode:
		return findAny(low)
	case identity:
		return findIdentity(low)
	case parameters:
		switch string(low) {
		case "secretid":
			return fieldSecret, otherNode
		case "encryptioncontext":
			return noField, encryption
		}
	case encryption:
		if string(low) == "secretarn" {
			return fieldDecrypted, otherNode
		}
	case resources:
		if string(low) == "arn" {
			return fieldKey, otherNode
		}
	case session:
		if string(low) == "sessionissuer" {
			return noField, issuer
		}
	case issuer:
		switch string(low) {
		case "type":
			return fieldIssuerType, otherNode
		case "username":
			return fieldIssuerUser, otherNode
		}
	}
	return noField, otherNode
}

func findAny(key []byte) (field, node) {
	switch string(key) {
	case "eventname":
		return fieldName, otherNode
	case "eventsource":
		return fieldSource, otherNode
	case "eventtime":
		return fieldTime, otherNode
	case "errorcode":
		return fieldCode, otherNode
	case "errormessage":
		return fieldMessage, otherNode
	case "useragent":
		return fieldAgent, otherNode
	case "sourceipaddress":
		return fieldAddress, otherNode
	case "useridentity":
		return noField, identity
	case "awsregion":
		return fieldRegion, otherNode
	case "eventid":
		return fieldID, otherNode
	case "requestparameters":
		return noField, parameters
	case "resources":
		return noField, resources
	case "responseelements", "additionaleventdata", "serviceeventdetails", "tlsdetails", "addendum",
		"insightdetails":
		return noField, otherNode // what an event holds there is not an event
	}
	return findRow(key)
}

// findRow finds the columns of a result, which have no dots, and the keys around rows.
func findRow(key []byte) (field, node) {
	switch string(key) {
	case "secretid":
		return fieldSecret, anyNode
	case "issuertype":
		return fieldIssuerType, anyNode
	case "issuerusername":
		return fieldIssuerUser, anyNode
	case "calls":
		return fieldCalls, anyNode
	case "firsttime":
		return fieldFirst, anyNode
	case "lasttime":
		return fieldLast, anyNode
	case "querystatus":
		return fieldStatus, anyNode
	case "status":
		return fieldState, anyNode
	case "totalresultscount":
		return fieldTotal, anyNode
	case "bytesscanned":
		return fieldBytes, anyNode
	case "nexttoken":
		return fieldToken, anyNode
	case "field":
		return fieldColumn, anyNode
	case "value":
		return fieldValue, anyNode
	case "varcharvalue":
		return fieldCell, anyNode
	}
	if f, _ := findIdentity(key); f != noField {
		return f, anyNode
	}
	return noField, anyNode
}

func findIdentity(key []byte) (field, node) {
	switch string(key) {
	case "type":
		return fieldType, otherNode
	case "arn":
		return fieldARN, otherNode
	case "principalid":
		return fieldPrincipal, otherNode
	case "username":
		return fieldUser, otherNode
	case "invokedby":
		return fieldInvoked, otherNode
	case "accountid":
		return fieldAccount, otherNode
	case "sessioncontext":
		return noField, session
	}
	return noField, otherNode
}

// A record is the text of fields. It is used again, so that reading allocates nothing.
type record struct {
	has   uint32 // a bit for each field that has text
	named uint32 // a bit for each field whose key or column exists, NULL or not
	sure  uint32 // a bit for each field whose text stands where CloudTrail has it
	text  [fieldCount][]byte
	whole bool // it has userIdentity or requestParameters, null or not
	wrong bool // a field is of another type than CloudTrail's

	unknown bool // the text of a node has a form that is not known
}

func (r *record) reset() {
	r.has, r.named, r.sure = 0, 0, 0
	r.whole, r.wrong, r.unknown = false, false, false
}

func (r *record) holds(f field) bool { return r.has&(1<<f) != 0 }

func (r *record) names(f field) bool { return r.named&(1<<f) != 0 }

func (r *record) get(f field) []byte {
	if !r.holds(f) {
		return nil
	}
	return r.text[f]
}

// set sets the text of a field, or as much of it as counts.
func (r *record) set(f field, text []byte) {
	most := 4 << 10
	if f >= fieldValue {
		most = 64 << 10
	}
	r.has |= 1 << f
	r.named |= 1 << f
	r.text[f] = append(r.text[f][:0], text[:min(len(text), most)]...)
}

// yields reports whether a field keeps the text it has, because the next one stands beside where
// CloudTrail has it: accountId in userIdentity counts more than an accountId next to that. So the
// order of keys makes no difference. n is the node that find returned with the field.
func (r *record) yields(f field, n node) bool {
	if n != anyNode {
		r.sure |= 1 << f
	}
	return n == anyNode && r.sure&(1<<f) != 0
}

// put sets a field to a value of JSON. null leaves it unset. A value of another type than
// CloudTrail's makes the record wrong.
func (r *record) put(f field, n node, t token) {
	r.named |= 1 << f
	switch {
	case t.isNull(), r.yields(f, n):
	case !t.bare:
		r.set(f, t.unescaped())
	case !f.isText() && f != fieldSecret:
		r.set(f, t.text)
	default:
		r.set(f, nil)
		r.wrong = true
	}
}

// merge takes the fields of another record.
func (r *record) merge(of *record) {
	for f := range fieldCount {
		n := anyNode
		if of.sure&(1<<f) != 0 {
			n = otherNode
		}
		isText := of.holds(f) && (len(of.text[f]) == 0 || !isNull(f, of.text[f]))
		if isText && !r.yields(f, n) {
			r.set(f, of.text[f])
		}
	}
	r.named |= of.named
	r.whole = r.whole || of.whole
	r.wrong = r.wrong || of.wrong
	r.unknown = r.unknown || of.unknown
}

// isEvent reports whether a record is an event, or a row that counts events.
func (r *record) isEvent() bool {
	return r.holds(fieldName) && (r.holds(fieldSource) || r.names(fieldCalls))
}

// isSummary reports whether a record says neither who called nor what was asked for, nor how the
// call ended, as the events of lookup-events do without CloudTrailEvent.
func (r *record) isSummary() bool {
	const detail = 1<<fieldCode | 1<<fieldMessage | 1<<fieldSecret | 1<<fieldCalls |
		1<<fieldType | 1<<fieldARN | 1<<fieldPrincipal | 1<<fieldAccount
	return !r.whole && r.named&detail == 0
}

// recordSeed is random, so that no input can have two records of one sum on purpose.
var recordSeed = maphash.MakeSeed()

// sum tells records apart, by the ID of the event if it has one.
func (r *record) sum() uint64 {
	if id := r.get(fieldID); len(id) > 0 {
		return maphash.Bytes(recordSeed, id)
	}
	var h maphash.Hash
	h.SetSeed(recordSeed)
	for f := range fieldCount {
		if r.holds(f) {
			_ = h.WriteByte(byte(f)) // which does not fail
			_, _ = h.Write(r.text[f])
			_ = h.WriteByte(0)
		}
	}
	return h.Sum64()
}

// unescaped returns the text that a string stands for.
func (t token) unescaped() []byte {
	if !t.escaped {
		return t.text
	}
	var s string
	if json.Unmarshal(bytes.Join([][]byte{{'"'}, t.text, {'"'}}, nil), &s) != nil {
		return nil // which cannot happen, since the string was scanned
	}
	return []byte(s)
}
