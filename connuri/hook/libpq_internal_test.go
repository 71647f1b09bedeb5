package hook

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// The table of types has the keys that Postgres reads, passes on or leaves out.
func TestKeysOfPostgres(t *testing.T) {
	want := slices.Concat(libpqNames(), postgresOwn, psycopgOwn)
	assert.ElementsMatch(t, want, strings.Fields(conntype.Of("postgres").Keys))
}
