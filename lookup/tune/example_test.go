package tune_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// minute has the events of a minute, as `jq -c '.Records[]'` prints a log file, shortened.
const minute = `
{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","eventTime":"2026-11-01T10:20:30Z","requestParameters":{"secretId":"airflow/connections/pg_orders"}}
{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","eventTime":"2026-11-01T10:20:31Z","requestParameters":{"secretId":"airflow/connections/aws_default"},"errorCode":"ResourceNotFoundException","errorMessage":"Secrets Manager can't find the specified secret."}
{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","eventTime":"2026-11-01T10:20:32Z","requestParameters":{"secretId":"airflow/connections/aws_default"},"errorCode":"ResourceNotFoundException","errorMessage":"Secrets Manager can't find the specified secret."}
{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","eventTime":"2026-11-01T10:21:30Z","requestParameters":null,"errorCode":"AccessDeniedException","errorMessage":"… is not authorized to perform: secretsmanager:GetSecretValue on resource: airflow/connections/smtp_default because …"}
`

func Example() {
	log := tune.New(tune.Config{})
	if err := log.Read(context.Background(), strings.NewReader(minute)); err != nil {
		fmt.Println(err) // what was read before the error is counted
	}
	for _, id := range log.Report().IDs {
		fmt.Printf("%s %s: %d calls, %d found nothing, %d denied\n", id.Kind, id.ID, id.Calls,
			id.NotFound, id.Denied)
	}
	for _, s := range log.Suggest(lookup.KindConnection, nil) {
		fmt.Printf("connections_lookup_pattern %s saves %d calls\n", s.Pattern, s.Saved)
	}
	// Output:
	// connection aws_default: 2 calls, 2 found nothing, 0 denied
	// connection pg_orders: 1 calls, 0 found nothing, 0 denied
	// connection smtp_default: 1 calls, 0 found nothing, 1 denied
	// connections_lookup_pattern ^(?!(aws_default)$) saves 2 calls
}

func ExampleUsage_Try() {
	log := tune.New(tune.Config{})
	_ = log.Read(context.Background(), strings.NewReader(minute)) // reading a string does not fail
	trial := log.Try(lookup.KindConnection, lookup.MustCompile(`^(?!(aws|pg)_)`))
	fmt.Println("saves", trial.Saved, "calls")
	fmt.Println("hides", trial.Hidden)
	// Output:
	// saves 3 calls
	// hides [pg_orders]
}

func ExampleUsage_Add() {
	log := tune.New(tune.Config{})
	log.Add(tune.Event{Secret: "airflow/variables/environment", Outcome: tune.Found})
	log.Add(tune.Event{Kind: lookup.KindVariable, ID: "limits", Outcome: tune.NotFound,
		Time: "2026-11-01T10:20:30Z", Role: "orders", Session: "pod-1"})
	r := log.Report()
	fmt.Println(r.Total.Calls, "calls,", r.Total.NotFound, "not found,", r.Principals[1].Name)
	// Output:
	// 2 calls, 1 not found, orders/pod-1
}

func ExampleUsage_Exists() {
	log := tune.New(tune.Config{})
	log.Add(tune.Event{ID: "new_one", Outcome: tune.NotFound}) // before it was made
	log.Exists(lookup.KindConnection, "new_one", "never_asked_for")
	fmt.Println(len(log.Suggest(lookup.KindConnection, nil)), "suggestions")
	// Output:
	// 0 suggestions
}

func ExampleUsage_Resolve() {
	log := tune.New(tune.Config{Rules: []lookup.Rule{{Prefix: "prod/conns"},
		{Kind: lookup.KindVariable, Prefix: lookup.NoPrefix}}})
	for _, secret := range []string{
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/conns/pg-AbCdEf", "environment",
	} {
		kind, id, ok := log.Resolve(secret)
		fmt.Println(kind, id, ok)
	}
	// Output:
	// connection pg true
	// variable environment true
}

func ExampleReport_Month() {
	log := tune.New(tune.Config{Days: 0.5})
	for range 2000 {
		log.Add(tune.Event{ID: "aws_default", Outcome: tune.NotFound})
	}
	r := log.Report()
	fmt.Println(tune.Price(r.Total.Calls), "in half a day,", r.Month(r.Total.Calls), "a month")
	// Output:
	// $0.01 in half a day, $0.60 a month
}

func ExampleUsage_Guess() {
	log := tune.New(tune.Config{})
	for _, name := range []string{"prod/conns/pg", "prod/conns/aws_default", "prod/vars/environment"} {
		log.Add(tune.Event{Secret: name, Outcome: tune.Found})
	}
	guesses := log.Guess()
	for _, g := range guesses {
		fmt.Println(g.Kind, g.Prefix, g.Calls)
	}
	log.Adopt(guesses)
	fmt.Println(len(log.Report().IDs), "ids")
	// Output:
	// connection prod/conns 2
	// variable prod/vars 1
	// 3 ids
}

func ExampleUsage_SuggestDenied() {
	log := tune.New(tune.Config{})
	log.Add(tune.Event{ID: "aws_default", Outcome: tune.Denied})
	log.Add(tune.Event{ID: "pg", Outcome: tune.Found})
	fmt.Println(len(log.Suggest(lookup.KindConnection, nil)), "patterns for what is missing")
	if s, ok := log.SuggestDenied(lookup.KindConnection, nil); ok {
		fmt.Println(s.Pattern, "for what was only denied:", s.Doubt)
	}
	// Output:
	// 0 patterns for what is missing
	// ^(?!(aws_default)$) for what was only denied: [aws_default]
}

func ExampleUsage_Needs() {
	log := tune.New(tune.Config{User: "mwaa-execution"})
	log.Add(tune.Event{Secret: "airflow/connections/pg", Outcome: tune.Found, Role: "mwaa-execution",
		Region: "eu-west-1", Account: "123456789012"})
	p, err := policy.New(log.Needs(), policy.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Grants[0].Resource)
	// Output:
	// arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/connections/pg-??????
}

func ExampleUsage_Idle() {
	log := tune.New(tune.Config{})
	log.Add(tune.Event{Secret: "airflow/connections/old", Time: "2026-11-01T00:00:10Z"})
	log.Add(tune.Event{Secret: "airflow/connections/pg", Time: "2026-11-30T23:00:00Z"})
	idle, err := log.Idle([]string{"airflow/connections/pg", "airflow/connections/old",
		"airflow/connections/older"}, 14)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range idle {
		fmt.Printf("%s %q\n", i.Name, i.Last)
	}
	fmt.Println(tune.IdlePrice(len(idle)), "a month")
	// Output:
	// airflow/connections/older ""
	// airflow/connections/old "2026-11-01T00:00:10Z"
	// $0.80 a month
}
