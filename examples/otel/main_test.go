package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	leaktest.Main(m)
}

// values are the password of the connection in its forms, which no output may hold.
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

func TestCommandLine(t *testing.T) {
	for args, want := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"":              {0, "GetConnection: skipped by the lookup pattern", ""},
		"-json":         {0, `"Name":"GetConnection"`, ""},
		"-h":            {0, "Exit codes:", ""},
		"-version":      {0, "otel ", ""},
		"x":             {2, "", "1 argument too many"},
		"x y":           {2, "", "2 arguments too many"},
		"-what":         {2, "", "-what"},
		"-json=hunter2": {2, "", "-json: want true or false"},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, want.code, command(t.Context(), strings.Fields(args), &stdout, &stderr), args)
		assert.Contains(t, stdout.String(), want.stdout, args)
		assert.Contains(t, stderr.String(), want.stderr, args)
		assert.Equal(t, want.code == 0, stderr.Len() == 0, args)
		assert.NotContains(t, stderr.String(), "hunter2")
	}
	var stderr bytes.Buffer
	assert.Equal(t, 1, command(t.Context(), nil, full{}, &stderr))
	assert.Equal(t, "otel: no space left\n", stderr.String())
}

// full is a writer to a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestAtATerminal checks that the output fits the terminal. The program ends by itself, too
// soon for Ctrl-C.
func TestAtATerminal(t *testing.T) {
	ptytest.Fits(t, 0)
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 2, "-what")
	ptytest.Fits(t, 2, "x")
}

// TestSpans checks that each call of the SDK is within the span of its lookup, and that a
// skipped lookup makes no call.
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
