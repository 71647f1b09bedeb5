package conntype

import "strings"

// names are the types by the names that hooks accept: the conn_type of the hook, and others. They
// are separate from the rest of the table, so that a program that only reads connections does not
// link all of it.
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

// Hook returns the conn_type of the hook for connections of a type, "" if none is known.
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

// Names returns the other accepted names of the type.
func (t *Type) Names() string {
	for _, n := range names {
		if n.hook == t.Hook {
			return n.others
		}
	}
	return ""
}
