package tune

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Error codes of the services that a call uses, codes that look like these, and messages.
var (
	errorCodes = []string{
		"", "AccessDenied", "AccessDeniedException", "AccessDeniedFor", "accessdenied",
		"AccessDenie", "XAccessDenied",
		"ResourceNotFoundException", "ResourceNotFound", "ResourceNotFoundExceptionX",
		"XResourceNotFoundException", "resourcenotfoundexception",
		"DecryptionFailure", "DecryptionFailureException", "EncryptionFailure",
		"InvalidRequestException", "InvalidParameterException", "InternalServiceError",
		"ThrottlingException", "RequestLimitExceeded", "ExpiredTokenException",
		"UnrecognizedClientException", "InvalidSignatureException",
		"MissingAuthenticationTokenException",
		"ValidationException", "ServiceUnavailable", "UnauthorizedOperation",
		"Client.UnauthorizedOperation", "PreconditionNotMetException",
	}
	errorMessages = []string{
		"", "Rate exceeded", "Secrets Manager can't find the specified secret.",
		"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
		"You can't perform this operation on the secret because it was marked for deletion.",
		"Access to KMS is not allowed",
		"User: u is not authorized to perform: kms:Decrypt on resource: " +
			"arn:aws:kms:eu-west-1:1:key/x because no identity-based policy allows the kms:Decrypt action",
		"Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
		"User: u is not authorized to perform: secretsmanager:GetSecretValue on resource: " +
			"airflow/connections/pg because no identity-based policy allows it",
		"User: u is not authorized to perform: secretsmanager:GetSecretValue on resource: " +
			"arn:aws:secretsmanager:eu-west-1:1:secret:airflow/connections/pg-AbCdEf with an explicit deny",
	}
)

func TestOutcomeFromCodeAndMessage(t *testing.T) {
	const noStage, kms, decrypt, noKey = 3, 5, 6, 7
	for _, test := range []struct {
		code    string
		message string
		outcome Outcome
		exists  bool
	}{
		{"", "", Found, true},
		{"ResourceNotFoundException", errorMessages[2], NotFound, false},
		{"ResourceNotFoundException", errorMessages[noStage], NotFound, true},
		{"AccessDeniedException", errorMessages[kms], Denied, true},
		{"AccessDeniedException", errorMessages[decrypt], Denied, true},
		{"AccessDenied", errorMessages[decrypt], Denied, true},
		{"AccessDeniedException", errorMessages[8], Denied, false},
		{"AccessDeniedException", "", Denied, false},
		{"DecryptionFailure", errorMessages[noKey], Failed, true},
		{"DecryptionFailureException", "", Failed, true},
		{"InvalidRequestException", errorMessages[4], Failed, true},
		{"ThrottlingException", errorMessages[1], Failed, false},
		{"ValidationException", errorMessages[decrypt], Failed, false},
	} {
		got, exists := outcome(test.code, test.message)
		assert.Equal(t, test.outcome, got, "%s: %s", test.code, test.message)
		assert.Equal(t, test.exists, exists, "%s: %s", test.code, test.message)
	}
}

// keeps reads the condition on which a query keeps the message of an error.
func keeps(t *testing.T, query string) (parts []func(code string) bool) {
	t.Helper()
	condition := regexp.MustCompile(`IF\((.+), errormessage\) AS errormessag` +
		`e`).FindStringSubmatch(query)
	require.Len(t, condition, 2)
	for part := range strings.SplitSeq(condition[1], " OR ") {
		m := regexp.MustCompile(`^errorcode (LIKE|=) '([A-Za-z]+)(%?)'$`).FindStringSubmatch(part)
		require.Len(t, m, 4, part)
		require.Equal(t, m[1] == "LIKE", m[3] == "%", part)
		parts = append(parts,
			func(code string) bool {
				return code == m[2] || m[1] == "LIKE" &&
					strings.HasPrefix(code, m[2])
			})
	}
	return parts
}

// TestQueryKeepsMessages checks that the queries keep exactly the messages that decide an outcome.
// A message that they drop makes no difference to an event, and each part of the condition keeps
// one that does.
func TestQueryKeepsMessages(t *testing.T) {
	athena, err := Query{From: "2026-11-01", To: "2026-11-01"}.Athena()
	require.NoError(t, err)
	lake, err := Query{Table: "01234567-89ab-cdef-0123-456789abcdef", From: "2026-11-01",
		To: "2026-11-01"}.Lake()
	require.NoError(t, err)
	for name, query := range map[string]string{"Athena": athena, "Lake": lake} {
		parts := keeps(t, query)
		needed := make([]bool, len(parts))
		for _, code := range errorCodes {
			kept := false
			for _, part := range parts {
				kept = kept || part(code)
			}
			assert.Equal(t, kept, hasMessage(code), "%s: %s", name, code)
			for _, message := range errorMessages {
				for _, secret := range []string{"", "airflow/connections/asked"} {
					event, row := reportOf(t, code, message, secret, true), reportOf(t, code,
						message, secret, false)
					if !kept {
						assert.Equal(t, event, row, "%s: %s: %s", name, code, message)
					}
					for i, part := range parts {
						needed[i] = needed[i] || part(code) && !assert.ObjectsAreEqual(event, row)
					}
				}
			}
		}
		assert.NotContains(t, needed, false, "%s: a part of the condition keeps what nothing reads",
			name)
	}
}

// reportOf reads one event, or the row that counts it without its message.
func reportOf(t *testing.T, code, message, secret string, isEvent bool) Report {
	t.Helper()
	const when = "2026-11-01T10:20:30Z"
	var in strings.Builder
	if isEvent {
		text, err := json.Marshal(map[string]any{
			"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com",
			"eventTime": when,
			"errorCode": code, "errorMessage": message,
			"requestParameters": map[string]string{"secretId": secret},
		})
		require.NoError(t, err)
		in.Write(text)
	} else {
		w := csv.NewWriter(&in)
		require.NoError(t, w.WriteAll([][]string{
			{"eventname", "secretid", "errorcode", "errormessage", "calls", "firsttime",
				"lasttime"},
			{"GetSecretValue", secret, code, "", "1", when, when},
		}))
	}
	log := New(Config{})
	require.NoError(t, log.Read(context.Background(), strings.NewReader(in.String())))
	return log.Report()
}
