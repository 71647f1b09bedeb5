package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLackingInput checks that a policy for a part of the input says so, and that half a result
// makes none.
func TestLackingInput(t *testing.T) {
	exists := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(exists,
		[]byte("airflow/connections/pg\nairflow/connections/other\n"), 0o600))
	event := calls(1, mwaa, "airflow/connections/pg", "")
	two := event + strings.Replace(event, "2026-11-01T", "2026-11-03T", 1)
	half := "eventname,secretid,errorcode,errormessage,calls,firsttime,lasttime\n" +
		"GetSecretValue,airflow/connections/pg,,,2,2026-11-01T10:20:30Z,2026-11-01T11:20:30Z\n" +
		"GetSecretValue,airflow/connections/pg,,,2,2026-11-03T10:20:30Z,2026-11-03T11:20:30Z\nGetSec"
	const note, refusal = "Some of the input could not be read", "need all of a query's result"
	for _, test := range []struct {
		name, in     string
		code         int
		note, result bool
	}{
		{"whole", two, 0, false, true},
		{"cut", two + `{"event`, 1, true, true},
		{"broken", two + "{]\n", 0, true, true},
		{"half a result", half, 1, false, false},
	} {
		for _, args := range [][]string{{"-policy", "fit"}, {"-policy", "fit", "-json"},
			{"-unused", "1", "-exists", exists}} {
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), args, strings.NewReader(test.in), &stdout,
				&stderr), test.name)
			all := strings.Join(strings.Fields(stdout.String()+stderr.String()), " ")
			assert.Equal(t, test.note, strings.Contains(all, note), "%s %s: %s", test.name, args,
				all)
			assert.Equal(t, test.result, stdout.Len() > 0, "%s %s", test.name, args)
			assert.Equal(t, !test.result, strings.Contains(all, refusal), "%s %s", test.name, args)
		}
	}
}

// TestNothingToObey checks that no error holds what a terminal would obey.
func TestNothingToObey(t *testing.T) {
	for in, args := range map[string][]string{
		`{"QueryStatus":"\u001b[31mX", "QueryResultRows": []}`: nil,
		"": {"no\x1b[31m.json"}, " ": {"-exists", "no\x1b[31m.txt"}, "  ": {"-kwargs",
			"@no\x1b[31m.json"},
	} {
		var stdout, stderr strings.Builder
		assert.Positive(t, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr))
		assert.NotContains(t, stdout.String()+stderr.String(), "\x1b")
		assert.Contains(t, stderr.String(), "tune: ")
	}
}

// TestPolicyOfAccounts checks that roles of one name in two accounts are two callers.
func TestPolicyOfAccounts(t *testing.T) {
	other := strings.ReplaceAll(calls(1, mwaa, "billing/stripe", ""), "123456789012",
		"999999999999")
	in := calls(1, mwaa, "airflow/connections/pg", "") + other
	for user, want := range map[string]string{
		"mwaa":              "pass -user with one of: 123456789012/mwaa, 999999999999/mwaa",
		"":                  "pass -user with one of: 123456789012/mwaa, 999999999999/mwaa",
		"123456789012/mwaa": "eu-west-1:123456789012:secret:airflow/connections/pg-??????",
		"999999999999/mwaa": "eu-west-1:999999999999:secret:billing/stripe-??????",
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), []string{"-policy", "fit", "-user", user}, strings.NewReader(in),
			&stdout, &stderr)
		assert.Equal(t, strings.Contains(user, "/"), code == 0, "%s: %s", user, &stderr)
		assert.Contains(t, flat(stdout.String()+stderr.String()), want, user)
		assert.Equal(t, code == 0, strings.Count(stdout.String(), ":secret:") == 1, user)
	}
}

// TestPolicyNotes checks that what is not allowed is named: what was denied, or failed each time.
func TestPolicyNotes(t *testing.T) {
	in := calls(1, mwaa, "a", "") + calls(1, mwaa, "throttled", "ThrottlingException") +
		calls(1, mwaa, "both", "ThrottlingException") + calls(1, mwaa, "both", "AccessDenied: no") +
		`{"eventName":"BatchGetSecretValue","eventSource":"secretsmanager.amazonaws.com","errorCode":"AccessDenied"}`
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-policy", "fit"}, strings.NewReader(in), &stdout,
		&stderr))
	for _, note := range []string{
		"note: Not allowed, because it was denied and never found: 1 name.",
		"note: Not allowed, because every call failed, as throttled calls do: 1 name.",
		"note: BatchGetSecretValue is not allowed, because no call of it succeeded.",
		"note: Denied: both.", "note: Failed each time: throttled.",
	} {
		assert.Contains(t, flat(stderr.String()), note)
	}
	assert.NotContains(t, stdout.String(), "Batch")
	assert.NotContains(t, stdout.String(), "throttled")

	nowhere := strings.ReplaceAll(calls(1, mwaa, "a", ""), `"awsRegion":"eu-west-1",`, "")
	stderr.Reset()
	stdout.Reset()
	assert.Equal(t, 1, run(t.Context(), []string{"-policy", "fit"}, strings.NewReader(nowhere),
		&stdout, &stderr))
	assert.Contains(t, flat(stderr.String()), "pass -region REGION")
	assert.Empty(t, stdout.String())
}

// TestPolicyOfUsed checks that no prefix opens a secret that the same events show as denied or in
// use by others, with a list of the secrets that lacks it or without one.
func TestPolicyOfUsed(t *testing.T) {
	var in strings.Builder
	for n := range 120 {
		in.WriteString(calls(1, mwaa, fmt.Sprintf("airflow/connections/pg_%d", n), ""))
	}
	in.WriteString(calls(1, mwaa, "airflow/connections/pg_gone", missing))
	const note, notFound = "denied and never found: 1 name.", "Asked for and not found"
	list := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(list, []byte("airflow/variables/unrelated\n"), 0o600))
	others := map[string]string{
		"admin": calls(1, mwaa, "airflow/connections/pg_admin", "AccessDenied: no"),
		"root":  calls(1, "admin/pod", "airflow/connections/pg_root", ""),
		"":      "",
	}
	for name, other := range others {
		for _, args := range [][]string{nil, {"-exists", list}} {
			var stdout, stderr strings.Builder
			args = append(args, "-policy", "fit", "-user", "mwaa")
			require.Zero(t, run(t.Context(), args, strings.NewReader(in.String()+other), &stdout,
				&stderr), &stderr)
			notes := flat(stderr.String())
			assert.Equal(t, name == "", strings.Contains(stdout.String(), `*"`), "%s", args)
			assert.NotContains(t, stdout.String(), "pg_"+name+"-")
			assert.Equal(t, name == "admin", strings.Contains(notes, note), notes)
			assert.Equal(t, name != "", strings.Contains(notes, notFound), notes)
		}
	}
}

func TestPolicyFlag(t *testing.T) {
	exists := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(exists,
		[]byte("airflow/connections/pg_a\nairflow/connections/pg_b\nairflow/connections/old\n"),
		0o600))
	in := calls(1, mwaa, "airflow/connections/pg_a", "") +
		calls(1, mwaa, "airflow/connections/pg_b", "") +
		calls(1, mwaa, "airflow/connections/gone", missing) +
		calls(1, mwaa, "airflow/connections/secret", "AccessDenied: no")
	args := []string{"-policy", "prefixes", "-region", "eu-west-1", "-account", "123456789012",
		"-exists", exists}
	const resource = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/connections/pg_*"
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr))
	assert.JSONEq(t,
		`{"Version": "2012-10-17", "Statement": [{"Sid": "ReadSecrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ["`+resource+`"]}]}`, stdout.String())
	inOrder(t, []string{resource, "2 secrets; also every secret created under it later",
		"note: Not allowed", "note: Asked for and not found: 1 name. ",
		"note: Denied: airflow/connections/secret."}, stderr.String())
	fits(t, strings.ReplaceAll(stderr.String(), resource, ""))

	stdout.Reset()
	require.Zero(t, run(t.Context(), append(args, "-json"), strings.NewReader(in), &stdout,
		&stderr))
	var got struct{ Policy jsonPolicy }
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	assert.Equal(t,
		[]jsonGrant{{resource, 2, []string{},
			"2 secrets; also every secret created under it later"}}, got.Policy.Grants)
	assert.Len(t, got.Policy.Documents, 1)

	stderr.Reset()
	assert.Equal(t, 1, run(context.Background(), []string{"-policy", "fit"},
		strings.NewReader(some), &stdout, &stderr))
	assert.Contains(t, flat(stderr.String()),
		"-policy is for one caller, and there are 2; pass -user with one of: mwaa, orders")
	stderr.Reset()
	assert.Equal(t, 1, run(context.Background(), []string{"-policy", "fit", "-user", "orders"},
		strings.NewReader(some), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "-policy: the caller found no secret")
}
