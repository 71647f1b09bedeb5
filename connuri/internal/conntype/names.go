package conntype

import "strings"

// names are the types by the names that hooks accept: the conn_type that the hook goes by, and
// others. They stand apart from what else is known of a type, so that a program that only reads
// connections does not carry all of it.
var names = [...]struct{ hook, others string }{
	{"redshift", ""},
	{"postgres", "postgresql"},
	{"mysql", "mariadb aurora"},
	{"redis", "rediss"},
	{"http", "https"},
	{"smtp", "email"},
	{"aws", "s3"},
	{"mongo", ""},
	{"snowflake", ""},
	{"ssh", "sftp"},
	{"kafka", ""},
	{"mssql", "sqlserver"},
	{"google_cloud_platform", ""},
	{"oracle", ""},
	{"trino", ""},
	{"presto", ""},
	{"vertica", ""},
	{"cassandra", ""},
	{"samba", ""},
	{"ftp", ""},
	{"imap", ""},
	{"hive_cli", ""},
	{"databricks", ""},
}

// Hook is the conn_type of the hook that connections of a type are for, "" if none is known.
// SQLAlchemy's names and its drivers after a + are known.
func Hook(connType string) string {
	name, _, _ := strings.Cut(connType, "+")
	for _, n := range names {
		if name != "" && (n.hook == name || Has(n.others, name)) {
			return n.hook
		}
	}
	return ""
}

// Names are the other names of the type that are accepted.
func (t *Type) Names() string {
	for _, n := range names {
		if n.hook == t.Hook {
			return n.others
		}
	}
	return ""
}
