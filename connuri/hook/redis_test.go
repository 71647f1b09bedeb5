package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// redisTest compares one flat object: what holds in the end, for both clients.
var redisTest = hookTest{
	name: "redis",
	read: func(c connuri.Connection) (object, error) {
		rd, err := hook.Redis(c)
		got := object{
			"client": "Redis", "host": rd.Host, "port": rd.Port, "username": rd.Username, "password": rd.Password.Reveal(),
			"tls": rd.TLS.Mode != hook.TLSOff,
		}
		if rd.Cluster {
			got["client"] = "RedisCluster"
			got["startup_nodes"] = anyList(rd.Nodes)
		} else {
			if rd.DB != 0 {
				got["db"] = rd.DB
			}
			got["connect_timeout"], got["timeout"] = int(rd.ConnectTimeout.Seconds()), int(rd.Timeout.Seconds())
		}
		if rd.TLS.Mode != hook.TLSOff {
			got["verify"] = "CERT_" + strings.ToUpper(rd.CertReqs)
			got["check_hostname"] = rd.TLS.Mode == hook.TLSVerifyFull
			got["ca_certs"], got["certfile"], got["keyfile"] = rd.TLS.CAFile, rd.TLS.CertFile, rd.TLS.KeyFile
		}
		return got, err
	},
	fails: func(result object) string {
		driver, _ := result["driver"].(object)
		kwargs, _ := result["kwargs"].(object)
		switch {
		case result["error"] != nil:
			return "the hook"
		case driver["error"] != nil:
			return "redis-py"
		case result["client"] == "RedisCluster" && isTrue(kwargs["ssl"]) && redisVerify(kwargs) == "":
			return "redis-py in a cluster" // which was not asked, but has the same rule
		}
		return ""
	},
	refused: func(object) string { return "" },
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		if result["client"] != "RedisCluster" {
			delete(result, "kwargs")
			return
		}
		maps.DeleteFunc(kwargs, func(key string, _ any) bool {
			return strings.HasPrefix(key, "ssl_") && !isTrue(kwargs["ssl"]) ||
				key == "ssl_check_hostname" && redisVerify(kwargs) == "CERT_NONE"
		})
	},
	want: func(result object) object {
		want := object{"client": result["client"]}
		if result["client"] != "RedisCluster" {
			driver, _ := result["driver"].(object)
			maps.Copy(want, driver)
			want["db"] = redisDB(want["db"])
			return want
		}
		kwargs, _ := result["kwargs"].(object)
		redisClusterTLS(want, kwargs)
		for key, v := range kwargs {
			if !strings.HasPrefix(key, "ssl") {
				want[key] = v
			}
		}
		if want["port"] == nil { // port 0 and no port are the same to a client
			want["port"] = 0
		}
		nodes, _ := want["startup_nodes"].([]any)
		for i, node := range nodes {
			pair, _ := node.([]any)
			if len(pair) == 2 {
				nodes[i] = fmt.Sprint(pair[0]) + ":" + fmt.Sprint(pair[1])
			}
		}
		return want
	},
	truths: []string{"tls", "check_hostname", "ssl", "ssl_check_hostname"},
	choices: []hookChoice{{
		reason: "the db is not a whole number: a server takes nothing else",
		met: func(_ connuri.Connection, _ error, result object) bool {
			driver, _ := result["driver"].(object)
			db := redisDB(driver["db"])
			_, isInt := db.(int)
			return driver["error"] == nil && !isNothing(db) && !isInt
		},
	}},
	leaves: 2383,
}

// redisDB is a whole number as an int, nothing for 0 and for what redis-py takes for none,
// and otherwise v.
func redisDB(v any) any {
	if !isTrue(v) || v == "0" {
		return nil
	}
	text, isText := v.(string)
	if number, ok := v.(json.Number); ok {
		text, isText = number.String(), true
	}
	if n, err := strconv.Atoi(text); isText && err == nil && strconv.Itoa(n) == text {
		return n
	}
	return v
}

// redisVerify is ssl_cert_reqs as redis-py takes it, "" if it refuses it.
func redisVerify(kwargs object) string {
	v, given := kwargs["ssl_cert_reqs"]
	switch {
	case !given, v == "required", v == json.Number("2"):
		return "CERT_REQUIRED"
	case v == "none", v == nil, v == false, v == json.Number("0"):
		return "CERT_NONE"
	case v == "optional", v == true, v == json.Number("1"):
		return "CERT_OPTIONAL"
	}
	return ""
}

// redisClusterTLS puts what the arguments of RedisCluster mean into want.
func redisClusterTLS(want, kwargs object) {
	want["tls"] = kwargs["ssl"]
	if !isTrue(kwargs["ssl"]) {
		return
	}
	want["verify"] = redisVerify(kwargs)
	check, given := kwargs["ssl_check_hostname"]
	want["check_hostname"] = want["verify"] != "CERT_NONE" && (!given || isTrue(check))
	for _, key := range []string{"ca_certs", "certfile", "keyfile"} {
		want[key] = kwargs["ssl_"+key]
	}
}

func anyList(texts []string) []any {
	list := make([]any, 0, len(texts))
	for text := range slices.Values(texts) {
		list = append(list, text)
	}
	return list
}

// redisWith is a connection with an extra.
func redisWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "redis", Host: "cache.example.com", Port: 6379, Extra: connuri.RawExtra(extra)}
}

func TestRedisTLS(t *testing.T) {
	tls := func(mode hook.TLSMode, ca, cert, key string) hook.TLS {
		return hook.TLS{Mode: mode, ServerName: "cache.example.com", CAFile: ca, CertFile: cert, KeyFile: key}
	}
	for _, row := range []struct {
		extra, certReqs string
		want            hook.TLS
	}{
		{`{}`, "", hook.TLS{}},
		{`{"ssl": ""}`, "", hook.TLS{}},
		{`{"ssl": 0, "ssl_cert_reqs": "x", "ssl_ca_certs": true}`, "", hook.TLS{}}, // not looked at
		{`{"ssl": true}`, "required", tls(hook.TLSVerifyFull, "", "", "")},
		{`{"ssl": "false"}`, "required", tls(hook.TLSVerifyFull, "", "", "")},
		{`{"ssl": true, "ssl_check_hostname": false}`, "required", tls(hook.TLSVerifyCA, "", "", "")},
		{`{"ssl": true, "ssl_check_hostname": null}`, "required", tls(hook.TLSVerifyCA, "", "", "")},
		{`{"ssl": true, "ssl_check_hostname": "false"}`, "required", tls(hook.TLSVerifyFull, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": "optional", "ssl_check_hostname": ""}`, "optional", tls(hook.TLSVerifyCA, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": "none", "ssl_check_hostname": true}`, "none", tls(hook.TLSUnverified, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": null}`, "none", tls(hook.TLSUnverified, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": false}`, "none", tls(hook.TLSUnverified, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": 1}`, "optional", tls(hook.TLSVerifyFull, "", "", "")},
		{`{"ssl": true, "ssl_cert_reqs": 2}`, "required", tls(hook.TLSVerifyFull, "", "", "")},
		{`{"ssl": true, "ssl_ca_certs": "/ca", "ssl_certfile": "/c", "ssl_keyfile": "/k"}`, "required", tls(hook.TLSVerifyFull, "/ca", "/c", "/k")},
		{`{"ssl": true, "ssl_ca_certs": 5, "ssl_certfile": null}`, "required", tls(hook.TLSVerifyFull, "5", "", "")},
	} {
		rd, err := hook.Redis(redisWith(row.extra))
		assert.NoError(t, err, row.extra)
		assert.Equal(t, row.want, rd.TLS, row.extra)
		assert.Equal(t, row.certReqs, rd.CertReqs, row.extra)
	}
	rd, err := hook.Redis(redisWith(`{"ssl": true, "cluster": true}`))
	require.NoError(t, err)
	assert.Equal(t, hook.TLS{Mode: hook.TLSVerifyFull}, rd.TLS, "each node is verified by its own name")
}

func TestRedisErrors(t *testing.T) {
	for _, row := range []struct{ extra, field, key string }{
		{`null`, "extra", ""},
		{`{"db": "x"}`, "extra", "db"},
		{`{"db": " 3"}`, "extra", "db"},
		{`{"db": "03"}`, "extra", "db"},
		{`{"db": "+3"}`, "extra", "db"},
		{`{"db": 1.0}`, "extra", "db"},
		{`{"db": true}`, "extra", "db"},
		{`{"db": [1]}`, "extra", "db"},
		{`{"db": 99999999999999999999}`, "extra", "db"},
		{`{"cluster": true, "db": 1}`, "extra", "db"},
		{`{"cluster": true, "db": "0"}`, "extra", "db"},
		{`{"cluster": true, "db": ""}`, "extra", "db"},
		{`{"cluster": true, "startup_nodes": ["a:1"]}`, "extra", "startup_nodes"},
		{`{"cluster": true, "startup_nodes": ":1"}`, "extra", "startup_nodes"},
		{`{"cluster": true, "startup_nodes": "a:1,"}`, "extra", "startup_nodes"},
		{`{"cluster": true, "startup_nodes": "a:b"}`, "extra", "startup_nodes"},
		{`{"cluster": true, "startup_nodes": "2001:db8::5"}`, "extra", "startup_nodes"},
		{`{"ssl": true, "ssl_cert_reqs": "CERT_NONE"}`, "extra", "ssl_cert_reqs"},
		{`{"ssl": true, "ssl_cert_reqs": ""}`, "extra", "ssl_cert_reqs"},
		{`{"ssl": true, "ssl_cert_reqs": 3}`, "extra", "ssl_cert_reqs"},
		{`{"ssl": true, "ssl_cert_reqs": []}`, "extra", "ssl_cert_reqs"},
		{`{"ssl": true, "cluster": true, "ssl_cert_reqs": "require"}`, "extra", "ssl_cert_reqs"},
		{`{"ssl": true, "ssl_ca_certs": true}`, "extra", "ssl_ca_certs"},
		{`{"ssl": true, "ssl_certfile": {}}`, "extra", "ssl_certfile"},
		{`{"ssl": true, "ssl_keyfile": []}`, "extra", "ssl_keyfile"},
	} {
		_, err := hook.Redis(redisWith(row.extra))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, row.extra)
		assert.Equal(t, [3]string{"redis", row.field, row.key}, [3]string{e.Type, e.Field, e.Key}, row.extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported)
	}
	_, err := hook.Redis(connuri.Connection{Type: "redis", Host: "h"})
	assert.EqualError(t, err, "redis connection: port: it is missing, and redis-py has no default; write the port, such as 6379")
	_, err = hook.Redis(connuri.Connection{Type: "mysql"})
	assert.EqualError(t, err, "redis connection: conn_type: it is of the hook mysql; use a connection of the type redis")
}

func TestRedisFields(t *testing.T) {
	for text, given := range map[string]bool{"": false, "None": false, "FALSE": false, "none ": true, "0": true, "s3cr3t": true} {
		c := redisWith(`{}`)
		c.Password = connuri.NewSecret(text)
		rd, err := hook.Redis(c)
		require.NoError(t, err)
		assert.Equal(t, given, !rd.Password.IsZero(), text)
	}
	for extra, db := range map[string]int{
		`{"db": 3}`: 3, `{"db": "3"}`: 3, `{"db": -1}`: -1, `{"db": "0"}`: 0, `{"db": ""}`: 0, `{"db": false}`: 0, `{"db": 0.0}`: 0, `{"db": []}`: 0,
		`{"cluster": 1, "db": false}`: 0, `{"cluster": 1, "db": 0.0}`: 0, `{"cluster": 1, "db": null}`: 0,
	} {
		c := redisWith(extra)
		c.Schema = "7" // decides nothing
		rd, err := hook.Redis(c)
		require.NoError(t, err, extra)
		assert.Equal(t, db, rd.DB, extra)
		assert.Equal(t, [2]time.Duration{5 * time.Second, 5 * time.Second}, [2]time.Duration{rd.ConnectTimeout, rd.Timeout})
	}
	rd, err := hook.Redis(connuri.Connection{Host: "h", Empty: connuri.EmptyPort})
	require.NoError(t, err, "port 0 is a port to redis-py")
	assert.Equal(t, "h:0", rd.Addr())
}

func TestRedisAddrs(t *testing.T) {
	c := redisWith(`{"cluster": "false", "startup_nodes": " n2 , n3: 7_001,localhost:1, a b :2"}`)
	rd, err := hook.Redis(c)
	require.NoError(t, err)
	assert.Equal(t, []string{"n2:6379", "n3:7001", "127.0.0.1:1", "a b :2", "cache.example.com:6379"}, rd.Addrs())
	c.Port = 0
	rd, err = hook.Redis(c)
	require.NoError(t, err)
	assert.Len(t, rd.Addrs(), 4, "no port, no node")
	rd, err = hook.Redis(redisWith(`{"startup_nodes": ["not read without cluster"]}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"cache.example.com:6379"}, rd.Addrs())
	assert.Equal(t, "[::1]:6379", hook.RedisConfig{Host: "::1", Port: 6379}.Addr())
}

func ExampleRedis() {
	c, err := connuri.TaskSDK.Parse(`redis://app:s3cr3t@cache.example.com:6380/1?db=3&ssl=true`)
	if err != nil {
		fmt.Println(err)
		return
	}
	rd, err := hook.Redis(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The fields go one by one into the redis.Options of go-redis, with Network: "tcp".
	fmt.Println(rd.Addr(), rd.Username, rd.Password, rd.DB, rd.ConnectTimeout, rd.Timeout)
	tls, err := rd.TLS.Config(os.ReadFile)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rd.TLS.Mode, tls.ServerName)
	// Output:
	// cache.example.com:6380 app [redacted] 3 5s 5s
	// verify-full cache.example.com
}

func ExampleTLS_Config() {
	settings := hook.TLS{Mode: hook.TLSVerifyCA, ServerName: "db.example.com", CAFile: "/etc/ssl/rds.pem"}
	_, err := settings.Config(func(string) ([]byte, error) { return nil, os.ErrNotExist })
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	config, err := hook.TLS{}.Config(os.ReadFile)
	fmt.Println(config == nil, err)
	// Output:
	// hook: the CA file cannot be read true
	// true <nil>
}

func FuzzRedis(f *testing.F) {
	fuzzHook(f, "redis", func(t *testing.T, c connuri.Connection) error {
		rd, err := hook.Redis(c)
		if rd.TLS.Mode == hook.TLSOff && rd.TLS != (hook.TLS{}) {
			t.Error("TLS is off, and not zero")
		}
		if rd.Cluster && rd.DB != 0 || !rd.Cluster && (len(rd.Nodes) > 0 || len(rd.Addrs()) != 1) || errors.Is(err, hook.ErrUnsupported) {
			t.Error("settings that cannot be")
		}
		return err
	})
}
