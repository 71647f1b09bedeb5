package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

func (s *stage) compare(t *testing.T, versions string, change func(*doctor)) *Upgrade {
	t.Helper()
	d, err := s.doctor()
	require.NoError(t, err)
	d.upgrade, err = parseUpgrade(versions)
	require.NoError(t, err)
	if change != nil {
		change(d)
	}
	r := d.compare(t.Context())
	assertShown(t, r)
	return r
}

// assertShown checks that no secret is in the table or the JSON, and that the lines of the table
// fit into 80 columns.
func assertShown(t *testing.T, r *Upgrade) (table string) {
	t.Helper()
	var text, doc bytes.Buffer
	require.NoError(t, r.write(newPage(&text)))
	require.NoError(t, writeJSON(&doc, r))
	detector := connuritest.NewDetector(planted)
	for _, output := range []string{text.String(), doc.String(), fmt.Sprintf("%+v", *r)} {
		assert.Empty(t, detector.In(output))
		assert.False(t, strings.Contains(strings.ToLower(output), "hunter2"), "a secret is shown")
	}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSuffix(line, "\n")
		if len(strings.Fields(line)) > 1 && !strings.Contains(line, longID) {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
		}
	}
	return text.String()
}

func effectsOf(r *Upgrade) map[string]string {
	all := map[string]string{}
	for _, a := range slices.Concat(r.Connections, r.Unreadable) {
		var rules []string
		for _, reason := range a.Reasons {
			rules = append(rules, reason.Rule+" "+reason.Field)
		}
		all[a.ID] = cmp.Or(string(a.Effect), "neither") + " " + strings.Join(rules, ", ")
	}
	return all
}

// Of 200 secrets of all kinds, the report has exactly those that the upgrade affects.
func TestUpgrade(t *testing.T) {
	for which, versions := range pairs {
		t.Run(versions, func(t *testing.T) {
			s, does, same := crowd(t, which)
			r := s.compare(t, versions, nil)
			assert.Equal(t, does, effectsOf(r))
			assert.Len(t, slices.Concat(r.Connections, r.Unreadable), len(does))
			assert.True(t, slices.IsSortedFunc(r.Connections, func(a, b Affected) int {
				place := map[connuri.Effect]int{connuri.Stops: 1, connuri.Changes: 2, connuri.Starts: 3}
				return cmp.Or(place[a.Effect]-place[b.Effect], strings.Compare(a.ID, b.ID))
			}))
			assert.Equal(t, 194, r.Compared)
			counts := map[string]int{}
			for _, text := range does {
				effect, _, _ := strings.Cut(text, " ")
				counts[effect]++
			}
			assert.Equal(t, [5]int{counts["stops"], counts["changes"], counts["starts"], counts["neither"], same}, [5]int{r.Stop, r.Change, r.Start, r.Neither, r.Same})
			assert.Equal(t, 1, r.code())
			assert.Equal(t, map[string]string{
				"Airflow does not ask for it: the lookup pattern does not match the id": "skipped-1 skipped-2 false",
				"access denied":                  "denied-1 denied-2 true",
				"the secret cannot be decrypted": "key true",
				"the secret is binary":           "binary false",
			}, unreadOf(r))
			assert.Equal(t, s.srv.Operations(""), r.Calls)
			batches := s.srv.Operations("BatchGetSecretValue")
			assert.GreaterOrEqual(t, batches, 10, "198 ids; the SDK repeats a call that a busy machine loses")
			assert.Less(t, batches, 20)
			assert.Zero(t, s.srv.Calls("prod/conn/skipped-1"))

			table := assertShown(t, r)
			_, to, _ := strings.Cut(versions, ":")
			assert.True(t, strings.HasPrefix(table, fmt.Sprintf("%d of 194 connections stop working on %s; 3 could not be read\n", r.Stop, to)), table[:80])
			for id := range does {
				assert.Regexp(t, `(?m)^(stops|changes|starts|) +`+id+` +`, table)
			}
			assert.Equal(t, 1, strings.Count(table, "Only connections change"))
			assert.Contains(t, table, fmt.Sprintf(" to Secrets Manager: %d BatchGetSecretValue, ", batches))
		})
	}
}

func unreadOf(r *Upgrade) map[string]string {
	all := map[string]string{}
	for _, left := range r.NotCompared {
		all[left.Reason] = fmt.Sprint(strings.Join(left.IDs, " "), " ", left.Unknown)
	}
	return all
}

// longID does not fit into a line with the other columns.
var longID = "team-" + strings.Repeat("long-", 20) + "id"

// A connection is compared in the same way however it is read.
func TestUpgradeReads(t *testing.T) {
	const bearer = `{"host": "h", "extra": "hunter2"}`
	stops := map[string]string{"pg": "stops extra-not-json extra"}
	for _, test := range []struct {
		name    string
		make    func(*stage)
		change  func(*doctor)
		want    map[string]string
		unread  map[string]string
		code    int
		compare int
		calls   string
	}{
		{"ids", func(s *stage) { s.ids = []id{{text: "smtp"}} }, nil, map[string]string{}, map[string]string{}, 0, 1, "1 GetSecretValue"},
		{"an id that stops", func(s *stage) { s.srv.Set("airflow/connections/pg", bearer) }, nil, stops, map[string]string{}, 1, 1, "1 GetSecretValue"},
		{"ids and all", func(s *stage) {
			s.listed = true
			s.srv.Set("airflow/connections/pg", bearer)
		}, nil, stops, map[string]string{}, 1, 2, "1 BatchGetSecretValue, 1 ListSecrets"},
		{"no such id", func(s *stage) { s.ids = append(s.ids, id{text: "gone"}) }, nil, map[string]string{},
			map[string]string{"no such secret": "gone true"}, 1, 1, "1 BatchGetSecretValue"},
		{"nothing but what is skipped", func(s *stage) { s.ids = []id{{text: "aws_default"}} }, nil, map[string]string{},
			map[string]string{"Airflow does not ask for it: the lookup pattern does not match the id": "aws_default false"}, 0, 0, "none"},
		{"a provider without patterns", func(s *stage) {
			s.kwargs["connections_lookup_pattern"] = "^smtp"
			s.srv.Set("airflow/connections/pg", bearer)
		}, func(d *doctor) { d.provider = version{7, 2, 0} }, stops, map[string]string{}, 1, 1, "1 GetSecretValue"},
		{"no batches", func(s *stage) {
			s.listed, s.ids = true, nil
			s.srv.Inject(secretsmanagertest.Fault{Operation: "BatchGetSecretValue", Code: "AccessDeniedException"})
		}, nil, map[string]string{}, map[string]string{}, 0, 2, "1 BatchGetSecretValue, 2 GetSecretValue, 1 ListSecrets"},
		{"a prefix that is an ARN", func(s *stage) {
			s.srv.Set("airflow/connections/pg", bearer)
			s.ids = append(s.ids, id{text: "smtp"})
			arn := s.srv.ARN("airflow/connections/pg")
			s.kwargs["connections_prefix"] = arn[:strings.LastIndex(arn, "/")]
		}, nil, stops, map[string]string{}, 1, 2, "1 BatchGetSecretValue"},
		{"throttled", func(s *stage) { s.srv.Fail("", "ThrottlingException") }, nil, map[string]string{}, map[string]string{"throttled": "pg true"}, 1, 0, "2 GetSecretValue"},
		{"deletion", func(s *stage) { s.srv.Inject(lookups("InvalidRequestException", "marked for deletion")) }, nil, map[string]string{},
			map[string]string{"the secret is scheduled for deletion": "pg false"}, 0, 0, "1 GetSecretValue"},
		{"a long id", func(s *stage) { s.ids = []id{{text: longID}}; s.srv.Set("airflow/connections/"+longID, bearer) }, nil,
			map[string]string{longID: "stops extra-not-json extra"}, map[string]string{}, 1, 1, "1 GetSecretValue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := set(t)
			test.make(s)
			r := s.compare(t, "2.10.3:3.0.6", test.change)
			assert.Equal(t, test.want, effectsOf(r))
			assert.Equal(t, test.unread, unreadOf(r))
			assert.Equal(t, test.code, r.code())
			assert.Equal(t, test.compare, r.Compared)
			assert.Equal(t, test.calls, r.which)
			for _, check := range r.Checks {
				assert.Contains(t, check.Seen, "does nothing before provider 7.3.0", "the only warning about these kwargs")
			}
			assert.Equal(t, test.compare+len(test.unread), r.Compared+total(r), "each is counted")
		})
	}
}

func total(r *Upgrade) (n int) {
	for _, left := range r.NotCompared {
		n += left.Count
	}
	return n
}

// A problem that keeps all connections from being read is reported as a check.
func TestUpgradeFails(t *testing.T) {
	for _, test := range []struct {
		name  string
		make  func(*stage)
		check string
		seen  string
		do    string
	}{
		{"the list is denied", func(s *stage) {
			s.srv.Inject(secretsmanagertest.Fault{Operation: "ListSecrets", Code: "AccessDeniedException"})
		}, prefixes, "access denied", "give the ids"},
		{"throttled", func(s *stage) { s.srv.Fail("", "ThrottlingException") }, prefixes, "throttled", "without -upgrade"},
		{"an ARN", func(s *stage) {
			s.kwargs["connections_prefix"] = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:c"
		}, prefixes, "failed", "give the ids"},
		{"null", func(s *stage) { s.kwargs["connections_prefix"] = nil }, prefixes, "connection lookups are disabled: connections_prefix is null", "connections_prefix"},
		{"a pattern", func(s *stage) { s.kwargs["connections_lookup_pattern"] = "(hunter2" }, patterns, "does not compile", "correct it"},
		{"no backend", func(s *stage) { s.variable = "NOTHING" }, configuration, "no secrets backend", "set AIRFLOW__SECRETS__BACKEND"},
		{"kwargs", func(s *stage) { s.kwargs["sep"] = 5 }, kwargs, "sep", "correct that kwarg"},
		{"half the keys", func(s *stage) { s.keys = map[string]any{"aws_secret_access_key": "hunter2"} }, credential, "only one of aws_access_key_id and aws_secret_access_key", "write both"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := set(t)
			s.ids, s.listed = nil, true
			test.make(s)
			r := s.compare(t, "2.10.3:3.0.6", nil)
			assert.Equal(t, 1, r.code())
			assert.Zero(t, r.Compared)
			at := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == test.check })
			require.GreaterOrEqual(t, at, 0, "%v", r.Checks)
			assert.Equal(t, Failed, r.Checks[at].Status)
			assert.Contains(t, r.Checks[at].Seen, test.seen)
			assert.Contains(t, r.Checks[at].Do, test.do)
			assert.Contains(t, assertShown(t, r), "no connection was compared\n")
		})
	}
}

// An empty list may be a list of the wrong place.
func TestUpgradeOfNothing(t *testing.T) {
	s := set(t)
	s.ids, s.listed = nil, true
	s.kwargs["connections_prefix"] = "nowhere"
	r := s.compare(t, "2.10.3:3.0.6", nil)
	assert.Equal(t, []Check{{prefixes, Warning, `nothing is under "nowhere/"`, "check the prefix, sep, region and account", nil}}, r.Checks)
	assert.Equal(t, 0, r.code())
}

func TestUpgradeVersions(t *testing.T) {
	for _, test := range []struct{ versions, note, warning string }{
		{"2.9.2:2.11.0", "by the same rules", ""},
		{"3.2.1:3.3.1", "by the same rules", ""},
		{"3.3.1:3.2.1", "by the same rules", "3.2.1 is older than 3.3.1"},
		{"3.0.6:2.10.3", "", "2.10.3 is older than 3.0.6, so this report is about a downgrade"},
		{"v2.10.3 : 3.0", "", ""},
		{"V2.10.3:V3.0.6", "", ""},
		{"2.10.3+a.build.of.our.own.with.a.long.name.1:3.0.6+a.build.of.our.own.with.a.long.name.20261129", "", ""},
		{"2.10.3:3.9", "", "3.9 is later than the newest release"},
		{"3.0.6:3.3.3", "", "3.3.3 is later than the newest release"},
		{"2.10.3:3.3.2", "", ""},
		{"2.9.9:2.10.0", "by the same rules", ""},
	} {
		s := set(t)
		r := s.compare(t, test.versions, nil)
		assert.Equal(t, 0, r.code(), test.versions)
		assert.Contains(t, strings.Join(r.Notes, " "), test.note)
		assert.Equal(t, 1, r.Compared)
		var seen string
		for _, c := range r.Checks {
			assert.Equal(t, Warning, c.Status)
			seen += c.Seen
		}
		assert.Contains(t, seen, test.warning)
		assert.Equal(t, test.warning == "", len(r.Checks) == 0, test.versions)
	}
}

func TestUpgradeDemo(t *testing.T) {
	forget(t)
	code, out, errs := call(t, nil, "", "-demo", "-upgrade", "2.10.3:3.0.6")
	assert.Equal(t, 1, code)
	assert.Empty(t, errs)
	assert.Contains(t, out, "2 of 8 connections stop working on 3.0.6\n2.10.3 to 3.0.6: 2 stop, 0 change, 1 starts to work, 5 stay the same\n")
	code, out, _ = call(t, nil, "", "-demo", "-json", "-upgrade", "3.0.6:3.3.1")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `"stop": 2`)
}

// Lines fit into 80 columns whatever the length of the ids. Ids are not shortened.
func TestUpgradeWidth(t *testing.T) {
	for n := 36; n < 46; n++ {
		s := set(t)
		s.ids = []id{{text: strings.Repeat("x", n)}}
		s.srv.Set("airflow/connections/"+s.ids[0].text, `{"conn_type": ["hunter2"], "login": 5}`)
		table := assertShown(t, s.compare(t, "3.0.6:3.3.2", nil))
		assert.Contains(t, table, "stops    "+s.ids[0].text)
		assert.Contains(t, table, "conn_type-not-text  conn_type\n")
	}
}
