package hook_test

import (
	"maps"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var postgresTest = hookTest{
	name: "postgres",
	read: func(c connuri.Connection) (object, error) {
		pg, err := hook.Postgres(c)
		libpq := object{}
		for key, value := range pg.Settings {
			libpq[key] = value
		}
		for key, secret := range map[string]connuri.Secret{"password": pg.Password, "sslpassword": pg.SSLPassword} {
			if !secret.IsZero() {
				libpq[key] = secret.Reveal()
			}
		}
		got := object{"libpq": libpq, "timeout": int(pg.ConnectTimeout.Seconds())}
		if pg.Token != nil {
			got["iam"] = tokenObject(pg.Token)
		}
		return got, err
	},
	fails: func(result object) string {
		libpq, _ := result["libpq"].(object)
		timeout, _ := result["timeout"].(object)
		switch {
		case result["error"] != nil:
			return "the hook"
		case libpq["error"] != nil:
			return "libpq does not know a keyword"
		case result["libpq_refuses"] != nil:
			return "libpq refuses a value"
		case timeout["error"] != nil:
			return "psycopg refuses the timeout"
		}
		return ""
	},
	names: func(result object) string {
		option, _ := result["libpq_refuses"].(string)
		return option
	},
	refused: func(result object) string {
		if session, ok := result["session"].(object); ok && session["conninfo"] != nil {
			return "conninfo"
		}
		libpq, _ := result["libpq"].(object)
		for _, key := range []string{"hostaddr", "sslcrl", "ssl_min_protocol_version", "gssencmode"} {
			if libpq[key] != nil {
				return key
			}
		}
		return ""
	},
	notCompared: []string{"kwargs", "row_factory", "psycopg2_cursor", "url", "session"},
	want: func(result object) object {
		if iam, ok := result["iam"].(object); ok {
			libpq := result["libpq"].(object)
			maps.DeleteFunc(libpq, func(_ string, v any) bool { return v == "<token>" || v == "<db user>" })
			dropNulls(iam)
		}
		return result
	},
	nulls:   true,
	choices: []hookChoice{loginTrue},
	leaves:  2256,
}

// dropNulls drops what is null, and what is "" in args, which is the same there.
func dropNulls(o object) {
	for key, v := range o {
		switch inner := v.(type) {
		case object:
			dropNulls(inner)
		case string:
			if inner == "" {
				delete(o, key)
			}
		case nil:
			delete(o, key)
		}
	}
}

// tokenObject is a request in the form of a row.
func tokenObject(t *hook.TokenRequest) object {
	args := object{}
	switch t.Service {
	case "rds":
		args = object{"host": t.Host, "port": t.Port, "user": t.User}
	case "redshift":
		args = object{"DbUser": t.User, "DbName": t.Database, "ClusterIdentifier": t.Cluster, "AutoCreate": false}
	case "redshift-serverless":
		args = object{"dbName": t.Database, "workgroupName": t.Workgroup}
	}
	o := object{"aws_conn_id": t.AWSConnID, "service": t.Service, "call": t.Call, "args": args}
	dropNulls(o)
	return o
}
