package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A world makes random events as in a busy account, and odd ones.
type world struct {
	*rand.Rand
	secrets []secret
	callers []map[string]any
}

type secret struct {
	name, arn string
	exists    bool
}

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(19, seed))}
	stems := []string{"pg_%d", "prod.db.%d", "my-secret%d", "PG_%d", "red--x%d", "a/b/c_%d",
		"k=%d@x+y"}
	for i := range 60 {
		kind := []string{"connections", "connections", "variables", "config"}[i%4]
		w.secret(fmt.Sprintf("airflow/"+kind+"/"+stems[i%len(stems)], i))
	}
	for _, name := range []string{"airflow/connections/my-secret", "airflow/connections/my-Secret",
		"airflow/connections/", "prod/db", "PROD/db", "rds!cluster-0a1b"} {
		w.secret(name)
	}
	role := func(role, session string, issuer bool) map[string]any {
		u := map[string]any{"type": "AssumedRole", "principalId": "AROAEXAMPLE:" + session,
			"arn": "arn:aws:sts::123456789012:assumed-role/" + role + "/" +
				session, "accountId": "123456789012"}
		if issuer {
			u["sessionContext"] = map[string]any{"sessionIssuer": map[string]any{"type": "Role",
				"userName": role, "arn": "arn:aws:iam::123456789012:role/service-role/" + role}}
		}
		return u
	}
	for range 40 {
		w.callers = append(w.callers, role("mwaa-execution", "AmazonMWAA-airflow", true))
	}
	w.callers = append(w.callers, role("mwaa-two", "AmazonMWAA-airflow", false),
		role("eks", "botocore-session-1793527200", true), role("lambda", "fn=1,x.y@z", true),
		map[string]any{"type": "IAMUser", "principalId": "AIDAEXAMPLE",
			"arn": "arn:aws:iam::123456789012:user/path/alice", "accountId": "123456789012",
			"userName": "alice"},
		map[string]any{"type": "AWSService", "invokedBy": "glue.amazonaws.com"},
		map[string]any{"type": "AWSAccount", "principalId": "AROAOTHER:cross",
			"accountId": "999999999999"},
		map[string]any{"type": ""}, nil)
	return w
}

func (w *world) secret(name string) {
	const letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	suffix := []byte("-")
	for range 6 {
		suffix = append(suffix, letters[w.IntN(len(letters))])
	}
	w.secrets = append(w.secrets, secret{name, inAccount + name + string(suffix),
		w.Float64() < 0.6})
}

const inAccount = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"

// lines are n events over nine days, in order, one to a line. Some come twice.
func (w *world) lines(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		second := i * 9 * 86400 / n
		if w.IntN(500) == 0 {
			second = second/86400*86400 + w.IntN(2)*86399 // the ends of a day
		}
		e := w.event()
		e["eventTime"] = fmt.Sprintf("2026-11-%02dT%02d:%02d:%02dZ", 1+second/86400, second/3600%24,
			second/60%60, second%60)
		e["eventID"] = fmt.Sprintf("%08x-0000-4000-8000-%012x", w.Uint32(), i)
		line, err := json.Marshal(e)
		require.NoError(t, err)
		for range 1 + w.IntN(200)/199 {
			b.Write(line)
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// isTight reports whether a policy denies the secret to some callers.
func (s secret) isTight() bool { return s.name <= "airflow/connections/k" }

func (w *world) event() map[string]any {
	agents := []any{"Boto3/1.42.1 lang/python#3.12.8", `[aws-sdk-go/1.2 ("x", y; z)]`,
		"aws-cli/2.15, Python/3.11", "UA\u00e9\n", "", nil}
	e := map[string]any{
		"eventVersion": "1.11", "eventSource": "secretsmanager.amazonaws.com",
		"eventName":    "GetSecretValue",
		"userIdentity": w.callers[w.IntN(len(w.callers))], "userAgent": agents[max(0,
			w.IntN(100)-94)], "sourceIPAddress": fmt.Sprint("10.0.0.", w.IntN(20)/19),
	}
	e["awsRegion"] = []string{"eu-west-1", "us-east-1"}[w.IntN(20)/19]
	if w.IntN(100) == 0 {
		e["eventSource"] = "secretsmanager.amazonaws.com.cn"
	}
	s := w.secrets[w.IntN(len(w.secrets))]
	asked := []string{s.name, s.name, s.name, s.name, s.name, s.name, s.arn,
		inAccount + s.name}[w.IntN(8)]
	e["requestParameters"] = map[string]any{"secretId": asked}
	switch k := w.IntN(100); {
	case k < 3:
		e["eventName"] = "DescribeSecret"
	case k < 4:
		e["eventSource"] = "ssm.amazonaws.com"
	case k < 6:
		e["eventName"], e["requestParameters"] = "BatchGetSecretValue", map[string]any{"secretIdList": []string{"a", "b"}}
	case k < 7:
		e["requestParameters"] = []any{nil, map[string]any{}, map[string]any{"secretId": ""},
			map[string]any{"versionStage": "AWSCURRENT"}}[w.IntN(4)]
	case k < 13 && s.isTight():
		on := []string{s.name, s.arn, "*", "arn:aws:kms:eu-west-1:1:key/x"}[min(w.IntN(4),
			w.IntN(4))]
		e["requestParameters"] = nil
		e["errorCode"], e["errorMessage"] = []string{"AccessDenied",
			"AccessDeniedException"}[w.IntN(2)],
			"User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:GetSecretValue on resource: "+on+" because no identity-based policy allows it"
	case k < 14:
		e["requestParameters"] = map[string]any{"secretId": []string{"airflow/connections/postgres://u:hunter2@h/db", "airflow/connections/a\nb,\"c\"", "airflow/variables/caf\u00e9 \U0001f600", strings.Repeat("x", 2100), "null", `airflow/variables/\n`}[w.IntN(6)]}
		e["errorCode"], e["errorMessage"] = "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
	case !s.exists:
		e["errorCode"], e["errorMessage"] = "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
	case k < 20:
		failure := [][2]string{
			{"ThrottlingException", fmt.Sprint("Rate exceeded ", w.IntN(1000))},
			{"InvalidRequestException",
				"You can't perform this operation on the secret because it was marked for deletion."},
			{"ResourceNotFoundException",
				"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"},
			{"AccessDeniedException", "Access to KMS is not allowed"},
			{"AccessDeniedException",
				"User is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/x because no identity-based policy allows it"},
			{"DecryptionFailure",
				"Secrets Manager can't decrypt the protected secret text using the provided KMS key."},
			{"InternalServiceError", "odd \"message\", with\nlines and , commas \u00fc"},
		}[w.IntN(7)]
		e["errorCode"], e["errorMessage"] = failure[0], failure[1]
	}
	return e
}
