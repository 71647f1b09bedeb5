package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

var samples = []struct{ id, text string }{
	{"postgres_default", "postgresql://app:s3cr%2Ft@db.example.com:5432/orders?sslmode=verify-full&connect_timeout=10"},
	{"mysql_reports", "mysql://report:pa%24%24@mysql.example.com/reports?charset=utf8mb4"},
	{"http_api", "http://https%3A%2F%2Fapi.example.com/?timeout=30"},
	{"spark_cluster", "spark://https://spark:token@spark.example.com:6066/?deploy-mode=cluster"},
	{"aws_default", "aws://AKIAEXAMPLE:secret%2Fkey@/?region_name=eu-west-1"},
	{"gcp_default", `google-cloud-platform://?__extra__=%7B%22project%22%3A+%22acme%22%2C+%22keyfile_dict%22%3A+%7B%22type%22%3A+%22service_account%22%7D%7D`},
	{"smtp_default", "smtp://mailer:m%40il@smtp.example.com:587/?from_email=noreply%40example.com"},
	{"mongo_cluster", "mongo://app:pw@m1.example.com%3A27017%2Cm2.example.com%3A27018/events?replicaSet=rs0"},
	{"kafka_default", `{"conn_type": "kafka", "extra": {"bootstrap.servers": "b1:9092,b2:9092", "group.id": "app"}}`},
	{"rds_secret", `{"engine": "postgres", "host": "rds.example.com", "username": "admin", "password": "p@ss", "port": 5432, "database": "prod"}`},
	{"snowflake", `{"conn_type": "snowflake", "login": "etl", "password": "pw", "schema": "PUBLIC", "extra": {"account": "ab12345", "warehouse": "WH"}}`},
	{"stored_wrong", "my_conn://app:s3cr3t@db.example.com/orders"},
	{"not_encoded", "postgres://app:s3/cr3t@db.example.com/orders"},
}

// connectionStrings prints what a dozen connection strings hold, without their
// passwords and extras, and what is wrong with the last two.
func connectionStrings(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CONN_ID\tTYPE\tHOST\tPORT\tSCHEMA\tLOGIN\tPASSWORD\tEXTRA")
	var notes []string
	for _, sample := range samples {
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, sample.text)
		for _, finding := range connuri.Lint(sample.text, nil) {
			notes = append(notes, sample.id+": "+finding.String())
		}
		if err != nil {
			fmt.Fprintln(table, sample.id+"\tERROR"+strings.Repeat("\t-", 6))
			notes = append(notes, sample.id+": "+err.Error())
			continue
		}
		fmt.Fprintln(table, sample.id+"\t"+row(c))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nwhat is wrong with the last two:\n  %s\n", strings.Join(notes, "\n  "))
	return err
}

// row is a connection as the cells of the table. What a Connection would not
// print of itself is not shown here either.
func row(c connuri.Connection) string {
	shown := map[string]string{}
	for _, attr := range c.LogValue().Group() {
		shown[attr.Key] = attr.Value.String()
	}
	cells := []string{}
	for _, name := range []string{"conn_type", "host", "port", "schema", "login", "password", "extra"} {
		if shown[name] == "" {
			shown[name] = "-"
		}
		cells = append(cells, shown[name])
	}
	return strings.Join(cells, "\t")
}
