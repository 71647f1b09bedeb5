package secretsmanagertest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// BenchmarkGetSecretValue measures a whole round trip. Most of it is the SDK.
func BenchmarkGetSecretValue(b *testing.B) {
	srv := secretsmanagertest.NewServer(b, secretsmanagertest.Options{Secrets: map[string]string{"x": "1"}})
	client := srv.Client()
	b.ReportAllocs()
	for b.Loop() {
		out, err := client.GetSecretValue(b.Context(), &getIn{SecretId: aws.String("x")})
		if err != nil || *out.SecretString != "1" {
			b.Fatal(out, err)
		}
	}
}
