/*
Otel shows the lookups of a backend as spans of OpenTelemetry.

	go run -C examples/otel . [-json]

It starts a Secrets Manager in memory, looks up a connection that exists, one that
is missing and one that the lookup pattern skips, and prints the spans, each below
its parent. With -json it prints them whole, as the exporter stdouttrace does.

The library makes none of these spans. The SDK's client traces itself if
Options.TracerProvider is set. The span around each lookup, which also shows lookups
that made no call, comes from [traced], a function to copy.

No span holds the value of a secret. Spans do hold ids, names of secrets and AWS's
error messages, which contain ARNs. exception.message is the text of the SDK's own
error: if something other than AWS answers, it can contain words of that answer, and
a careful exporter drops the attribute.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/tracing/smithyoteltracing"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// secrets are the names and texts of what the server holds.
var secrets = map[string]string{
	"airflow/connections/postgres_default": "postgresql://app:s3cr%2Ft@db.example.com:5432/orders",
}

func main() {
	cli.ExitOnInterrupt()
	os.Exit(command(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// command reads the command line, runs the program, and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := cli.New("otel")
	p.Purpose = "Otel shows the lookups of a backend as spans of OpenTelemetry, against a Secrets Manager in memory."
	p.Usage = "[-json]"
	p.Examples = []string{"go run -C examples/otel .", "go run -C examples/otel . -json | jq .Name"}
	p.ExitCodes = []string{
		"0: the spans are printed",
		"1: a lookup failed or the output cannot be written",
		"2: the command line is wrong",
		"130: interrupted",
	}
	whole := p.Flags.Bool("json", false, "print the spans whole, as JSON")
	if code, done := p.Parse(args, stdout, stderr); done {
		return code
	}
	if n := p.Flags.NArg(); n > 0 {
		return p.Wrong(stderr, cli.Count(n, "argument")+" too many; otel takes none")
	}
	if err := run(ctx, stdout, *whole); err != nil {
		fmt.Fprintln(stderr, cli.Fit("otel: "+err.Error(), cli.Width(stderr), "  "))
		return cli.Failed
	}
	return 0
}

// run looks ids up and prints the spans.
func run(ctx context.Context, out io.Writer, whole bool) error {
	var exporter sdktrace.SpanExporter = &tree{out: out, width: cli.Width(out)}
	if whole {
		var err error
		if exporter, err = stdouttrace.New(stdouttrace.WithWriter(out)); err != nil {
			return err
		}
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter)) // in a service: an OTLP exporter
	err := lookups(ctx, provider)
	return errors.Join(err, provider.Shutdown(context.WithoutCancel(ctx))) // Shutdown prints the spans
}

// lookups looks up three ids in a Secrets Manager in memory.
func lookups(ctx context.Context, provider trace.TracerProvider) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
	if err != nil {
		return err
	}
	defer srv.Close()
	// In a service this function is an argument of secretsmanager.NewFromConfig.
	client := srv.Client(func(o *secretsmanager.Options) {
		o.TracerProvider = smithyoteltracing.Adapt(provider)
	})
	b, err := backend.New(client, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern})
	if err != nil {
		return err
	}
	tracer := provider.Tracer("orders")
	for _, id := range []string{"postgres_default", "mysql_default", "aws_default"} {
		if _, err := traced(ctx, tracer, b, id); err != nil && !errors.Is(err, backend.ErrNotFound) {
			return err
		}
	}
	return nil
}

// traced calls GetConnection within a span that has the id and, on failure, the reason. It
// leaves out the text of errors that do not come from this library.
func traced(ctx context.Context, tracer trace.Tracer, b *backend.Backend, id string) (connuri.Connection, error) {
	attributes := trace.WithAttributes(attribute.String("airflow.conn_id", id))
	ctx, span := tracer.Start(ctx, "GetConnection", attributes)
	defer span.End()
	c, err := b.GetConnection(ctx, id)
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		if len(failed.Names) > 0 { // otherwise there was no call
			span.SetAttributes(attribute.StringSlice("airflow.secrets", failed.Names))
		}
		span.SetStatus(codes.Error, failed.Reason.String())
	}
	return c, err
}
