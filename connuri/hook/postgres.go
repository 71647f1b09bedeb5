package hook

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// PostgresConfig holds the settings that PostgresHook gives to psycopg 3.
type PostgresConfig struct {
	// Settings are all keywords of libpq except the secrets: host, port, user and dbname from the
	// connection, the others from the extra (sslmode, application_name …). If a keyword is absent,
	// libpq takes it from the environment (PGHOST …) or uses its default. If it is "", libpq does
	// neither.
	Settings map[string]string

	Password       connuri.Secret // keyword password
	SSLPassword    connuri.Secret // keyword sslpassword, the passphrase of sslkey; see Keywords
	OtherSecrets   Secrets        // keywords scram_client_key, scram_server_key and oauth_client_secret, which pgx does not know; nil without them
	ConnectTimeout time.Duration  // how long psycopg waits for each host: connect_timeout, at least 2 s; 130 s without one
	Token          *TokenRequest  // extra iam: what to ask AWS for in place of a password; nil if it is not set
}

// Keywords returns Settings in the form that pgx.ParseConfig and pgxpool.ParseConfig take, without
// the secrets: no text that holds a secret reaches a parser, whose errors would show it. Set the
// password on the result, and only if there is one, so that PGPASSWORD and the password file still
// work. With a Token the password is still to be fetched:
//
//	if pg.Token != nil {
//		return errors.New("the password is a token, to be fetched from AWS")
//	}
//	config, err := pgxpool.ParseConfig(pg.Keywords())
//	if err != nil {
//		return errors.New("pgx cannot use the extra") // the error of pgx quotes the keywords
//	}
//	if !pg.Password.IsZero() {
//		config.ConnConfig.Password = pg.Password.Reveal()
//	}
//	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, pg.ConnectTimeout)
//
// The last line is for an extra without connect_timeout, which is then not among the keywords.
// SSLPassword cannot be set afterwards, because pgx reads sslkey while it parses: pass it to
// pgx.ParseConfigWithOptions as GetSSLPassword.
//
// Keywords leaves out what pgx would send to the server as a setting of the session, and what only
// libpq uses: keepalives, tcp_user_timeout, load_balance_hosts and similar ones, which Lint
// reports.
func (c PostgresConfig) Keywords() string {
	var words []string
	for _, key := range libpqOrder(c.Settings) {
		value := c.Settings[key]
		switch use := libpq[key]; {
		case use != passed:
			continue
		case key == "connect_timeout":
			value = strconv.FormatInt(int64(c.ConnectTimeout/time.Second), 10)
		}
		value = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)
		words = append(words, key+"='"+value+"'")
	}
	return strings.Join(words, " ")
}

// libpqOrder are the keywords of settings in a fixed order.
func libpqOrder(settings map[string]string) []string {
	keys := make([]string, 0, len(settings))
	for key := range settings {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// use is what a Go driver does with a libpq keyword.
type use uint8

const (
	unknown use = iota
	passed      // pgx takes it
	dropped     // pgx does not know it; it neither redirects nor weakens a connection
	refused     // pgx does not know it, and without it the connection is another one
	hidden      // a secret
)

// libpq are the keywords of libpq 18.
var libpq = map[string]use{
	"host": passed, "port": passed, "user": passed, "dbname": passed, "password": hidden, "passfile": passed,
	"service": passed, "connect_timeout": passed, "application_name": passed, "options": passed,
	"client_encoding": passed, "target_session_attrs": passed, "channel_binding": passed, "require_auth": passed,
	"sslmode": passed, "sslnegotiation": passed, "sslcert": passed, "sslkey": passed, "sslpassword": hidden,
	"sslrootcert": passed, "sslsni": passed, "krbsrvname": passed, "replication": passed,
	"min_protocol_version": passed, "max_protocol_version": passed,

	"fallback_application_name": dropped, "keepalives": dropped, "keepalives_idle": dropped, "keepalives_interval": dropped,
	"keepalives_count": dropped, "tcp_user_timeout": dropped, "load_balance_hosts": dropped, "sslcompression": dropped,
	"gsslib": dropped, "sslkeylogfile": dropped,

	"hostaddr": refused, "sslcrl": refused, "sslcrldir": refused, "ssl_min_protocol_version": refused,
	"ssl_max_protocol_version": refused, "gssencmode": refused, "requirepeer": refused, "sslcertmode": refused, "gssdelegation": refused,
	"oauth_issuer": refused, "oauth_client_id": refused, "oauth_scope": refused,
	"scram_client_key": hidden, "scram_server_key": hidden, "oauth_client_secret": hidden,
}

// postgresOwn are extras that PostgresHook keeps for itself.
var postgresOwn = []string{
	"iam", "redshift", "redshift-serverless", "cursor", "cluster-identifier", "workgroup-name", "aws_conn_id",
	"sqlalchemy_scheme", "sqlalchemy_query", "azure_conn_id",
}

// psycopgOwn are arguments of psycopg.connect that are not keywords of libpq.
var psycopgOwn = []string{"conninfo", "autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory"}

// Postgres reads a connection as PostgresHook (apache-airflow-providers-postgres) and psycopg 3 do:
// the fields and every extra become keywords of libpq, and an extra named host, port, user,
// password or dbname replaces the field.
//
// The error is an *Error for what the hook, psycopg or libpq refuses before it looks for a server.
//
// These are ErrUnsupported and come with the complete settings: hostaddr, sslcrl, sslcrldir,
// ssl_min_protocol_version, ssl_max_protocol_version, gssencmode, gssdelegation, requirepeer,
// sslcertmode, keys that begin with oauth_ or scram_, and conninfo.
func Postgres(c connuri.Connection) (PostgresConfig, error) {
	return settled(postgresConfig(c))
}

func postgresConfig(c connuri.Connection) (PostgresConfig, error) {
	config := PostgresConfig{Settings: map[string]string{}, ConnectTimeout: 130 * time.Second}
	r, err := read("postgres", c)
	if err != nil {
		return config, err
	}
	if err := r.postgresCursor(); err != nil {
		return config, err
	}
	if err := r.postgresFields(&config); err != nil {
		return config, err
	}
	if err := r.postgresExtra(&config); err != nil {
		return config, err
	}
	if err := r.postgresTimeout(&config); err != nil {
		return config, err
	}
	if err := r.libpqRefuses(&config); err != nil {
		return config, err
	}
	return config, r.end()
}

// postgresCursor is PostgresHook._get_cursor: the extra cursor is one of two words.
func (r *reader) postgresCursor() error {
	text, given, err := r.text("cursor")
	switch word := strings.ToLower(text); {
	case err != nil:
		return err
	case given && text != "" && word != "dictcursor" && word != "namedtuplecursor":
		return r.bad("extra", "cursor", "the hook does not know this cursor", "leave it out, or write dictcursor or namedtuplecursor")
	}
	return nil
}

// postgresFields returns the keywords that come from fields. A field that is None is left out.
func (r *reader) postgresFields(config *PostgresConfig) error {
	c, s := r.c, config.Settings
	add := func(key, value string, empty connuri.Fields) {
		if value != "" || c.Empty&empty != 0 {
			s[key] = value
		}
	}
	for _, field := range [...][2]string{{"host", c.Host}, {"login", c.Login}, {"schema", c.Schema}, {"password", c.Password.Reveal()}} {
		if strings.Contains(field[1], "\x00") {
			return r.bad(field[0], "", "it has a NUL, where libpq stops reading all keywords", "leave the NUL out")
		}
	}
	add("host", c.Host, connuri.EmptyHost)
	add("user", c.Login, connuri.EmptyLogin)
	add("dbname", c.Schema, connuri.EmptySchema)
	if c.Port != 0 || c.Empty&connuri.EmptyPort != 0 {
		s["port"] = strconv.Itoa(c.Port)
	}
	config.Password = c.Password
	if !r.truth("iam") {
		return nil
	}
	t, err := r.token(5432)
	if err != nil {
		return err
	}
	config.Token, config.Password = t, connuri.Secret{}
	s["port"] = strconv.Itoa(t.Port)
	if t.Service != "rds" {
		delete(s, "user") // the answer names it
	}
	return nil
}

// postgresExtra reads the keywords that come from the extra.
func (r *reader) postgresExtra(config *PostgresConfig) error {
	for _, key := range r.keys {
		v, given := r.get(key)
		known := libpq[key]
		switch {
		case slices.Contains(postgresOwn, key):
			continue
		case slices.Contains(psycopgOwn, key):
			continue
		case known == unknown && given:
			return r.bad("extra", "", "it has a key that libpq does not know"+conntype.Suggest(key, libpqNames()), "leave that key out: every key of the extra is a keyword of libpq")
		case !given && (v.Kind != pyjson.Null || known == unknown):
			continue
		case !given: // null takes the field away
			delete(config.Settings, key)
			if key == "password" {
				config.Password = connuri.Secret{}
			}
			continue
		case v.Kind == pyjson.Array || v.Kind == pyjson.Object:
			return r.bad("extra", key, "it is a list or an object", "write text or a number")
		}
		if err := r.libpqSet(config, key, v.Str()); err != nil {
			return err
		}
	}
	return r.conninfo(config)
}

// libpqSet sets one keyword.
func (r *reader) libpqSet(config *PostgresConfig, key, value string) error {
	if strings.Contains(value, "\x00") {
		return r.bad("extra", key, "it has a NUL, where libpq stops reading all keywords", "leave the NUL out")
	}
	switch libpq[key] {
	case refused:
		r.refuse("extra", key, "pgx does not know it and would send it to the server", "leave it out for Go")
	case hidden:
		switch key {
		case "password":
			config.Password = connuri.NewSecret(value)
		case "sslpassword":
			config.SSLPassword = connuri.NewSecret(value)
		default:
			r.refuse("extra", key, "pgx does not know it", "leave it out for Go")
			if config.OtherSecrets == nil {
				config.OtherSecrets = Secrets{}
			}
			config.OtherSecrets[key] = connuri.NewSecret(value)
		}
		return nil
	}
	config.Settings[key] = value
	return nil
}

// postgresTimeout is psycopg's timeout_from_conninfo.
func (r *reader) postgresTimeout(config *PostgresConfig) error {
	text, given := config.Settings["connect_timeout"]
	if !given {
		return nil
	}
	seconds, ok := pystr.Float(text)
	if !ok || math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return r.bad("extra", "connect_timeout", "it is not a number", "write whole seconds")
	}
	if seconds = math.Trunc(seconds); seconds > 0 {
		config.ConnectTimeout = time.Duration(min(max(seconds, 2), maxSeconds)) * time.Second
	}
	return nil
}
