// Package hook reads a connection as Airflow's hooks read it, and gives what a client in Go
// needs: which extras count and under which name, what is true, which defaults hold.
//
//	pg, err := hook.Postgres(c)
//	if err != nil {
//		return err // names the field, the rule and what to write, and no value
//	}
//	if pg.Token != nil {
//		return errors.New("the password is a token, to be fetched from AWS")
//	}
//	config, err := pgxpool.ParseConfig(pg.Keywords())
//	if err != nil {
//		return errors.New("pgx cannot use the extra") // whose error quotes the keywords
//	}
//	if !pg.Password.IsZero() {
//		config.ConnConfig.Password = pg.Password.Reveal()
//	}
//
// There is one function for each connection type, named after the hook, and one type of
// settings. No driver is imported, nothing is read from disk or from the network, and
// nothing runs on. Secrets in the settings are connuri.Secret and do not print.
//
// # What no Go driver can follow
//
// Some settings make the hook go on in a way that no Go driver has. They are refused by
// name: the settings are complete, and the error is ErrUnsupported for errors.Is and names
// the setting. Whoever knows better can go on with the settings; nobody goes on by accident.
//
// Settings that come with any other error are the zero value.
//
// # Types
//
// The conn_type, its function, the driver that examples/clients (for AWS: examples/s3) hands the
// settings to, and what is refused by name:
//
//	postgres               Postgres     jackc/pgx               hostaddr, sslcrl, ssl_min_protocol_version, gssencmode, conninfo
//	mysql                  MySQL        go-sql-driver/mysql     ssl that is not an object
//	redis                  Redis        redis/go-redis          nothing
//	http                   HTTP         net/http                verify that is not a path, no host
//	smtp                   SMTP         wneessen/go-mail        STARTTLS over TLS, timeout 0, retry_limit below 0
//	aws                    AWS          aws/aws-sdk-go-v2       half a key pair, an empty region_name, Google federation
//	mongo                  Mongo        mongo-driver v2         ssl with allow_insecure, tlsCRLFile, an encrypted key, socketTimeoutMS, waitQueue…, wtimeoutMS, fsync, GSSAPI
//	kafka                  Kafka        franz-go                acks above 1, tokens by other ways than oidc, an encrypted key, SCRAM-SHA-1, Google's Managed Kafka
//	ssh, sftp              SSH          x/crypto/ssh, pkg/sftp  disabled_algorithms, ciphers that x/crypto/ssh lacks
//	mssql                  MSSQL        microsoft/go-mssqldb    host in the extra, a port that is 0 or above 65535
//	snowflake              Snowflake    gosnowflake, by DSN     no account, session_parameters that are not an object, keys that this package does not read
//	google_cloud_platform  GoogleCloud  x/oauth2/google         nothing; CredentialsJSON: key_secret_name, idp_issuer_url
//
// # Truth
//
// Hooks read many switches by Python's truth: the text "false" is true, and every value
// out of a URI is text. The settings follow that.
package hook
