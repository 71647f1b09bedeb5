package connuri_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// upgradeRow is what a task got for a text before and after an upgrade.
type upgradeRow struct {
	Text          connuritest.Answer
	From, To      string
	Before, After connuritest.Answer
	Kind          string // EFFECT: RULE, or same
}

func TestCompareConformance(t *testing.T) {
	connuritest.RequireFound(t, connuritest.Each(t, "upgrade", upgradeRow.judge))
}

func (r upgradeRow) judge() (v connuritest.Verdict) {
	if r.Text.HasLoneSurrogate() {
		return connuritest.Verdict{Choices: []string{connuritest.Unaskable}}
	}
	from, fromErr := connuri.DialectOf(r.From)
	to, toErr := connuri.DialectOf(r.To)
	if fromErr != nil || toErr != nil {
		v.Add(r.From+" to "+r.To, "one of them is not a version with a dialect")
		return v
	}
	effect, findings := connuri.Compare(r.Text.Text(), nil, from, to)
	v.Add(r.From+" to "+r.To, r.fault(effect, findings))
	back, sameFindings := connuri.Compare(r.Text.Text(), nil, to, from)
	if back != reversed[effect] || !slices.Equal(findings, sameFindings) {
		v.Add(r.To+" to "+r.From, "is not the reverse")
	}
	return v
}

var reversed = map[connuri.Effect]connuri.Effect{
	connuri.Same: connuri.Same, connuri.Changes: connuri.Changes, connuri.Stops: connuri.Starts, connuri.Starts: connuri.Stops,
}

// fault says how the result of Compare differs from the kind of the row. A row has
// one kind; a finding of another rule must be about what the row shows to break that
// rule as well, and one of them must explain the error that Airflow had.
func (r upgradeRow) fault(effect connuri.Effect, findings []connuri.Finding) string {
	wantEffect, wantRule, _ := strings.Cut(r.Kind, ": ")
	gotEffect := string(effect)
	if effect == connuri.Same {
		gotEffect = "same"
	}
	if gotEffect != wantEffect || effect == connuri.Same && findings != nil {
		return gotEffect + " and its rules where Airflow has " + r.Kind
	}
	if effect == connuri.Same {
		return ""
	}
	given, failed := r.Before, r.After
	if effect == connuri.Starts {
		given, failed = failed, given
	}
	named, explained := r.namesAnother(wantRule, given, failed), failed.Err == ""
	for _, f := range findings {
		if f.Rule != wantRule && !r.shows(f, given) {
			return f.Rule + " where Airflow has " + r.Kind
		}
		named = named || f.Rule == wantRule || wantRule == "fields-not-text" && strings.HasSuffix(f.Rule, "-not-text")
		explained = explained || failed.Err == errorOf(f.Rule)
	}
	if !named || !explained {
		return "no finding is what Airflow has: " + r.Kind
	}
	return ""
}

// shows reports whether the row shows that a finding is right: by the connection that one
// version gave, or by the text where that version took a password for none.
func (r upgradeRow) shows(f connuri.Finding, given connuritest.Answer) bool {
	switch field, isNotText := strings.CutSuffix(f.Rule, "-not-text"); {
	case f.Rule == "surrogate":
		extra, _ := given.Fields()["extra"].(string) // JSON, which may escape the half once more
		return given.HasLoneSurrogate() || f.Field == "extra" && connuritest.Answer{Raw: []byte(extra)}.HasLoneSurrogate()
	case !isNotText || field != f.Field:
		return false
	case field == "password":
		return hasFalsyPassword(r.Text.Text())
	default:
		return slices.Contains(connuritest.NotText(given), field) && !isUnused(field, given)
	}
}

// namesAnother reports whether the kind of a row names what cannot have failed: a field
// that get_uri leaves out since it is false, or any field but the one that was not encoded.
func (r upgradeRow) namesAnother(rule string, given, failed connuritest.Answer) bool {
	field, isNotText := strings.CutSuffix(rule, "-not-text")
	return isNotText && (failed.Err == errorOf("surrogate") || isUnused(field, given))
}

// isUnused reports whether a field is false to Python, and not one of those that get_uri
// encodes all the same.
func isUnused(field string, given connuritest.Answer) bool {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(given.Raw, &fields)
	return field != "login" && slices.Contains([]string{"0", "0.0", "-0.0", "false", "[]", "{}"}, string(fields[field]))
}

// hasFalsyPassword reports whether a password in the JSON is false to Python and not text.
func hasFalsyPassword(text string) bool {
	var keys map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &keys)
	for _, key := range []string{"password", "pass", "key"} {
		if slices.Contains([]string{"0", "0.0", "-0", "-0.0", "false", "[]", "{}"}, string(keys[key])) {
			return true
		}
	}
	return false
}

// errorOf returns the error of Python that a rule describes.
func errorOf(rule string) string {
	switch rule {
	case "extra-not-json", "extra-not-object":
		return "ValueError"
	case "surrogate":
		return "UnicodeEncodeError"
	case "conn_type-not-text":
		return "AttributeError"
	}
	return "TypeError"
}

// compareTests has a row for each piece of advice and each pair of dialects.
var compareTests = []struct {
	name, text string
	from, to   connuri.Dialect
	want       string // the effect, and each rule and field
	fixed      string // the text as the findings say to write it
}{
	{"extra that is not JSON", `{"host": "h", "extra": "Bearer x"}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", `{"host": "h", "extra": {"token": "x"}}`},
	{"comma in an extra", `{"extra": "{\"a\": 1,}"}`, connuri.Airflow30, connuri.TaskSDK, "starts: extra-not-json extra", `{"extra": "{\"a\": 1}"}`},
	{"single quotes in an extra", `{"extra": "{'a': 1}"}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", `{"extra": "{\"a\": 1}"}`},
	{"extra of a URI", "http://h/?__extra__=x", connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", "http://h/?__extra__=%7B%22a%22%3A+%22x%22%7D"},
	{"byte order mark in an extra", `{"extra": "\ufeff{}"}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", `{"extra": "{}"}`},
	{"byte order mark in a URI", "http://h/?__extra__=%EF%BB%BF%7B%7D", connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", "http://h/?__extra__=%7B%7D"},
	{"white space as the extra", `{"extra": " "}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", `{}`},
	{"pairs in an extra", `{"extra": "a=b&c=d"}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-json extra", `{"extra": {"a": "b", "c": "d"}}`},
	{"another key of an empty password", `{"password": "", "pass": "x"}`, connuri.Airflow2, connuri.TaskSDK, "changes: password-empty password", `{"password": null, "pass": "x"}`},
	{"list as the extra", `{"extra": [1]}`, connuri.Airflow2, connuri.Airflow30, "stops: extra-not-object extra", `{"extra": {"a": [1]}}`},
	{"null as the extra of a URI", "http://h/?__extra__=null", connuri.Airflow30, connuri.TaskSDK, "starts: extra-not-object extra", "http://h/?__extra__=%7B%7D"},
	{"extra for the server", `{"extra": "x"}`, connuri.TaskSDK, connuri.Server, "stops: extra-not-json extra", `{"extra": {"a": "x"}}`},
	{"empty password in a URI", "pg://u:@h", connuri.Airflow2, connuri.TaskSDK, "changes: password-empty password", "pg://u@h"},
	{"empty password in JSON", `{"password": ""}`, connuri.Airflow30, connuri.TaskSDK, "changes: password-empty password", `{"password": null}`},
	{"empty password, downgraded", `{"pass": ""}`, connuri.TaskSDK, connuri.Airflow2, "changes: password-empty password", `{}`},
	{"odd host, and an empty password", `{"password": "", "host": false}`, connuri.Airflow2, connuri.TaskSDK, "changes: password-empty password", `{"host": false}`},
	{"0 as the password", `{"password": 0}`, connuri.Airflow2, connuri.TaskSDK, "stops: password-not-text password", `{"password": "0"}`},
	{"false as the password", `{"password": false}`, connuri.Airflow30, connuri.TaskSDK, "stops: password-not-text password", `{"password": null}`},
	{"number as the password", `{"password": 5}`, connuri.Airflow2, connuri.TaskSDK, "same", ""},
	{"number as the login", `{"login": 5}`, connuri.Airflow30, connuri.TaskSDK, "stops: login-not-text login", `{"login": "5"}`},
	{"0 as the login", `{"user": 0}`, connuri.Airflow2, connuri.Airflow30, "starts: login-not-text login", `{"user": "0"}`},
	{"list as the login", `{"login": [1]}`, connuri.Airflow30, connuri.TaskSDK, "stops: login-not-text login", `{"login": null}`},
	{"numbers all over", `{"login": 1, "server": 2, "database": 3}`, connuri.Airflow30, connuri.TaskSDK, "stops: host-not-text host, schema-not-text schema, login-not-text login", `{"login": "1", "server": "2", "database": "3"}`},
	{"list as the host", `{"host": ["a"]}`, connuri.Airflow30, connuri.TaskSDK, "stops: host-not-text host", `{"host": "a"}`},
	{"0 as host and schema", `{"host": 0, "schema": false}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"list as the type", `{"conn_type": ["a"]}`, connuri.Airflow30, connuri.TaskSDK, "stops: conn_type-not-text conn_type", `{"conn_type": "a"}`},
	{"empty list as the type", `{"conn_type": []}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"hyphen in a list", `{"conn_type": ["a", "-"]}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"hyphen as a key", `{"conn_type": {"-": 1}}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"hyphen as a value", `{"conn_type": {"a": "-"}}`, connuri.Airflow30, connuri.TaskSDK, "stops: conn_type-not-text conn_type", `{"conn_type": "a"}`},
	{"number as the type", `{"conn_type": 5}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"surrogate in a host", `{"host": "a\ud800b"}`, connuri.Airflow2, connuri.Airflow30, "starts: surrogate host", `{"host": "ab"}`},
	{"surrogate in an extra", `{"extra": {"a": "\ud800", "b": "x"}}`, connuri.Airflow30, connuri.TaskSDK, "stops: surrogate extra", `{"extra": {"a": "", "b": "x"}}`},
	{"surrogate in a URI", "pg://h/?a=%5Cud800&__extra__=%7B%22a%22%3A%22%5Cud800%22%7D", connuri.Airflow30, connuri.TaskSDK, "stops: surrogate extra", "pg://h/?__extra__=%7B%22a%22%3A%22%22%7D"},
	{"surrogate in the type", `{"conn_type": "\ud800"}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"surrogate in a password", `{"password": "\ud800", "login": 5}`, connuri.Airflow2, connuri.Airflow30, "same", ""},
	{"surrogate that no version encodes", `{"extra": "{\"a\": [\"\ud800\"]}", "password": ""}`, connuri.Airflow2, connuri.TaskSDK, "same", ""},
	{"surrogate before the host", `{"host": "\ud800://h"}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"surrogate after a protocol", `{"host": "http://\ud800"}`, connuri.Airflow30, connuri.TaskSDK, "stops: surrogate host", `{"host": "http://"}`},
	{"surrogate in both", `{"conn_type": "a\ud800", "host": "a\ud800://h"}`, connuri.Airflow2, connuri.TaskSDK, "stops: surrogate host", `{"conn_type": "a", "host": "a://h"}`},
	{"whole pair", `{"host": "\ud83d\ude00"}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"U+FFFD", `{"host": "\ufffd"}`, connuri.Airflow30, connuri.TaskSDK, "same", ""},
	{"two rules", `{"schema": ["a"], "host": "\ud800"}`, connuri.Airflow30, connuri.TaskSDK, "stops: schema-not-text schema, surrogate host", `{"schema": "a", "host": ""}`},
	{"failing in both", `{"login": 5, "extra": "x"}`, connuri.Airflow2, connuri.Airflow30, "same", ""},
	{"odd port, beyond int64", `{"login": 5, "port": 1e30}`, connuri.Airflow2, connuri.Airflow30, "starts: login-not-text login", `{"login": "5", "port": 1e30}`},
	{"port that is not a number", `{"login": 5, "port": "x"}`, connuri.Airflow2, connuri.Airflow30, "same", ""},
	{"query of a URI", "http://h/?a=1", connuri.TaskSDK, connuri.Server, "changes: query-value extra", "http://h/?__extra__=%7B%22a%22%3A+%221%22%7D"},
	{"long number in a query", "http://h/?a=" + strings.Repeat("1", 4301), connuri.TaskSDK, connuri.Server, "stops: unreadable extra", "http://h/?__extra__=%7B%22a%22:%22" + strings.Repeat("1", 4301) + "%22%7D"},
	{"blank", " ", connuri.Airflow2, connuri.TaskSDK, "same", ""},
	{"nothing", "", connuri.Server, connuri.TaskSDK, "same", ""},
	{"broken JSON", `{"login": 5`, connuri.Airflow2, connuri.Airflow30, "same", ""},
	{"broken URI", "pg://h:x", connuri.Airflow2, connuri.TaskSDK, "same", ""},
	{"as it should be", "pg://u:p@h:1/s?a=1", connuri.Airflow2, connuri.TaskSDK, "same", ""},
}

func TestCompare(t *testing.T) {
	for _, tt := range compareTests {
		t.Run(tt.name, func(t *testing.T) {
			effect, findings := connuri.Compare(tt.text, nil, tt.from, tt.to)
			assert.Equal(t, tt.want, described(effect, findings))
			if tt.fixed == "" {
				assert.Equal(t, connuri.Same, effect)
				return
			}
			for _, f := range findings {
				assert.NotEmpty(t, f.Problem)
				assert.Greater(t, len(strings.Fields(f.Instead)), 1, f.Rule)
				isURI := !strings.HasPrefix(tt.text, "{")
				assert.Equal(t, isURI && strings.HasPrefix(f.Rule, "extra-not-"), strings.Contains(f.Instead, "percent-encode it"))
				assert.Equal(t, isURI && f.Rule == "password-empty", strings.Contains(f.Instead, "colon at the end"))
			}
			left, remaining := connuri.Compare(tt.fixed, nil, tt.from, tt.to)
			assert.Equal(t, "same", described(left, remaining), "in the fixed text")
			if !strings.HasPrefix(tt.name, "odd ") { // Airflow keeps these, and Parse refuses them
				_, err := connuri.ConnWords(nil).Parse(tt.to, tt.fixed)
				assert.NoError(t, err)
			}
		})
	}
}

func described(effect connuri.Effect, findings []connuri.Finding) string {
	if effect == connuri.Same && findings == nil {
		return "same"
	}
	var rules []string
	for _, f := range findings {
		rules = append(rules, f.Rule+" "+f.Field)
	}
	return string(effect) + ": " + strings.Join(rules, ", ")
}

// TestCompareAdviceIsTried: whatever Compare says to write about the recorded
// rows, the table above has a text that was fixed as it says.
func TestCompareAdviceIsTried(t *testing.T) {
	advice := func(text string, from, to connuri.Dialect, do func(key, kind string)) {
		_, findings := connuri.Compare(text, nil, from, to)
		for _, f := range findings {
			instead, _, _ := strings.Cut(f.Instead, ":") // what follows explains broken JSON
			do(f.Rule+" "+instead, f.Rule)
		}
	}
	tried := map[string]bool{}
	for _, tt := range compareTests {
		if tt.fixed != "" {
			advice(tt.text, tt.from, tt.to, func(key, _ string) { tried[key] = true })
		}
	}
	kinds, missing := map[string]bool{}, map[string]int{}
	found := connuritest.Rows(t, "upgrade", func(line int, r upgradeRow) {
		from, _ := connuri.DialectOf(r.From)
		to, _ := connuri.DialectOf(r.To)
		advice(r.Text.Text(), from, to, func(key, kind string) {
			kinds[kind] = true
			if !tried[key] {
				missing[key] = line
			}
		})
	})
	assert.Empty(t, missing, "advice that no test follows, and the line of a row that is given it")
	if found {
		assert.GreaterOrEqual(t, len(kinds), 9)
	}
}

func TestCompareWords(t *testing.T) {
	words, err := connuri.ParseConnWords(`{"host": ["address"]}`)
	require.NoError(t, err)
	effect, findings := connuri.Compare(`{"address": 5}`, words, connuri.Airflow30, connuri.TaskSDK)
	assert.Equal(t, "stops: host-not-text host", described(effect, findings))
	effect, findings = connuri.Compare(`{"address": 5}`, nil, connuri.Airflow30, connuri.TaskSDK)
	assert.Equal(t, "same", described(effect, findings))
	effect, findings = connuri.Compare(`{"login": 5}`, connuri.ConnWords{"address": nil}, connuri.Airflow30, connuri.TaskSDK)
	assert.Equal(t, "same", described(effect, findings), "Airflow refuses the words in every version")
}

// TestCompareShowsNothing puts a secret in each place where Compare finds something.
func TestCompareShowsNothing(t *testing.T) {
	const secret = "비밀번호가나다라"
	detector := connuritest.NewDetector(secret)
	quoted := `"` + secret + `"`
	rules := map[string]bool{}
	for _, text := range []string{
		`{"password": "", "host": "S", "extra": "S"}`, `{"extra": [S]}`, `{"extra": "{S: 1}"}`, `{"extra": "{\"a\": S}"}`, `{"extra": "{'S': 'S'}"}`,
		`{"login": [S]}`, `{"host": {S: S}}`, `{"schema": [S], "conn_type": [S]}`, `{"password": [], "login": S}`, `{"host": "\ud800S"}`,
		`{"extra": {S: "\ud800S"}}`, `{"port": S}`, `{S: S`, "S://S:@S/S?S=S", "pg://S:@h/?__extra__=S", "pg://S:@h/S?__extra__=[S]", "pg://S:S@S:S/S?S=1",
		"pg://h/?S={S:1}&a=1",
	} {
		for _, secretText := range []string{quoted, secret} {
			text := strings.ReplaceAll(strings.ReplaceAll(text, `"S`, `"`+secret), "S", secretText)
			for _, from := range dialects {
				for _, to := range dialects {
					effect, findings := connuri.Compare(text, nil, from, to)
					for _, f := range findings {
						rules[f.Rule] = true
					}
					assert.Empty(t, detector.In(fmt.Sprintf("%s %v %+v %#v", effect, findings, findings, findings)), "%s to %s", from, to)
				}
			}
		}
	}
	assert.GreaterOrEqual(t, len(rules), 8, "of the rules %v", rules)
}

// FuzzCompare checks what holds for every text: the way back is the reverse, a
// finding comes with an effect, and without one both dialects give the same.
func FuzzCompare(f *testing.F) {
	connuritest.Rows(f, "upgrade", func(line int, r upgradeRow) {
		if line%4 == 0 && len(r.Text.Raw) < 500 {
			f.Add(r.Text.Text())
		}
	})
	f.Fuzz(func(t *testing.T, text string) {
		for _, from := range dialects {
			for _, to := range dialects {
				effect, findings := connuri.Compare(text, nil, from, to)
				if (effect == connuri.Same) != (findings == nil) || from == to && effect != connuri.Same {
					t.Fatalf("%s to %s: %q with %d findings", from, to, effect, len(findings))
				}
				back, sameFindings := connuri.Compare(text, nil, to, from)
				if back != reversed[effect] || !slices.Equal(findings, sameFindings) {
					t.Fatalf("%s to %s: not the reverse of the way back", from, to)
				}
				for _, f := range findings {
					if f.Rule == "" || f.Field == "" || f.Problem == "" || f.Instead == "" {
						t.Fatalf("%s to %s: %q of %q says too little", from, to, f.Rule, f.Field)
					}
				}
			}
		}
	})
}
