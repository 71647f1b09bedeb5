package main

import (
	"context"
	"fmt"
)

func Example() {
	p := &page{width: 80}
	if err := demo(context.Background(), p); err != nil {
		fmt.Println(err)
	}
	fmt.Print(p.text.String())
	// Output:
	// An id, its secret and its connection (1 call)
	//   id                postgres_default
	//   secret            airflow/connections/postgres_default
	//   type              postgres
	//   host              db.example.com
	//   port              5432
	//   schema            orders
	//   login             app
	//   password, extra   [redacted], [redacted]
	//
	// What a Go driver gets, as Airflow's PostgresHook reads the connection
	//   pgx keywords      connect_timeout='10' dbname='orders' host='db.example.com'
	//                     port='5432' sslmode='verify-full' user='app'
	//   password          [redacted], set apart, so that no parser can quote it
	//
	// Also found (3 calls)
	//   rds_reports       postgres report@rds.example.com:5432/reports, from the JSON
	//                     that RDS writes
	//   limits            {Rows:10000 Retries:3}, a variable read into a struct
	//   my_smtp_secret    mailer@smtp.example.com:587, by its full name
	//
	// Skipped by the lookup pattern ^(?!aws_default$).*$ (0 calls)
	//   backend: connection "aws_default": skipped by the lookup pattern; if it should
	//   be looked up, widen connections_lookup_pattern, here
	//   Config.ConnectionsLookupPattern
	//
	// Missing (1 call)
	//   backend: connection "airflow/connections/mysql" (asked for
	//   "airflow/connections/airflow/connections/mysql"): no such secret:
	//   ResourceNotFoundException; ask for "mysql"; the prefix "airflow/connections"
	//   is added for you
	//
	// Stored wrong (1 call)
	//   backend: connection "not_encoded" (asked for
	//   "airflow/connections/not_encoded"): malformed secret: connuri: port: not a
	//   number from 0 to 65535 (byte 15); encode / ? # [ ] in the login and password
	//   as %2F %3F %23 %5B %5D
}
