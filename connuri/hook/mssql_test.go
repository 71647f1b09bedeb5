package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

var mssqlTest = hookTest{
	name: "mssql",
	read: func(c connuri.Connection) (object, error) {
		ms, err := hook.MSSQL(c)
		return object{
			"server": ms.Host, "host": ms.ExtraHost, "port": ms.Port, "user": ms.User, "password": ms.Password.Reveal(), "database": ms.Database,
			"appname": ms.AppName, "read_only": ms.ReadOnly, "encryption": ms.Encryption, "conn_properties": ms.SessionSQL.Reveal(),
			"login_timeout": fmt.Sprint(ms.LoginTimeout.Seconds()), "timeout": fmt.Sprint(ms.Timeout.Seconds()),
		}, err
	},
	fails: func(result object) string {
		switch {
		case result["error"] != nil:
			return "the hook"
		case result["driver"] != "ok":
			return "the driver"
		case isNegative(pythonInt(at(result, "kwargs", "timeout"))), isNegative(pythonInt(at(result, "kwargs", "login_timeout"))):
			return "pymssql refuses a limit below 0 when it has connected"
		case isTrue(at(result, "kwargs", "conn_properties")) && !isSQL(at(result, "kwargs", "conn_properties")):
			return "pymssql refuses conn_properties when it has connected"
		case otherType(at(result, "kwargs"), "appname charset host") != "" || isNumber(at(result, "kwargs", "appname")) || isNumber(at(result, "kwargs", "charset")) || isNumber(at(result, "kwargs", "host")):
			return "pymssql takes text only"
		case !isWord(at(result, "kwargs", "encryption"), "off request require"):
			return "pymssql does not know the encryption"
		case !isWord(at(result, "kwargs", "tds_version"), "4.2 7.0 7.1 7.2 7.3 7.4 8.0"):
			return "pymssql does not know the version"
		case isTooLong(at(result, "kwargs", "timeout")), isTooLong(at(result, "kwargs", "login_timeout")):
			return "pymssql takes seconds of 32 bits"
		}
		return ""
	},
	refused: func(result object) string {
		port, err := strconv.Atoi(fmt.Sprint(at(result, "kwargs", "port")))
		switch {
		case isTrue(at(result, "kwargs", "host")):
			return "host beside the server"
		case err == nil && (port <= 0 || port > 65535):
			return "a port that is none"
		}
		return ""
	},
	notCompared: []string{"url", "driver"},
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		for _, key := range strings.Fields("as_dict autocommit charset tds_version use_datetime2 arraysize") { // for Python alone
			delete(kwargs, key)
		}
		for _, key := range strings.Fields("host appname conn_properties") { // false and 0 are nothing
			if !isTrue(kwargs[key]) {
				delete(kwargs, key)
			}
		}
	},
	want: func(result object) object {
		kwargs, _ := result["kwargs"].(object)
		if kwargs["port"] == "None" {
			kwargs["port"] = "0"
		}
		if parts, ok := kwargs["conn_properties"].([]any); ok {
			kwargs["conn_properties"] = strings.TrimSuffix(fmt.Sprintln(parts...), "\n")
		}
		for key, without := range map[string]time.Duration{"login_timeout": time.Minute, "timeout": 0} {
			if _, given := kwargs[key]; given {
				kwargs[key] = pythonInt(kwargs[key])
			} else {
				kwargs[key] = fmt.Sprint(without.Seconds())
			}
		}
		return kwargs
	},
	truths: []string{"read_only"},
	choices: []hookChoice{loginTrue, {
		reason: "a login may stand in the host, which the settings print",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return mayHoldLogin(at(result, "kwargs"), "server host", "@?=")
		},
	}, {
		reason: "more than one backslash in the host",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return strings.Count(fmt.Sprint(at(result, "kwargs", "server")), `\`) > 1
		},
	}},
	leaves: 745,
}

func isNumber(v any) bool {
	_, ok := v.(json.Number)
	return ok && isTrue(v)
}

// isWord reports whether v is absent or one of some words.
func isWord(v any, words string) bool {
	text, ok := v.(string)
	return v == nil || ok && slices.Contains(strings.Fields(words), text)
}

// isTooLong reports whether int(v) does not fit into 32 bits.
func isTooLong(v any) bool {
	n, err := strconv.ParseInt(pythonInt(v), 10, 64)
	return err != nil || n > 1<<31-1
}

// pythonInt is int(v), or 0 where that raises ValueError.
func pythonInt(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "1"
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return fmt.Sprint(int64(f))
		}
	case string:
		n, _ := pystr.Int(v)
		return fmt.Sprint(n)
	}
	return "0"
}

// isSQL reports whether v is text or a list of texts.
func isSQL(v any) bool {
	isText := func(v any) bool { _, ok := v.(string); return ok }
	parts, isList := v.([]any)
	return isText(v) || isList && !slices.ContainsFunc(parts, func(v any) bool { return !isText(v) })
}

// mssqlWith is a connection with an extra.
func mssqlWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "mssql", Host: "db.example.com", Port: 1434, Login: "app", Password: connuri.NewSecret("pw"), Schema: "shop", Extra: connuri.RawExtra(extra)}
}

func TestMSSQLServer(t *testing.T) {
	for _, row := range []struct {
		host           string
		port           int
		name, instance string
		dialed         int
	}{
		{"db.example.com", 0, "db.example.com", "", 1433},
		{"db.example.com", 1434, "db.example.com", "", 1434},
		{"db.example.com:7000", 1434, "db.example.com", "", 7000}, // pymssql adds no port to it
		{"db.example.com:0", 1434, "db.example.com:0", "", 1434},
		{"db.example.com:99999", 1434, "db.example.com:99999", "", 1434},
		{"db.example.com:x", 1434, "db.example.com:x", "", 1434},
		{`db\SALES`, 1434, "db", "SALES", 0},
		{`db\`, 1434, "db", "", 1434},
		{`.\SALES`, 0, "localhost", "SALES", 0},
		{".", 0, "localhost", "", 1433},
		{"(local)", 0, "localhost", "", 1433},
		{"2001:db8::5", 1434, "2001:db8::5", "", 1434},
		{"[2001:db8::5]", 1434, "2001:db8::5", "", 1434},
		{"[::1]:1444", 1434, "::1", "", 1444},
		{"[::1]:0", 1434, "[::1]:0", "", 1434},
		{":1444", 1434, "", "", 1444},
		{`[::1]\SALES`, 1434, "::1", "SALES", 0},
		{"h1,h2", 1434, "h1,h2", "", 1434},
		{"", 0, "", "", 1433},
	} {
		name, instance, port := hook.MSSQLConfig{Host: row.host, Port: row.port}.Server()
		assert.Equal(t, []any{row.name, row.instance, row.dialed}, []any{name, instance, port}, row.host)
	}
}

func TestMSSQLRefuses(t *testing.T) {
	for _, row := range []struct {
		extra, key, says string
		unsupported      bool
	}{
		{`{"encrypt": "yes"}`, "encrypt", "write encryption as require", false},
		{`{"TRUSTSERVERCERTIFICATE": true}`, "TrustServerCertificate", "verifies no certificate", false},
		{`{"driver": "ODBC Driver 18 for SQL Server"}`, "driver", "leave it out", false},
		{`{"user": "other"}`, "user", "in the field login", false},
		{`{"server": null}`, "server", "in the field host", false},
		{`{"login_timeuot": 5}`, "", "did you mean login_timeout?", false},
		{`{"SQLALCHEMY_SCHEME": "x"}`, "", "pymssql does not know", false},
		{`{"encryption": "Require"}`, "encryption", "does not know this word", false},
		{`{"encryption": "default"}`, "encryption", "does not know this word", false},
		{`{"encryption": ""}`, "encryption", "does not know this word", false},
		{`{"encryption": true}`, "encryption", "does not know this word", false},
		{`{"timeout": null}`, "timeout", "not a number", false},
		{`{"timeout": -1}`, "timeout", "below 0", false},
		{`{"login_timeout": [5]}`, "login_timeout", "not a number", false},
		{`{"login_timeout": "99999999999"}`, "login_timeout", "too large", false},
		{`{"appname": 5}`, "appname", "not text", false},
		{`{"charset": ["x"]}`, "charset", "not text", false},
		{`{"tds_version": "5.0"}`, "tds_version", "does not know this version", false},
		{`{"tds_version": 7.4}`, "tds_version", "does not know this version", false},
		{`{"conn_properties": {"a": "b"}}`, "conn_properties", "neither text nor", false},
		{`{"conn_properties": ["SET X", 5]}`, "conn_properties", "neither text nor", false},
		{`{"host": 5}`, "host", "not text", false},
		{`{"host": "other.example.com"}`, "host", "in place of the field host", true},
	} {
		ms, err := hook.MSSQL(mssqlWith(row.extra))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, row.extra)
		assert.Equal(t, [3]string{"mssql", "extra", row.key}, [3]string{e.Type, e.Field, e.Key}, row.extra)
		assert.Contains(t, e.Error(), row.says)
		assert.Equal(t, row.unsupported, errors.Is(err, hook.ErrUnsupported), row.extra)
		assert.Equal(t, row.unsupported, ms.Database == "shop", row.extra)
	}
	for host, says := range map[string]string{`a\b\c`: "more than one backslash", "app@db": "it has an @"} {
		_, err := hook.MSSQL(connuri.Connection{Type: "mssql", Host: host})
		assert.ErrorContains(t, err, says)
	}
	for _, c := range []connuri.Connection{{Port: -1}, {Port: 65536}, {Empty: connuri.EmptyPort}} {
		ms, err := hook.MSSQL(c)
		require.ErrorIs(t, err, hook.ErrUnsupported)
		assert.ErrorContains(t, err, "port: it is not a port")
		assert.Equal(t, c.Port, ms.Port)
	}
}

func TestMSSQLFields(t *testing.T) {
	ms, err := hook.MSSQL(connuri.Connection{})
	require.NoError(t, err)
	assert.Equal(t, hook.MSSQLConfig{LoginTimeout: time.Minute, TLS: hook.TLS{Mode: hook.TLSUnverified}}, ms)
	assert.False(t, ms.EncryptsAll())

	ms, err = hook.MSSQL(mssqlWith(`{"appname": "billing", "encryption": "require", "timeout": "abc", "login_timeout": 1.9, "read_only": "false",
		"conn_properties": ["SET LANGUAGE french;", "SET X"], "as_dict": true, "charset": "UTF-8", "tds_version": "7.4", "sqlalchemy_scheme": "mssql+pyodbc"}`))
	require.NoError(t, err)
	assert.Equal(t, hook.MSSQLConfig{
		Host: "db.example.com", Port: 1434, User: "app", Password: connuri.NewSecret("pw"), Database: "shop", AppName: "billing", ReadOnly: true,
		LoginTimeout: time.Second, Encryption: "require", TLS: hook.TLS{Mode: hook.TLSUnverified, ServerName: "db.example.com"},
		SessionSQL: connuri.NewSecret("SET LANGUAGE french; SET X"),
	}, ms)
	assert.True(t, ms.EncryptsAll())
	ms, err = hook.MSSQL(mssqlWith(`{"encryption": "request"}`))
	require.NoError(t, err)
	assert.False(t, ms.EncryptsAll())
}

func ExampleMSSQL() {
	c, err := connuri.TaskSDK.Parse(`mssql://app:s3cr3t@db.example.com/shop?encryption=require&appname=billing&login_timeout=10`)
	if err != nil {
		fmt.Println(err)
		return
	}
	ms, err := hook.MSSQL(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The fields go one by one into the msdsn.Config of go-mssqldb.
	host, instance, port := ms.Server()
	fmt.Printf("%s %q %d %s %v %s\n", host, instance, port, ms.User, ms.Password, ms.Database)
	fmt.Println(ms.EncryptsAll(), ms.TLS.Mode, ms.LoginTimeout, ms.AppName)
	// Output:
	// db.example.com "" 1433 app [redacted] shop
	// true unverified 10s billing
}

func FuzzMSSQL(f *testing.F) {
	fuzzHook(f, "mssql", func(t *testing.T, c connuri.Connection) error {
		ms, err := hook.MSSQL(c)
		_, instance, port := ms.Server()
		if (port == 0) != (instance != "") && !errors.Is(err, hook.ErrUnsupported) {
			t.Error("neither an instance nor a port, or both")
		}
		if err == nil && ms.TLS.Mode != hook.TLSUnverified {
			t.Error("settings that are not complete")
		}
		return err
	})
}
