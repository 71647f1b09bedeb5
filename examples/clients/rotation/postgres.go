package rotation

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// Postgres opens the PostgreSQL of an Airflow connection with pgx.
func Postgres(source sqlconn.Source, id string) *sql.DB {
	return sql.OpenDB(sqlconn.New(source, id, openPostgres))
}

func openPostgres(_ context.Context, c connuri.Connection) (driver.Connector, error) {
	config, err := postgresConfig(c)
	if err != nil {
		return nil, err
	}
	return stdlib.GetConnector(*config), nil
}

// postgresConfig returns the settings of a connection for pgx, as Airflow's PostgresHook reads
// it. What the connection leaves open comes from PGHOST, PGUSER and the like, ~/.pgpass or the
// defaults of PostgreSQL.
//
// The error names the setting, never a value; that of pgx would quote them.
func postgresConfig(c connuri.Connection) (*pgx.ConnConfig, error) {
	pg, err := hook.Postgres(c)
	if err != nil {
		return nil, err
	}
	if pg.Token != nil {
		return nil, errors.New("postgres: extra: iam: this program does not ask AWS for a token; store a password")
	}
	config, err := pgx.ParseConfigWithOptions(pg.Keywords(), pgx.ParseConfigOptions{ParseConfigOptions: pgconn.ParseConfigOptions{
		GetSSLPassword: func(context.Context) string { return pg.SSLPassword.Reveal() },
	}})
	if err != nil {
		return nil, errors.New("postgres: extra: pgx cannot use a keyword; " +
			"check that the files of sslcert, sslkey, sslrootcert and service exist")
	}
	if !pg.Password.IsZero() {
		config.Password = pg.Password.Reveal()
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, pg.ConnectTimeout)
	return config, nil
}

// ErrConnect means that a session could not be opened because no server answered.
var ErrConnect = errors.New("postgres: connect")

// WithoutSettings returns an error of pgx without the settings of the connection. pgx keeps
// them in its text and its fields, including the password; a misplaced secret may have a
// password as its host.
func WithoutSettings(err error) error {
	if _, isConnect := errors.AsType[*pgconn.ConnectError](err); !isConnect {
		return err
	}
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("postgres: login: %w", answer)
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, syscall.ECONNREFUSED, syscall.ECONNRESET, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", ErrConnect, cause)
		}
	}
	if _, isDNS := errors.AsType[*net.DNSError](err); isDNS {
		return fmt.Errorf("%w: the host is not found", ErrConnect)
	}
	return fmt.Errorf("%w: no connection; check host, port and sslmode", ErrConnect)
}
