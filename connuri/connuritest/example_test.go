package connuritest_test

import (
	"fmt"
	"io/fs"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// The answers of Airflow 3.0 lie in a folder of their own.
func ExampleRecorded() {
	files, err := fs.Glob(connuritest.Recorded(), "airflow30/*.jsonl")
	fmt.Println(files, err)
	// Output: [airflow30/conn_json.jsonl airflow30/secret_json.jsonl airflow30/uri_build.jsonl airflow30/uri_parse.jsonl] <nil>
}
