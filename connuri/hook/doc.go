// Package hook reads a connection as Airflow's hooks do and returns the settings that a client in
// Go needs. It knows which extras count, under which names, and which defaults apply.
//
//	pg, err := hook.Postgres(c)
//	if err != nil {
//		return err // names the field, the rule and what to write, and holds no value
//	}
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
//
// There is one function for each connection type, named after the hook, and one type of settings.
// The package imports no driver, reads nothing from disk or the network, and starts no goroutines.
//
// # Types
//
// The conn_type, its function, the driver to which examples/clients (for AWS: examples/s3) gives
// the settings, and what is ErrUnsupported:
//
//	postgres               Postgres     jackc/pgx               hostaddr, sslcrl, ssl_min_protocol_version, gssencmode, conninfo
//	mysql                  MySQL        go-sql-driver/mysql     ssl that is not an object
//	redis                  Redis        redis/go-redis          nothing
//	http                   HTTP         net/http                verify that is not a path, no host
//	smtp                   SMTP         wneessen/go-mail        STARTTLS over TLS, timeout 0, retry_limit below 0
//	aws                    AWS          aws/aws-sdk-go-v2       half a key pair, an empty region_name, Google federation
//	mongo                  Mongo        mongo-driver v2         ssl with allow_insecure, tlsCRLFile, an encrypted key, socketTimeoutMS, waitQueue…, wtimeoutMS, fsync, GSSAPI
//	kafka                  Kafka        franz-go                acks above 1, tokens not fetched by oidc, an encrypted key, SCRAM-SHA-1, Google's Managed Kafka
//	ssh, sftp              SSH          x/crypto/ssh, pkg/sftp  disabled_algorithms, ciphers that x/crypto/ssh lacks
//	mssql                  MSSQL        microsoft/go-mssqldb    host in the extra, a port that is 0 or above 65535
//	snowflake              Snowflake    gosnowflake, by DSN     no account, session_parameters that are not an object, keys that this package does not read
//	google_cloud_platform  GoogleCloud  x/oauth2/google         nothing; CredentialsJSON: key_secret_name, idp_issuer_url
//
// Hooks read many switches by Python's truth, so the text "false" is true, and every value in a URI
// is text. The settings follow that; [Lint] reports it.
//
// # Secrets
//
// Secrets in the settings are of type connuri.Secret and do not print. No error and no finding
// holds a value of the connection.
//
// # Errors
//
// Every error is an [*Error] that names the field, the rule and what to write instead. Unless it
// is [ErrUnsupported], the settings returned with it are the zero value; only [AWS] returns what
// it could read.
//
// The hook accepts some settings that no Go driver supports. For these a function returns the
// complete settings together with an error that names the setting. errors.Is matches it with
// ErrUnsupported. A caller that knows better can use the settings anyway.
package hook
