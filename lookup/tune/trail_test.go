package tune_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// trail writes log files as CloudTrail does. They have calls for a thousand ids, of which 400 have
// no secret, by the workers of an MWAA environment and by a service. One event in fifty is another
// call.
type trail struct {
	events int
	files  int // one after another in the same stream, as `cat` gives them
	seed   uint64
}

// The number of ids in a trail. The first ones have a secret.
const (
	trailIDs   = 1000
	trailFound = 600
)

func trailID(n int) string { return fmt.Sprintf("team_%c/pg_%03d", 'a'+n%7, n) }

// write returns the numbers of calls for missing ids and of foreign events.
func (t trail) write(w io.Writer) (missing, foreign int, err error) {
	random := rand.New(rand.NewPCG(1, 2+t.seed))
	perFile := (t.events + t.files - 1) / t.files
	for n := range t.events {
		between := ","
		if n%perFile == 0 {
			between = `{"Records":[`
		}
		id := random.IntN(trailIDs)
		role, session, agent := "mwaa-execution", "AmazonMWAA-airflow", "Boto3/1.34.106 "+
			"md/Botocore#1.34.106 ua/2.0 os/linux#5.10.223 md/arch#x86_64 lang/python#3.11.9"
		if n%10 == 3 {
			role, session, agent = "orders-service", fmt.Sprintf("pod-%d",
				random.IntN(5)), "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.26.0 md/GOOS#linux "+
				"api/secretsmanager#1.32.4"
		}
		name, failure := "GetSecretValue", ""
		switch {
		case n%50 == 49:
			name = "DescribeSecret"
			foreign++
		case id >= trailFound:
			failure = `"errorCode":"ResourceNotFoundException","errorMessage":"Secrets Manager can't fin` +
				`d the specified secret.",`
			missing++
		}
		second := n * 7 * 86400 / t.events // a week
		when := fmt.Sprintf("2026-11-%02dT%02d:%02d:%02dZ", 1+second/86400, second/3600%24,
			second/60%60, second%60)
		_, err := fmt.Fprintf(w, `%s{"eventVersion":"1.10","userIdentity":{"type":"AssumedRole","prin`+
			`cipalId":"AROAEXAMPLEEXAMPLE123:%[3]s","arn":"arn:aws:sts::123456789012:assumed-role/%[2]s/`+
			`%[3]s","accountId":"123456789012","accessKeyId":"ASIAEXAMPLE%05[9]d","sessionContext":{"ses`+
			`sionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::123456`+
			`789012:role/service-role/%[2]s","accountId":"123456789012","userName":"%[2]s"},"attributes"`+
			`:{"creationDate":"2026-11-01T00:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"%[4]s","`+
			`eventSource":"secretsmanager.amazonaws.com","eventName":"%[5]s","awsRegion":"eu-west-1","so`+
			`urceIPAddress":"10.0.%[9]d.%[10]d","userAgent":"%[6]s",%[7]s"requestParameters":{"secretId"`+
			`:"airflow/connections/%[8]s"},"responseElements":null,"requestID":"%016[11]x-%08[9]x","even`+
			`tID":"%016[12]x-%08[10]x","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"`+
			`recipientAccountId":"123456789012","eventCategory":"Management","tlsDetails":{"tlsVersion":`+
			`"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"secretsmanager`+
			`.eu-west-1.amazonaws.com"}}`,
			between, role, session, when, name, agent, failure, trailID(id),
			random.IntN(4), random.IntN(250), random.Uint64(), random.Uint64())
		if err != nil {
			return 0, 0, err
		}
		if n%perFile == perFile-1 || n == t.events-1 {
			if _, err := io.WriteString(w, "]}"); err != nil {
				return 0, 0, err
			}
		}
	}
	return missing, foreign, nil
}

// text returns the trail, not compressed.
func (t trail) text(tb testing.TB) (text string, missing, foreign int) {
	tb.Helper()
	var s strings.Builder
	missing, foreign, err := t.write(&s)
	require.NoError(tb, err)
	return s.String(), missing, foreign
}

// zipped compresses text in members of gzip, each of so many bytes.
func zipped(tb testing.TB, text string, member int) string {
	tb.Helper()
	var s strings.Builder
	for len(text) > 0 {
		n := min(member, len(text))
		w := gzip.NewWriter(&s)
		_, err := io.WriteString(w, text[:n])
		require.NoError(tb, err)
		require.NoError(tb, w.Close())
		text = text[n:]
	}
	return s.String()
}
