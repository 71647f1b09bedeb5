package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// asked is how often an id is asked for in a minute of the made-up day, and why
// it gets no answer.
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

// demo is a day of calls as CloudTrail writes them, the same each time. It goes on
// until it is closed.
func demo() *io.PipeReader {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(writeDemo(w)) }() // it goes to the reader
	return r
}

func writeDemo(w io.Writer) error {
	type object map[string]any
	lines := json.NewEncoder(w)
	random := rand.New(rand.NewPCG(1, 1))
	for minute := range 24 * 60 {
		for _, a := range asked {
			for n := a.often * 2 * random.Float64(); n > random.Float64(); n-- {
				role, session := "mwaa-execution", tune.MWAASession
				if a.name == "billing/stripe" {
					role, session = "billing", "pod-7c9f"
				}
				event := object{
					"eventVersion": "1.10", "eventSource": "secretsmanager.amazonaws.com", "eventName": "GetSecretValue",
					"eventTime":       fmt.Sprintf("2026-11-01T%02d:%02d:%02dZ", minute/60, minute%60, random.IntN(60)),
					"userIdentity":    object{"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/" + role + "/" + session},
					"sourceIPAddress": fmt.Sprint("10.0.0.", random.IntN(8)), "userAgent": "Boto3/1.42 md/Botocore#1.42",
					"requestParameters": object{"secretId": a.name},
				}
				switch a.code {
				case "":
				case missing:
					event["errorCode"], event["errorMessage"] = a.code, "Secrets Manager can't find the specified secret."
				default:
					event["errorCode"], event["requestParameters"] = a.code, nil
					event["errorMessage"] = "not authorized to perform: secretsmanager:GetSecretValue on resource: " + a.name + " because no identity-based policy allows it"
				}
				if err := lines.Encode(event); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
