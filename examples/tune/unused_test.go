package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestListOfSecrets checks that a secret of -exists counts once, and its header not at all.
func TestListOfSecrets(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
	in := at(calls(2, mwaa, "airflow/connections/pg", ""), november, 24*time.Hour)
	for _, test := range []struct {
		name, list string
		want       string // or the error
		code       int
	}{
		{name: "names", list: "airflow/connections/pg\nlost\n", want: "1 of 2 secrets, $0.40"},
		{name: "listed twice", list: "lost\nlost\nairflow/connections/pg\nlost\n",
			want: "1 of 2 secrets, $0.40"},
		{name: "name and ARN", list: "lost\n" + arn + "lost-AbCdEf\n",
			want: "1 of 1 secret, $0.40"},
		{name: "two regions", list: arn + "lost-AbCdEf\n" + strings.Replace(arn, "eu-west-1",
			"us-east-1", 1) + "lost-AbCdEf\n",
			want: "2 of 2 secrets, $0.80"},
		{name: "a header", list: "Name\nlost\n", want: "1 of 1 secret, $0.40"},
		{name: "a header in quotes", list: "\"secret_name\"\r\n\"lost\"\r\n",
			want: "1 of 1 secret, $0.40"},
		{name: "a CSV", list: "Name,Description\nlost,\"of, long ago\"\nlost,\n",
			want: "1 of 1 secret, $0.40"},
		{name: "a CSV with ARNs", list: "Name,ARN\nlost," + arn + "lost-AbCdEf\n",
			want: "1 of 1 secret, $0.40"},
		{name: "a header alone", list: "Name\n", want: "0 of 0 secrets"},
		{name: "a name that is a header later", list: "lost\nname\n", want: "2 of 2 secrets"},
		{name: "a CSV without a header", list: "lost,of long ago\n", code: 1,
			want: "line 1: not the name of a secret; write"},
		{name: "a short row", list: "Description,Name\nx\n", code: 1,
			want: "line 2: not the name of a secret; write"},
		{name: "a quote", list: "lost\n\"hunter2\n", code: 1,
			want: "line 2: not the name of a secret; write"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "exists.txt")
			require.NoError(t, os.WriteFile(file, []byte(test.list), 0o600))
			args := []string{"-exists", file, "-unused", "1"}
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), args, strings.NewReader(in), &stdout,
				&stderr))
			assert.Contains(t, flat(stdout.String()+stderr.String()), test.want)
			assert.NotContains(t, stdout.String()+stderr.String(), "hunter2")
		})
	}
}

// TestHeaderIsNotHidden checks that the header of -exists, which may be an id, is never hidden.
func TestHeaderIsNotHidden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(file, []byte("name\npg\n"), 0o600))
	in := calls(3, mwaa, "airflow/connections/name", missing) +
		calls(1, mwaa, "airflow/connections/gone", missing)
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-exists", file, "-kwargs", "{}"},
		strings.NewReader(in), &stdout, &stderr))
	assert.Contains(t, stdout.String(), `"^(?!(gone)$)"`)
}

// TestUnusedDays checks that N days of calls are needed for -unused N.
func TestUnusedDays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(file, []byte("lost\n"), 0o600))
	for days, want := range map[string]int{"1": 0, "2": 0, "3": 1} {
		in := at(calls(2, mwaa, "airflow/connections/pg", ""), november, 48*time.Hour)
		var stdout, stderr strings.Builder
		args := []string{"-exists", file, "-unused", days}
		assert.Equal(t, want, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr), days)
		assert.Equal(t, want == 1, strings.Contains(flat(stderr.String()), "do not go back 3 days"),
			days)
	}
}
