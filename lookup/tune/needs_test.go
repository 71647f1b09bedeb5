package tune_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

func TestNeedsByOutcome(t *testing.T) {
	here := map[string]any{"awsRegion": "eu-west-1"}
	with := func(fields ...map[string]any) string {
		all := map[string]any{}
		for _, some := range append(fields, here) {
			maps.Copy(all, some)
		}
		return made(t, all) + "\n"
	}
	asks := func(secret string) map[string]any {
		return map[string]any{"requestParameters": asking(secret)}
	}
	code := func(code string) map[string]any { return map[string]any{"errorCode": code} }
	on := func(resource string) map[string]any {
		return map[string]any{"errorCode": "AccessDenied", "requestParameters": nil,
			"errorMessage": "not " +
				"authorized to perform: secretsmanager:GetSecretValue on resource: " + resource +
				" because"}
	}
	by := func(role string) map[string]any {
		arn := "arn:aws:sts::123456789012:assumed-role/" + role
		return map[string]any{"userIdentity": map[string]any{"arn": arn}}
	}
	other, throttled, denied := by("orders/pod"), code("ThrottlingException"), code("AccessDenied")
	noVersion := map[string]any{"errorCode": "ResourceNotFoundException",
		"errorMessage": "can't find the specified secret value for staging label"}
	noKey := map[string]any{"errorCode": "AccessDeniedException",
		"errorMessage": "Access to KMS is not allowed"}
	const far = "arn:aws-cn:secretsmanager:cn-north-1:2:secret:far-AbCdEf"
	log := tune.New(tune.Config{User: "mwaa"})
	require.NoError(t, log.Read(t.Context(), strings.NewReader(
		with(asks("airflow/connections/pg"))+with(asks("airflow/connections/pg"))+with(asks("red--x"))+
			with(asks(inAccount+"full-AbCdEf"))+with(asks(inAccount+"partial"))+with(asks(far))+
			with(asks("no-version"), noVersion)+with(asks("encrypted"), noKey)+
			with(asks("of-others"), other)+with(asks("theirs"), other)+with(asks("theirs"), denied)+
			with(asks("gone"), notFound)+with(asks("gone"), denied)+
			with(on(inAccount+"airflow/connections/lost-AbCdEf"))+
			with(on(inAccount+"airflow/connections/pg-AbCdEf"))+
			with(asks("denied-and-throttled"), denied)+with(asks("denied-and-throttled"),
			throttled)+
			with(asks("throttled"), throttled)+with(asks("throttled-and-found"), throttled)+
			with(asks("throttled-and-found"))+with(asks("throttled-and-gone"), throttled)+
			with(asks("throttled-and-gone"), notFound)+with(asks("postgres://u:hunter2@h"))+
			with(asks("hunter2 x"), denied))))
	got := log.Needs()
	at := func(name string) policy.Secret {
		return policy.Secret{Region: "eu-west-1", Account: "123456789012", Name: name}
	}
	inAWS := func(name string) policy.Secret {
		return policy.Secret{Partition: "aws", Region: "eu-west-1", Account: "123456789012",
			Name: name}
	}
	inChina := func(name string) policy.Secret {
		return policy.Secret{Partition: "aws-cn", Region: "cn-north-1", Account: "2", Name: name}
	}
	assert.ElementsMatch(t, []policy.Secret{
		at("airflow/connections/pg"), at("red--x"), inAWS("full"), inAWS("full-AbCdEf"),
		inAWS("partial"), at("no-version"), at("encrypted"), at("throttled-and-found"),
		inChina("far"), inChina("far-AbCdEf"),
	}, got.Secrets)
	assert.Equal(t, []policy.Secret{{Name: "[redacted, not an id]"}, at("airflow/connections/lost"),
		at("denied-and-throttled"), at("theirs")}, inOnePartition(got.Denied))
	assert.Equal(t, []policy.Secret{at("throttled")}, got.Failed)
	assert.Equal(t, []policy.Secret{at("gone"), at("throttled-and-gone")}, got.Missing)
	assert.Equal(t, []policy.Secret{at("gone"), at("of-others")}, got.Others)
	assert.Equal(t, []string{"mwaa"}, got.Callers)
	assert.Empty(t, got.Keys)
	assert.False(t, got.Batch || got.BatchFailed || got.Partial)
	paths := []string{"airflow/connections/", "airflow/variables/", "airflow/config/"}
	assert.ElementsMatch(t, paths, got.Paths)
}

// inOnePartition gives secrets as if they had been asked for by name.
func inOnePartition(secrets []policy.Secret) []policy.Secret {
	all := slices.Clone(secrets)
	for i := range all {
		all[i].Partition = ""
	}
	return all
}

// TestNeedsKeepRegionsApart checks that a secret of the same name in another region, which was
// denied, or which others found, is not taken for the one that is needed.
func TestNeedsKeepRegionsApart(t *testing.T) {
	at := func(region string) policy.Secret {
		return policy.Secret{Region: region, Account: "1", Name: "pg"}
	}
	call := func(region, role string, outcome tune.Outcome) tune.Event {
		return tune.Event{Secret: "pg", Region: region, Account: "1", Role: role, Outcome: outcome}
	}
	log := tune.New(tune.Config{User: "mwaa"})
	for _, e := range []tune.Event{
		call("a", "mwaa", tune.Found), call("a", "orders", tune.Found),
		call("b", "mwaa", tune.Denied), call("b", "orders", tune.Found),
		call("c", "orders", tune.Found), call("d", "orders", tune.NotFound),
		call("e", "mwaa", tune.NotFound), call("e", "orders", tune.Found),
		{Secret: "pg", Role: "mwaa", Outcome: tune.Denied}, // its place is not known
	} {
		log.Add(e)
	}
	got := log.Needs()
	assert.Equal(t, []policy.Secret{at("a")}, got.Secrets)
	assert.Equal(t, []policy.Secret{at("b")}, got.Denied)
	assert.Equal(t, []policy.Secret{at("e")}, got.Missing)
	assert.Equal(t, []policy.Secret{at("c"), at("e")}, got.Others)
}

// TestNeedsKeysOfSecretsRead checks that a key is needed for the secrets that the caller reads, not
// for others.
func TestNeedsKeysOfSecretsRead(t *testing.T) {
	arn := func(key string) string { return "arn:aws:kms:eu-west-1:123456789012:key/" + key }
	event := func(fields map[string]any) string { return made(t, fields) + "\n" }
	decrypt := func(key, secret string, more map[string]any) string {
		all := map[string]any{
			"eventName": "Decrypt", "eventSource": "kms.amazonaws.com",
			"resources": []any{map[string]any{"ARN": arn(key)}},
			"requestParameters": map[string]any{
				"encryptionContext": map[string]any{"SecretARN": inAccount + secret},
			},
		}
		maps.Copy(all, more)
		return event(all)
	}
	forbidden := func(key string) string {
		return event(map[string]any{"errorCode": "AccessDenied", "requestParameters": nil,
			"errorMessage": "not " +
				"authorized to perform: kms:Decrypt on resource: " + arn(key) + " because"})
	}
	denied := map[string]any{"errorCode": "AccessDenied"}
	other := map[string]any{"userIdentity": map[string]any{"arn": "arn:aws:sts::1:assumed-role/x/y"}}
	noSecret := map[string]any{"requestParameters": map[string]any{
		"encryptionContext": map[string]any{"x": "SecretARN"},
	}}
	pg := event(map[string]any{"requestParameters": asking("pg")})
	for name, test := range map[string]struct {
		in           string
		keys, denied []string
	}{
		"decrypted":                 {in: pg + decrypt("a", "pg-AbCdEf", nil), keys: []string{"a"}},
		"decrypted before the call": {in: decrypt("a", "pg-AbCdEf", nil) + pg, keys: []string{"a"}},
		"for another secret":        {in: pg + decrypt("a", "mail-AbCdEf", nil)},
		"for another caller":        {in: pg + decrypt("a", "pg-AbCdEf", other)},
		"for no secret":             {in: pg + decrypt("a", "", noSecret)},
		"throttled": {in: pg + decrypt("a", "pg-AbCdEf", map[string]any{
			"errorCode": "ThrottlingException"})},
		"denied": {in: pg + decrypt("a", "pg-AbCdEf", denied),
			keys: []string{"a"}, denied: []string{"a"}},
		"denied for another secret": {in: pg + decrypt("a", "mail-AbCdEf", denied)},
		"denied once": {in: pg + decrypt("a", "pg-AbCdEf", denied) + decrypt("a", "pg-AbCdEf", nil),
			keys: []string{"a"}},
		"denied to the call": {in: pg + forbidden("a"), keys: []string{"a"},
			denied: []string{"a"}},
		"denied once to the call": {in: pg + forbidden("a") + decrypt("a", "pg-AbCdEf", nil),
			keys: []string{"a"}},
	} {
		log := tune.New(tune.Config{User: "mwaa"})
		require.NoError(t, log.Read(t.Context(), strings.NewReader(test.in)), name)
		got := log.Needs()
		for i := range test.keys {
			test.keys[i] = arn(test.keys[i])
		}
		for i := range test.denied {
			test.denied[i] = arn(test.denied[i])
		}
		assert.Equal(t, test.keys, got.Keys, name)
		assert.Equal(t, test.denied, got.KeysDenied, name)
	}
}

func TestNeedsBatchThatSucceeded(t *testing.T) {
	batch := func(code string) string {
		return made(t, map[string]any{"eventName": "BatchGetSecretValue", "errorCode": code}) + "\n"
	}
	for _, test := range []struct {
		name, in      string
		batch, failed bool
	}{
		{name: "none"},
		{name: "succeeded", in: batch(""), batch: true},
		{name: "denied", in: batch("AccessDenied"), failed: true},
		{name: "throttled", in: batch("ThrottlingException"), failed: true},
		{name: "denied, then succeeded", in: batch("AccessDenied") + batch(""), batch: true},
	} {
		log := tune.New(tune.Config{User: "mwaa"})
		require.NoError(t, log.Read(t.Context(), strings.NewReader(test.in)), test.name)
		got := log.Needs()
		assert.Equal(t, test.batch, got.Batch, test.name)
		assert.Equal(t, test.failed, got.BatchFailed, test.name)
	}
}

// TestNeedsCallersOfTwoAccounts checks that roles of one name in two accounts are two callers.
func TestNeedsCallersOfTwoAccounts(t *testing.T) {
	calls := []tune.Event{
		{Secret: "a", Role: "airflow", Session: "s", Account: "111111111111", Outcome: tune.Found},
		{Secret: "b", Role: "airflow", Session: "s", Account: "222222222222", Outcome: tune.Found},
		{Secret: "c", Role: "orders", Session: "t", Account: "222222222222", Outcome: tune.Found},
		{Secret: "d", Session: "alice", Account: "222222222222", Outcome: tune.Found},
		{Secret: "e", Role: "airflow", Session: "u", Account: "222222222222", Outcome: tune.Found},
		{Secret: "f", Session: "glue.amazonaws.com", Outcome: tune.Found},
	}
	for user, want := range map[string]struct{ secrets, callers string }{
		"": {"f a b c d e",
			"111111111111/airflow 222222222222/airflow alice glue.amazonaws.com orders"},
		"airflow":                {"a b e", "111111111111/airflow 222222222222/airflow"},
		"111111111111/airflow":   {"a", "airflow"},
		"222222222222/airflow":   {"b e", "airflow"},
		"222222222222/airflow/s": {"b", "airflow"},
		"airflow/s":              {"a b", "111111111111/airflow 222222222222/airflow"},
		"222222222222/s":         {"b", "airflow"},
		"222222222222/alice":     {"d", "alice"},
		"111111111111/alice":     {"", ""},
		"glue.amazonaws.com":     {"f", "glue.amazonaws.com"},
		"/glue.amazonaws.com":    {"", ""},
	} {
		log := tune.New(tune.Config{User: user})
		for _, e := range calls {
			log.Add(e)
		}
		got := log.Needs()
		var names []string
		for _, s := range got.Secrets {
			names = append(names, s.Name)
		}
		assert.Equal(t, want.secrets, strings.Join(names, " "), user)
		assert.Equal(t, want.callers, strings.Join(got.Callers, " "), user)
	}
}

// TestNeedsBothReadingsOfARN checks both readings of the end of an ARN, which may be a part of the
// name.
func TestNeedsBothReadingsOfARN(t *testing.T) {
	log := tune.New(tune.Config{Rules: []lookup.Rule{{Prefix: inAccount + "conns"}}})
	log.Add(tune.Event{Secret: inAccount + "billing/my-secret", Outcome: tune.Found})
	log.Add(tune.Event{Secret: inAccount + "conns/my-secret", Outcome: tune.Found})
	log.Add(tune.Event{ID: "pg", Outcome: tune.Found})
	var names []string
	for _, s := range log.Needs().Secrets {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"billing/my", "billing/my-secret", "conns/my", "conns/my-secret",
		"conns/pg"}, names)
}
