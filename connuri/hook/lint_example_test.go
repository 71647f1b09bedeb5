package hook_test

import (
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func ExampleLint() {
	for _, text := range []string{
		"https://app:s3cr3t@api.example.com",
		"redis://:s3cr3t@cache.example.com:6379/3?ssl=false",
		"smtp://app:s3cr3t@smtp.example.com:587?mail_from=app%40example.com",
	} {
		c, err := connuri.Parse(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, finding := range hook.Lint(c) {
			fmt.Println(finding.Rule, "-", finding)
		}
	}
	// Output:
	// https-is-http - conn_type: it does not choose the protocol, so requests go out over http, the login in the clear; write https as the schema, or in a URI http as the type and https%3A%2F%2F before the host, which in JSON is https://
	// text-is-true - extra: ssl is text, and every text but "" is true; leave ssl out, or write false without quotes in JSON
	// path-database - schema: the hook does not read it, so the database is that of the extra's db, or 0; write db in the extra, and leave the path out
	// unknown-key - extra: it has a key that the hook does not read (did you mean from_email?); write from_email, or leave it out
	// tls-twice - extra: the hook begins with TLS and then asks for STARTTLS, which no server offers there; write disable_ssl as true
}
