package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// mysqlModes are the words of mysqlclient's ssl_mode.
var mysqlModes = []string{"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"}

var mysqlTest = hookTest{
	name: "mysql",
	read: func(c connuri.Connection) (object, error) {
		my, err := hook.MySQL(c)
		kwargs := object{
			"user": my.User, "password": my.Password.Reveal(), "host": my.Host, "database": my.Database, "port": my.Port,
			"charset": my.Charset, "ssl": extraObject(my.SSL), "ssl_mode": my.SSLMode, "unix_socket": my.UnixSocket,
		}
		got := object{"client": my.Client, "kwargs": kwargs}
		if my.Token != nil {
			got["iam"] = tokenObject(my.Token)
		}
		return got, err
	},
	fails: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		driver, _ := result["driver"].(object)
		mode, isText := kwargs["ssl_mode"].(string)
		switch {
		case result["error"] != nil:
			return "the hook"
		case driver["error"] != nil:
			return "the driver"
		case result["client"] == "mysqlclient" && isText && !slices.Contains(mysqlModes, mode):
			return "mysqlclient does not know the ssl_mode" // which was not there when the rows were recorded
		}
		return ""
	},
	refused: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		if ssl := kwargs["ssl"]; ssl != nil && !isObject(ssl) {
			return "ssl is not an object"
		}
		return ""
	},
	notCompared: []string{"url", "driver"},
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		delete(kwargs, "cursorclass")
		delete(kwargs, "use_unicode")
		if result["iam"] != nil {
			delete(kwargs, "read_default_group")
			delete(kwargs, "passwd") // the token
		}
		if !isObject(kwargs["ssl"]) {
			delete(kwargs, "ssl")
		}
	},
	want: func(result object) object {
		kwargs, _ := result["kwargs"].(object)
		for from, to := range map[string]string{"passwd": "password", "db": "database"} {
			if v, ok := kwargs[from]; ok {
				kwargs[to] = v
				delete(kwargs, from)
			}
		}
		if result["client"] == "mysql-connector-python" {
			ssl := object{}
			for key, v := range kwargs {
				if strings.HasPrefix(key, "ssl_") {
					ssl[key] = v
					delete(kwargs, key)
				}
			}
			kwargs["ssl"] = ssl
		}
		if iam, ok := result["iam"].(object); ok {
			dropNulls(iam)
		}
		return result
	},
	choices: []hookChoice{
		loginTrue,
		mysqlNotText("charset"),
		mysqlNotText("ssl_mode"),
	},
	leaves: 1967,
}

// mysqlNotText is a setting that mysqlclient takes as text only: it fails at connecting.
func mysqlNotText(key string) hookChoice {
	return hookChoice{
		reason: key + " is not text: mysqlclient takes nothing else",
		met: func(_ connuri.Connection, _ error, result object) bool {
			kwargs, _ := result["kwargs"].(object)
			_, isText := kwargs[key].(string)
			return result["client"] == "mysqlclient" && kwargs[key] != nil && !isText
		},
	}
}

func isObject(v any) bool {
	o, ok := v.(object)
	return ok && o["$float"] == nil
}

// extraObject is an extra in the form of a row.
func extraObject(e connuri.Extra) any {
	var v any
	decoder := json.NewDecoder(strings.NewReader(e.Reveal()))
	decoder.UseNumber()
	if e.IsZero() || decoder.Decode(&v) != nil {
		return e.Reveal()
	}
	return v
}

// mysqlWith is a connection with an extra.
func mysqlWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "mysql", Host: "db.example.com", Extra: connuri.RawExtra(extra)}
}

func TestMySQLTLS(t *testing.T) {
	full := hook.TLS{Mode: hook.TLSVerifyFull, ServerName: "db.example.com"}
	with := func(t hook.TLS, mode hook.TLSMode, ca, cert, key string) hook.TLS {
		t.Mode, t.CAFile, t.CertFile, t.KeyFile = mode, ca, cert, key
		return t
	}
	off := hook.TLS{}
	for _, row := range []struct {
		extra string
		want  hook.TLS
	}{
		// mysqlclient
		{`{}`, off},
		{`{"ssl_mode": "DISABLED"}`, off},
		{`{"ssl_mode": "PREFERRED"}`, off},
		{`{"ssl_mode": "REQUIRED"}`, with(full, hook.TLSUnverified, "", "", "")},
		{`{"ssl_mode": "VERIFY_CA"}`, with(full, hook.TLSVerifyCA, "", "", "")},
		{`{"ssl_mode": "VERIFY_IDENTITY"}`, full},
		{`{"ssl": {"ca": "/ca"}}`, with(full, hook.TLSVerifyFull, "/ca", "", "")},
		{`{"ssl": "{\"ca\": \"/ca\"}"}`, with(full, hook.TLSVerifyFull, "/ca", "", "")},
		{`{"ssl": {"ca": "/ca", "cert": "/c", "key": "/k"}}`, with(full, hook.TLSVerifyFull, "/ca", "/c", "/k")},
		{`{"ssl": {"key": "/both"}}`, with(full, hook.TLSVerifyFull, "", "/both", "")},
		{`{"ssl": {"capath": "/etc/ssl/certs"}}`, full},
		{`{"ssl": {"ca": 5}}`, full},
		{`{"ssl": {}}`, off},
		{`{"ssl": "{}"}`, off},
		{`{"ssl": "null"}`, off},
		{`{"ssl": {"ca": "/ca"}, "ssl_mode": "DISABLED"}`, off},
		{`{"ssl": {"ca": "/ca"}, "ssl_mode": "PREFERRED"}`, off},
		{`{"ssl": {"ca": "/ca"}, "ssl_mode": "REQUIRED"}`, with(full, hook.TLSUnverified, "/ca", "", "")},
		{`{"ssl": {"ca": "/ca"}, "ssl_mode": "VERIFY_CA"}`, with(full, hook.TLSVerifyCA, "/ca", "", "")},
		{`{"ssl": {"ca": "/ca"}, "ssl_mode": "VERIFY_IDENTITY"}`, with(full, hook.TLSVerifyFull, "/ca", "", "")},
		{`{"ssl_ca": "/ca", "ssl_verify_cert": true}`, off}, // not read by this client

		// mysql-connector-python
		{`{"client": "mysql-connector-python"}`, off},
		{`{"client": "mysql-connector-python", "ssl": {"ca": "/ca"}}`, off}, // not read by this client
		{`{"client": "mysql-connector-python", "ssl_ca": null}`, off},
		{`{"client": "mysql-connector-python", "ssl_cipher": "x"}`, off},
		{`{"client": "mysql-connector-python", "ssl_ca": "/ca"}`, with(full, hook.TLSVerifyFull, "/ca", "", "")},
		{`{"client": "mysql-connector-python", "ssl_cert": "/c", "ssl_key": "/k"}`, with(full, hook.TLSVerifyFull, "", "/c", "/k")},
		{`{"client": "mysql-connector-python", "ssl_ca": "/ca", "ssl_verify_cert": true}`, with(full, hook.TLSVerifyCA, "/ca", "", "")},
		{`{"client": "mysql-connector-python", "ssl_verify_cert": "false"}`, with(full, hook.TLSVerifyCA, "", "", "")},
		{`{"client": "mysql-connector-python", "ssl_verify_identity": 1}`, full},
		{`{"client": "mysql-connector-python", "ssl_ca": "/ca", "ssl_verify_cert": false}`, with(full, hook.TLSUnverified, "/ca", "", "")},
		{`{"client": "mysql-connector-python", "ssl_verify_identity": false}`, with(full, hook.TLSUnverified, "", "", "")},
		{`{"client": "mysql-connector-python", "ssl_disabled": "false", "ssl_ca": "/ca", "ssl_verify_cert": true}`, off}, // text is true
		{`{"client": "mysql-connector-python", "ssl_disabled": false, "ssl_verify_identity": true}`, full},
	} {
		my, err := hook.MySQL(mysqlWith(row.extra))
		assert.NoError(t, err, row.extra)
		assert.Equal(t, row.want, my.TLS, row.extra)
	}
	my, err := hook.MySQL(mysqlWith(`{"ssl": true, "ssl_mode": "VERIFY_IDENTITY", "unix_socket": "/s"}`))
	require.ErrorIs(t, err, hook.ErrUnsupported)
	assert.Equal(t, full, my.TLS, "complete beside ErrUnsupported")
	assert.Equal(t, "/s", my.UnixSocket)
	assert.True(t, my.SSL.IsZero())
}

func TestMySQLErrors(t *testing.T) {
	for _, row := range []struct{ extra, field, key string }{
		{`[]`, "extra", ""},
		{`{"client": null}`, "extra", "client"},
		{`{"client": ""}`, "extra", "client"},
		{`{"client": "pymysql"}`, "extra", "client"},
		{`{"client": 5}`, "extra", "client"},
		{`{"cursor": 1}`, "extra", "cursor"},
		{`{"cursor": ["x"]}`, "extra", "cursor"},
		{`{"charset": 8}`, "extra", "charset"},
		{`{"ssl": "x"}`, "extra", "ssl"},
		{`{"ssl": true}`, "extra", "ssl"},
		{`{"ssl": "false"}`, "extra", "ssl"},
		{`{"ssl": [1]}`, "extra", "ssl"},
		{`{"ssl_mode": 5}`, "extra", "ssl_mode"},
		{`{"ssl_mode": "required"}`, "extra", "ssl_mode"},
		{`{"ssl_mode": " REQUIRED"}`, "extra", "ssl_mode"},
		{`{"unix_socket": true}`, "extra", "unix_socket"},
		{`{"iam": true, "aws_conn_id": 5}`, "extra", "aws_conn_id"},
		{`{"client": "mysql-connector-python", "ssl_foo": 1}`, "extra", ""},
		{`{"client": "mysql-connector-python", "ssl_mode": "DISABLED"}`, "extra", ""},
		{`{"client": "mysql-connector-python", "ssl_cert": "/c"}`, "extra", "ssl_cert"},
		{`{"client": "mysql-connector-python", "ssl_key": "/k"}`, "extra", "ssl_cert"},
		{`{"client": "mysql-connector-python", "ssl_cert": null}`, "extra", "ssl_cert"},
		{`{"client": "mysql-connector-python", "ssl_cert": "/c", "ssl_key": null}`, "extra", "ssl_cert"},
		{`{"client": "mysql-connector-python", "ssl_ca": true}`, "extra", "ssl_ca"},
	} {
		_, err := hook.MySQL(mysqlWith(row.extra))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, row.extra)
		assert.Equal(t, [3]string{"mysql", row.field, row.key}, [3]string{e.Type, e.Field, e.Key}, row.extra)
		assert.Equal(t, row.key == "ssl" && row.extra != `{"ssl": "x"}`, errors.Is(err, hook.ErrUnsupported), row.extra)
	}
	_, err := hook.MySQL(mysqlWith(`{"client": "mysql-connector-python", "ssl_verify_crt": 1}`))
	assert.ErrorContains(t, err, "did you mean ssl_verify_cert?")
	_, err = hook.MySQL(connuri.Connection{Type: "redis"})
	assert.EqualError(t, err, "mysql connection: conn_type: it is of the hook redis; use a connection of the type mysql")
}

func TestMySQLFields(t *testing.T) {
	my, err := hook.MySQL(connuri.Connection{})
	require.NoError(t, err)
	assert.Equal(t, hook.MySQLConfig{Client: "mysqlclient", Host: "localhost", Port: 3306}, my)

	my, err = hook.MySQL(connuri.Connection{Password: connuri.NewSecret(""), Extra: connuri.RawExtra(
		`{"charset": false, "cursor": 0, "ssl": [], "ssl_mode": {}, "unix_socket": 5, "iam": ""}`)})
	require.NoError(t, err)
	assert.Equal(t, hook.MySQLConfig{Client: "mysqlclient", Host: "localhost", Port: 3306, UnixSocket: "5"}, my)

	c := mysqlWith(`{"iam": "false", "aws_conn_id": "aws_prod"}`)
	c.Login, c.Password, c.Empty = "app", connuri.NewSecret("pw"), connuri.EmptyPort
	my, err = hook.MySQL(c)
	require.NoError(t, err)
	assert.Equal(t, &hook.TokenRequest{
		AWSConnID: "aws_prod", Service: "rds", Call: "generate_db_auth_token", Host: "db.example.com", User: "app",
	}, my.Token, "with port 0 the hook asks for that port")
	assert.Equal(t, 3306, my.Port)
	assert.True(t, my.Password.IsZero())
	assert.True(t, my.AllowCleartextPasswords)
}

func TestMySQLAddr(t *testing.T) {
	for _, row := range []struct {
		my            hook.MySQLConfig
		network, addr string
	}{
		{hook.MySQLConfig{Host: "db.example.com", Port: 3306}, "tcp", "db.example.com:3306"},
		{hook.MySQLConfig{Host: "2001:db8::5", Port: 3307}, "tcp", "[2001:db8::5]:3307"},
		{hook.MySQLConfig{Host: "[2001:db8::5]", Port: 3307}, "tcp", "[2001:db8::5]:3307"},
		{hook.MySQLConfig{Host: "db:7000", Port: 3306}, "tcp", "[db:7000]:3306"}, // a name with a colon, as to the hook
		{hook.MySQLConfig{Host: "localhost", Port: 3306}, "tcp", "localhost:3306"},
		{hook.MySQLConfig{Host: "localhost", Port: 3306, UnixSocket: "/run/mysqld.sock"}, "unix", "/run/mysqld.sock"},
		{hook.MySQLConfig{Host: "db.example.com", Port: 3306, UnixSocket: "/run/mysqld.sock"}, "tcp", "db.example.com:3306"},
	} {
		assert.Equal(t, row.network, row.my.Network(), row.addr)
		assert.Equal(t, row.addr, row.my.Addr())
	}
}

func ExampleMySQL() {
	c, err := connuri.TaskSDK.Parse(`mysql://app:s3cr3t@db.example.com/shop?ssl_mode=VERIFY_IDENTITY&charset=utf8mb4`)
	if err != nil {
		fmt.Println(err)
		return
	}
	my, err := hook.MySQL(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The fields go one by one into the mysql.Config of go-sql-driver.
	fmt.Println(my.Network(), my.Addr(), my.User, my.Password, my.Database, my.Charset)
	tls, err := my.TLS.Config(os.ReadFile)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(my.TLS.Mode, tls.ServerName)
	// Output:
	// tcp db.example.com:3306 app [redacted] shop utf8mb4
	// verify-full db.example.com
}

func FuzzMySQL(f *testing.F) {
	fuzzHook(f, "mysql", func(t *testing.T, c connuri.Connection) error {
		my, err := hook.MySQL(c)
		if my.TLS.Mode == hook.TLSOff && my.TLS != (hook.TLS{}) {
			t.Error("TLS is off, and not zero")
		}
		if err == nil && (my.Host == "" || my.Port == 0 || my.Addr() == "" || (my.Token == nil) == my.AllowCleartextPasswords) {
			t.Error("settings that are not complete")
		}
		return err
	})
}
