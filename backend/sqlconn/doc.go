/*
Package sqlconn opens the sessions of a database/sql pool with a connection whose
password may be rotated at any time.

	connector := sqlconn.New(b, "postgres_default", func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		pg, err := hook.Postgres(c)
		if err != nil {
			return nil, err
		}
		if pg.Token != nil {
			return nil, errors.New("the password is a token, to be fetched from AWS")
		}
		config, err := pgx.ParseConfig(pg.Keywords())
		if err != nil {
			return nil, err
		}
		if !pg.Password.IsZero() {
			config.Password = pg.Password.Reveal()
		}
		return stdlib.GetConnector(*config), nil
	})
	db := sql.OpenDB(connector)
	defer db.Close()

Each new session logs in with the current secret. If the server refuses the
login, [Connector.Connect] waits for the rotation to end, as UseConnection of
package backend does. Open sessions stay open, and a query whose session is cut
fails as it does without this package.

Give the backend a cache. Without one, each new session asks AWS. With one, all
goroutines share the calls.

# Refused logins

[Refused] recognizes the errors of PostgreSQL (pgx, lib/pq) and SQL Server
(go-mssqldb). For other drivers, pass [RefusedIf]:

	sqlconn.RefusedIf(func(err error) bool {
		refused, ok := errors.AsType[*mysql.MySQLError](err)
		return ok && slices.Contains([]uint16{1044, 1045, 1698}, refused.Number)
	})

# Panics

A panic of open or of the driver reaches the caller of Connect, as it does without
this package. The Connector can still be used afterward.

# Errors

Connect returns the errors of the lookup, of open and of the driver. errors.Is and
errors.As find them even if their text was redacted.

# Secrecy

In the text of an error, the password and the sensitive values of the extra are
replaced by [redacted]. So are fields that connuri does not print because they
may contain a secret. Print only the text of an error: some drivers keep the
password in a field, such as pgconn.ConnectError.Config.

# Differences from database/sql

A Connector uses a connector of open until the connection changes or a login is
refused, so the result of [Connector.Driver] may change.
*/
package sqlconn
