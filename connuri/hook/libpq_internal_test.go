package hook

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// The table of types has the ssl_ keys of both clients of MySQL.
func TestKeysOfMySQL(t *testing.T) {
	var inTable []string
	for key := range strings.FieldsSeq(conntype.Of("mysql").Keys) {
		if strings.HasPrefix(key, "ssl_") && key != "ssl_mode" { // of mysqlclient
			inTable = append(inTable, key)
		}
	}
	assert.ElementsMatch(t, mysqlConnectorKeys, inTable)
}

// The table of types has the keys that Postgres reads, passes on or leaves out.
func TestKeysOfPostgres(t *testing.T) {
	want := slices.Concat(libpqNames(), postgresOwn, psycopgOwn)
	assert.ElementsMatch(t, want, strings.Fields(conntype.Of("postgres").Keys))
}
