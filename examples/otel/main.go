/*
Otel shows the lookups of a backend as spans of OpenTelemetry.

	otel [-json]

It starts a Secrets Manager in memory, looks up a connection that is there, one
that is missing and one that the lookup pattern skips, and prints the spans, each
below the one that it belongs to. With -json it prints them whole, as the exporter
stdouttrace does.

Nothing here is made by this library. The SDK's client traces itself once
Options.TracerProvider is set; the span around each lookup, which also tells of
those that made no call, is [traced], a function to copy.

No span holds the value of a secret. Ids, names of secrets and AWS's error
messages, which have ARNs in them, are there. The SDK's exception.message is that
of its own error: should something other than AWS answer, a word of that answer can
be in it, and a careful exporter drops the attribute.
*/
package main

import (
	"context"
	"errors"
	"flag"
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
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

var secrets = map[string]string{
	"airflow/connections/postgres_default": "postgresql://app:s3cr%2Ft@db.example.com:5432/orders",
}

func main() {
	whole := flag.Bool("json", false, "print the spans whole, as JSON")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: otel [-json]   the spans of some lookups, as a tree")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *whole); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, whole bool) error {
	var exporter sdktrace.SpanExporter = &tree{out: out}
	if whole {
		var err error
		if exporter, err = stdouttrace.New(stdouttrace.WithWriter(out)); err != nil {
			return err
		}
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter)) // in a service: an OTLP exporter
	err := lookups(ctx, provider)
	return errors.Join(err, provider.Shutdown(context.WithoutCancel(ctx))) // which prints
}

func lookups(ctx context.Context, provider trace.TracerProvider) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
	if err != nil {
		return err
	}
	defer srv.Close()
	client := srv.Client(func(o *secretsmanager.Options) { // in a service: secretsmanager.NewFromConfig(cfg, func …
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

// traced is GetConnection within a span that has the id and the reason, and never
// the text of an error of anybody else.
func traced(ctx context.Context, tracer trace.Tracer, b *backend.Backend, id string) (connuri.Connection, error) {
	ctx, span := tracer.Start(ctx, "GetConnection", trace.WithAttributes(attribute.String("airflow.conn_id", id)))
	defer span.End()
	c, err := b.GetConnection(ctx, id)
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		if len(failed.Names) > 0 { // else there was no call
			span.SetAttributes(attribute.StringSlice("airflow.secrets", failed.Names))
		}
		span.SetStatus(codes.Error, failed.Reason.String())
	}
	return c, err
}
