package tune_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// made returns an event with some fields of its own, and otherwise those that every event has.
func made(t *testing.T, fields map[string]any) string {
	t.Helper()
	e := map[string]any{
		"eventVersion": "1.10", "eventSource": "secretsmanager.amazonaws.com",
		"eventName": "GetSecretValue",
		"eventTime": "2026-11-01T10:20:30Z", "sourceIPAddress": "10.0.0.1", "userAgent": "Boto3/1.34",
		"responseElements": nil,
		"userIdentity": map[string]any{"type": "AssumedRole", "principalId": "AROA:AmazonMWAA-airflow",
			"arn": "arn:aws:sts::123456789012:assumed-role/mwaa/AmazonMWAA-airflow",
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role",
				"userName": "mwaa"}}},
	}
	for key, value := range fields {
		e[key] = value
	}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	return string(text)
}

func asking(secret string) map[string]any { return map[string]any{"secretId": secret} }

const inAccount = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"

var notFound = map[string]any{"errorCode": "ResourceNotFoundException",
	"errorMessage": "Secrets Manager can't find the specified secret."}

func TestIDsFromNamesAndARNs(t *testing.T) {
	byName := []lookup.Rule{{Kind: lookup.KindConnection}, {Kind: lookup.KindVariable},
		{Kind: lookup.KindConfig}}
	for _, test := range []struct {
		name   string
		rules  []lookup.Rule
		secret string
		lost   bool // not found
		want   string
	}{
		{name: "name", secret: "airflow/connections/pg", want: "connection pg"},
		{name: "variable", secret: "airflow/variables/a/b", want: "variable a/b"},
		{name: "config", secret: "airflow/config/sql_alchemy_conn", want: "config sql_alchemy_conn"},
		{name: "full ARN", secret: inAccount + "airflow/connections/pg-AbCdEf", want: "connection pg"},
		{name: "full ARN, no capital", secret: inAccount + "airflow/connections/pg-abc123",
			want: "connection pg"},
		{name: "full ARN, gone", secret: inAccount + "airflow/connections/pg-AbCd1f", lost: true,
			want: "connection pg"},
		{name: "partial ARN", secret: inAccount + "airflow/connections/pg", want: "connection pg"},
		{name: "partial ARN, missing, like a full one",
			secret: inAccount + "airflow/connections/my-secret", lost: true, want: "connection my-secret"},
		{name: "partial ARN, no hyphen", secret: inAccount + "airflow/connections/pgAbCdEf",
			want: "connection pgAbCdEf"},
		{name: "China", want: "variable x",
			secret: "arn:aws-cn:secretsmanager:cn-north-1:1:secret:airflow/variables/x-AbCdEf"},
		{name: "GovCloud",
			secret: "arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:airflow/variables/x",
			want:   "variable x"},
		{name: "a name that ends as ARNs do", secret: "airflow/connections/pg-AbCdEf",
			want: "connection pg-AbCdEf"},
		{name: "other name", secret: "prod/db", want: "outside prod/db"},
		{name: "the prefix alone", secret: "airflow/connections/", want: "outside airflow/connections/"},
		{name: "the prefix by half", secret: "airflow/connection/x",
			want: "outside airflow/connection/x"},
		{name: "a suffix alone", secret: inAccount + "airflow/connections/-AbCdEf",
			want: "connection -AbCdEf"},
		{name: "no prefix", rules: []lookup.Rule{{Kind: lookup.KindVariable, Prefix: lookup.NoPrefix},
			{}}, secret: "prod/db", want: "variable prod/db"},
		{name: "no prefix, another's", rules: []lookup.Rule{{Kind: lookup.KindVariable,
			Prefix: lookup.NoPrefix}, {}}, secret: "airflow/connections/db", want: "connection db"},
		{name: "disabled", rules: []lookup.Rule{{Prefix: lookup.Disabled}},
			secret: "airflow/connections/db", want: "outside airflow/connections/db"},
		{name: "longest", rules: []lookup.Rule{{Kind: lookup.KindVariable, Prefix: "airflow"}, {}},
			secret: "airflow/connections/db", want: "connection db"},
		{name: "shared", rules: []lookup.Rule{{Kind: lookup.KindVariable, Prefix: "a"}, {Prefix: "a"}},
			secret: "a/db", want: "connection db"},
		{name: "separator", rules: []lookup.Rule{{Prefix: "a--/", Sep: "-/"}}, secret: "a-/db",
			want: "connection db"},
		{name: "no separator", rules: []lookup.Rule{{Prefix: "a/", Sep: lookup.NoSep}}, secret: "a/db",
			want: "connection db"},
		{name: "no team", secret: "airflow/connections/red--db", want: "connection red--db"},
		{name: "team", rules: []lookup.Rule{{MultiTeam: true}}, secret: "airflow/connections/red--db",
			want: "connection db"},
		{name: "a team's ARN", rules: []lookup.Rule{{MultiTeam: true}},
			secret: inAccount + "airflow/connections/red--db-AbCdEf", want: "connection db"},
		{name: "config has no teams", rules: []lookup.Rule{{Kind: lookup.KindConfig, MultiTeam: true}},
			secret: "airflow/config/a--b", want: "config a--b"},
		{name: "another account", rules: []lookup.Rule{{Prefix: inAccount + "airflow/connections"}},
			secret: inAccount + "airflow/connections/db", want: "connection db"},
		{name: "another account, an end as AWS's",
			rules: []lookup.Rule{{Prefix: inAccount + "airflow/connections"}}, secret: inAccount +
				"airflow/connections/my-Secret", want: "connection my-Secret"},
		{name: "another account, by name", rules: []lookup.Rule{{Prefix: inAccount +
			"airflow/connections"}}, secret: "airflow/connections/db",
			want: "outside airflow/connections/db"},
		{name: "astray", secret: "airflow/connections/postgres://u:hunter2@h/db",
			want: "connection [redacted, not an id]"},
		{name: "astray, outside", secret: `{"password": "hunter2"}`, want: "outside [redacted, not an id]"},
		{name: "astray, outside, by ARN", secret: inAccount + "other/u:hunter2@h",
			want: "outside [redacted, not an id]"},
		{name: "too long", secret: strings.Repeat("x", 3000),
			want: "outside " + strings.Repeat("x", 256) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := map[string]any{"requestParameters": asking(test.secret)}
			if test.lost {
				fields["errorCode"] = notFound["errorCode"]
			}
			if test.rules == nil {
				test.rules = byName
			}
			log := tune.New(tune.Config{Rules: test.rules})
			require.NoError(t, log.Read(context.Background(), strings.NewReader(made(t, fields))))
			r := log.Report()
			got := ""
			switch {
			case len(r.IDs) == 1:
				got = fmt.Sprint(r.IDs[0].Kind, " ", r.IDs[0].ID)
				assert.Equal(t, !test.lost, r.IDs[0].Exists)
				assert.Equal(t, test.lost, r.IDs[0].Missing)
			case len(r.Outside) == 1:
				got = "outside " + r.Outside[0].Name
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// TestResolveIgnoresAccount checks names and ARNs with the suffix of AWS, as a list of secrets has
// them.
func TestResolveIgnoresAccount(t *testing.T) {
	log := tune.New(tune.Config{Rules: []lookup.Rule{{Prefix: inAccount + "airflow/connections"},
		{Kind: lookup.KindVariable, Prefix: "airflow"}}})
	for _, secret := range []string{"airflow/connections/db",
		inAccount + "airflow/connections/db-AbCdEf"} {
		kind, id, ok := log.Resolve(secret)
		assert.True(t, ok, secret)
		assert.Equal(t, "connection db", fmt.Sprint(kind, " ", id))
	}
}

func TestOutcomesOfEvents(t *testing.T) {
	denial := "User: arn:aws:sts::123456789012:assumed-role/mwaa/AmazonMWAA-airflow is not " +
		"authorized to perform: secretsmanager:GetSecretValue"
	const found, missing, unknown = "there", "missing", "unknown"
	for _, test := range []struct {
		name          string
		code, message string
		asked         any
		want          tune.Counts
		id, state     string
	}{
		{name: "found", asked: asking("airflow/connections/pg"), want: tune.Counts{Found: 1}, id: "pg",
			state: found},
		{name: "not found", code: "ResourceNotFoundException",
			message: "Secrets Manager can't find the specified " +
				"secret.", asked: asking("airflow/connections/pg"),
			want: tune.Counts{NotFound: 1}, id: "pg", state: missing},
		{name: "no current version", code: "ResourceNotFoundException",
			message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
			asked:   asking("airflow/connections/pg"), want: tune.Counts{NotFound: 1}, id: "pg",
			state: found},
		{name: "denied by name", code: "AccessDenied",
			message: denial + " on resource: airflow/connections/pg because no identity-based policy " +
				"allows the secretsmanager:GetSecretValue action",
			want: tune.Counts{Denied: 1}, id: "pg", state: unknown},
		{name: "denied by ARN", code: "AccessDeniedException",
			message: denial + " on resource: " + inAccount +
				"airflow/connections/my-secret-a1b2c3 with an explicit deny in a resource-based policy",
			want: tune.Counts{Denied: 1}, id: "my-secret", state: unknown},
		{name: "denied at the end of the message", code: "AccessDenied",
			message: denial +
				" on resource: airflow/connections/pg", want: tune.Counts{Denied: 1}, id: "pg", state: unknown},
		{name: "denied for all", code: "AccessDenied", message: denial + " on resource: * because",
			want: tune.Counts{Denied: 1}},
		{name: "denied, of what it does not say", code: "AccessDenied", message: "no",
			want: tune.Counts{Denied: 1}},
		{name: "denied a key", code: "AccessDeniedException",
			message: "not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/x " +
				"because", want: tune.Counts{Denied: 1}},
		{name: "denied, with the id", code: "AccessDenied", message: "no",
			asked: asking("airflow/connections/pg"), want: tune.Counts{Denied: 1}, id: "pg", state: unknown},
		{name: "KMS", code: "AccessDeniedException", message: "Access to KMS is not allowed",
			asked: asking("airflow/connections/pg"), want: tune.Counts{Denied: 1}, id: "pg", state: found},
		{name: "throttled", code: "ThrottlingException", message: "Rate exceeded",
			asked: asking("airflow/connections/pg"), want: tune.Counts{Failed: 1}, id: "pg", state: unknown},
		{name: "marked for deletion", code: "InvalidRequestException",
			message: "You can't perform this operation on the secret because it was marked for deletion.",
			asked:   asking("airflow/connections/pg"), want: tune.Counts{Failed: 1}, id: "pg", state: found},
		{name: "not decrypted", code: "DecryptionFailure", message: "x",
			asked: asking("airflow/connections/pg"), want: tune.Counts{Failed: 1}, id: "pg", state: found},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := map[string]any{"requestParameters": test.asked}
			if test.code != "" {
				fields["errorCode"], fields["errorMessage"] = test.code, test.message
			}
			r, err := read(t, made(t, fields))
			require.NoError(t, err)
			const when = "2026-11-01T10:20:30Z"
			test.want.Calls, test.want.First, test.want.Last = 1, when, when
			assert.Equal(t, test.want, r.Total)
			if test.id == "" {
				assert.Empty(t, r.IDs)
				assert.Equal(t, test.want, r.Unknown)
				return
			}
			require.Len(t, r.IDs, 1)
			id := r.IDs[0]
			assert.Equal(t, tune.ID{Kind: lookup.KindConnection, ID: test.id, Counts: test.want,
				Exists: test.state == found, Missing: test.state == missing}, id)
			assert.Zero(t, r.Unknown)
		})
	}
}

func TestOtherEventsAreForeign(t *testing.T) {
	r, err := read(t, strings.Join([]string{
		made(t, map[string]any{"eventName": "DescribeSecret"}),
		made(t, map[string]any{"eventName": "PutSecretValue", "userAgent": "GetSecretValue"}),
		made(t, map[string]any{"eventSource": "ssm.amazonaws.com"}),
		made(t, map[string]any{"eventName": "BatchGetSecretValue"}),
		made(t, map[string]any{"requestParameters": asking("airflow/connections/pg")}),
		made(t, map[string]any{"eventSource": "example.amazonaws.com",
			"requestParameters": "GetSecretValue"}),
		made(t, map[string]any{"eventSource": "example.amazonaws.com",
			"requestParameters": map[string]any{"secretId": []string{"GetSecretValue"}}}),
		`{"EventId": "e", "EventName": "GetSecretValue"}`,
	}, "\n"))
	require.NoError(t, err)
	assert.Equal(t, 1, r.Total.Calls)
	assert.Equal(t, 6, r.Foreign, "the last holds no event")
	assert.Equal(t, 1, r.Batches)
	assert.Zero(t, r.Broken)
}

func TestCallersFromUserIdentity(t *testing.T) {
	user := func(identity map[string]any) string {
		return made(t, map[string]any{"userIdentity": identity,
			"requestParameters": asking("airflow/connections/pg")})
	}
	for want, in := range map[string]string{
		"mwaa/AmazonMWAA-airflow": made(t, map[string]any{"requestParameters": asking("x")}),
		"role/session": user(map[string]any{"type": "AssumedRole",
			"arn": "arn:aws-cn:sts::1:assumed-role/role/session"}),
		"eve": user(map[string]any{"type": "IAMUser",
			"arn": "arn:aws:iam::1:user/team/eve", "userName": "eve"}),
		"root": user(map[string]any{"type": "Root", "arn": "arn:aws:iam::1:root"}),
		"fed": user(map[string]any{"type": "FederatedUser",
			"arn": "arn:aws:sts::1:federated-user/fed"}),
		"i-0abc": user(map[string]any{"type": "AWSAccount",
			"principalId": "AROA:i-0abc", "accountId": "2"}),
		"backup.amazonaws.com": user(map[string]any{"type": "AWSService",
			"invokedBy": "backup.amazonaws.com"}),
		"AWSAccount": user(map[string]any{"type": "AWSAccount", "accountId": "2"}),
		"":           user(nil),
	} {
		r, err := read(t, in)
		require.NoError(t, err)
		require.Len(t, r.Principals, 1)
		name := strings.TrimPrefix(r.Principals[0].Name, "arn:aws:iam::1:")
		assert.Equal(t, want, name)
	}
}

func TestUserRestrictsCounts(t *testing.T) {
	eve := map[string]any{"type": "IAMUser", "userName": "eve"}
	in := strings.Join([]string{
		made(t, map[string]any{"requestParameters": asking("airflow/connections/pg")}),
		made(t, map[string]any{"requestParameters": asking("airflow/connections/mysql"),
			"errorCode": notFound["errorCode"], "errorMessage": notFound["errorMessage"]}),
		made(t, map[string]any{"requestParameters": asking("airflow/connections/gone"),
			"errorCode": notFound["errorCode"], "errorMessage": notFound["errorMessage"]}),
		made(t, map[string]any{"requestParameters": asking("airflow/connections/mysql"),
			"userIdentity": eve}),
		made(t, map[string]any{"requestParameters": asking("airflow/connections/eves"),
			"userIdentity": eve, "sourceIPAddress": "10.0.0.2", "eventTime": "2026-11-02T00:00:00Z"}),
	}, "\n")
	for user, want := range map[string]int{"": 5, tune.MWAASession: 3, "mwaa": 3,
		"mwaa/AmazonMWAA-airflow": 3, "eve": 2, "AmazonMWAA": 0} {
		log := tune.New(tune.Config{User: user})
		require.NoError(t, log.Read(context.Background(), strings.NewReader(in)))
		r := log.Report()
		assert.Equal(t, want, r.Total.Calls, user)
		assert.Equal(t, 5-want, r.OtherUsers, user)
		if user != tune.MWAASession {
			continue
		}
		assert.Equal(t, []string{"gone", "mysql", "pg"}, names(r.IDs))
		assert.True(t, r.IDs[1].Exists, "another user found it")
		require.Len(t, log.Suggest(lookup.KindConnection, nil), 1)
		assert.Equal(t, "^(?!(gone)$)", log.Suggest(lookup.KindConnection, nil)[0].Pattern.String())
		assert.Equal(t, []tune.Row{{Name: "2026-11-01", Counts: r.Total}}, r.ByDay)
		assert.Equal(t, []tune.Row{{Name: "10.0.0.1", Counts: r.Total}}, r.Sources)
		assert.Equal(t, []tune.Row{{Name: "Boto3/1.34", Counts: r.Total}}, r.Agents)
	}
}

// TestNoIDHiddenWhereARNIsAmbiguous checks that neither id is hidden where the end of an ARN can be
// read two ways.
func TestNoIDHiddenWhereARNIsAmbiguous(t *testing.T) {
	for _, user := range []string{"", "someone else"} {
		log := tune.New(tune.Config{User: user})
		log.Add(tune.Event{Secret: inAccount + "airflow/connections/my-secret", Outcome: tune.Found})
		for _, id := range []string{"my", "my-secret", "my-other"} {
			log.Add(tune.Event{ID: id, Outcome: tune.NotFound, Session: user})
		}
		all := log.Suggest(lookup.KindConnection, nil)
		require.Len(t, all, 1)
		assert.Equal(t, "^(?!(my-other)$)", all[0].Pattern.String())
	}
}

func names(ids []tune.ID) (all []string) {
	for _, id := range ids {
		all = append(all, id.ID)
	}
	return all
}
