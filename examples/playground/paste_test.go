package main

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// pasted puts the pieces together as the page does.
func pasted(t *testing.T, a answer, kwargs string) string {
	t.Helper()
	units := utf16.Encode([]rune(kwargs))
	var text strings.Builder
	for _, p := range a.Paste {
		if p.To > 0 {
			text.WriteString(string(utf16.Decode(units[p.From:p.To])))
			continue
		}
		text.WriteString(p.Text)
	}
	return text.String()
}

// TestPasteIsReadBack reads the text for backend_kwargs back into the same fields.
func TestPasteIsReadBack(t *testing.T) {
	const before = `{"region_name": "eu-west-1", "connections_prefix": null, "variables_lookup_pattern": "y", "sep": "-", "config_prefix": "c"}`
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable, lookup.KindConfig} {
		for _, f := range []fields{
			{Prefix: defaultPrefix(kind), Sep: "/"},
			{Pattern: `^(?<!x)\d"\\<é😀>` + "\n", Prefix: `p"\`, Sep: "::"},
			{Pattern: "^a&b$"},
			{Prefix: defaultPrefix(kind), Sep: "/", Never: true, Pattern: "x"},
		} {
			for _, kwargs := range []string{"", "{}", "null", before} {
				a, _ := ask(t, question{Kind: kind.String(), Fields: f, Kwargs: kwargs})
				text := pasted(t, a, kwargs)
				settings, err := setup.ParseKwargs([]byte(text))
				require.NoError(t, err, text)
				assert.Empty(t, settings.Warnings, text)
				back, _ := readKwargs(text, kind)
				assert.Equal(t, &f, back, text)
				assert.Equal(t, kwargs != "", a.Merged)
			}
		}
	}
}

// TestPasteIsMerged: a kwarg that the fields do not change stays as it was written.
func TestPasteIsMerged(t *testing.T) {
	usual := usualFields("^pg")
	for _, test := range []struct {
		name   string
		fields fields
		kwargs string
		want   string
	}{
		{"nothing pasted", usual, "", `{"connections_lookup_pattern": "^pg"}`},
		{"nothing to say", usualFields(""), "", `{}`},
		{"escaped", usualFields(`^(?<=a)\d`), "", `{"connections_lookup_pattern": "^(?<=a)\\d"}`},
		{"added", usual, `{"region_name" : "eu-west-1","role_arn":"arn:aws:iam::1:role/r"}`,
			"{\n  \"region_name\" : \"eu-west-1\",\n  \"role_arn\":\"arn:aws:iam::1:role/r\",\n  \"connections_lookup_pattern\": \"^pg\"\n}"},
		{"in its place", usual, `{"connections_lookup_pattern": "x", "region_name": "r"}`,
			"{\n  \"connections_lookup_pattern\": \"^pg\",\n  \"region_name\": \"r\"\n}"},
		{"taken out", usualFields(""), `{"region_name": "r", "connections_lookup_pattern": "x"}`, "{\n  \"region_name\": \"r\"\n}"},
		{"nothing left", usualFields(""), `{"connections_lookup_pattern": "x"}`, `{}`},
		{"unchanged", usual, ` { "connections_lookup_pattern":"^p\u0067" , "sep": "/" } `,
			"{\n  \"connections_lookup_pattern\":\"^p\\u0067\",\n  \"sep\": \"/\"\n}"},
		{"twice", usual, `{"region_name": "a", "connections_lookup_pattern": "x", "region_name": "b", "connections_lookup_pattern": "y"}`,
			"{\n  \"region_name\": \"b\",\n  \"connections_lookup_pattern\": \"^pg\"\n}"},
		{"other kinds and unknown names", usual, `{"variables_prefix": null, "connection_lookup_pattern": "x", "n": [1, {"a": ","}]}`,
			"{\n  \"variables_prefix\": null,\n  \"connection_lookup_pattern\": \"x\",\n  \"n\": [1, {\"a\": \",\"}],\n  \"connections_lookup_pattern\": \"^pg\"\n}"},
		{"characters of two units", usual, `{"é😀": "😀", "region_name": "r"}`,
			"{\n  \"é😀\": \"😀\",\n  \"region_name\": \"r\",\n  \"connections_lookup_pattern\": \"^pg\"\n}"},
		{"prefix from null", fields{Prefix: "airflow/connections", Sep: "/"}, `{"connections_prefix": null}`, "{\n  \"connections_prefix\": \"airflow/connections\"\n}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := ask(t, question{Fields: test.fields, Kwargs: test.kwargs, IDs: "pg"})
			assert.Equal(t, test.want, pasted(t, a, test.kwargs))
			assert.Equal(t, test.kwargs != "", a.Merged)
		})
	}
}

// TestPasteIsNotMerged: the answer says so where the kwargs that were pasted are left out.
func TestPasteIsNotMerged(t *testing.T) {
	for _, kwargs := range []string{`{"region_name": "r"`, `["hunter2"]`, `{"sep": 5}`, `{"region_name": "r", "n": NaN}`} {
		a, _ := ask(t, question{Fields: usualFields("^pg"), Kwargs: kwargs, IDs: "pg"})
		assert.Equal(t, `{"connections_lookup_pattern": "^pg"}`, pasted(t, a, kwargs), kwargs)
		assert.False(t, a.Merged, kwargs)
	}
}

// TestPasteHoldsNoValue: values do not leave the page, and only those of known names are
// shown on it.
func TestPasteHoldsNoValue(t *testing.T) {
	kwargs := `{"region_name": "hunter1", "aws_secret_access_key": "hunter2", "unknown": {"a": "hunter3"}}`
	a, text := ask(t, question{Fields: usualFields("^pg"), Kwargs: kwargs, IDs: "pg"})
	assert.NotContains(t, text, "hunter")
	assert.Contains(t, pasted(t, a, kwargs), "hunter3")
	hidden := ""
	for _, p := range a.Paste {
		if p.Hidden {
			hidden += kwargs[p.From:p.To]
		}
	}
	assert.Equal(t, `"hunter2"{"a": "hunter3"}`, hidden)
}
