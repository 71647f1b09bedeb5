package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

func pingMongo(ctx context.Context, c connuri.Connection) error {
	database, err := openMongo(c)
	if err != nil {
		return err
	}
	return errors.Join(database.Client().Ping(ctx, nil), database.Client().Disconnect(ctx))
}

// TestMongoOptions compares the settings that the driver receives with the connection, field by
// field, since Debian does not package the server.
func TestMongoOptions(t *testing.T) {
	c := connuri.Connection{Type: "mongo", Host: "h1,H2:27018", Schema: "shop", Login: "a@b", Password: connuri.NewSecret(password)}
	var err error
	c.Extra, err = connuri.NewExtra(map[string]any{
		"replicaSet": "rs0", "authSource": "admin", "authMechanism": "SCRAM-SHA-256", "maxPoolSize": "20", "minPoolSize": 2, "w": "majority", "journal": true,
		"readPreference": "secondary", "readPreferenceTags": "dc:east", "maxStalenessSeconds": 120, "readConcernLevel": "majority", "appname": "billing & co",
		"connectTimeoutMS": 1500, "serverSelectionTimeoutMS": "3000", "timeoutMS": 0.5, "retryWrites": "false", "compressors": "zlib,unknown", "zlibCompressionLevel": 3,
		"heartbeatFrequencyMS": 5000, "maxIdleTimeMS": 60000, "tls": true, "tlsAllowInvalidHostnames": true, "tz_aware": true,
	})
	require.NoError(t, err)
	for form, c := range stored(t, c) {
		config, database, err := mongoOptions(c)
		require.NoError(t, err, form)
		require.NoError(t, config.Validate())
		assert.Equal(t, "shop", database)
		assert.Equal(t, []string{"h1:27017", "h2:27018"}, config.Hosts)
		assert.Equal(t, &options.Credential{AuthMechanism: "SCRAM-SHA-256", AuthSource: "admin", Username: "a@b", Password: password, PasswordSet: true}, config.Auth)
		assert.Equal(t, []any{"rs0", uint64(20), uint64(2), "billing & co", false, 3}, []any{
			*config.ReplicaSet, *config.MaxPoolSize, *config.MinPoolSize, *config.AppName, *config.RetryWrites, *config.ZlibLevel,
		})
		assert.Equal(t, []time.Duration{1500 * time.Millisecond, 3 * time.Second, time.Millisecond, 5 * time.Second, time.Minute}, []time.Duration{
			*config.ConnectTimeout, *config.ServerSelectionTimeout, *config.Timeout, *config.HeartbeatInterval, *config.MaxConnIdleTime,
		})
		staleness, _ := config.ReadPreference.MaxStaleness()
		assert.Equal(t, []any{readpref.SecondaryMode, 2 * time.Minute, "dc=east"}, []any{config.ReadPreference.Mode(), staleness, config.ReadPreference.TagSets()[0].String()})
		assert.Equal(t, []any{"majority", "majority", true}, []any{config.ReadConcern.Level, config.WriteConcern.W, *config.WriteConcern.Journal})
		assert.Equal(t, []string{"zlib"}, config.Compressors)
		assert.True(t, config.TLSConfig.InsecureSkipVerify && config.TLSConfig.VerifyConnection != nil)
		assert.NotContains(t, config.GetURI(), "a@b:")
	}
	for extra, want := range map[string]*options.Credential{
		`{"authMechanism": "MONGODB-X509"}`: {AuthMechanism: "MONGODB-X509", AuthSource: "$external"},
		`{"authMechanism": "MONGODB-OIDC", "authMechanismProperties": "ENVIRONMENT:k8s"}`: {
			AuthMechanism: "MONGODB-OIDC", AuthSource: "$external", AuthMechanismProperties: map[string]string{"ENVIRONMENT": "k8s"},
		},
		`{}`: nil,
	} {
		config, _, err := mongoOptions(connuri.Connection{Type: "mongo", Host: "h", Login: "unused", Extra: connuri.RawExtra(extra)})
		require.NoError(t, err, extra)
		assert.Equal(t, want, config.Auth)
		assert.Nil(t, config.TLSConfig)
	}
}

// TestMongoTLS checks at a listener that the driver trusts the servers that the connection allows.
func TestMongoTLS(t *testing.T) {
	certificate, caFile := servers.Certificate(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	require.NoError(t, err)
	shook := make(chan error, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				close(shook)
				return
			}
			shook <- conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	defer func() { _ = listener.Close() }()
	for _, row := range []struct {
		name    string
		extra   map[string]any
		believe bool
	}{
		{"its own CA", map[string]any{"tlsCAFile": caFile}, true},
		{"another CA", map[string]any{"tlsCAFile": strangersCA(t)}, false},
		{"the system's CAs", map[string]any{"tls": true}, false},
		{"any certificate", map[string]any{"tls": true, "tlsAllowInvalidCertificates": true}, true},
		{"allow_insecure", map[string]any{"tls": true, "allow_insecure": true}, true},
		{"any name", map[string]any{"tlsCAFile": caFile, "tlsAllowInvalidHostnames": true}, true},
		{"any name, another CA", map[string]any{"tlsCAFile": strangersCA(t), "tlsAllowInvalidHostnames": true}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.extra["serverSelectionTimeoutMS"] = 20_000
			row.extra["directConnection"] = true
			c := connuri.Connection{Type: "mongo", Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Login: "app", Password: connuri.NewSecret(password)}
			c.Extra, err = connuri.NewExtra(row.extra)
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(within(t))
			pinged := make(chan error, 1)
			go func() { pinged <- pingMongo(ctx, c) }()
			believed := <-shook == nil
			cancel()
			noSecret(t, <-pinged)
			assert.Equal(t, row.believe, believed)
			for len(shook) > 0 { // of the driver's other connections
				err = <-shook
			}
		})
	}
}
