package connuri_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// TestConformance compares every recorded answer of Airflow with ours.
func TestConformance(t *testing.T) {
	found := false
	for _, version := range []string{"", "airflow30/"} {
		found = connuritest.Each(t, version+"uri_parse", func(r parseRow) connuritest.Verdict {
			return r.judge(r.URI, connuri.Dialect.ParseURI)
		}) || found
		found = connuritest.Each(t, version+"conn_json", func(r parseRow) connuritest.Verdict {
			return r.judge(r.JSON, connuri.Dialect.ParseJSON)
		}) || found
		found = connuritest.Each(t, version+"uri_build", buildRow.judge) || found
		found = connuritest.Each(t, version+"secret_json", secretRow.judge) || found
	}
	connuritest.RequireFound(t, found)
}

var dialects = []connuri.Dialect{connuri.TaskSDK, connuri.Server, connuri.Airflow2, connuri.Airflow30}

// flavors are the answers of a row that was asked of each dialect.
type flavors struct {
	Task, Server, Airflow2, Airflow30 connuritest.Answer
}

func (f flavors) each(do func(name string, d connuri.Dialect, want connuritest.Answer)) {
	for d, want := range map[connuri.Dialect]connuritest.Answer{connuri.TaskSDK: f.Task, connuri.Server: f.Server, connuri.Airflow2: f.Airflow2, connuri.Airflow30: f.Airflow30} {
		if want.IsRecorded() {
			do(d.String(), d, want)
		}
	}
}

type parseRow struct {
	URI, JSON connuritest.Answer // one of them
	flavors
}

// judge parses in each dialect and compares fields, URI and JSON.
func (r parseRow) judge(input connuritest.Answer, parse func(connuri.Dialect, string) (connuri.Connection, error)) (v connuritest.Verdict) {
	if input.HasLoneSurrogate() {
		return connuritest.Verdict{Choices: []string{connuritest.Unaskable}}
	}
	r.each(func(name string, d connuri.Dialect, want connuritest.Answer) {
		c, err := parse(d, input.Text())
		if want.Err == "" && err == nil && hasLoneSurrogateInURI(input.Text()) {
			v.Add(name, "", connuritest.URIInJSON)
			return
		}
		if want.Err == "" && isBracketsError(err) && hasBracketsOutsideHost(input.Text()) {
			v.Add(name, "", brackets)
			return
		}
		fault, choices := connuritest.Compare(want, c, err)
		if fault == "" && choices == nil && err == nil {
			fault = compareWritten(want, d, c)
		}
		v.Add(name, fault, choices...)
	})
	return v
}

const brackets = "brackets of a URI outside the host, or around no address, are refused: CPython up to 3.12.9 accepts some"

func isBracketsError(err error) bool {
	refused, ok := errors.AsType[*connuri.Error](err)
	return ok && strings.HasPrefix(refused.Rule, "square brackets")
}

// hasBracketsOutsideHost reports whether a URI has brackets in its login or password, or
// other than those of its host. The URI may be in JSON, which does not escape brackets.
func hasBracketsOutsideHost(text string) bool {
	_, text, _ = strings.Cut(text, "://")
	netloc, _, _ := strings.Cut(text, "/")
	userinfo, host := "", netloc
	if at := strings.LastIndex(netloc, "@"); at >= 0 {
		userinfo, host = netloc[:at], netloc[at:]
	}
	before, inside, _ := strings.Cut(host, "[")
	_, after, _ := strings.Cut(inside, "]")
	return strings.ContainsAny(userinfo, "[]") || strings.ContainsAny(strings.TrimPrefix(before, "@"), "[]") || after != "" && after[0] != ':'
}

// hasLoneSurrogateInURI looks at the key uri of a connection as JSON.
func hasLoneSurrogateInURI(doc string) bool {
	var keys struct{ URI connuritest.Answer }
	return json.Unmarshal([]byte(doc), &keys) == nil && keys.URI.HasLoneSurrogate()
}

func compareWritten(want connuritest.Answer, d connuri.Dialect, c connuri.Connection) string {
	var written struct {
		URI  *connuritest.Answer `json:"get_uri"`
		JSON *connuritest.Answer `json:"as_json"`
	}
	if json.Unmarshal(want.Raw, &written) != nil || written.URI == nil {
		return ""
	}
	uri, err := d.URI(c)
	if fault := connuritest.CompareText("get_uri", *written.URI, uri, err); fault != "" {
		return fault
	}
	doc, err := d.JSON(c)
	return connuritest.CompareText("as_json", *written.JSON, doc, err)
}

type buildRow struct {
	Conn connuritest.Answer
	flavors
}

func (r buildRow) judge() (v connuritest.Verdict) {
	c, buildable := built(r.Conn)
	if !buildable {
		return connuritest.Verdict{Choices: []string{connuritest.Unbuildable}}
	}
	r.each(func(name string, d connuri.Dialect, want connuritest.Answer) {
		fault := ""
		if want.Err == "" {
			fault = compareWritten(want, d, c)
		} else if _, err := d.URI(c); err == nil {
			fault = "URI: no error where the constructor has " + want.Err
		} else if _, err := d.JSON(c); err == nil {
			fault = "JSON: no error where the constructor has " + want.Err
		}
		v.Add(name, fault)
	})
	return v
}

// built makes the Connection of a row by hand, as a user would.
func built(conn connuritest.Answer) (c connuri.Connection, ok bool) {
	w := conn.Fields()
	if len(connuritest.NotText(conn)) > 0 || conn.HasLoneSurrogate() {
		return c, false
	}
	text := func(name string, f connuri.Fields) string {
		s, given := w[name].(string)
		if given && s == "" {
			c.Empty |= f
		}
		return s
	}
	c.Type, c.Host = text("conn_type", connuri.EmptyType), text("host", connuri.EmptyHost)
	c.Login, c.Schema = text("login", connuri.EmptyLogin), text("schema", connuri.EmptySchema)
	c.Description = text("description", connuri.EmptyDescription)
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
			c.Empty |= connuri.EmptyPort
		}
	} else if w["port"] != nil {
		return c, false
	}
	return c, true
}

type secretRow struct {
	Secret    connuritest.Answer
	Words     connuritest.Answer `json:"extra_conn_words"`
	ConnValue connuritest.Answer `json:"conn_value"`
	flavors
}

// judge takes the direct way from a secret to a connection and the one through
// Standardize, which have to agree.
func (r secretRow) judge() (v connuritest.Verdict) {
	if r.Secret.HasLoneSurrogate() || r.Words.HasLoneSurrogate() {
		return connuritest.Verdict{Choices: []string{connuritest.Unaskable}}
	}
	words, wordsErr := connuri.ConnWords(nil), error(nil)
	if r.Words.IsRecorded() {
		words, wordsErr = connuri.ParseConnWords(string(r.Words.Raw))
	}
	if wordsErr != nil && r.ConnValue.Err == "" {
		// ParseConnWords refuses at once what Airflow refuses with the first JSON
		// secret. For text that is not JSON the words do not matter.
		wordsErr = nil
	}
	value, err := words.Standardize(r.Secret.Text())
	v.Add("conn_value", connuritest.CompareText("text", r.ConnValue, value, errors.Join(wordsErr, err)))
	r.each(func(name string, d connuri.Dialect, want connuritest.Answer) {
		if want.IsNull() {
			return // an empty secret: the backend asks no parser
		}
		c, err := words.Parse(d, r.Secret.Text())
		fault, choices := connuritest.Compare(want, c, errors.Join(wordsErr, err))
		if fault == "" && err == nil {
			again, err := d.Parse(value)
			if err != nil || !again.Equal(c) || again.Empty != c.Empty {
				fault = "not the same as Parse of Standardize"
			}
		}
		v.Add(name, fault, choices...)
	})
	return v
}
