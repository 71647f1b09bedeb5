package connuri_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// TestConformance holds every recorded answer of Airflow against ours. Failures
// name the row and the field only, never what is in it.
func TestConformance(t *testing.T) {
	dir, families := vectorsDir(), 0
	for _, family := range []struct {
		name string
		run  func(t *testing.T, dir string, s *score) bool
	}{
		{"uri_parse", uriParse}, {"conn_json", connJSON}, {"uri_build", uriBuild}, {"secret_json", secretJSON},
	} {
		s := &score{t: t, family: family.name}
		if family.run(t, dir, s) {
			families++
			fmt.Printf("%s: %d passed, %d failed, %d by choice\n", family.name, s.passed, s.failed, s.byChoice)
		}
	}
	assert.NotZero(t, families, "none of the families lies in AIRFLOW_VECTORS")
}

// score counts rows. A row is the answers of several flavours.
type score struct {
	t                        *testing.T
	family                   string
	passed, failed, byChoice int
}

// row judges one row by what is wrong in it and by the choices it met.
func (s *score) row(line int, faults []string, chosen bool) {
	switch {
	case len(faults) > 0:
		s.failed++
		if s.failed <= 20 {
			s.t.Errorf("%s line %d: %s", s.family, line, strings.Join(faults, "; "))
		}
	case chosen:
		s.byChoice++
	default:
		s.passed++
	}
}

var flavours = []struct {
	name    string
	dialect connuri.Dialect
}{{"task", connuri.TaskSDK}, {"server", connuri.Server}, {"airflow2", connuri.Airflow2}}

func uriParse(t *testing.T, dir string, s *score) bool {
	type row struct {
		URI                    answer
		Task, Server, Airflow2 answer
	}
	return eachRow(t, dir, s.family, func(line int, r row) {
		s.judge(line, r.URI, []answer{r.Task, r.Server, r.Airflow2}, connuri.Dialect.ParseURI)
	})
}

func connJSON(t *testing.T, dir string, s *score) bool {
	type row struct {
		JSON                   answer
		Task, Server, Airflow2 answer
	}
	return eachRow(t, dir, s.family, func(line int, r row) {
		s.judge(line, r.JSON, []answer{r.Task, r.Server, r.Airflow2}, connuri.Dialect.ParseJSON)
	})
}

// judge parses in each flavour and compares fields, URI and JSON.
func (s *score) judge(line int, input answer, wants []answer, parse func(connuri.Dialect, string) (connuri.Connection, error)) {
	var faults []string
	chosen := notGo(input)
	for i, want := range wants {
		if want.raw == nil || notGo(input) {
			continue
		}
		d := flavours[i].dialect
		c, err := parse(d, input.text())
		fault, byChoice := compare(want, c, err)
		if fault == "" && !byChoice && err == nil {
			fault = compareWritten(want, d, c)
		}
		if fault != "" {
			faults = append(faults, flavours[i].name+": "+fault)
		}
		chosen = chosen || byChoice
	}
	s.row(line, faults, chosen)
}

// compare holds our reading against the recorded one. Where the two have to
// differ it asks for exactly the difference that was chosen.
func compare(want answer, c connuri.Connection, err error) (fault string, byChoice bool) {
	if want.err != "" {
		switch {
		case err != nil:
			return "", false
		case want.err == "UnicodeEncodeError":
			return "", true // of half a surrogate pair; U+FFFD stands for it here
		}
		return "no error where Airflow has " + want.err, false
	}
	fields, refused := want.fields(), []string{}
	for _, choice := range choices {
		met, refuses := choice.meet(want, fields)
		byChoice = byChoice || met
		refused = append(refused, refuses...)
	}
	if len(refused) > 0 {
		if named, ok := errors.AsType[*connuri.Error](err); !ok || !slices.Contains(refused, named.Field) {
			return "no error that names one of " + strings.Join(refused, ", "), byChoice
		}
		return "", byChoice
	}
	if err != nil {
		return "an error where Airflow has none: " + err.Error(), byChoice
	}
	return differingFields(fields, c), byChoice
}

func compareWritten(want answer, d connuri.Dialect, c connuri.Connection) string {
	var written struct {
		URI  *answer `json:"get_uri"`
		JSON *answer `json:"as_json"`
	}
	if json.Unmarshal(want.raw, &written) != nil || written.URI == nil {
		return ""
	}
	uri, err := d.URI(c)
	if fault := compareText("get_uri", *written.URI, uri, err); fault != "" {
		return fault
	}
	doc, err := d.JSON(c)
	return compareText("as_json", *written.JSON, doc, err)
}

func compareText(name string, want answer, got string, err error) string {
	switch {
	case want.err != "" && err == nil:
		return name + ": no error where Airflow has " + want.err
	case want.err == "" && err != nil:
		return name + ": " + err.Error()
	case want.err == "" && got != want.text():
		return name + " differs"
	}
	return ""
}

// recorded is a connection in the form of the rows.
func recorded(c connuri.Connection) map[string]any {
	text := func(s string, f connuri.Fields) any {
		if s == "" && c.Empty&f == 0 {
			return nil
		}
		return s
	}
	m := map[string]any{
		"conn_type": text(c.Type, connuri.Type), "description": text(c.Description, connuri.Description),
		"host": text(c.Host, connuri.Host), "login": text(c.Login, connuri.Login), "schema": text(c.Schema, connuri.Schema),
		"password": nil, "port": nil, "extra": nil,
	}
	if !c.Password.IsZero() {
		m["password"] = c.Password.Reveal()
	}
	if c.Port != 0 || c.Empty&connuri.Port != 0 {
		m["port"] = json.Number(fmt.Sprint(c.Port))
	}
	if !c.Extra.IsZero() {
		m["extra"] = c.Extra.Reveal()
	}
	return m
}

var fieldNames = []string{"conn_type", "host", "login", "password", "schema", "port", "extra", "description"}

func differingFields(w map[string]any, c connuri.Connection) string {
	if w == nil {
		return "no fields in the row"
	}
	got := recorded(c)
	var names []string
	for _, name := range fieldNames {
		if v, ok := w[name]; (ok || name != "description") && v != got[name] {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return strings.Join(names, ", ") + " differ"
}

// notGo tells whether a row is asked with text that Go cannot be given.
func notGo(input answer) bool { return hasLoneSurrogate(input.raw) }

// choices are the differences from Airflow, as the package doc states them. Each
// tells from the recorded answer whether it is met, puts into fields what ours
// has to be instead, and names the fields that ours has to refuse. A difference
// that is met is one: neither U+FFFD nor an error is ever Airflow's answer.
var choices = []struct {
	reason string
	meet   func(want answer, fields map[string]any) (met bool, refuses []string)
}{
	{
		"half a surrogate pair in a field: a Go string cannot hold it, U+FFFD stands for it",
		func(want answer, _ map[string]any) (bool, []string) {
			var raw map[string]json.RawMessage
			_ = json.Unmarshal(want.raw, &raw)
			return slices.ContainsFunc(fieldNames, func(name string) bool { return hasLoneSurrogate(raw[name]) }), nil
		},
	},
	{
		"a text field that holds no text: a number becomes its text, all else is an error that names the field",
		func(want answer, fields map[string]any) (bool, []string) {
			names, refuses := notText(want), []string(nil)
			for _, name := range names {
				text, isNumber := pythonStr(fields[name])
				if !isNumber {
					refuses = append(refuses, name)
				}
				fields[name] = text
			}
			return len(names) > 0, refuses
		},
	},
	{
		"a port beyond int64 is an error",
		func(want answer, fields map[string]any) (bool, []string) {
			n, _ := fields["port"].(json.Number)
			port, ok := new(big.Int).SetString(n.String(), 10)
			if !ok || port.IsInt64() {
				return false, nil
			}
			return true, []string{"port"}
		},
	},
}

// notText are the text fields of a recorded connection that hold something else.
func notText(want answer) (names []string) {
	if want.err != "" {
		return nil
	}
	w := want.fields()
	for _, name := range []string{"conn_type", "host", "login", "password", "schema", "description"} {
		if _, isText := w[name].(string); !isText && w[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// pythonStr is str() of a recorded number.
func pythonStr(v any) (text string, isNumber bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true // the rows were written by Python
	case map[string]any:
		name, isFloat := v["$float"].(string)
		return strings.ToLower(strings.Replace(name, "Infinity", "inf", 1)), isFloat
	}
	return "", false
}

func uriBuild(t *testing.T, dir string, s *score) bool {
	type row struct {
		Conn                   answer
		Task, Server, Airflow2 answer
	}
	return eachRow(t, dir, s.family, func(line int, r row) {
		c, buildable := built(r.Conn)
		var faults []string
		chosen := false
		for i, want := range []answer{r.Task, r.Server, r.Airflow2} {
			if want.raw == nil {
				continue
			}
			d := flavours[i].dialect
			fault := ""
			switch {
			case !buildable || notGo(r.Conn):
				chosen = true // no Connection can hold it
			case want.err != "":
				if _, err := d.URI(c); err == nil {
					fault = "URI: no error where the constructor has " + want.err
				} else if _, err := d.JSON(c); err == nil {
					fault = "JSON: no error where the constructor has " + want.err
				}
			default:
				fault = compareWritten(want, d, c)
			}
			if fault != "" {
				faults = append(faults, flavours[i].name+": "+fault)
			}
		}
		s.row(line, faults, chosen)
	})
}

// built makes the Connection of a row by hand, as a user would.
func built(conn answer) (c connuri.Connection, ok bool) {
	w := conn.fields()
	if len(notText(conn)) > 0 {
		return c, false
	}
	text := func(name string, f connuri.Fields) string {
		s, given := w[name].(string)
		if given && s == "" {
			c.Empty |= f
		}
		return s
	}
	c.Type, c.Host = text("conn_type", connuri.Type), text("host", connuri.Host)
	c.Login, c.Schema = text("login", connuri.Login), text("schema", connuri.Schema)
	c.Description = text("description", connuri.Description)
	if s, given := w["password"].(string); given {
		c.Password = connuri.NewSecret(s)
	}
	if s, given := w["extra"].(string); given {
		c.Extra = connuri.RawExtra(s)
	} else if w["extra"] != nil {
		return c, false
	}
	if n, given := w["port"].(json.Number); given {
		port, err := n.Int64()
		if err != nil {
			return c, false
		}
		if c.Port = int(port); port == 0 {
			c.Empty |= connuri.Port
		}
	}
	return c, true
}

func secretJSON(t *testing.T, dir string, s *score) bool {
	type row struct {
		Secret       answer
		Words        json.RawMessage `json:"extra_conn_words"`
		ConnValue    answer          `json:"conn_value"`
		Task, Server answer
	}
	return eachRow(t, dir, s.family, func(line int, r row) {
		var faults []string
		chosen := false
		words, wordsErr := connuri.Words(nil), error(nil)
		if r.Words != nil {
			words, wordsErr = connuri.ParseWords(string(r.Words))
		}
		if wordsErr != nil && r.ConnValue.err == "" {
			// ParseWords refuses at once what Airflow refuses with the first
			// JSON secret; for text that is no JSON the words do not matter.
			require.Equal(t, r.Secret.text(), r.ConnValue.text())
			wordsErr = nil
		}
		if notGo(r.Secret) {
			s.row(line, nil, true)
			return
		}
		value, err := words.Standardize(r.Secret.text())
		if fault := compareText("conn_value", r.ConnValue, value, errors.Join(wordsErr, err)); fault != "" {
			faults = append(faults, fault)
		}
		for i, want := range []answer{r.Task, r.Server} {
			if want.raw == nil || string(want.raw) == "null" {
				continue // an empty secret: the backend asks no parser
			}
			d := flavours[i].dialect
			c, err := words.Parse(d, r.Secret.text())
			fault, byChoice := compare(want, c, errors.Join(wordsErr, err))
			if fault == "" && err == nil {
				again, err := d.Parse(value)
				if err != nil || !again.Equal(c) || again.Empty != c.Empty {
					fault = "not the same as Parse of Standardize"
				}
			}
			if fault != "" {
				faults = append(faults, flavours[i].name+": "+fault)
			}
			chosen = chosen || byChoice
		}
		s.row(line, faults, chosen)
	})
}
