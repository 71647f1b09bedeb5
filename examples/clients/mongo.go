package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openMongo makes a client and returns its default database. The client connects when it is
// first used. With srv, openMongo looks the name up in DNS, without a limit of its own.
func openMongo(c connuri.Connection) (*mongo.Database, error) {
	config, database, err := mongoOptions(c)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(config)
	if err != nil {
		return nil, errors.New("mongo: the driver cannot use the connection") // whose error may quote an option
	}
	return client.Database(database), nil
}

// mongoOptions returns the settings of a connection for the driver, and its default database.
func mongoOptions(c connuri.Connection) (config *options.ClientOptions, database string, err error) {
	m, err := hook.Mongo(c)
	if err != nil {
		return nil, "", err
	}
	tlsConfig, err := m.TLS.Config(os.ReadFile)
	if err != nil {
		return nil, "", err
	}
	config = options.Client().ApplyURI(m.URI()).SetTLSConfig(tlsConfig)
	if m.Username != "" || m.AuthMechanism != "" {
		login := options.Credential{AuthMechanism: m.AuthMechanism, AuthSource: m.AuthSource, Username: m.Username}
		login.Password, login.PasswordSet = m.Password.Reveal(), !m.Password.IsZero()
		if login.AuthSource == "" && config.Auth != nil {
			login.AuthSource = config.Auth.AuthSource // from the TXT record of srv
		}
		for name, text := range m.AuthProperties {
			login.AuthMechanismProperties = withProperty(login.AuthMechanismProperties, name, text.Reveal())
		}
		config.SetAuth(login)
	}
	return config, m.Database, nil
}

// withProperty sets a property in a map that may be nil.
func withProperty(properties map[string]string, name, text string) map[string]string {
	if properties == nil {
		properties = map[string]string{}
	}
	properties[name] = text
	return properties
}

func showMongoOf(ctx context.Context, c connuri.Connection) (driver string, lines []string, err error) {
	database, err := openMongo(c)
	if err != nil {
		return "", nil, err
	}
	config, name, err := mongoOptions(c) // a client does not show its settings
	if err != nil {
		return "", nil, err
	}
	return "mongodb/mongo-driver", showMongo(config, name), database.Client().Disconnect(ctx)
}

func showMongo(config *options.ClientOptions, database string) []string {
	lines := []string{fmt.Sprintf("server    %s, database %s, %v to connect", strings.Join(config.Hosts, ", "), database, *config.ConnectTimeout)}
	user, password, source := "", "", ""
	if config.Auth != nil {
		user, password, source = config.Auth.Username, config.Auth.Password, ", auth source "+config.Auth.AuthSource
	}
	return append(lines, "login     "+shownLogin(user, password)+source, "TLS       "+shownTLS(config.TLSConfig))
}
