package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// What must not be in any output: the password of the connection in its forms.
var values = []string{"s3cr%2Ft", "s3cr/t", "s3cr", "app:"}

func TestRun(t *testing.T) {
	for name, whole := range map[string]bool{"tree": false, "JSON": true} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), &out, whole))
			assert.Contains(t, out.String(), "Secrets Manager.GetSecretValue")
			assert.Contains(t, out.String(), "ResourceNotFoundException")
			assert.Contains(t, out.String(), "skipped by the lookup pattern")
			for _, value := range values {
				assert.False(t, strings.Contains(out.String(), value), "a secret is printed")
			}
		})
	}
}

// Each call of the SDK is within the span of its lookup; a skipped one has none.
func TestSpans(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	require.NoError(t, lookups(t.Context(), provider))
	got := spans.GetSpans()
	require.NoError(t, provider.Shutdown(t.Context()))

	calls := map[string]int{} // :: conn_id → calls of the SDK within its span
	for _, lookup := range got {
		if lookup.Name != "GetConnection" {
			continue
		}
		id := lookup.Attributes[0].Value.AsString()
		calls[id] = 0
		for _, span := range got {
			if span.Name == "Secrets Manager.GetSecretValue" && span.Parent.SpanID() == lookup.SpanContext.SpanID() {
				calls[id]++
			}
		}
	}
	assert.Equal(t, map[string]int{"postgres_default": 1, "mysql_default": 1, "aws_default": 0}, calls)
}
