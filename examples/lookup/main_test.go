package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kwargs.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"variables_prefix": null, "config_prefix": "", "connections_prefix": "p--", "sep": "-/"}`), 0o600))
	for _, test := range []struct {
		name, args, stdin string
		code              int
		stdout, stderr    []string // contained in order
	}{
		{name: "pattern", args: "-pattern ^(?!aws_default$).*$ aws_default smtp_default",
			stdout: []string{"aws_default", "0", "skipped: the lookup pattern", "smtp_default", "1", "airflow/connections/smtp_default", "2 ids: 1 reached, 1 skipped"}},
		{name: "standard input", args: "-pattern ^(?!aws-default).*", stdin: "aws_default\n\npg\n",
			stdout: []string{"airflow/connections/aws_default", "airflow/connections/pg", "2 ids: 2 reached", "note: hyphen"}},
		{name: "team", args: "-team red -multi-team pg a--b",
			stdout: []string{"airflow/connections/red--pg, then airflow/connections/pg", "skipped: the id contains"}},
		{name: "kwargs", args: `-kwargs {"variables_prefix":"vars/","variables_lookup_pattern":"prod"} -kind variable prod_x dev`,
			stdout: []string{"asks vars/prod_x", "dev", "skipped"}},
		{name: "file", args: "-kwargs @" + file + " x", stdout: []string{"asks p-/x"}},
		{name: "null", args: "-kwargs @" + file + " -kind variable x", stdout: []string{"skipped: lookups of this kind are disabled"}},
		{name: "no prefix", args: "-kwargs @" + file + " -kind config x", stdout: []string{"asks x"}},
		{name: "null separator", args: `-kwargs {"sep":null} x`, code: 2, stderr: []string{"sep"}},
		{name: "misspelt", args: `-kwargs {"connection_prefix":"p"} x`, stdout: []string{"asks airflow/connections/x", "note:", "connections_prefix"}},
		{name: "pattern wins", args: `-kwargs {"connections_lookup_pattern":"("} -pattern ^x x`, stdout: []string{"asks airflow/connections/x"}},
		{name: "no separator", args: `-kwargs {"sep":""} x`, stdout: []string{"asks airflow/connectionsx"}},
		{name: "bad pattern", args: "-pattern ^* x", code: 2, stderr: []string{"nothing to repeat at position 1"}},
		{name: "bad pattern in kwargs", args: `-kwargs {"connections_lookup_pattern":"("} x`, code: 2, stderr: []string{"missing )"}},
		{name: "pattern is a number", args: `-kwargs {"connections_lookup_pattern":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "prefix is a number", args: `-kwargs {"connections_prefix":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "separator is a number", args: `-kwargs {"sep":5} x`, code: 2, stderr: []string{"must be a string"}},
		{name: "kwargs are a list", args: `-kwargs [1] x`, code: 2, stderr: []string{"not an object"}},
		{name: "no file", args: `-kwargs @nowhere x`, code: 2, stderr: []string{"nowhere"}},
		{name: "kind", args: "-kind secret x", code: 2, stderr: []string{"want connection, variable or config"}},
		{name: "flag", args: "-what", code: 2, stderr: []string{"usage"}},
		{name: "help", args: "-h", stderr: []string{"usage", "-pattern"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(strings.Fields(test.args), strings.NewReader(test.stdin), &stdout, &stderr)
			assert.Equal(t, test.code, code)
			for text, wants := range map[string][]string{stdout.String(): test.stdout, stderr.String(): test.stderr} {
				rest := text
				for _, want := range wants {
					_, after, found := strings.Cut(rest, want)
					assert.True(t, found, "%q is not in\n%s", want, text)
					rest = after
				}
			}
		})
	}
}
