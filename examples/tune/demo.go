package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// asked says how often a secret is asked for in a minute of the made-up day, and the error code of
// the answer.
var asked = []struct {
	name  string
	often float64
	code  string
}{
	{"airflow/connections/aws_default", 9, missing},
	{"airflow/connections/smtp_default", 4, missing},
	{"airflow/variables/dag_owner", 2.5, missing},
	{"airflow/connections/http_default", 1.5, missing},
	{"airflow/connections/pg_orders", 6, ""},
	{"airflow/connections/pg_reports", 3, ""},
	{"airflow/connections/slack_alerts", 1, ""},
	{"airflow/connections/sftp_partner", 0.3, "AccessDeniedException"},
	{"airflow/variables/environment", 5, ""},
	{"airflow/variables/limits", 1, ""},
	{"billing/stripe", 0.2, ""},
}

const missing = "ResourceNotFoundException"

// demo is one day of made-up calls as CloudTrail writes them, the same each time. Close it to stop
// the goroutine that writes it.
func demo() *io.PipeReader {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(writeDemo(w)) }() // the reader gets the error
	return r
}

type object map[string]any

func writeDemo(w io.Writer) error {
	lines := json.NewEncoder(w)
	random := rand.New(rand.NewPCG(1, 1))
	for minute := range 24 * 60 {
		for _, a := range asked {
			for n := a.often * 2 * random.Float64(); n > random.Float64(); n-- {
				second := fmt.Sprintf("%02d:%02d:%02d", minute/60, minute%60, random.IntN(60))
				address := fmt.Sprint("10.0.0.", random.IntN(8))
				if err := lines.Encode(event(a.name, a.code, "2026-11-01T"+second+"Z",
					address)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// event is a call for a secret. A code says why it fails.
func event(name, code, at, address string) object {
	caller := "mwaa-execution/" + tune.MWAASession
	if name == "billing/stripe" {
		caller = "billing/pod-7c9f"
	}
	e := object{
		"eventVersion": "1.10", "eventSource": "secretsmanager.amazonaws.com",
		"eventName": "GetSecretValue", "eventTime": at, "awsRegion": "eu-west-1",
		"userIdentity": object{
			"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/" + caller,
		},
		"sourceIPAddress": address, "userAgent": "Boto3/1.42 md/Botocore#1.42",
		"requestParameters": object{"secretId": name},
	}
	switch code {
	case "":
	case missing:
		e["errorCode"], e["errorMessage"] = code, "Secrets Manager can't find the specified secret."
	default:
		e["errorCode"], e["requestParameters"] = code, nil
		e["errorMessage"] = "not authorized to perform: secretsmanager:GetSecretValue on resource: " + name +
			" because no identity-based policy allows it"
	}
	return e
}
