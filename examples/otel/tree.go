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
)

// tree is an exporter that prints the spans when it is shut down: each with its
// attributes, its children below it.
type tree struct {
	out io.Writer

	mu       sync.Mutex
	children map[trace.SpanID][]sdktrace.ReadOnlySpan // :: parent, zero for none → its children
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
	return t.printLocked(trace.SpanID{}, 0)
}

func (t *tree) printLocked(parent trace.SpanID, depth int) error {
	spans := t.children[parent]
	slices.SortFunc(spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	for _, span := range spans {
		indent := strings.Repeat("  ", depth)
		line := indent + span.Name()
		if what := span.Status().Description; what != "" {
			line += ": " + what
		}
		if _, err := fmt.Fprintln(t.out, line); err != nil {
			return err
		}
		for _, a := range slices.SortedFunc(slices.Values(span.Attributes()), func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) }) {
			if _, err := fmt.Fprintf(t.out, "%s    %s = %s\n", indent, a.Key, a.Value.String()); err != nil {
				return err
			}
		}
		if err := t.printLocked(span.SpanContext().SpanID(), depth+1); err != nil {
			return err
		}
	}
	return nil
}
