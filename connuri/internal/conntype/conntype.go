// Package conntype is what is known of connection types in one table: by which names they
// go, and which keys of the extra their hooks read.
package conntype

import "strings"

// Hook is the conn_type of the hook that connections of a type are for, "" if none is
// known. SQLAlchemy's names and its drivers behind a + are known too.
func Hook(connType string) string {
	name, _, _ := strings.Cut(connType, "+")
	return hooks[name]
}

// hooks :: conn_type → that of the hook
var hooks = map[string]string{
	"postgres": "postgres", "postgresql": "postgres", "redshift": "postgres",
	"mysql": "mysql", "mariadb": "mysql", "aurora": "mysql",
	"redis": "redis", "rediss": "redis",
	"http": "http", "https": "http",
	"smtp": "smtp", "email": "smtp",
	"aws": "aws", "s3": "aws",
	"mongo":     "mongo",
	"snowflake": "snowflake",
	"ssh":       "ssh", "sftp": "ssh",
	"kafka": "kafka",
	"mssql": "mssql", "sqlserver": "mssql",
	"google_cloud_platform": "google_cloud_platform",
}
