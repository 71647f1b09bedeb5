package connuri_test

import (
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func ExampleDependsOnPython() {
	fmt.Println(connuri.DependsOnPython("pg://u:p[x]w@h"))     // CPython 3.10.13 accepts it, 3.12.10 does not
	fmt.Println(connuri.DependsOnPython("pg://u:p%5Bx%5Dw@h")) // all releases read it alike
	// Output:
	// true
	// false
}

func ExampleReading_Compare() {
	before := connuri.Reading{Dialect: connuri.Airflow2, URLEncoded: true} // provider 8 with are_secret_values_urlencoded
	after := connuri.Reading{Dialect: connuri.Airflow2}                    // provider 9
	effect, findings := before.Compare(`{"conn_type": "postgres", "password": "p%40ss"}`, after)
	fmt.Println(effect)
	for _, f := range findings {
		fmt.Println(f)
	}
	// Output:
	// changes
	// password: it holds an escape such as %40, which only a provider before 9.0 decodes, where are_secret_values_urlencoded is on; store the values unencoded, once on provider 9
}

func ExampleReading_Refused() {
	secret := `{"conn_type": "postgres", "extra": "sslmode=require"}`
	fmt.Println(connuri.Reading{}.Refused(secret))
	fmt.Println(connuri.Reading{Dialect: connuri.Airflow30}.Refused(secret))
	// Output:
	// []
	// [extra: it is not JSON, and tasks of Airflow 3.0 and the API server refuse the connection; write a JSON object, as {"a": "1", "b": "2"} for a=1&b=2]
}

func ExampleConnWords_Standardize() {
	words := connuri.ConnWords{"schema": {"dbname"}}
	fmt.Println(words.Standardize(`{"engine": "postgres", "username": "app", "dbname": "orders", "port": 5432}`))
	// Output:
	// {"login": "app", "password": null, "host": null, "port": 5432, "schema": "orders", "conn_type": "postgres", "extra": null} <nil>
}

func ExampleURLEncoded_Standardize() {
	fmt.Println(connuri.URLEncoded(nil).Standardize(`{"conn_type": "postgres", "login": "a%40b"}`))
	// Output:
	// {"login": "a@b", "password": null, "host": null, "port": null, "schema": null, "conn_type": "postgres", "extra": null} <nil>
}

func ExampleConnection_JSON() {
	c := connuri.Connection{Type: "postgres", Host: "db.example.com", Port: 5432, Extra: connuri.RawExtra(`{"sslmode":"require"}`)}
	fmt.Println(c.JSON())
	// Output:
	// {"conn_type": "postgres", "host": "db.example.com", "port": 5432, "extra": {"sslmode": "require"}}
}

func ExampleDialect_JSON() {
	c := connuri.Connection{Type: "http", Extra: connuri.RawExtra("not JSON")}
	fmt.Println(connuri.TaskSDK.JSON(c))
	fmt.Println(connuri.Server.JSON(c))
	// Output:
	// {"conn_type": "http"} <nil>
	// {"conn_type": "http"} connuri: extra: not valid JSON
}

func ExampleDialect_ParseURI() {
	for _, d := range []connuri.Dialect{connuri.TaskSDK, connuri.Server} {
		c, err := d.ParseURI("http://:@h/?retries=3")
		fmt.Println(d, c.Extra.Reveal(), c.Password.IsZero(), err)
	}
	// Output:
	// TaskSDK {"retries": "3"} false <nil>
	// Server {"retries": 3} true <nil>
}
