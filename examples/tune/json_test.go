package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSON(t *testing.T) {
	var stdout, stderr strings.Builder
	args := []string{"-json", "-days", "1", "-pattern", "^(?!pg|gone)", "-kwargs",
		`{"variables_lookup_pattern": "^gone"}`}
	in := some + calls(1, mwaa, "prod/db", "") +
		`{"eventName":"BatchGetSecretValue","eventSource":"secretsmanager.amazonaws.com"}` +
		"\n{}\n{]"
	require.Zero(t, run(context.Background(), args, strings.NewReader(in), &stdout, &stderr), "%s",
		&stderr)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	for key, want := range map[string]any{
		"from": "2026-11-01T10:20:30Z", "to": "2026-11-01T10:20:30Z", "days": 1.0, "calls": 8.0,
		"found": 3.0, "not_found": 5.0, "denied": 0.0, "failed": 0.0,
		"dollars": 8 * 0.05 / 10000, "dollars_a_month": 30 * 8 * 0.05 / 10000,
		"not_found_dollars_a_month": 30 * 5 * 0.05 / 10000,
		"unreadable_times":          0.0, "unknown_ids": 0.0, "foreign": 1.0, "broken": 1.0,
		"batches":     1.0,
		"other_users": 0.0, "other_ids": 0.0,
		"other_times": 0.0, "extrapolated_from_hours": 24.0, "guessed_prefixes": map[string]any{},
		"denied_patterns": []any{},
		"partial":         false, "notes": []any{},
		"backend_kwargs": map[string]any{"variables_lookup_pattern": "^(?!(?:gone)$)^gone",
			"connections_lookup_pattern": "^(?!(aws_default|gone)$)"},
	} {
		if number, ok := want.(float64); ok {
			assert.InDelta(t, number, got[key], 1e-12, key)
		} else {
			assert.Equal(t, want, got[key], key)
		}
		delete(got, key)
	}
	first := func(key string) map[string]any {
		all, ok := got[key].([]any)
		require.True(t, ok && len(all) > 0, key)
		row, ok := all[0].(map[string]any)
		require.True(t, ok, key)
		delete(got, key)
		return row
	}
	patterns, ok := got["patterns"].([]any)
	require.True(t, ok)
	var of []string
	for _, p := range patterns {
		row, ok := p.(map[string]any)
		require.True(t, ok)
		of = append(of, fmt.Sprint(row["kind"], " ", row["of"], " ", row["saved_calls"], " ",
			row["left_calls"], " ", row["hidden"], row["doubt"], row["failed"]))
	}
	assert.Equal(t, []string{"connection given 3 3 [pg_a] [] []", "connection deny 4 0 [] [] []",
		"variable in force 0 1 [] [] []", "variable deny 1 0 [] [] []"}, of)
	assert.InDelta(t, 30*3*0.05/10000, first("patterns")["saved_dollars_a_month"], 1e-12)
	counts := map[string]any{"from": "2026-11-01T10:20:30Z", "to": "2026-11-01T10:20:30Z",
		"calls": 3.0, "found": 0.0, "not_found": 3.0, "denied": 0.0, "failed": 0.0}
	id := first("ids")
	for key, want := range counts {
		assert.Equal(t, want, id[key], key)
		delete(id, key)
	}
	assert.Equal(t, map[string]any{"kind": "connection", "id": "aws_default", "exists": false,
		"missing": true}, id)
	assert.Equal(t, mwaa, first("principals")["name"])
	assert.Equal(t, "2026-11-01", first("by_day")["name"])
	assert.Equal(t, "prod/db", first("outside")["name"])
	assert.Equal(t, "", first("user_agents")["name"])
	assert.Equal(t, "", first("sources")["name"])
	assert.Empty(t, got, "keys that the doc does not promise")
}

func TestJSONPartial(t *testing.T) {
	var stdout strings.Builder
	args := []string{"-json", "-kwargs", `{"profile_name": "hunter2", "conections_prefix": "x"}`}
	require.Zero(t, run(context.Background(), args,
		strings.NewReader(some+calls(1, mwaa, "airflow/connections/\u009bx",
			missing)), &stdout, io.Discard))
	var got struct {
		Partial bool
		Notes   []string
		Kwargs  map[string]string `json:"backend_kwargs"`
	}
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	assert.True(t, got.Partial)
	assert.Len(t, got.Kwargs, 2)
	assert.Contains(t, strings.Join(got.Notes, "\n"), "connections_prefix")
	assert.NotContains(t, stdout.String(), "hunter2")
	assert.Contains(t, stdout.String(), `\u009bx`)
	assert.NotContains(t, stdout.String(), "\u009b")
}

func TestJSONOfNothing(t *testing.T) {
	var stdout strings.Builder
	require.Equal(t, 1, run(context.Background(), []string{"-json"}, strings.NewReader(""), &stdout,
		io.Discard))
	assert.Equal(t, 1, strings.Count(stdout.String(), "null"), "only backend_kwargs: %s", &stdout)
}
