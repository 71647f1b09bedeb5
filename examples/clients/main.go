/*
Clients goes from the id of an Airflow connection to an open client: pgxpool,
go-sql-driver/mysql, go-redis, go-mail, net/http, mongo-driver, franz-go,
x/crypto/ssh, go-mssqldb, gosnowflake and oauth2/google.

	go run -C examples/clients .

It starts a Secrets Manager in memory that holds connections, opens a client for
each, and prints the settings that its driver received, without secrets. It needs no
other server: the clients connect when they are first used.

Each client has its own file to copy. Its function open… takes the connection, reads
it with connuri/hook as Airflow's hook does, and passes the settings to the driver as
fields. No text that holds a secret reaches a driver's parser.
*/
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// secrets are connections as URIs and as JSON, by the names of their secrets.
var secrets = map[string]string{
	"airflow/connections/orders_db": `postgres://app:s3cr%2Ft@db.example.com/orders` +
		`?sslmode=verify-full&sslrootcert=system&application_name=billing&connect_timeout=10`,
	"airflow/connections/shop_db": `{"conn_type": "mysql", "host": "mariadb.example.com", "schema": "shop",
		"login": "app", "password": "s3cr/t",
		"extra": {"charset": "utf8mb4", "ssl_mode": "VERIFY_IDENTITY"}}`,
	"airflow/connections/cache": `redis://app:s3cr%2Ft@cache.example.com:6379?db=2&ssl=true`,
	"airflow/connections/mail": `{"conn_type": "smtp", "host": "mail.example.com", "port": 587,
		"login": "reports@example.com", "password": "s3cr/t",
		"extra": {"disable_ssl": true, "from_email": "reports@example.com"}}`,
	"airflow/connections/billing_api": `{"conn_type": "http", "host": "api.example.com", "schema": "https",
		"login": "app", "password": "s3cr/t",
		"extra": {"X-Api-Key": "s3cr3t", "timeout": 20}}`,
	"airflow/connections/catalog": `mongo://app:s3cr%2Ft@mongo.example.com:27017/shop?tls=true&authSource=admin`,
	"airflow/connections/events": `{"conn_type": "kafka", "extra": {
		"bootstrap.servers": "kafka.example.com:9093", "group.id": "billing",
		"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "app", "sasl.password": "s3cr/t"}}`,
	"airflow/connections/bastion": `{"conn_type": "ssh", "host": "bastion.example.com", "port": 2222,
		"login": "app", "password": "s3cr/t",
		"extra": {"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR"}}`,
	"airflow/connections/sales_db": `mssql://app:s3cr%2Ft@sqlserver.example.com/sales` +
		`?encryption=require&appname=billing&login_timeout=10`,
	"airflow/connections/warehouse": `snowflake://app:s3cr%2Ft@/PUBLIC?account=acme-prod&warehouse=LOADING&database=SHOP`,
	"airflow/connections/bucket": `{"conn_type": "google_cloud_platform", "extra": {
		"impersonation_chain": "reader@shop-prod.iam.gserviceaccount.com",
		"keyfile_dict": {"type": "service_account", "client_email": "app@shop-prod.iam.gserviceaccount.com",
			"private_key": "s3cr/t", "token_uri": "https://oauth2.googleapis.com/token"}}}`,
}

func main() {
	cli.ExitOnInterrupt()
	os.Exit(command(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// command reads the command line, runs the program, and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := cli.New("clients")
	p.Purpose = "Clients opens the Go client of each of eleven Airflow connections, " +
		"and prints the settings that its driver received."
	p.Usage = "[ID...]"
	p.Examples = []string{"go run -C examples/clients .", "go run -C examples/clients . orders_db cache"}
	p.ExitCodes = []string{
		"0: the clients are opened",
		"1: a client cannot be opened",
		"2: the command line is wrong",
		"130: interrupted",
	}
	if code, done := p.Parse(args, stdout, stderr); done {
		return code
	}
	ids := p.Flags.Args()
	for _, id := range ids {
		if !slices.Contains(all, id) {
			return p.Wrong(stderr, "an argument is not one of the ids "+strings.Join(all, ", "))
		}
	}
	if len(ids) == 0 {
		ids = all
	}
	if err := run(ctx, stdout, ids); err != nil {
		fmt.Fprintln(stderr, cli.Fit("clients: "+err.Error(), cli.Width(stderr), "  "))
		return cli.Failed
	}
	return 0
}

// all are the ids of the connections, in the order in which they are shown.
var all = []string{
	"orders_db", "shop_db", "cache", "mail", "billing_api", "catalog", "events", "bastion", "sales_db", "warehouse", "bucket",
}

// run opens the clients of connections and prints their settings.
func run(ctx context.Context, out io.Writer, ids []string) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
	if err != nil {
		return err
	}
	defer srv.Close()
	b, err := backend.New(srv.Client(), backend.Config{})
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := b.GetConnection(ctx, id)
		if err != nil {
			return err
		}
		driver, lines, err := show(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		width, indent := cli.Width(out), strings.Repeat(" ", len("  host key  "))
		fmt.Fprintln(out, id)
		for _, line := range append([]string{"driver    " + driver}, lines...) {
			label, text := line[:len("host key  ")], line[len("host key  "):]
			fmt.Fprintln(out, "  "+label+strings.TrimLeft(cli.Fit(indent+text, width, indent), " "))
		}
	}
	return nil
}

// show opens the client of a connection and returns the settings that its driver received.
func show(ctx context.Context, c connuri.Connection) (driver string, lines []string, err error) {
	switch c.Type {
	case "postgres":
		pool, err := openPostgres(ctx, c)
		if err != nil {
			return "", nil, err
		}
		defer pool.Close()
		return "jackc/pgx, pgxpool", showPostgres(pool), nil
	case "mysql":
		db, err := openMySQL(c)
		if err != nil {
			return "", nil, err
		}
		config, err := mysqlConfig(c) // a pool does not show its settings
		return "go-sql-driver/mysql", showMySQL(config), errors.Join(err, db.Close())
	case "redis":
		client, err := openRedis(c)
		if err != nil {
			return "", nil, err
		}
		return "redis/go-redis", showRedis(client), client.Close()
	case "smtp":
		client, err := openMail(c)
		if err != nil {
			return "", nil, err
		}
		lines, err = showMail(c, client)
		return "wneessen/go-mail", lines, err
	case "http":
		a, err := openHTTP(ctx, c)
		if err != nil {
			return "", nil, err
		}
		return "net/http", a.show(), nil
	case "mongo":
		return showMongoOf(ctx, c)
	case "kafka":
		client, err := openKafka(c)
		if err != nil {
			return "", nil, err
		}
		defer client.Close()
		return "twmb/franz-go", showKafka(client), nil
	case "ssh", "sftp":
		s, err := hook.SSH(c) // openSSH connects
		if err != nil {
			return "", nil, err
		}
		config, err := sshConfig(s)
		if err != nil {
			return "", nil, err
		}
		return "golang.org/x/crypto/ssh", showSSH(s, config), nil
	case "mssql":
		_, config, err := mssqlConnector(c)
		return "microsoft/go-mssqldb", showMSSQL(config), err
	case "snowflake":
		if _, err := openSnowflake(c); err != nil {
			return "", nil, err
		}
		lines, err = showSnowflake(c)
		return "snowflakedb/gosnowflake", lines, err
	case "google_cloud_platform":
		login, err := openGoogle(ctx, c)
		if err != nil {
			return "", nil, err
		}
		return "golang.org/x/oauth2/google", login.show(), nil
	}
	return "", nil, errors.New("this program has no client for the type of the connection; see connuri/hook")
}

// refuseToken returns an error if a connection logs in with a token of AWS.
func refuseToken(t *hook.TokenRequest) error {
	if t == nil {
		return nil
	}
	return errors.New("the connection asks for a token by " + t.Call + " of AWS, " +
		"which this program does not fetch; store a password")
}

// shownLogin returns a login without its password.
func shownLogin(user, password string) string {
	switch {
	case user == "" && password == "":
		return "none"
	case password == "":
		return user + ", without a password"
	}
	return user + ", with a password"
}

// shownTLS says which certificate of the server is accepted.
func shownTLS(config *tls.Config) string {
	switch {
	case config == nil:
		return "none"
	case config.InsecureSkipVerify && config.VerifyConnection == nil && config.VerifyPeerCertificate == nil:
		return "any certificate"
	case config.InsecureSkipVerify:
		return "a certificate of the CA"
	}
	return "a certificate for " + cmp.Or(config.ServerName, "each server")
}
