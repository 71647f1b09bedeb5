package connuritest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFamilyOf(t *testing.T) {
	for file, want := range map[string]string{
		"uri_parse":                    "uri_parse",
		"long/uri_parse":               "uri_parse",
		"a/b/uri_parse.jsonl":          "uri_parse",
		"airflow30/uri_parse":          "airflow30/uri_parse",
		"second/airflow30/uri_parse":   "airflow30/uri_parse",
		"hooks/postgres.jsonl":         "hooks/postgres",
		"provider8/lookup":             "provider8/lookup",
		"my-airflow30/uri_parse.jsonl": "uri_parse",
	} {
		assert.Equal(t, want, familyOf(file), file)
	}
}
