/*
Package sqlconn opens the sessions of a database/sql pool with a connection whose password
may be rotated at any time.

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

Each new session logs in with the secret of that moment. If the server refuses the login,
[Connector.Connect] waits for the rotation to end, as UseConnection of package backend
does. Sessions that are open stay open, and a query whose session is cut fails as it does
without this package.

Give the backend a cache: without one, each new session asks AWS. With one, all goroutines
share the calls.

# Which errors are a refused login

[Refused] knows the errors of PostgreSQL (pgx, lib/pq) and SQL Server (go-mssqldb). For
other drivers, pass [RefusedIf]:

	sqlconn.RefusedIf(func(err error) bool {
		refused, ok := errors.AsType[*mysql.MySQLError](err)
		return ok && slices.Contains([]uint16{1044, 1045, 1698}, refused.Number)
	})

# Errors

Errors of the lookup, of open and of the driver come back as they are, except that the
text of an error never shows the password, a sensitive value of the extra, or a field that
connuri does not print because a secret may have landed in it: each is replaced by
[redacted]. errors.Is and errors.As see the error of the driver all the same. Print its
text only: some drivers keep the password in a field, such as pgconn.ConnectError.Config.

# Panics

A panic of open or of the driver reaches the caller of Connect, as it does without this
package. The Connector can still be used afterward.
*/
package sqlconn
