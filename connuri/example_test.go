package connuri_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func Example() {
	c, err := connuri.Parse("postgres://app:s3cr%2Ft@db.example.com:5432/orders?sslmode=require")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	fmt.Println(c.Host, c.Port, c.Login, c.Password.Reveal(), c.Schema)
	// Output:
	// Connection{conn_type: "postgres", host: "db.example.com", port: 5432, schema: "orders", login: "app", password: [redacted], extra: [redacted]}
	// db.example.com 5432 app s3cr/t orders
}

func ExampleParse() {
	for _, text := range []string{
		"mysql://root@localhost/test",
		`{"conn_type": "mysql", "login": "root", "host": "localhost", "schema": "test"}`,
	} {
		c, err := connuri.Parse(text)
		fmt.Println(c.Type, c.Login, c.Host, c.Schema, err)
	}
	// Output:
	// mysql root localhost test <nil>
	// mysql root localhost test <nil>
}

func ExampleParseURI() {
	c, _ := connuri.ParseURI("spark://https://spark.example.com:6066/?deploy-mode=cluster")
	fmt.Println(c.Type, c.Host, c.Port)
	mode, _ := c.Extra.Get("deploy-mode")
	fmt.Println(mode)
	// Output:
	// spark https://spark.example.com 6066
	// cluster
}

// Several hosts need their colons and commas encoded in a URI.
func ExampleParseURI_severalHosts() {
	_, err := connuri.ParseURI("mongo://app:pw@m1:27017,m2:27018/events")
	fmt.Println(err)
	c, _ := connuri.ParseURI("mongo://app:pw@m1%3A27017%2Cm2%3A27018/events")
	fmt.Println(c.Host)
	// Output:
	// connuri: port: not a number from 0 to 65535 (byte 18); encode the colons and commas as %3A and %2C, or use JSON
	// m1:27017,m2:27018
}

func ExampleParseJSON() {
	c, _ := connuri.ParseJSON(`{"conn_type": "aws", "extra": {"region_name": "eu-west-1"}}`)
	region, _ := c.Extra.Get("region_name")
	fmt.Println(c.Type, region)
	_, err := connuri.ParseJSON(`{"conn_type": "aws", "user": "u"}`) // a name for Words only
	fmt.Println(err)
	// Output:
	// aws eu-west-1
	// connuri: json: a key is not one of conn_type, description, host, login, password, schema, port, extra and uri (byte 22); put that key inside extra, or remove it
}

func ExampleDialect() {
	const uri = "http://h/?retries=3"
	task, _ := connuri.TaskSDK.ParseURI(uri)
	server, _ := connuri.Server.ParseURI(uri)
	fmt.Println(connuri.TaskSDK, task.Extra.Reveal())
	fmt.Println(connuri.Server, server.Extra.Reveal())
	// Output:
	// TaskSDK {"retries": "3"}
	// Server {"retries": 3}
}

func ExampleDialectOf() {
	for _, version := range []string{"2.10.3", "3.0.6", "3.2.1", "3.1.0"} {
		d, err := connuri.DialectOf(version)
		fmt.Println(d, err)
	}
	// Output:
	// Airflow2 <nil>
	// Airflow30 <nil>
	// TaskSDK <nil>
	// TaskSDK connuri: airflow_version: 3.1 mixes two dialects: JSON as in 3.2, a URI as in airflow.models; store connections as JSON and read them as TaskSDK, or upgrade to 3.2
}

// An upgrade from 2.10.3 to 3.0.6: one of these connections stops working.
func ExampleCompare() {
	secrets := map[string]string{
		"api":    `{"conn_type": "http", "host": "api.example.com", "extra": "Bearer x"}`,
		"orders": "postgres://app:s3cr%2Ft@db.example.com/orders",
	}
	for _, id := range slices.Sorted(maps.Keys(secrets)) {
		effect, findings := connuri.Compare(secrets[id], nil, connuri.Airflow2, connuri.Airflow30)
		if effect != connuri.Stops {
			continue
		}
		for _, f := range findings {
			fmt.Println(id, effect, f.Rule)
			fmt.Println(f)
		}
	}
	// Output:
	// api stops extra-not-json
	// extra: it is not JSON, and tasks of Airflow 3.0 and the API server refuse the connection; write a JSON object, such as {"Authorization": "Bearer …"}
}

func ExampleDialect_SanitizeID() {
	fmt.Println(connuri.Server.SanitizeID("postgres_default"))
	_, ok := connuri.Server.SanitizeID("my db")
	fmt.Println(ok)
	// Output:
	// postgres_default true
	// false
}

func ExampleConnection() {
	c := connuri.Connection{
		Type: "postgres", Host: "db.example.com", Port: 5432, Login: "app",
		Password: connuri.NewSecret("s3cr/t"),
	}
	var err error
	c.Extra, err = connuri.NewExtra(map[string]any{"sslmode": "require"})
	fmt.Println(c.URI(), err)
	fmt.Println(c.JSON())
	// Output:
	// postgres://app:s3cr%2Ft@db.example.com:5432/?sslmode=require <nil>
	// {"conn_type": "postgres", "host": "db.example.com", "login": "app", "password": "s3cr/t", "port": 5432, "extra": {"sslmode": "require"}}
}

// A host of "" and no host at all differ in JSON, and there only.
func ExampleFields() {
	none := connuri.Connection{Type: "fs"}
	empty := connuri.Connection{Type: "fs", Empty: connuri.EmptyHost}
	fmt.Println(none.JSON(), empty.JSON(), none.Equal(empty))
	// Output: {"conn_type": "fs"} {"conn_type": "fs", "host": ""} true
}

func ExampleDialect_URI() {
	c := connuri.Connection{Type: "fs", Extra: connuri.RawExtra("no JSON")}
	fmt.Println(connuri.TaskSDK.URI(c))
	_, err := connuri.Server.URI(c)
	fmt.Println(err)
	// Output:
	// fs:///?__extra__=no+JSON <nil>
	// connuri: extra: not valid JSON
}

func ExampleConnection_LogValue() {
	c, _ := connuri.Parse("postgres://app:s3cr%2Ft@h/orders")
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	logger.Info("connecting", "to", c)
	// Output: level=INFO msg=connecting to.conn_type=postgres to.host=h to.schema=orders to.login=app to.password=[redacted]
}

func ExampleConnection_Equal() {
	a, _ := connuri.Parse("mysql://u:p@h")
	b, _ := connuri.Parse(`{"conn_type": "mysql", "login": "u", "password": "p", "host": "h"}`)
	c, _ := connuri.Parse("mysql://u:other@h")
	fmt.Println(a.Equal(b), a.Equal(c))
	// Output: true false
}

func ExampleSecret() {
	password := connuri.NewSecret("hunter2")
	doc, _ := json.Marshal(map[string]any{"password": password})
	fmt.Printf("%v %#v %s\n", password, password, doc)
	fmt.Println(password.Reveal())
	fmt.Println(connuri.Secret{}.IsZero(), connuri.NewSecret("").IsZero())
	// Output:
	// [redacted] [redacted] {"password":"[redacted]"}
	// hunter2
	// true false
}

func ExampleExtra_Decode() {
	var settings struct {
		SSLMode string `json:"sslmode"`
		Timeout int    `json:"connect_timeout"`
	}
	for _, text := range []string{
		"postgres://h/db?sslmode=require&connect_timeout=10",
		`{"conn_type": "postgres", "extra": {"sslmode": "require", "connect_timeout": 10}}`,
	} {
		c, _ := connuri.Parse(text)
		err := c.Extra.Decode(&settings)
		fmt.Println(settings, err)
	}
	c, _ := connuri.Parse("postgres://h/db?connect_timeout=hunter2")
	fmt.Println(c.Extra.Decode(&settings))
	// Output:
	// {require 10} <nil>
	// {require 10} <nil>
	// connuri: extra: the value of "connect_timeout" does not fit int
}

func ExampleExtra_Get() {
	extra := connuri.RawExtra(`{"project": "acme", "retries": 3}`)
	fmt.Println(extra.Get("project"))
	fmt.Println(extra.Get("retries"))
	fmt.Println(extra.Get("missing"))
	// Output:
	// acme true
	// 3 true
	//  false
}

func ExampleExtra_Nested() {
	extra := connuri.RawExtra(`{"keyfile_dict": "{\"type\": \"service_account\"}"}`)
	fmt.Println(extra.Nested().Reveal())
	// Output: {"keyfile_dict": {"type": "service_account"}}
}

func ExampleNewExtra() {
	extra, err := connuri.NewExtra(struct {
		Region string `json:"region_name"`
	}{"eu-west-1"})
	fmt.Println(extra, extra.Reveal(), err)
	// Output: [redacted] {"region_name": "eu-west-1"} <nil>
}

func ExampleRawExtra() {
	extra := connuri.RawExtra("not JSON, as Airflow 2 allowed")
	fmt.Println(connuri.Connection{Type: "fs", Extra: extra}.URI())
	// Output: fs:///?__extra__=not+JSON%2C+as+Airflow+2+allowed
}

func ExampleConnWords() {
	// As RDS writes it, with dbname for the schema.
	const secret = `{"engine": "postgres", "host": "rds.example.com", "username": "app", "password": "pw", "dbname": "orders"}`
	words := connuri.ConnWords{"schema": {"dbname"}}
	c, _ := words.Parse(connuri.TaskSDK, secret)
	fmt.Println(c)
	fmt.Println(words.Standardize(secret))
	// Output:
	// Connection{conn_type: "postgres", host: "rds.example.com", schema: "orders", login: "app", password: [redacted]}
	// {"login": "app", "password": "pw", "host": "rds.example.com", "port": null, "schema": "orders", "conn_type": "postgres", "extra": null} <nil>
}

func ExampleParseConnWords() {
	words, err := connuri.ParseConnWords(`{"schema": ["dbname", "db"], "user": ["usr"]}`)
	fmt.Println(words, err)
	// Output: map[schema:[dbname db] user:[usr]] <nil>
}

func ExampleLint() {
	for _, text := range []string{
		"my_conn://u:p@h/s",
		`{"engine": "postgres", "host": "h", "dbname": "orders", "password": 12345}`,
	} {
		for _, finding := range connuri.Lint(text, nil) {
			fmt.Fprintln(os.Stdout, finding.Rule, "-", finding)
		}
	}
	// Output:
	// underscore - conn_type: a scheme has no underscore, so all of it becomes the schema; write - for _, Airflow turns it back
	// number - password: it is a number, for which an Airflow task skips the whole secret; put it in quotes
	// ignored-key - schema: a key that looks meant for it is none that Airflow reads; name the key schema, or list yours in extra_conn_words
}

func ExampleError() {
	_, err := connuri.Parse("postgres://app:s3/cr3t@h/db")
	var e *connuri.Error
	if errors.As(err, &e) {
		fmt.Println(e.Field, "at byte", e.Offset)
	}
	fmt.Println(errors.Is(err, connuri.ErrField), err)
	_, err = connuri.Parse(" ")
	fmt.Println(errors.Is(err, connuri.ErrEmpty))
	// Output:
	// port at byte 15
	// true connuri: port: not a number from 0 to 65535 (byte 15); encode / ? # [ ] in the login and password as %2F %3F %23 %5B %5D
	// true
}
