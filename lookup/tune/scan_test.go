package tune

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isScanned reports whether the scanner takes a text as one value.
func isScanned(text []byte) bool {
	s := &scanner{reader: &reader{log: New(Config{}), names: map[string]string{},
		refused: map[string]bool{}}, stream: held(text)}
	c, ok := s.peek()
	if !ok || c != '{' && c != '[' {
		return json.Valid(text) // the scanner accepts more outside of objects and arrays
	}
	s.top(c)
	for s.depth > 0 {
		if c, ok = s.peek(); !ok || !s.step(c) {
			return false
		}
	}
	_, more := s.peek()
	return !more
}

// plainRecord is an event as encoding/json reads it.
type plainRecord struct {
	EventName, EventSource, ErrorCode, ErrorMessage, UserAgent, SourceIPAddress *string

	EventTime    json.RawMessage
	UserIdentity struct {
		Type, ARN, PrincipalID, UserName, InvokedBy string

		AccountID      json.RawMessage
		SessionContext struct {
			SessionIssuer struct{ Type, UserName string }
		}
	}
	RequestParameters struct{ SecretID string }
}

// A plainReader finds events in what encoding/json has decoded.
type plainReader struct {
	log                      *Usage
	foreign, broken, batches int
	unsure                   bool // it has something that only the scanner reads, such as rows
}

// walk returns the number of events in a value.
func (p *plainReader) walk(raw json.RawMessage, isElement bool) (found int) {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '[':
		var all []json.RawMessage
		p.unsure = p.unsure || json.Unmarshal(raw, &all) != nil
		for _, v := range all {
			found += p.walk(v, true)
		}
	case '"':
		var text string
		p.unsure = p.unsure || json.Unmarshal(raw, &text) != nil ||
			strings.Contains(strings.ToLower(text), "eventname")
	case '{':
		d := json.NewDecoder(bytes.NewReader(raw))
		_, _ = d.Token()
		keys := 0
		for ; d.More(); keys++ {
			token, _ := d.Token()
			key, _ := token.(string)
			var value json.RawMessage
			if d.Decode(&value) != nil {
				p.unsure = true
				return found
			}
			switch f, n := anyNode.find([]byte(key)); {
			case f > fieldAddress:
				p.unsure = true
			case f == noField && n == anyNode:
				found += p.walk(value, false)
			case n == identity || n == parameters:
				p.unsure = p.unsure || value[0] == '"' || bytes.Contains(value, []byte(`\"`))
			}
		}
		p.unsure = p.unsure || keys < 2 && isElement
		if found == 0 {
			found += p.event(raw)
		}
	}
	return found
}

func (p *plainReader) event(raw json.RawMessage) int {
	var r plainRecord
	err := json.Unmarshal(raw, &r)
	text := func(s *string) string { return *cmp.Or(s, new(string)) }
	var wrong *json.UnmarshalTypeError
	if err != nil { // the scanner sets a field of another type to ""
		p.unsure = p.unsure || !assert.ErrorAs(nopT{}, err, &wrong) || r.EventName == nil ||
			r.EventSource == nil
	}
	if r.EventName == nil || r.EventSource == nil {
		return 0
	}
	hasDetail := false // without any, the scanner takes it for half of an event
	for _, key := range []string{"useridentity", "requestparameters", "errorcode", "errormessage"} {
		hasDetail = hasDetail || bytes.Contains(bytes.ToLower(raw), []byte(key))
	}
	p.unsure = p.unsure || !hasDetail
	ours := strings.HasPrefix(text(r.EventSource), "secretsmanager.amazonaws.com")
	switch name := text(r.EventName); {
	case ours && err != nil || err != nil && text(r.EventSource) == "":
		p.broken++
	case (ours || text(r.EventSource) == "") && name == "GetSecretValue":
		code, message := text(r.ErrorCode), text(r.ErrorMessage)
		e := Event{Secret: r.RequestParameters.SecretID, Agent: text(r.UserAgent),
			Source: text(r.SourceIPAddress)}
		when := string(r.EventTime)
		_ = json.Unmarshal(r.EventTime, &when) // a number stays as it is
		e.Time = timestamp(when)
		e.untimed = e.Time == ""
		e.Outcome, e.Exists = outcome(code, message)
		if e.Secret == "" && e.Outcome == Denied {
			e.Secret, e.full = resource(message), true
		}
		p.log.add(&e, 1, e.Time)
	case (ours || text(r.EventSource) == "") && name == "BatchGetSecretValue":
		p.batches++
	default:
		p.foreign++
	}
	return 1
}

type nopT struct{}

func (nopT) Errorf(string, ...any) {}

// FuzzScan compares the scanner with encoding/json: what is JSON, and which events it has.
func FuzzScan(f *testing.F) {
	for _, name := range []string{"trail.json", "keys-lower.jsonl", "eventbridge.jsonl",
		"times.jsonl", "panther.jsonl"} {
		text, err := os.ReadFile(filepath.Join("testdata", "forms", name))
		require.NoError(f, err)
		line, _, _ := bytes.Cut(text, []byte("\n"))
		f.Add(line[:min(len(line), 3000)])
	}
	for _, text := range []string{
		`{"a":[1,-0.5e+3,null,true,{"b":"\u00e9\\\"\ud83d\ude00"}],"c":{}` +
			`}`, `[01]`, `[1.]`, `["\x"]`, `[1,]`, `{"a":1,}`, `{"a" 1}`, "[\"\x01\"]", `[-]`, `[1e]`,
		"[\"\xff\"]", `{"a":"\ud800"}`,
		`{"x":[{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","eventTime"` +
			`:1793528430,"requestParameters":{"secretId":"airflow/connections/x","y":[{"eventName":"a","` +
			`eventSource":"b"}]}},{"EVENTNAME":"q","eventsource":"z"}]}`,
		`{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","errorCode":5` +
			`}`, `{"eventName":{"eventName":"x","eventSource":"y"},"eventSource":"secretsmanager.amazona` +
			`ws.com"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		trimmed := bytes.TrimLeft(in, " \t\r\n")
		if len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' || len(in) > 1<<16 {
			return
		}
		if isValid := json.Valid(in); isScanned(in) != isValid {
			if depth(in) <= maxDepth {
				t.Fatalf("json.Valid gives %v", isValid)
			}
			return
		} else if !isValid {
			return
		}
		want := &plainReader{log: New(Config{})}
		want.walk(in, true)
		if want.unsure || bytes.ContainsAny(in, "ſK") || depth(in) > maxDepth {
			return
		}
		got := New(Config{})
		// whose error may be that there are no events
		_ = got.Read(context.Background(), bytes.NewReader(in))
		a, b := want.log.Report(), got.Report()
		a.Principals, b.Principals = nil, nil
		a.Foreign, a.Broken, a.Batches = want.foreign, want.broken, want.batches
		if a.Total.Calls+a.Broken+a.Batches+a.Foreign == 0 {
			b.Foreign = 0 // the object itself
		}
		assert.Equal(t, a, b)
	})
}

// depth returns how deeply brackets are nested.
func depth(text []byte) (most int) {
	now := 0
	for _, c := range text {
		switch c {
		case '{', '[':
			now++
		case '}', ']':
			now--
		}
		most = max(most, now)
	}
	return most
}

// FuzzSplit compares rows with those of encoding/csv.
func FuzzSplit(f *testing.F) {
	for _, row := range []string{"a,b\n", `"a","b ""c"",
d",,e` + "\r\nf", `a"b,c`, `"a"b,c`, `"`, `"",""`, "a\rb\r\n", `"""`, "a;b,c"} {
		f.Add([]byte(row))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 || in[0] == '\n' || in[0] == '\r' || bytes.ContainsAny(in, "{[\t;") {
			return // where split differs from encoding/csv
		}
		in = bytes.ReplaceAll(in, []byte("\r\n"), []byte("\n"))
		if bytes.Contains(in, []byte("\r")) {
			return
		}
		want, err := csv.NewReader(bytes.NewReader(in)).Read()
		s := &scanner{}
		cells, n, found := s.split(in, ',', true)
		if err != nil {
			assert.Equal(t, rowBroken, found, "%v", err)
			return
		}
		require.Equal(t, rowWhole, found)
		var got []string
		for _, c := range cells {
			got = append(got, string(c))
		}
		assert.Equal(t, want, got)
		for cut := range n {
			if _, m, found := s.split(in[:cut], ',', false); found == rowWhole {
				assert.Equal(t, n, m, "half a row is none")
			}
		}
	})
}

func TestFieldsOfTrinoText(t *testing.T) {
	for text, want := range map[string]map[field]string{
		"{type=Role, arn=arn:aws:iam::1:role/x, username=null}": {fieldType: "Role",
			fieldARN: "arn:aws:iam::1:role/x"},
		"{principalid=A:fn=1,x.y@z, invokedby=, type=a, b, c}": {fieldPrincipal: "A:fn=1,x.y@z",
			fieldInvoked: "", fieldType: "a, b, c"},
		"{sessioncontext={attributes={type=x, a={}}, sessionissuer={type=Role, username=r}}, type=T}": {
			fieldIssuerType: "Role", fieldIssuerUser: "r", fieldType: "T"},
		"{}": {}, "{": {}, "{=": {}, "": {}, "null": {}, "{type}": {}, "{sessioncontext={": {},
	} {
		var rec record
		s := &scanner{reader: &reader{log: New(Config{})}}
		s.within(identity, &rec, []byte(text))
		got := map[field]string{}
		for f := range fieldCount {
			if rec.holds(f) {
				got[f] = string(rec.get(f))
			}
		}
		assert.Equal(t, want, got, text)
	}
	var rec record
	(&scanner{reader: &reader{log: New(Config{})}}).within(parameters, &rec,
		[]byte(`{secretId={"password": "a,b", "x": "y"}, versionStage=c}`))
	assert.Equal(t, `{"password": "a,b", "x": "y"}`, string(rec.get(fieldSecret)))
}

// TestColumnNamesIgnoreDotsAndCase checks that dots and case make no difference to the name of a
// column.
func TestColumnNamesIgnoreDotsAndCase(t *testing.T) {
	for name, want := range map[string]column{
		"eventName":                  {field: fieldName, node: otherNode},
		"EVENT_NAME":                 {field: fieldName, node: otherNode},
		"requestParameters.secretId": {field: fieldSecret, node: otherNode},
		"useridentity.sessioncontext.sessionissuer.username": {field: fieldIssuerUser, node: otherNode},
		"userIdentity.arn":       {field: fieldARN, node: otherNode},
		"userIdentity":           {node: identity},
		"responseElements":       {node: otherNode},
		"requestParameters.name": {node: otherNode},
		"@message":               {spot: inMessage},
		"event.original":         {spot: inOriginal},
		"detail":                 {spot: elsewhere},
	} {
		assert.Equal(t, want, columnOf([]byte(name)), name)
	}
}

// TestHostileInputIsReadOnce checks that repeated beginnings of records, and quotes that are not
// closed, are read to the end and only once.
func TestHostileInputIsReadOnce(t *testing.T) {
	const size = 1 << 20
	header := "eventname,eventsource,requestparameters,errorcode,errormessage\n"
	for _, part := range []string{"{", "[", `{"a":[`, `,{"`, `,{"a`, "[{", `"`, "\\", `{"a":"`,
		"\n{", "{\n", "a\n", `"a,b` + "\n", `""` +
			"\n", " {", "x {", `[{"field":"eventName","value":"`, `{"eventName":{`, "\n" + `"{\"eventName`} {
		for _, before := range []string{"", header, header + `"`} {
			r := &countingReader{in: strings.NewReader(before + strings.Repeat(part, size/len(part)))}
			log := New(Config{})
			_ = log.Read(context.Background(), r) // whose error does not matter
			assert.Zero(t, log.Report().Total.Calls)
			assert.Less(t, r.reads, 1000)
		}
	}
}

type countingReader struct {
	in    *strings.Reader
	reads int
}

func (r *countingReader) Read(b []byte) (int, error) {
	r.reads++
	return r.in.Read(b)
}
