package connuritest_test

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// The answers of Airflow 3.0 are in a folder of their own.
func ExampleRecorded() {
	files, err := fs.Glob(connuritest.Recorded(), "airflow30/*.jsonl")
	fmt.Println(files, err)
	// Output: [airflow30/conn_json.jsonl airflow30/secret_json.jsonl airflow30/uri_build.jsonl airflow30/uri_parse.jsonl] <nil>
}

// A reading with a wrong port is compared with what Airflow answered. The fault names the field.
func ExampleCompare() {
	var want connuritest.Answer
	if err := json.Unmarshal([]byte(`{"conn_type": "ssh", "host": "h", "login": null, "password": null, "schema": "", "port": 22, "extra": null}`), &want); err != nil {
		fmt.Println(err)
		return
	}
	c, err := connuri.ParseURI("ssh://h:22")
	fault, met := connuritest.Compare(want, c, err)
	fmt.Printf("%q %v\n", fault, met)
	c.Port = 23
	fault, met = connuritest.Compare(want, c, err)
	fmt.Printf("%q %v\n", fault, met)
	// Output:
	// "" []
	// "port differ" []
}

func ExampleCompareText() {
	want := connuritest.Answer{Raw: json.RawMessage(`"ssh://h:22"`)}
	fmt.Printf("%q\n", connuritest.CompareText("get_uri", want, "ssh://h:22", nil))
	fmt.Printf("%q\n", connuritest.CompareText("get_uri", want, "ssh://h:23", nil))
	// Output:
	// ""
	// "get_uri differs"
}

func ExampleDetector() {
	detector := connuritest.NewDetector("비밀번호열쇠")
	fmt.Printf("%q\n", detector.In("password: [redacted]"))
	fmt.Printf("%q\n", detector.In("password: 비밀번호열쇠"))
	fmt.Printf("%q\n", detector.In("cGFzc3dvcmQ6IOu5hOuwgOuyiO2YuOyXtOyHoA=="))
	// Output:
	// ""
	// "itself"
	// "in base64"
}

func ExampleWays() {
	detector := connuritest.NewDetector("비밀번호열쇠", "암구호출입증")
	leaks := 0
	connuritest.Ways(connuri.NewSecret("비밀번호열쇠"), connuri.NewSecret("암구호출입증"), func(way, output string) {
		if detector.In(output) != "" {
			leaks++
		}
	}, nil)
	fmt.Println(leaks)
	// Output:
	// 0
}

func ExampleRecovered() {
	fmt.Println(connuritest.Recovered(func() { panic("no such key") }))
	// Output:
	// no such key no such key "no such key"
}

func ExampleAnswer_HasLoneSurrogate() {
	fmt.Println(connuritest.Answer{Raw: json.RawMessage(`"\ud800"`)}.HasLoneSurrogate())
	fmt.Println(connuritest.Answer{Raw: json.RawMessage(`"\\ud800"`)}.HasLoneSurrogate())
	// Output:
	// true
	// false
}
