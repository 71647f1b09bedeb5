package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// fewIDs returns an id for each state but fails, and then more than a page of others.
func fewIDs() string {
	ids := []string{"Zeta", "aws_default", "has space", "airflow/connections/pg"}
	for n := range 2 * pageRows {
		ids = append(ids, fmt.Sprintf("id_%03d", n))
	}
	return strings.Join(ids, "\n")
}

func shownIDs(s shown) []string {
	var ids []string
	for _, r := range s.Rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestView(t *testing.T) {
	for _, test := range []struct {
		name  string
		view  view
		count int
		first []string
	}{
		{"all", view{}, 54, []string{"Zeta", "aws_default", "has space"}},
		{"skipped", view{Show: "skipped"}, 1, []string{"aws_default"}},
		{"refused", view{Show: "refused"}, 1, []string{"has space"}},
		{"none", view{Show: "fails"}, 0, nil},
		{"with findings", view{Show: "noted"}, 2, []string{"has space", "airflow/connections/pg"}},
		{"asked", view{Show: "asked"}, 52, []string{"Zeta", "airflow/connections/pg", "id_000"}},
		{"find", view{Find: " ZET "}, 1, []string{"Zeta"}},
		{"find among", view{Find: "id_04", Show: "asked"}, 10, []string{"id_040", "id_041"}},
		{"find none", view{Find: "nobody"}, 0, nil},
		{"skipped first", view{Sort: "skipped"}, 54, []string{"aws_default", "Zeta", "has space"}},
		{"findings first", view{Sort: "noted"}, 54, []string{"has space", "airflow/connections/pg", "Zeta"}},
		{"by name", view{Sort: "name"}, 54, []string{"airflow/connections/pg", "aws_default", "has space", "id_000"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := ask(t, question{Fields: usualFields(lookup.MWAAPattern), IDs: fewIDs(), View: test.view})
			assert.Equal(t, test.count, a.Shown.Count)
			ids := shownIDs(a.Shown)
			assert.Equal(t, test.first, ids[:len(test.first):len(test.first)])
			assert.Equal(t, []int{54, 53, 1, 1, 2}, []int{a.IDs, a.Reached, a.Skipped, a.Refused, a.Noted}, "the numbers are those of all ids")
		})
	}
}

func TestViewPages(t *testing.T) {
	for page, want := range map[int]struct{ page, first, rows int }{
		0: {0, 0, pageRows}, 1: {1, pageRows, pageRows}, 2: {2, 2 * pageRows, 4}, 3: {2, 2 * pageRows, 4}, 1 << 40: {2, 2 * pageRows, 4},
	} {
		a, _ := ask(t, question{Fields: usualFields(""), IDs: fewIDs(), View: view{Page: page}})
		assert.Equal(t, 3, a.Shown.Pages)
		assert.Equal(t, want.page, a.Shown.Page)
		assert.Equal(t, want.first, a.Shown.First)
		assert.Len(t, a.Shown.Rows, want.rows)
	}
	a, _ := ask(t, question{Fields: usualFields("")})
	assert.Equal(t, shown{Rows: []row{}, Pages: 1}, a.Shown)
}

// TestViewOfTheMost finds the one skipped id among as many as the page takes.
func TestViewOfTheMost(t *testing.T) {
	ids := strings.Replace(strings.ReplaceAll(manyIDs(mostIDs-1), `\n`, "\n"), "id_3210\n", "id_3210\naws_default\n", 1)
	a, text := ask(t, question{Fields: usualFields(lookup.MWAAPattern), IDs: ids, View: view{Show: "skipped"}})
	assert.Equal(t, []string{"aws_default"}, shownIDs(a.Shown))
	assert.Equal(t, []int{mostIDs, 1}, []int{a.IDs, a.Skipped})
	assert.Less(t, len(text), 10_000, "an answer holds what is shown alone")
}

// TestRefusedNames: an id whose name AWS refuses is not shown as asked for.
func TestRefusedNames(t *testing.T) {
	for _, test := range []struct {
		name   string
		fields fields
		id     string
		state  state
		why    string
	}{
		{"plain", usualFields(""), "a-b_c.d@e+f=g/h!", asked, ""},
		{"space", usualFields(""), "a b", refused, `AWS refuses ' ' in a name`},
		{"accent", usualFields(""), "é", refused, `AWS refuses 'é' in a name`},
		{"prefix", fields{Prefix: "prod:conns", Sep: "/"}, "pg", refused, `AWS refuses ':' in a name`},
		{"separator", fields{Prefix: "prod", Sep: "::"}, "pg", refused, `AWS refuses ':' in a name`},
		{"long", usualFields(""), strings.Repeat("x", 500), refused, "at most 512 characters"},
		{"ARN", fields{}, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pg-AbCdEf", asked, ""},
		{"ARN after a prefix", usualFields(""), "arn:aws:x", refused, `AWS refuses ':' in a name`},
		{"skipped", usualFields("pg"), "a b", skipped, "does not match"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := ask(t, question{Fields: test.fields, IDs: test.id})
			assert.Equal(t, test.state, a.Shown.Rows[0].State)
			assert.Contains(t, a.Shown.Rows[0].Why, test.why)
			assert.Equal(t, test.state == refused, a.Refused == 1)
		})
	}
	assert.Equal(t, "AWS refuses an empty name", refusal(""))
}

func TestRowsShowTheirFindings(t *testing.T) {
	a, _ := ask(t, question{Fields: fields{Prefix: "a-/", Sep: "-/", Pattern: "^pg"}, IDs: "pg-default\npg"})
	assert.Equal(t, []finding{{"hyphen", "the id pg-default has a hyphen where Airflow's own has an underscore", "pg_default"}}, a.Shown.Rows[0].Notes)
	assert.Empty(t, a.Shown.Rows[1].Notes, "a finding about the rule is not repeated at each id")
	assert.Equal(t, 1, a.Noted)
}
