package hook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// mongoWith is a connection with an extra.
func mongoWith(extra string) connuri.Connection {
	return connuri.Connection{
		Type: "mongo", Host: "db.example.com", Schema: "shop", Login: "app", Password: connuri.NewSecret("s3cr3t"), Extra: connuri.RawExtra(extra),
	}
}

func TestMongoTLS(t *testing.T) {
	for extra, want := range map[string]hook.TLS{
		`{}`: {}, `{"tls": false}`: {}, `{"ssl": "false"}`: {}, `{"allow_insecure": true}`: {}, `{"tlsInsecure": true}`: {}, `{"tlsAllowInvalidHostnames": "true"}`: {},
		`{"tls": true}`: {Mode: hook.TLSVerifyFull}, `{"ssl": "true", "tls": true}`: {Mode: hook.TLSVerifyFull}, `{"srv": 1}`: {Mode: hook.TLSVerifyFull},
		`{"srv": 1, "tls": "false"}`: {}, `{"tlsInsecure": false}`: {Mode: hook.TLSVerifyFull}, `{"tlsDisableOCSPEndpointCheck": false}`: {Mode: hook.TLSVerifyFull},
		`{"tls": true, "tlsInsecure": true}`: {Mode: hook.TLSUnverified}, `{"tls": true, "tlsAllowInvalidCertificates": "true"}`: {Mode: hook.TLSUnverified},
		`{"tls": true, "allow_insecure": "TRUE"}`: {Mode: hook.TLSUnverified}, `{"tls": true, "ssl": true, "allow_insecure": true}`: {Mode: hook.TLSUnverified},
		`{"TLS": true, "tlsAllowInvalidHostnames": true}`: {Mode: hook.TLSVerifyCA}, `{"srv": true, "tlsInsecure": true}`: {Mode: hook.TLSUnverified},
		`{"tlsCAFile": "/ca", "tlsCertificateKeyFile": "/pair"}`: {Mode: hook.TLSVerifyFull, CAFile: "/ca", CertFile: "/pair"},
	} {
		m, err := hook.Mongo(mongoWith(extra))
		assert.NoError(t, err, extra)
		assert.Equal(t, want, m.TLS, extra)
	}
}

func TestMongoRefused(t *testing.T) {
	for extra, key := range map[string]string{
		`{"ssl": true, "allow_insecure": true}`: "allow_insecure", `{"ssl": "TRUE", "allow_insecure": "True"}`: "allow_insecure",
		`{"tlsCRLFile": "/crl", "tls": true}`: "tlsCRLFile", `{"tlsCertificateKeyFilePassword": "s3cr3t"}`: "tlsCertificateKeyFilePassword",
		`{"socketTimeoutMS": 5}`: "socketTimeoutMS", `{"waitQueueTimeoutMS": 5}`: "waitQueueTimeoutMS", `{"waitQueueMultiple": 5}`: "waitQueueMultiple",
		`{"wTimeoutMS": 5}`: "wtimeoutMS", `{"fsync": false}`: "fsync", `{"srvAllowedHostsSuffix": "x"}`: "srvAllowedHostsSuffix",
		`{"serverSelectionTimeoutMS": 0}`: "serverSelectionTimeoutMS", `{"srv": true, "directConnection": true}`: "directConnection", `{"authMechanism": "GSSAPI"}`: "authMechanism",
	} {
		m, err := hook.Mongo(mongoWith(extra))
		assert.ErrorIs(t, err, hook.ErrUnsupported, extra)
		e, _ := errors.AsType[*hook.Error](err)
		assert.Equal(t, key, e.Key, extra)
		assert.Equal(t, "app", m.Username, "the settings are complete")
	}
}

func TestMongoErrors(t *testing.T) {
	for extra, key := range map[string]string{
		`{"heartbeatFrequencyMS": null}`: "heartbeatFrequencyMS", `{"srvMaxHosts": "0"}`: "srvMaxHosts", `{"tlsCRLFile": ""}`: "tlsCRLFile", `{"tz_aware": 1}`: "tz_aware",
		`[]`: "", `{"foo": 1}`: "", `{"host": null}`: "host", `{"port": "5"}`: "port", `{"ssl": 1}`: "ssl", `{"tls": null}`: "tls", `{"tls": "True"}`: "tls",
		`{"ssl": true, "tls": false}`: "ssl", `{"tls": false, "tlsInsecure": false}`: "tls", `{"tlsInsecure": true, "tlsAllowInvalidHostnames": true}`: "tlsInsecure",
		`{"maxPoolSize": "abc"}`: "maxPoolSize", `{"maxPoolSize": 1.0}`: "maxPoolSize", `{"maxConnecting": 0}`: "maxConnecting", `{"minPoolSize": 101}`: "minPoolSize",
		`{"connectTimeoutMS": -1}`: "connectTimeoutMS", `{"connectTimeoutMS": "inf"}`: "connectTimeoutMS", `{"maxIdleTimeMS": 0}`: "maxIdleTimeMS",
		`{"serverSelectionTimeoutMS": null}`: "serverSelectionTimeoutMS", `{"heartbeatFrequencyMS": 499}`: "heartbeatFrequencyMS", `{"w": -1}`: "w",
		`{"w": 0, "journal": true}`: "w", `{"readPreference": "x"}`: "readPreference", `{"readPreferenceTags": "a:b"}`: "readPreferenceTags",
		`{"readPreference": "nearest", "readPreferenceTags": "a"}`: "readPreferenceTags", `{"maxStalenessSeconds": 100}`: "maxStalenessSeconds",
		`{"loadBalanced": true, "replicaSet": "rs"}`: "loadBalanced", `{"loadBalanced": true, "directConnection": true}`: "loadBalanced", `{"srvMaxHosts": 1}`: "srvMaxHosts",
		`{"authMechanism": "MONGODB-X509"}`: "authMechanism", `{"authMechanism": "MONGODB-CR"}`: "authMechanism", `{"authMechanism": "MONGODB-AWS", "password": null}`: "authMechanism",
		`{"authMechanism": "MONGODB-OIDC", "password": null}`: "authMechanismProperties", `{"authMechanism": "MONGODB-AWS", "authSource": "x"}`: "authSource",
		`{"authMechanismProperties": "x"}`: "authMechanismProperties", `{"document_class": "x"}`: "document_class", `{"tzinfo": "x"}`: "tzinfo", `{"compressors": 5}`: "compressors",
		`{"appname": "` + strings.Repeat("x", 129) + `"}`: "appname", `{"zlibCompressionLevel": 10}`: "zlibCompressionLevel", `{"uuidRepresentation": "x"}`: "uuidRepresentation",
	} {
		_, err := hook.Mongo(mongoWith(extra))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, extra)
		assert.Equal(t, [3]string{"mongo", "extra", key}, [3]string{e.Type, e.Field, e.Key}, extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
	}
	for host, schema := range map[string]string{
		"": "", "u:p@h": "", "h,": "", "h:x": "", "h:0": "", "h:65536": "", "::1": "", "[::1": "", "h%20": "", "https://h": "", "h/x y": "", "h": "a/b", "g": "my db", "k": `a"b`, "l": "a$b", "m": "x?y", "n": "x?authSource=", "o": "x?TLS=true&ssl=false", "p": "x?tls=false&ssl=0",
	} {
		c := mongoWith(`{}`)
		c.Host, c.Schema = host, schema
		_, err := hook.Mongo(c)
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, "%q %q", host, schema)
		assert.Contains(t, []string{"host", "schema"}, e.Field)
	}
	c := mongoWith(`{"srv": "false"}`)
	c.Port = 27017
	_, err := hook.Mongo(c)
	assert.EqualError(t, err, "mongo connection: port: srv takes no port; leave it empty, or srv out; the text false is true to the hook")
}

func TestMongoURI(t *testing.T) {
	for _, row := range []struct{ host, schema, extra, want string }{
		{"H1:1,h2", "shop", `{"replicaSet": "rs0"}`, "mongodb://app@h1:1,h2:27017/shop?connectTimeoutMS=20000&replicaSet=rs0"},
		{"[2001:DB8::5]", "", `{"connectTimeoutMS": 0.5}`, "mongodb://app@[2001:db8::5]:27017/?connectTimeoutMS=1"},
		{"h", "s", `{"connect": "True", "maxPoolSize": null, "minPoolSize": 500}`, "mongodb://app@h:27017/s?connectTimeoutMS=20000&maxPoolSize=0&minPoolSize=500"},
		{"h", "s", `{"Connect": [], "compressors": ["zlib", "x"], "maxPoolSize": " 1_0 ", "datetime_conversion": 2}`, "mongodb://app@h:27017/s?connectTimeoutMS=20000&compressors=zlib&maxPoolSize=10"},
		{"h", "é", `{"connectTimeoutMS": null, "port": 5}`, "mongodb://app@h:5/%C3%A9?connectTimeoutMS=0"},
		{"h", "", `{"srv": true, "srvMaxHosts": 2, "timeoutMS": "1500.2"}`, "mongodb+srv://app@h/?connectTimeoutMS=20000&srvMaxHosts=2&timeoutMS=1501"},
		{"h", "s?w=2&x=1&retryReads=no&maxPoolSize=5", `{"maxPoolSize": "6"}`, "mongodb://app@h:27017/s?connectTimeoutMS=20000&maxPoolSize=6&w=2"},
		{"%2Ftmp%2Fmongodb-27017.sock", "s.coll", `{}`, "mongodb://app@%2Ftmp%2Fmongodb-27017.sock/s?connectTimeoutMS=20000"},
		{"h", "", `{"username": "a/b:c d@e", "tls": true, "tz_aware": true, "appname": "", "srvServiceName": "x", "tlsDisableOCSPEndpointCheck": true}`, "mongodb://a%2Fb%3Ac%20d%40e@h:27017/?connectTimeoutMS=20000&tlsDisableOCSPEndpointCheck=true"},
		{"h", "", `{"readPreference": "nearest", "readPreferenceTags": ["a:b,c:d", ""]}`, "mongodb://app@h:27017/?connectTimeoutMS=20000&readPreference=nearest&readPreferenceTags=a%3Ab%2Cc%3Ad&readPreferenceTags="},
	} {
		c := mongoWith(row.extra)
		c.Host, c.Schema = row.host, row.schema
		m, err := hook.Mongo(c)
		assert.NoError(t, err, row.want)
		assert.Equal(t, row.want, m.URI())
	}
}

func TestMongoLogin(t *testing.T) {
	for _, row := range []struct{ extra, user, password, mechanism, source string }{
		{`{}`, "app", "s3cr3t", "", "shop"},
		{`{"authSource": "admin", "authMechanism": "DEFAULT"}`, "app", "s3cr3t", "", "admin"},
		{`{"username": "other", "password": "p"}`, "other", "p", "", "shop"},
		{`{"username": null}`, "", "", "", ""},
		{`{"authMechanism": "MONGODB-X509", "password": null}`, "app", "", "MONGODB-X509", "$external"},
		{`{"authMechanism": "PLAIN", "password": null}`, "app", "", "PLAIN", "shop"},
		{`{"srv": true}`, "app", "s3cr3t", "", ""},
		{`{"srv": true, "authMechanism": "MONGODB-AWS", "authMechanismProperties": "AWS_SESSION_TOKEN:x%2By"}`, "app", "s3cr3t", "MONGODB-AWS", "$external"},
	} {
		m, err := hook.Mongo(mongoWith(row.extra))
		require.NoError(t, err, row.extra)
		assert.Equal(t, [4]string{row.user, row.password, row.mechanism, row.source}, [4]string{m.Username, m.Password.Reveal(), m.AuthMechanism, m.AuthSource}, row.extra)
		assert.Equal(t, strings.Contains(row.extra, "TOKEN"), m.AuthProperties["AWS_SESSION_TOKEN"].Reveal() == "x+y", row.extra)
	}
	m, err := hook.Mongo(connuri.Connection{Type: "mongo", Host: "h", Login: "app"})
	require.NoError(t, err)
	assert.Empty(t, m.Username, "a login without a password")
	assert.Equal(t, 20*time.Second, m.ConnectTimeout)
}

func ExampleMongo() {
	c, err := connuri.TaskSDK.Parse(`mongo://app:s3cr3t@db.example.com:27017/shop?tls=true&tlsAllowInvalidHostnames=true&authSource=admin&maxPoolSize=20`)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := hook.Mongo(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The URI goes into options.Client().ApplyURI of the mongo-driver, the rest into
	// SetAuth and SetTLSConfig.
	fmt.Println(m.URI())
	fmt.Println(m.Username, m.Password, m.AuthSource, m.TLS.Mode)
	// Output:
	// mongodb://app@db.example.com:27017/shop?connectTimeoutMS=20000&maxPoolSize=20
	// app [redacted] admin verify-ca
}

func FuzzMongo(f *testing.F) {
	fuzzHook(f, "mongo", func(t *testing.T, c connuri.Connection) error {
		m, err := hook.Mongo(c)
		if m.TLS.Mode == hook.TLSOff && m.TLS != (hook.TLS{}) {
			t.Error("TLS is off, and not zero")
		}
		if complete := err == nil || errors.Is(err, hook.ErrUnsupported); complete == (len(m.Hosts) == 0) {
			t.Error("settings that cannot be")
		}
		if uri := m.URI(); strings.ContainsAny(uri, " \n\"#") || strings.Count(uri, "@") > 1 {
			t.Error("a URI that cannot be")
		}
		return err
	})
}
