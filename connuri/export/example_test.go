package export_test

import (
	"fmt"
	"os"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

func ExampleRead() {
	file, err := export.Read([]byte(`# production
export AIRFLOW_CONN_PG_MAIN='postgres://app:s3cret@db.example.com:5432/orders'
AIRFLOW_VAR_REGION=eu-west-1
POSTGRES_PASSWORD=s3cret
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range file.Entries {
		fmt.Println(entry.Kind, entry.ID)
	}
	fmt.Println("left out:", file.LeftOut)
	// Output:
	// connections pg_main
	// variables region
	// left out: [POSTGRES_PASSWORD]
}

// Read does not open what a Compose file refers to.
func ExampleEnvFile() {
	file, err := export.Read([]byte(`services:
  scheduler:
    env_file: prod.env
    environment: {AIRFLOW_VAR_LIMIT: 010, "postgres://app:s3cret@db": x}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, from := range file.EnvFiles {
		fmt.Printf("service %s also reads %s\n", from.Service, from.Path)
	}
	variable, err := file.Entries[0].Variable()
	fmt.Println(variable.Key, variable.Text.Reveal(), err)
	fmt.Println("other names:", file.LeftOut, file.Unnamed)
	// Output:
	// service scheduler also reads prod.env
	// limit 8 <nil>
	// other names: [] 1
}

func ExampleFile_Kind() {
	for _, doc := range []string{`{"pg": {"conn_type": "postgres"}}`, `{"limit": 5}`, `{"a": "text"}`} {
		file, err := export.Read([]byte(doc))
		fmt.Printf("%q %v\n", file.Kind(), err)
	}
	// Output:
	// "connections" <nil>
	// "variables" <nil>
	// "" <nil>
}

// Read what airflow connections import reads.
func ExampleEntry_Connection() {
	file, err := export.Read([]byte(`
pg_main:
  conn_type: postgres
  host: db.example.com
  port: "5432"
  password: s3cret
  extra: {sslmode: require}
broken:
  conn_type: http
  password: 12345
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range file.Entries {
		c, err := entry.Connection(connuri.TaskSDK)
		if err != nil {
			fmt.Printf("%s: %v\n", entry.ID, err)
			continue
		}
		fmt.Println(c)
		fmt.Println(export.SecretJSON(c).Reveal())
	}
	// Output:
	// Connection{conn_id: "pg_main", conn_type: "postgres", host: "db.example.com", port: 5432, password: [redacted], extra: [redacted]}
	// {"conn_type": "postgres", "password": "s3cret", "host": "db.example.com", "port": 5432, "extra": "{\"sslmode\": \"require\"}"}
	// broken: password: not text; put it in quotes
}

func ExampleEntry_Variable() {
	file, err := export.Read([]byte(`{"limits": {"rows": 1000}, "region": {"value": "eu-west-1", "description": "of the bucket"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range file.Entries {
		variable, err := entry.Variable()
		fmt.Printf("%s %q %q %v\n", variable.Key, variable.Text.Reveal(), variable.Description, err)
	}
	// Output:
	// limits "{\n  \"rows\": 1000\n}" "" <nil>
	// region "eu-west-1" "of the bucket" <nil>
}

func ExampleEntry_IsConnection() {
	file, err := export.Read([]byte(`{"pg": {"conn_type": "postgres"}, "note": "text"}`))
	fmt.Println(file.Entries[0].IsConnection(), file.Entries[1].IsConnection(), err)
	// Output: true false <nil>
}

func ExampleEntry_JSON() {
	file, err := export.Read([]byte("limits: {rows: 1_000, big: yes}\n"))
	fmt.Println(file.Entries[0].JSON(), err)
	// Output: {"rows": 1000, "big": true} <nil>
}

func ExampleEntry_Text() {
	file, err := export.Read([]byte(`{"region": "eu-west-1"}`))
	if err == nil {
		fmt.Println(file.Entries[0].Text())
	}
	// Output: eu-west-1 <nil>
}

func ExampleWriteConnections() {
	c, err := connuri.Parse("postgres://app:s3cret@db.example.com:5432/orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.ID = "pg_main"
	doc, err := export.WriteConnections(export.YAML, []connuri.Connection{c})
	fmt.Printf("%s%v\n", doc, err)
	// Output:
	// "pg_main":
	//   conn_type: "postgres"
	//   description: null
	//   login: "app"
	//   password: "s3cret"
	//   host: "db.example.com"
	//   port: 5432
	//   schema: "orders"
	//   extra: null
	// <nil>
}

func ExampleWriteVariables() {
	doc, err := export.WriteVariables(export.JSON, []export.Variable{
		{Key: "limits", Text: connuri.NewSecret(`{"rows": 1000}`)},
		{Key: "region", Text: connuri.NewSecret("eu-west-1"), Description: "of the bucket"},
	})
	if err == nil {
		_, err = os.Stdout.Write(doc)
	}
	fmt.Println("\n", err)
	// Output:
	// {
	//     "limits": {
	//         "rows": 1000
	//     },
	//     "region": {
	//         "description": "of the bucket",
	//         "value": "eu-west-1"
	//     }
	// }
	//  <nil>
}

func ExampleSecretJSON() {
	secret := export.SecretJSON(connuri.Connection{Type: "http", Host: "api.example.com", Password: connuri.NewSecret("s3cret")})
	fmt.Println(secret)
	fmt.Println(secret.Reveal())
	// Output:
	// [redacted]
	// {"conn_type": "http", "password": "s3cret", "host": "api.example.com"}
}
