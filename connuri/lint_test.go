package connuri_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func TestLint(t *testing.T) {
	words := connuri.ConnWords{"schema": {"dbname"}}
	for _, row := range []struct {
		name, secret string
		words        connuri.ConnWords
		want         []string // the rules found, in order
	}{
		{"a good URI", "postgres://u:p%2Fw@h:5432/db?sslmode=require", nil, nil},
		{"a good URI with a protocol in its host", "spark://https://u:p@h:1", nil, nil},
		{"a good JSON", `{"conn_type": "postgres", "host": "h", "login": "u", "password": "p", "port": 5432, "extra": {"connect_timeout": 10}}`, nil, nil},
		{"an RDS secret with its words", `{"engine": "postgres", "host": "h", "username": "u", "password": "p", "dbname": "d", "dbInstanceIdentifier": "i"}`, words, nil},
		{"white space around a URI does no harm", " postgres://h/db\n", nil, nil},

		{"blank", " \n", nil, []string{"blank"}},
		{"no scheme", "db.example.com/prod", nil, []string{"no-scheme"}},
		{"a host where the scheme belongs", "localhost:5432/db", nil, []string{"no-scheme"}},
		{"one slash", "mysql:/h/db", nil, []string{"no-scheme"}},
		{"no type", "//u:p@h/db", nil, []string{"no-conn-type"}},
		{"underscore", "my_conn://u:p@h/s", nil, []string{"underscore"}},
		{"quoted", `"postgres://u:p@h/s"`, nil, []string{"quoted"}},
		{"single quotes", `'postgres://u:p@h/s'`, nil, []string{"quoted"}},
		{"assignment", "AIRFLOW_CONN_X=postgres://u:p@h/s", nil, []string{"assignment"}},
		{"exported", "export AIRFLOW_CONN_X=postgres://u:p@h/s", nil, []string{"assignment"}},
		{"mark", "\ufeff{}", nil, []string{"bom"}},
		{"slash in the password", "postgres://u:p/w@h/s", nil, []string{"raw-delimiter"}},
		{"slash in a password that begins as a port", "postgres://u:1/w@h/s", nil, []string{"raw-delimiter"}},
		{"question mark in the password", "postgres://u:p?w@h/s", nil, []string{"raw-delimiter"}},
		{"hash in the password", "postgres://u:p#w@h/s", nil, []string{"raw-delimiter", "fragment"}},
		{"bracket in the password", "postgres://u:p[w@h/s", nil, []string{"raw-delimiter"}},
		{"percent in the password", "postgres://u:100%@h/s", nil, []string{"percent"}},
		{"fragment", "postgres://u:p@h/s#x", nil, []string{"fragment"}},
		{"URL in the query", "mysql://h/s?url=http://x", nil, []string{"url-in-query"}},
		{"driver", "postgresql+psycopg2://h/db", nil, []string{"driver"}},
		{"bad port", "postgres://h:port/db", nil, []string{"unreadable"}},
		{"three schemes", "a://b://c://d", nil, []string{"unreadable"}},
		{"number of a port and an address in the query", "smtp://smtp.example.com:587/?from_email=noreply@example.com", nil, nil},
		{"an address in the query", "mongo://h:27017/db?authSource=a@b", nil, nil},
		{"at sign and slash in the password", "postgres://u:p@ss/word@h/db", nil, []string{"raw-delimiter"}},
		{"question mark in a password of digits", "postgres://u:12?w@h/s", nil, []string{"raw-delimiter"}},
		{"several hosts", "mongo://u:p@m1:1,m2:2/db", nil, []string{"several-hosts"}},
		{"several hosts, encoded", "mongo://u:p@m1%3A1%2Cm2%3A2/db", nil, nil},
		{"protocol twice", "http://http://h", nil, []string{"host-lost"}},
		{"a list", `["postgres://u:p@h/s"]`, nil, []string{"no-scheme"}},
		{"a space in the scheme", "my conn://u:p@h/s", nil, []string{"no-scheme"}},
		{"bad port and a fragment", "postgres://h:port/db#x", nil, []string{"fragment", "unreadable"}},
		{"extra that is not an object", "aws://?__extra__=x", nil, []string{"extra-no-object"}},

		{"bad port and an ignored key", `{"conn_type": "a", "description": "x", "port": "abc"}`, nil, []string{"ignored-description", "unreadable"}},
		{"engine of RDS", `{"engine": "sqlserver-se", "host": "h"}`, nil, []string{"engine"}},
		{"a URI for a host", `{"conn_type": "postgres", "host": "postgres://u:p@h/db"}`, nil, []string{"uri-in-host"}},
		{"a port in the host", `{"conn_type": "postgres", "host": "h:5432"}`, nil, []string{"port-in-host"}},
		{"extra outside extra", `{"conn_type": "aws", "aws_secret_access_key": "x"}`, nil, []string{"ignored-extra"}},
		{"a switch of the type outside extra", `{"engine": "redis", "host": "h", "SSL": true}`, nil, []string{"ignored-extra"}},
		{"a switch of another type", `{"engine": "spark", "host": "h", "ssl": true}`, nil, nil},
		{"broken JSON", `{'conn_type': 'postgres'}`, nil, []string{"unreadable"}},
		{"no word", `{"foo": 1}`, nil, []string{"no-known-key"}},
		{"RDS without words", `{"engine": "postgres", "host": "h", "dbname": "d"}`, nil, []string{"ignored-key"}},
		{"uri", `{"conn_uri": "postgres://h"}`, nil, []string{"ignored-uri", "no-known-key"}},
		{"description", `{"conn_type": "a", "description": "d"}`, nil, []string{"ignored-description"}},
		{"extra_dejson", `{"conn_type": "a", "extra_dejson": {}}`, nil, []string{"ignored-key"}},
		{"capital key", `{"conn_type": "a", "Host": "h"}`, nil, []string{"key-case"}},
		{"conn_id", `{"conn_id": "my_db", "conn_type": "mysql"}`, nil, []string{"two-names", "conn-id-as-type"}},
		{"conn_id last", `{"conn_type": "mysql", "conn_id": "my_db"}`, nil, []string{"two-names"}},
		{"no conn_type", `{"host": "h"}`, nil, []string{"no-conn-type"}},
		{"capitals", `{"conn_type": "PostgreSQL"}`, nil, []string{"conn-type-case"}},
		{"number for a password", `{"conn_type": "a", "password": 12345}`, nil, []string{"number"}},
		{"zero for a login", `{"conn_type": "a", "login": 0}`, nil, []string{"number"}},
		{"zero for a host does no harm", `{"conn_type": "a", "host": 0}`, nil, nil},
		{"true for a password", `{"conn_type": "a", "password": true}`, nil, []string{"unreadable"}},
		{"extra that is not an object in JSON", `{"conn_type": "a", "extra": "x"}`, nil, []string{"extra-no-object"}},
		{"port", `{"conn_type": "a", "port": 70000}`, nil, []string{"port-range"}},
		{"line feed in the password", `{"conn_type": "a", "password": "p\n"}`, nil, []string{"edge-space"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, f := range connuri.Lint(row.secret, row.words) {
				got = append(got, f.Rule)
				assert.NotEmpty(t, f.Field)
				assert.NotEmpty(t, f.Problem)
				assert.NotEmpty(t, f.Instead)
			}
			assert.Equal(t, row.want, got)
		})
	}
}
