package hook

import (
	"maps"
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

// The table of types has the properties that Kafka knows, and what confluent-kafka takes for itself.
func TestKeysOfKafka(t *testing.T) {
	want := slices.AppendSeq([]string{"logger", "default.topic.config"}, maps.Keys(kafkaProperties()))
	assert.ElementsMatch(t, append(want, kafkaCallbacks...), strings.Fields(conntype.Of("kafka").Keys))
}

// The table of types has the options that Mongo knows, and what MongoHook reads itself or fails on.
func TestKeysOfMongo(t *testing.T) {
	want := []string{"srv", "allow_insecure", "host", "port"}
	for _, o := range mongoOptions() {
		want = append(want, o.name)
	}
	assert.ElementsMatch(t, want, strings.Fields(conntype.Of("mongo").Keys))
}
