package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// connConfig is a connection as pgx takes it, by the rules of Airflow's
// PostgresHook: the schema is the database, the extra has options of libpq, which
// come last and win. What the connection leaves open comes from PGHOST, PGUSER and
// their kin, ~/.pgpass or the defaults of PostgreSQL, there as here.
//
// The error names the field, never a value; those of pgx would quote them.
func connConfig(c connuri.Connection) (*pgx.ConnConfig, error) {
	settings := map[string]string{"host": c.Host, "user": c.Login, "dbname": c.Schema, "password": c.Password.Reveal()}
	if c.Port != 0 {
		settings["port"] = strconv.Itoa(c.Port)
	}
	options, err := extraOptions(c.Extra)
	if err != nil {
		return nil, err
	}
	maps.Copy(settings, options)

	cfg, err := pgx.ParseConfig(keywords(settings))
	if err == nil {
		return cfg, nil
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if slices.Contains(certificates, key) {
			continue
		}
		alone := map[string]string{"host": "localhost"} // without a host sslmode counts for nothing
		alone[key] = settings[key]
		if _, err := pgx.ParseConfig(keywords(alone)); err != nil {
			field := fields[key]
			if _, isOption := options[key]; isOption {
				field = "extra: " + key
			}
			return nil, fmt.Errorf("postgres: %s: pgx cannot use the value", field)
		}
	}
	return nil, fmt.Errorf("postgres: extra: %s: pgx cannot use them; all are files that have to be there, and sslcert wants sslkey", strings.Join(certificates[:3], ", "))
}

// certificates are options that only make sense together.
var certificates = []string{"sslcert", "sslkey", "sslrootcert", "sslpassword"}

// fields are the options that the connection has a field for.
var fields = map[string]string{"host": "host", "port": "port", "user": "login", "dbname": "schema", "password": "password"}

// extraOptions reads the extra.
func extraOptions(extra connuri.Extra) (map[string]string, error) {
	options := map[string]string{}
	if extra.IsZero() {
		return options, nil
	}
	var members map[string]any
	if err := extra.Decode(&members); err != nil {
		return nil, err
	}
	for key, member := range members {
		value, _ := extra.Get(key) // as text
		_, isList := member.([]any)
		_, isObject := member.(map[string]any)
		switch {
		case key == "iam" && !isFalse(value):
			return nil, errors.New("postgres: extra: iam: the hook would ask AWS for a token, which this program does not; store a password")
		case slices.Contains(passedOver, key), member == nil:
		case !slices.Contains(understood, key):
			return nil, fmt.Errorf("postgres: extra: %.40q is no option of libpq that pgx knows", key)
		case isList, isObject:
			return nil, fmt.Errorf("postgres: extra: %s: not text, a number or a boolean", key)
		default:
			options[key] = value
		}
	}
	return options, nil
}

// understood are the options of libpq that pgx has as well.
var understood = []string{
	"host", "port", "dbname", "user", "password", "passfile", "service", "servicefile",
	"connect_timeout", "application_name", "options", "target_session_attrs", "channel_binding", "require_auth", "krbsrvname",
	"min_protocol_version", "max_protocol_version",
	"sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcertmode", "sslnegotiation", "sslsni",
}

// passedOver are what the hook keeps for itself, and options of libpq that make
// no difference here: Go keeps TCP connections alive, pgx talks UTF-8.
var passedOver = []string{
	"iam", "redshift", "redshift-serverless", "cluster-identifier", "workgroup-name", "aws_conn_id", "azure_conn_id", "cursor", "sqlalchemy_scheme", "sqlalchemy_query",
	"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "client_encoding", "gssencmode", "sslcompression",
}

// isFalse tells what Airflow takes for false; in a URI, where all is text, "false"
// was meant so too.
func isFalse(value string) bool {
	return slices.Contains([]string{"", "0", "false", "null", "{}", "[]"}, strings.ToLower(value))
}

// keywords writes options as libpq reads them.
func keywords(settings map[string]string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var text strings.Builder
	for key, value := range settings {
		if value != "" {
			fmt.Fprintf(&text, "%s='%s' ", key, quote.Replace(value))
		}
	}
	return text.String()
}
