package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// tree is an exporter that prints the spans when it is shut down: each with its attributes,
// and its children below it.
type tree struct {
	out   io.Writer
	width int // columns of a line

	mu       sync.Mutex
	children map[trace.SpanID][]sdktrace.ReadOnlySpan // :: parent (zero without one) → its children
}

func (t *tree) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.children == nil {
		t.children = map[trace.SpanID][]sdktrace.ReadOnlySpan{}
	}
	for _, span := range spans {
		parent := span.Parent().SpanID()
		t.children[parent] = append(t.children[parent], span)
	}
	return nil
}

func (t *tree) Shutdown(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	t.printLocked(&b, trace.SpanID{}, "")
	_, err := io.WriteString(t.out, b.String())
	return err
}

func (t *tree) printLocked(b *strings.Builder, parent trace.SpanID, indent string) {
	spans := t.children[parent]
	slices.SortFunc(spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	for _, span := range spans {
		line := indent + span.Name()
		if what := span.Status().Description; what != "" {
			line += ": " + what
		}
		t.lineLocked(b, line, indent+"  ")
		attributes := slices.Clone(span.Attributes())
		slices.SortFunc(attributes, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
		for _, a := range attributes {
			value := term.Printable(a.Value.String())
			t.lineLocked(b, fmt.Sprintf("%s    %s = %s", indent, a.Key, value), indent+"      ")
		}
		t.printLocked(b, span.SpanContext().SpanID(), indent+"  ")
	}
}

func (t *tree) lineLocked(b *strings.Builder, line, indent string) {
	fmt.Fprintln(b, cli.Fit(line, t.width, indent))
}
