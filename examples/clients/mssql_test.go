package main

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// TestMSSQL compares the settings that the driver receives with its defaults, field by field,
// since Debian does not package SQL Server.
func TestMSSQL(t *testing.T) {
	type change = func(*msdsn.Config)
	for _, row := range []struct {
		name, host string
		port       int
		extra      map[string]any
		session    string
		want       change
	}{
		{"defaults", "db.example.com", 0, nil, "", func(c *msdsn.Config) {}},
		{"port", "db.example.com", 1444, nil, "", func(c *msdsn.Config) { c.Port = 1444 }},
		{"port in the host", "db.example.com:1444", 7000, nil, "", func(c *msdsn.Config) { c.Port = 1444 }},
		{"instance", `db.example.com\SALES`, 7000, nil, "", func(c *msdsn.Config) { c.Port, c.Instance = 0, "SALES" }},
		{"this machine", "(local)", 0, nil, "", func(c *msdsn.Config) { c.Host = "localhost" }},
		{"IPv6", "2001:db8::5", 0, nil, "", func(c *msdsn.Config) { c.Host = "2001:db8::5" }},
		{"all of TLS", "db.example.com", 0, map[string]any{"encryption": "require"}, "", func(c *msdsn.Config) { c.Encryption = msdsn.EncryptionRequired }},
		{"TLS if the server insists", "db.example.com", 0, map[string]any{"encryption": "request"}, "", func(c *msdsn.Config) {}},
		{"reading", "db.example.com", 0, map[string]any{"read_only": "true"}, "", func(c *msdsn.Config) { c.ReadOnlyIntent = true }},
		{"name", "db.example.com", 0, map[string]any{"appname": "billing"}, "", func(c *msdsn.Config) { c.AppName = "billing" }},
		{"limit", "db.example.com", 0, map[string]any{"login_timeout": "7"}, "", func(c *msdsn.Config) { c.DialTimeout = 7 * time.Second }},
		{"no limit", "db.example.com", 0, map[string]any{"login_timeout": 0}, "", func(c *msdsn.Config) { c.DialTimeout = -1 }},
		{"session", "db.example.com", 0, map[string]any{"conn_properties": []string{"SET A;", "SET B"}}, "SET A; SET B", func(c *msdsn.Config) {}},
	} {
		c := connuri.Connection{Type: "mssql", Host: row.host, Port: row.port, Login: `CORP\app`, Password: connuri.NewSecret(password), Schema: "my db"}
		if row.extra != nil {
			var err error
			c.Extra, err = connuri.NewExtra(row.extra)
			require.NoError(t, err)
		}
		for form, c := range stored(t, c) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				want, err := msdsn.Parse("")
				require.NoError(t, err)
				want.Host, want.Port, want.User, want.Password, want.Database = "db.example.com", 1433, `CORP\app`, password, "my db"
				want.DialTimeout = time.Minute
				row.want(&want)
				connector, got, err := mssqlConnector(c)
				require.NoError(t, err)
				assert.Equal(t, row.session, connector.SessionInitSQL)

				// pymssql verifies no certificate.
				require.NotNil(t, got.TLSConfig)
				assert.True(t, got.TLSConfig.InsecureSkipVerify)
				assert.Equal(t, want.Host, got.TLSConfig.ServerName)
				assert.Equal(t, uint16(tls.VersionTLS12), got.TLSConfig.MinVersion)
				got.TLSConfig, want.TLSConfig = nil, nil
				got.ActivityID, want.ActivityID = nil, nil // random
				assert.True(t, assert.ObjectsAreEqual(want, got), "another field differs")
			})
		}
	}
	for _, row := range []struct {
		c    connuri.Connection
		says string
	}{
		{connuri.Connection{Type: "mssql", Login: "app"}, "no host"},
		{connuri.Connection{Type: "mssql", Host: "h", Port: 70000}, "not a port"},
		{connuri.Connection{Type: "mssql", Host: "h", Extra: connuri.RawExtra(`{"encrypt": "yes"}`)}, "word of ODBC"},
		{connuri.Connection{Type: "mysql", Host: "h"}, "use a connection of the type mssql"},
	} {
		_, err := openMSSQL(row.c)
		assert.ErrorContains(t, err, row.says)
	}
}
