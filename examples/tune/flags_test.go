package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFlagsAfterFiles checks that flags may follow the names of files.
func TestFlagsAfterFiles(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.json")
	odd := filepath.Join(folder, "-top")
	for _, name := range []string{file, odd} {
		require.NoError(t, os.WriteFile(name, []byte(some), 0o600))
	}
	for _, test := range []struct {
		name string
		args []string
		code int
		want string // on standard output, or error
	}{
		{"a flag without a value", []string{file, "-json"}, 0, `"calls": 7,`},
		{"a flag with a value", []string{file, "-user", "orders"}, 0, "2 calls of"},
		{"an equals sign", []string{file, "--user=orders", file}, 0, "4 calls of"},
		{"standard input", []string{"-", "-user", "orders"}, 0, "2 calls of"},
		{"between files", []string{file, "-top", "1", file}, 0, "14 calls of"},
		{"a value that is a hyphen", []string{file, "-user", "-"}, 0, "0 calls of"},
		{"a file with a hyphen", []string{file, "-user", "orders", "--", odd}, 0, "4 calls of"},
		{"a flag that is not there", []string{file, "-what"}, 2, "-what is not a flag"},
		{"a value that is missing", []string{file, "-user"}, 2, "-user needs a value"},
		{"files with -demo", []string{"-demo", file}, 2, "-demo reads no input"},
		{"files with -sql", []string{file, "-sql", "athena"}, 2, "-sql reads no input"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			for i, arg := range args {
				if arg == odd {
					t.Chdir(folder)
					args[i] = "-top"
				}
			}
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), args, strings.NewReader(some), &stdout,
				&stderr))
			text := stdout.String()
			if test.code != 0 {
				text = flat(stderr.String())
				assert.Empty(t, stdout.String())
			}
			assert.Contains(t, text, test.want)
		})
	}
}

// TestHelp checks that help has 80 columns, and that examples are as they are pasted.
func TestHelp(t *testing.T) {
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-h"}, nil, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	fits(t, stdout.String())
	inOrder(t, []string{
		"Tune reads CloudTrail", "Usage:\n  tune [flags] [FILE|FOLDER|-]...", "Flags:",
		"-account ACCOUNT", "-kwargs FILE", "JSON or a FILE that holds it; - is standard",
		"-since DAY", "-user CALLER", "Examples:", "tune -demo", "Exit codes:", "0: success",
	}, stdout.String())
}

// TestErrorsSayTuneOnce checks that an error begins with the name of the program, and has it once.
func TestErrorsSayTuneOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	require.NoError(t, os.WriteFile(file, []byte("# A\n"), 0o600))
	for stdin, args := range map[string][]string{
		"a text":                    nil,
		"\xff\xfex\x00":             nil,
		`{"Records":[`:              {"-json"},
		"":                          {file},
		some:                        {"-policy", "fit"},
		calls(1, mwaa, "x", "Oops"): {"-policy", "fit"},
		" ":                         {"-exists", "nowhere"},
		"  ":                        {"-kwargs", "[1]"},
		"   ":                       {"-sql", "lake"},
	} {
		var stdout, stderr strings.Builder
		assert.Positive(t, run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr), "%q",
			stdin)
		assert.True(t, strings.HasPrefix(stderr.String(), "tune: "), "%s", &stderr)
		assert.Equal(t, 1, strings.Count(stderr.String(), "tune: "), "%s", &stderr)
		assert.NotContains(t, stderr.String(), "policy: policy:")
		assert.False(t, strings.HasSuffix(flat(stderr.String()), "."), "%s", &stderr)
		fits(t, stderr.String())
	}
}

// TestPlurals checks counts of one.
func TestPlurals(t *testing.T) {
	call := calls(1, mwaa, "airflow/connections/pg", "")
	batch := `{"eventName":"BatchGetSecretValue","eventSource":"secretsmanager.amazonaws.com"}` +
		"\n"
	untimed := strings.Replace(call, "2026-11-01T10:20:30Z", "yesterday", 1)
	for _, test := range []struct {
		in   string
		args []string
		want string
	}{
		{in: call, want: "1 call of GetSecretValue"},
		{in: call + batch, want: "1 call of BatchGetSecretValue; each secret in it is among"},
		{in: call + batch + batch,
			want: "2 calls of BatchGetSecretValue; each secret in them is among"},
		{in: call + "{]\n", want: "1 broken event, skipped"},
		{in: call + "{]\n{]\n", want: "2 broken events, skipped"},
		{in: call + `{"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}`,
			want: "1 other event "},
		{in: untimed, want: "1 of 1 time cannot be read"},
		{in: calls(1, mwaa, "", ""), want: "1 of them does not say what was asked for"},
		{in: calls(2, mwaa, "", ""), want: "2 of them do not say what was asked for"},
		{in: call + calls(1, "orders/x", "y", ""), args: []string{"-user", "mwaa"},
			want: "1 more call by others"},
		{in: call, args: []string{"-user", "x"}, want: "the only call is not by -user"},
		{in: call, args: []string{"-since", "2026-11-02"}, want: "1 more call outside -since"},
		{in: calls(1, mwaa, "stuff/x", ""), want: "1 of 1 call is for names under no prefix"},
		{in: calls(1, mwaa, "p/conns/a", "") + calls(1, mwaa, "p/conns/b", ""),
			want: "2 of 2 calls are for names under p/conns, so tune takes this for the prefix."},
	} {
		var stdout, stderr strings.Builder
		require.Zero(t, run(t.Context(), test.args, strings.NewReader(test.in), &stdout, &stderr))
		assert.Contains(t, flat(stdout.String()), test.want)
	}
}
