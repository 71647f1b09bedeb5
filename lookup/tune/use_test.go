package tune_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

func TestNeeds(t *testing.T) {
	const key, another = "arn:aws:kms:eu-west-1:123456789012:key/abc", "arn:aws:kms:eu-west-1:123456789012:key/def"
	decrypt := func(fields map[string]any) map[string]any {
		all := map[string]any{"eventName": "Decrypt", "eventSource": "kms.amazonaws.com", "resources": []any{map[string]any{"ARN": another}},
			"requestParameters": map[string]any{"encryptionContext": map[string]any{"SecretARN": inAccount + "a-AbCdEf"}}}
		for name, value := range fields {
			all[name] = value
		}
		return all
	}
	notOurs := map[string]any{"resources": []any{map[string]any{"ARN": "arn:aws:kms:eu-west-1:123456789012:key/other"}}}
	here := map[string]any{"awsRegion": "eu-west-1"}
	with := func(fields ...map[string]any) string {
		all := map[string]any{}
		for _, some := range append(fields, here) {
			for name, value := range some {
				all[name] = value
			}
		}
		return made(t, all) + "\n"
	}
	asks := func(secret string) map[string]any { return map[string]any{"requestParameters": asking(secret)} }
	denied := func(message string) map[string]any {
		return map[string]any{"errorCode": "AccessDenied", "errorMessage": message, "requestParameters": nil}
	}
	other := map[string]any{"userIdentity": map[string]any{"arn": "arn:aws:sts::123456789012:assumed-role/orders/pod"}}
	log := tune.New(tune.Config{User: "mwaa"})
	require.NoError(t, log.Read(t.Context(), strings.NewReader(
		with(asks("airflow/connections/pg"))+with(asks("airflow/connections/pg"))+with(asks("red--x"))+with(asks(inAccount+"full-AbCdEf"))+with(asks(inAccount+"partial"))+
			with(asks("arn:aws-cn:secretsmanager:cn-north-1:2:secret:far-AbCdEf"))+with(asks("of others"), other)+
			with(asks("theirs"), other)+with(asks("theirs"), map[string]any{"errorCode": "AccessDenied"})+with(asks("gone"), notFound)+with(asks("no version"), map[string]any{"errorCode": "ResourceNotFoundException", "errorMessage": "can't find the specified secret value for staging label"})+
			with(asks("encrypted"), map[string]any{"errorCode": "AccessDeniedException", "errorMessage": "Access to KMS is not allowed"})+
			with(denied("not authorized to perform: kms:Decrypt on resource: "+key+" because"))+
			with(denied("not authorized to perform: secretsmanager:GetSecretValue on resource: "+inAccount+"airflow/connections/lost-AbCdEf because"))+
			with(denied("not authorized to perform: secretsmanager:GetSecretValue on resource: "+inAccount+"airflow/connections/pg-AbCdEf because"))+
			with(decrypt(nil))+with(decrypt(notOurs), other)+with(decrypt(map[string]any{"requestParameters": map[string]any{"encryptionContext": map[string]any{"x": "SecretARN"}}}), notOurs)+
			with(asks("postgres://u:hunter2@h"))+
			with(map[string]any{"eventName": "BatchGetSecretValue"}))))
	got := log.Needs()
	at := func(name string) policy.Secret {
		return policy.Secret{Region: "eu-west-1", Account: "123456789012", Name: name}
	}
	inAWS := func(name string) policy.Secret {
		return policy.Secret{Partition: "aws", Region: "eu-west-1", Account: "123456789012", Name: name}
	}
	assert.ElementsMatch(t, []policy.Secret{
		at("airflow/connections/pg"), at("red--x"), inAWS("full"), inAWS("full-AbCdEf"), inAWS("partial"), at("no version"), at("encrypted"),
		{Partition: "aws-cn", Region: "cn-north-1", Account: "2", Name: "far"}, {Partition: "aws-cn", Region: "cn-north-1", Account: "2", Name: "far-AbCdEf"},
	}, got.Secrets)
	assert.Equal(t, []string{"airflow/connections/lost", "theirs"}, got.Denied)
	assert.Equal(t, []string{key, another}, got.Keys)
	assert.Equal(t, 1, got.Missing)
	assert.True(t, got.Batch)
	assert.False(t, got.Partial)
	assert.ElementsMatch(t, []string{"airflow/connections/", "airflow/variables/", "airflow/config/"}, got.Paths)
}

// TestNeedsByARN: the end of an ARN that was asked for may be a part of the name.
func TestNeedsByARN(t *testing.T) {
	log := tune.New(tune.Config{Rules: []lookup.Rule{{Prefix: inAccount + "conns"}}})
	log.Add(tune.Event{Secret: inAccount + "billing/my-secret", Outcome: tune.Found})
	log.Add(tune.Event{Secret: inAccount + "conns/my-secret", Outcome: tune.Found})
	log.Add(tune.Event{ID: "pg", Outcome: tune.Found})
	var names []string
	for _, s := range log.Needs().Secrets {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"billing/my", "billing/my-secret", "conns/my", "conns/my-secret", "conns/pg"}, names)
}

func TestPeriod(t *testing.T) {
	day := func(day int) string { return fmt.Sprintf("2026-11-%02dT00:00:00Z", day) }
	add := func(log *tune.Usage) tune.Report {
		for _, at := range []string{"2026-11-01T23:59:59Z", "2026-11-02T00:00:00Z", "2026-11-02T23:59:59Z", "2026-11-03T00:00:00Z", ""} {
			log.Add(tune.Event{ID: "x", Time: at, Outcome: tune.NotFound})
		}
		log.Add(tune.Event{ID: "there", Time: "2026-10-01T00:00:00Z", Outcome: tune.Found})
		log.Add(tune.Event{ID: "there", Time: "2026-11-02T00:00:00Z", Outcome: tune.NotFound})
		return log.Report()
	}
	for _, test := range []struct {
		since, until string
		calls        int
	}{
		{"", "", 7},
		{day(2), "", 4},
		{"", day(3), 5},
		{day(2), day(3), 3},
		{day(4), day(5), 0},
		{"2026-11-02", "", 0},
		{"", "2026-11-02T00:00:00.5Z", 0},
	} {
		log := tune.New(tune.Config{Since: test.since, Until: test.until})
		r := add(log)
		assert.Equal(t, test.calls, r.Total.Calls, "%v", test)
		assert.Equal(t, 7-test.calls, r.OtherTimes, "%v", test)
		for _, id := range r.IDs {
			assert.Equal(t, id.ID == "there", id.Exists, "a secret is there, whenever it was found")
		}
	}
}

func TestIdle(t *testing.T) {
	log := tune.New(tune.Config{User: "mwaa", Since: "2026-11-30T00:00:00Z"})
	for _, e := range []tune.Event{
		{Secret: "first", Time: "2026-11-01T00:00:10Z"},
		{Secret: "weeks ago", Time: "2026-11-10T00:00:00Z"},
		{Secret: "yesterday", Time: "2026-11-29T00:00:00Z"},
		{Secret: inAccount + "by ARN-AbCdEf", Time: "2026-11-30T00:00:00Z"},
		{Secret: inAccount + "partial", Time: "2026-11-30T00:00:00Z", Outcome: tune.Denied},
		{ID: "pg", Time: "2026-11-30T00:00:00Z", Outcome: tune.NotFound},
		{Secret: "some time"},
		{Secret: "last", Time: "2026-11-30T23:59:00Z"},
	} {
		log.Add(e)
	}
	list := []string{"first", "never", "weeks ago", "yesterday", inAccount + "by ARN-AbCdEf", "by ARN", inAccount + "partial-000000", "airflow/connections/pg", "some time", inAccount + "last"}
	idle, err := log.Idle(list, 14)
	require.NoError(t, err)
	assert.Equal(t, []tune.Idle{{Name: "never"}, {"first", "2026-11-01T00:00:10Z"}, {"weeks ago", "2026-11-10T00:00:00Z"}}, idle)
	assert.Equal(t, "$1.20", tune.IdlePrice(len(idle)).String())

	idle, err = log.Idle([]string{"postgres://u:hunter2@h/db"}, 14)
	require.NoError(t, err)
	assert.Equal(t, []tune.Idle{{Name: "[redacted, no id]"}}, idle)

	idle, err = log.Idle(list, 30)
	require.NoError(t, err, "November has 30 days")
	assert.Len(t, idle, 1)
	_, err = log.Idle(list, 31)
	require.ErrorIs(t, err, tune.ErrTooShort)
	_, err = tune.New(tune.Config{}).Idle(list, 1)
	require.ErrorIs(t, err, tune.ErrTooShort)
}

func TestSuggestDenied(t *testing.T) {
	for _, test := range []struct {
		name              string
		inForce           string
		existing, missing ids
		want              string
	}{
		{name: "denied and missing", existing: ids{"pg": 1, "?aws_default": 5}, missing: ids{"smtp_default": 2}, want: "7 ^(?!(aws_default|smtp_default)$) [aws_default]"},
		{name: "denied alone", existing: ids{"?aws_default": 5}, want: "5 ^(?!(aws_default)$) [aws_default]"},
		{name: "none denied", existing: ids{"pg": 1}, missing: ids{"smtp_default": 2}},
		{name: "denied and there", existing: ids{"?pg": 1, "pg": 0}, missing: ids{"x": 2}},
		{name: "denied and not found", existing: ids{"?pg": 1}, missing: ids{"pg": 2}},
		{name: "spelt like one that is there", existing: ids{"?PG": 1, "?x": 1, "pg": 1}, want: "1 ^(?!(x)$) [x]"},
		{name: "refused already", inForce: "^(?!(x)$)", existing: ids{"?x": 1, "?y": 2}, want: "2 ^(?!(x|y)$) [y]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := logOf(test.existing, test.missing)
			got := ""
			if s, ok := log.SuggestDenied(lookup.KindConnection, lookup.MustCompile(test.inForce)); ok {
				got = strings.Join([]string{strconv.Itoa(s.Saved), s.Pattern.String(), "[" + strings.Join(s.Doubt, " ") + "]"}, " ")
				assert.Empty(t, s.Hidden)
				assert.Equal(t, "denied", s.Form)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
