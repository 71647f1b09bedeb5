package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// at sets the times of events, each a step after the one before.
func at(events string, start time.Time, step time.Duration) string {
	var all strings.Builder
	for n, line := range strings.Split(strings.TrimSpace(events), "\n") {
		when := start.Add(time.Duration(n) * step).Format(time.RFC3339)
		all.WriteString(strings.Replace(line, "2026-11-01T10:20:30Z", when, 1) + "\n")
	}
	return all.String()
}

var november = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func zip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// TestVerdict makes the first runs of new users.
func TestVerdict(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	event := `{"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}`
	own := calls(40, mwaa, "prod/conns/aws_default", missing) +
		calls(9, mwaa, "prod/conns/pg", "") + calls(5, mwaa, "prod/vars/x", "") +
		calls(2, mwaa, "billing/stripe", "")
	denied := calls(3, mwaa, "airflow/connections/aws_default", "AccessDenied: no") +
		calls(1, mwaa, "airflow/connections/pg", "")
	pg := calls(2, mwaa, "airflow/connections/pg", "")
	for _, test := range []struct {
		name   string
		args   []string
		stdin  string
		code   int
		want   []string
		stderr string
	}{
		{name: "empty", args: []string{write("empty.json", "")}, code: 1,
			stderr: "empty.json: empty"},
		{name: "white space", args: []string{write("blank.json", " \n\n")}, code: 1,
			stderr: "blank.json: empty"},
		{name: "a README", args: []string{write("README.md", "# Trails\n\nHow we log.\n")}, code: 1,
			stderr: "it seems to be text, such as a README"},
		{name: "a README of this",
			args: []string{write("ours.md",
				"# Ours\n\n{\"connections_prefix\": \"x\"}\n")}, code: 1,
			stderr: "text, such as a README"},
		{name: "nobody there", args: []string{os.DevNull}, code: 1, stderr: os.DevNull + ": empty"},
		{name: "a list of secrets",
			args: []string{write("list.json",
				`{"SecretList": [{"Name": "airflow/connections/pg"}]}`)}, code: 1,
			stderr: "a list of secrets; pass their names with -exists"},
		{name: "a list of names",
			args: []string{write("names.txt",
				"airflow/connections/pg\nairflow/connections/my\n")}, code: 1,
			stderr: "a list of names; pass the names"},
		{name: "kwargs", args: []string{write("kwargs.json", `{"connections_prefix": "x"}`)},
			code: 1, stderr: "pass them with -kwargs @FILE"},
		{name: "airflow.cfg", args: []string{write("airflow.cfg", "[core]\nexecutor = X\n")},
			code: 1, stderr: "Airflow's configuration"},
		{name: "a digest",
			args: []string{write("digest.json.gz", zip(t,
				`{"digestS3Bucket": "b", "logFiles": []}`))}, code: 1,
			stderr: "a digest of CloudTrail"},
		{name: "Parquet", args: []string{write("a.parquet", "PAR1\x00\x01")}, code: 1,
			stderr: "Parquet; give the events"},
		{name: "no text", args: []string{write("a.bin", "\x00\x01\x02\xff\xfe\xfd\xfc")}, code: 1,
			stderr: "a binary file"},
		{name: "JSON", stdin: `{"a": [1, 2]}`, code: 1,
			stderr: "standard input: nothing in it is an event of CloudTrail; it seems to be JSON"},
		{name: "JSON that is cut", stdin: `{"Records":[{"eventName":"GetSec`, code: 1,
			stderr: "nothing in it is an event of CloudTrail; it seems to be JSON that is cut short"},
		{name: "brackets", stdin: "[[[", code: 1, stderr: "JSON that is cut short"},
		{name: "a brace in a folder", args: []string{filepath.Dir(write("cut/a.json", "{"))},
			code: 1, stderr: "a.json: nothing in it is an event of CloudTrail; it seems to be JSON that is cut short"},
		{name: "Python", stdin: "{'Records': [{'eventName': 'GetSecretValue'}]}", code: 1,
			stderr: "as Python prints it; write it with json.dumps"},
		{name: "broken JSON", stdin: `{"a": yes}`, code: 1, stderr: "broken JSON"},
		{name: "empty objects", stdin: "{}{}[]", code: 1, stderr: "JSON with nothing in it"},
		{name: "a trail that is cut", stdin: `{"Records":[` +
			strings.TrimSpace(calls(1, mwaa, "airflow/connections/pg", "")) + `,{"event`, code: 1,
			want:   []string{"1 call of", "1 broken event, skipped"},
			stderr: "standard input: the input was not read to its end: an object or array is not closed"},
		{name: "a table", stdin: "a,b,c\n1,2,3\n", code: 1, stderr: "a table without"},
		{name: "many", args: []string{folder + "/empty.json", folder + "/blank.json",
			folder + "/empty.json", folder + "/empty.json", folder + "/empty.json"}, code: 1,
			stderr: " and 2 more: empty"},
		{name: "one of two", args: []string{folder + "/README.md", write("a.jsonl", pg)}, code: 1,
			stderr: "README.md: nothing in it", want: []string{"2 calls",
				"every id that was asked for exists."}},
		{name: "other services", stdin: event, want: []string{"0 calls", "1 other event\n",
			"Nothing to suggest: no event is a call of GetSecretValue. Check account"}},
		{name: "others", args: []string{"-user", "nobody"}, stdin: pg,
			want: []string{"Nothing to suggest: none of the 2 calls is by -user"}},

		{name: "20 minutes", stdin: at(some, november, 3*time.Minute+20*time.Second),
			want: []string{"7 calls of GetSecretValue, less than a cent\n",
				"not known: the calls span 20 minutes, which is less than"}},
		{name: "six hours", stdin: at(strings.Repeat(some, 2), november, 30*time.Minute),
			want: []string{"14 calls of GetSecretValue, less than a cent, $0.01 a month",
				"A month is extrapolated from 6.5 hours."}},
		{name: "times that cannot be read", stdin: at(pg, november, 90*time.Minute) +
			strings.ReplaceAll(pg, "2026-11-01T10:20:30Z", "yesterday"),
			want: []string{"2026-11-01T00:00:00Z to 2026-11-01T01:30:00Z, by the times that",
				"less than a cent\n",
				"2 of 4 times cannot be read", "not known, because more than a twentieth"}},
		{name: "own prefixes", stdin: own, want: []string{"WORST IDS", "connection aws_default",
			"40", "missing", "variable x", "UNDER NO PREFIX", "billing/stripe",
			`{"connections_lookup_pattern":"^(?!(aws_default)$)"}`, "PASTE",
			`{"connections_lookup_pattern":"^(?!(aws_default)$)","connections_prefix":"prod/conns","variables_prefix":"prod/vars"}`,
			"note: 54 of 56 calls are for names under prod/conns and prod/vars, so tune takes",
			"Pass -kwargs",
			`'{"connections_prefix":"prod/conns","variables_prefix":"prod/vars"}'`}},
		{name: "own prefixes, with -exists", args: []string{"-exists",
			write("exists.txt", "prod/conns/aws_default\n")}, stdin: own,
			want: []string{"connection aws_default", "exists",
				"Nothing to suggest: every id that was asked for exists."}},
		{name: "teams", stdin: calls(1, mwaa, "prod/conns/red--pg", "") + calls(1, mwaa,
			"prod/conns/my", ""), want: []string{"TEAM--ID: pass -multi-team"}},
		{name: "prefixes that do not tell", stdin: calls(5, mwaa, "prod/stuff/aws_default",
			missing) + calls(5, mwaa, "prod/stuff/pg", "") + calls(1, mwaa, "else", ""),
			want: []string{"Nothing to suggest: 11 of 11 calls are for names under no prefix, 10 of these", "under prod/stuff. If these are connections, pass -kwargs", `'{"connections_prefix":"prod/stuff"}'.`}},
		{name: "prefixes that seem to be of variables", stdin: calls(5, mwaa, "prod/af-vars/x",
			missing), want: []string{"If these are variables, pass -kwargs",
			`'{"variables_prefix":"prod/af-vars"}'.`}},
		{name: "prefixes that seem to be of options", stdin: calls(5, mwaa, "config/x", missing),
			want: []string{"If these are configuration options, pass -kwargs", `'{"config_prefix":"config"}'.`}},
		{name: "a path that ends like a word", stdin: calls(5, mwaa, "prod/navvar/x", missing),
			want: []string{"If these are connections, pass -kwargs"}},
		{name: "a stray call", stdin: own + calls(1, mwaa, "airflow/connections/pg", missing),
			want: []string{"connection aws_default", "airflow/connections/pg",
				"note: 54 of 57 calls are for names under prod/conns and prod/vars"}},
		{name: "an id under the default prefix",
			stdin: own + calls(1, mwaa, "airflow/connections/pg", ""),
			want: []string{"connection pg", "prod/conns/aws_default",
				"Nothing to suggest: 56 of 57 calls are for names under no prefix"}},
		{name: "prefixes of another program", stdin: calls(9, mwaa, "prod/airflow/pg", "") +
			calls(99, "shop/pod", "shop/connections/a", "") +
			calls(99, "shop/pod", "shop/connections/b", ""),
			want: []string{"Nothing to suggest: 207 of 207 calls are for names under no prefix, 9",
				"prod/airflow. If these are connections", `'{"connections_prefix":"prod/airflow"}'.`}},
		{name: "another program's names besides ids", stdin: calls(9, "shop/pod", "shop/connections/a",
			"") + calls(1, mwaa, "airflow/connections/pg", ""),
			want: []string{"Nothing to suggest: every id that was asked for exists."}},
		{name: "a stray call, and nothing to guess", stdin: calls(10, mwaa, "prod/stuff/pg", "") +
			calls(1, mwaa, "airflow/connections/pg", ""),
			want: []string{"Nothing to suggest: 10 of 11 calls are for names under no prefix"}},
		{name: "names without a path", stdin: calls(5, mwaa, "aws_default", missing),
			want: []string{"Pass the\nprefixes of this environment with -kwargs.\n"}},
		{name: "prefixes that are given", args: []string{"-kwargs", `{"connections_prefix": "x"}`},
			stdin: calls(5, mwaa, "prod/conns/a", missing) +
				calls(5, mwaa, "prod/conns/b", missing),
			want: []string{"Nothing to suggest: 10 of 10 calls are for names under no prefix"}},
		{name: "a prefix that the paste lacks", stdin: calls(9, mwaa, "prod/connections/pg", "") +
			calls(4, mwaa, "airflow/variables/x", missing) + calls(5, mwaa, "airflow/variables/y", ""),
			want: []string{"BACKEND_KWARGS TO PASTE", `{"variables_lookup_pattern":`,
				"note: 9 of 18 calls are for names under prod/connections", "or merge this into your own"}},
		{name: "no id", stdin: calls(1, mwaa, "", ""),
			want: []string{"Nothing to suggest: no call says which id"}},
		{name: "only denied", stdin: denied,
			want: []string{"LOOKUP PATTERNS\nThere is none for what is missing: every id that was",
				"connections, also refuse what was only denied: saves 3 calls",
				`{"connections_lookup_pattern":"^(?!(aws_default)$)"}`,
				"Only denied: aws_default. Use this pattern if the caller should not read"}},
		{name: "refused already", args: []string{"-kwargs",
			`{"connections_lookup_pattern": "^pg"}`}, stdin: calls(1, mwaa, "airflow/connections/x",
			missing), want: []string{"the pattern in force: saves 1 call"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(t.Context(), test.args, strings.NewReader(test.stdin), &stdout, &stderr)
			assert.Equal(t, test.code, code)
			inOrder(t, test.want, stdout.String())
			assert.Contains(t, flat(stderr.String()), test.stderr)
			fits(t, stderr.String())
			if test.want == nil {
				assert.Empty(t, stdout.String())
			}
			fits(t, stdout.String())
		})
	}
}

// TestLacksPrefix checks when a note says that the paste may lack a prefix.
func TestLacksPrefix(t *testing.T) {
	miss := calls(4, mwaa, "airflow/variables/x", missing)
	for name, test := range map[string]struct {
		in      string
		isNoted bool
	}{
		"of MWAA":           {miss + calls(9, mwaa, "prod/connections/pg", ""), true},
		"few calls":         {miss + calls(1, mwaa, "prod/connections/pg", ""), false},
		"nothing to paste":  {calls(9, mwaa, "prod/connections/pg", ""), false},
		"of another caller": {miss + calls(9, "shop/pod", "shop/connections/a", ""), false},
		"not known to be Airflow": {strings.ReplaceAll(miss+calls(9, mwaa, "prod/connections/pg", ""),
			mwaa, "eks/pod"), false},
		"the default prefix is right": {miss + calls(9, mwaa, "prod/connections/pg", "") +
			calls(1, mwaa, "airflow/connections/pg", ""), false},
	} {
		var stdout, stderr strings.Builder
		require.Zero(t, run(t.Context(), []string{"-"}, strings.NewReader(test.in), &stdout, &stderr),
			"%s: %s", name, &stderr)
		isNoted := strings.Contains(flat(stdout.String()), "what is to be pasted does not set this prefix")
		assert.Equal(t, test.isNoted, isNoted, name)
	}
}

// fits checks the width of all lines except those to paste.
func fits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if isPasted := strings.Contains(line, `{"`); !isPasted {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), columns,
				"%s", line)
		}
	}
}

func TestWidth(t *testing.T) {
	long := strings.Repeat("long_name/", 12)
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-demo"}, nil, &stdout, &stderr))
	fits(t, stdout.String())
	in := calls(3,
		"some-role-of-a-length-that-is-usual-in-large-companies/botocore-session-1234567890",
		"airflow/connections/a_connection_of_forty_characters_at_leas", missing)
	stdout.Reset()
	require.Zero(t, run(t.Context(), nil, strings.NewReader(in), &stdout, &stderr))
	fits(t, strings.ReplaceAll(stdout.String(),
		"some-role-of-a-length-that-is-usual-in-large-companies/botocore-session-1234567890\n", ""))
	assert.Contains(t, stdout.String(),
		"connection a_connection_of_forty_characters_at_leas\n      ")
	stdout.Reset()
	require.Zero(t, run(t.Context(), nil,
		strings.NewReader(calls(1, mwaa, "airflow/connections/"+long, missing)), &stdout, &stderr))
	fits(t, strings.ReplaceAll(stdout.String(), long, ""))
}

func TestPeriodFlags(t *testing.T) {
	in := at(calls(5, mwaa, "airflow/connections/x", missing), november.Add(12*time.Hour),
		24*time.Hour)
	for args, want := range map[string]string{
		"":                                    "5 calls of",
		"-since 2026-11-02":                   "4 calls of",
		"-until 2026-11-02":                   "2 calls of",
		"-since 2026-11-02 -until 2026-11-03": "2 calls of",
		"-until 2026-11-02T12:00:00Z":         "1 call of",
		"-since 2026-11-02T14:00:00+02:00":    "4 calls of",
		"-since 2026-11-30": "5 more calls outside -since " +
			"Nothing to suggest: none of the 5 calls is after -since.",
		"-until 2026-10-30": "5 more calls outside -until " +
			"Nothing to suggest: none of the 5 calls is before -until.",
		"-since 2026-10-01 -until 2026-10-30": "5 more calls outside -since and -until " +
			"Nothing to suggest: none of the 5 calls is between -since and -until.",
		"-user x":                             "none of the 5 calls is by -user.",
		"-user x -since 2026-11-30":           "none of the 5 calls is by -user after -since.",
		"-since 2026-11-02 -until 2026-11-02": "4 more calls outside",
	} {
		var stdout, stderr strings.Builder
		require.Zero(t, run(t.Context(), strings.Fields(args), strings.NewReader(in), &stdout,
			&stderr), "%s", &stderr)
		assert.Contains(t, strings.Join(strings.Fields(stdout.String()), " "), want, args)
	}
	for args, want := range map[string]string{
		"-since yesterday":                    "not a day or a time; write",
		"-until 2026-13-01":                   "not a day or a time; write",
		"-since 2026-11-03 -until 2026-11-02": "-until is before -since",
		"-unused 5":                           "needs -exists",
		"-unused -1 -exists x":                "-unused is negative",
		"-policy all":                         "-policy is not a form; write names",
		"-policy fit -policy-size 10":         "-policy-size is too small; write at least 2048",
	} {
		var stdout, stderr strings.Builder
		assert.Equal(t, 2, run(t.Context(), strings.Fields(args), strings.NewReader(in), &stdout,
			&stderr))
		assert.Contains(t, flat(stderr.String()), want, args)
		fits(t, stderr.String())
	}
}

func TestUnused(t *testing.T) {
	exists := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(exists,
		[]byte("airflow/connections/pg\nairflow/connections/old\nbilling/stripe\nmy\nlost\n"),
		0o600))
	in := at(calls(1, mwaa, "airflow/connections/old", "")+calls(1, "other/pod", "billing/stripe",
		"")+calls(1, mwaa, "airflow/connections/my", "")+calls(1, mwaa, "airflow/connections/pg",
		""), november, 10*24*time.Hour)
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-exists", exists, "-unused", "25"},
		strings.NewReader(in), &stdout, &stderr), "%s", &stderr)
	inOrder(t, []string{"SECRETS NOT ASKED FOR IN 25 DAYS", "2 of 5 secrets, $0.80 a month",
		"  lost\n", "never in these calls", "  airflow/connections/old\n",
		"last 2026-11-01T00:00:00Z"}, stdout.String())
	assert.NotContains(t, stdout.String()[strings.Index(stdout.String(), "SECRETS NOT"):], "my")

	stdout.Reset()
	require.Zero(t, run(t.Context(), []string{"-exists", exists, "-unused", "25", "-json"},
		strings.NewReader(in), &stdout, &stderr))
	var got struct {
		Unused jsonUnused
	}
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	assert.Equal(t, jsonUnused{25, 0.8,
		[]jsonIdle{{"lost", ""}, {"airflow/connections/old", "2026-11-01T00:00:00Z"}}}, got.Unused)

	guessed := at(calls(1, mwaa, "prod/conns/pg", "")+calls(1, mwaa, "prod/conns/my", ""), november,
		20*24*time.Hour)
	require.NoError(t, os.WriteFile(exists, []byte("my\nlost\n"), 0o600))
	stdout.Reset()
	require.Zero(t, run(t.Context(), []string{"-exists", exists, "-unused", "20"},
		strings.NewReader(guessed), &stdout, &stderr))
	assert.Contains(t, stdout.String(), "1 of 2 secrets, $0.40 a month\n  lost",
		"ids under a guessed prefix")

	stderr.Reset()
	assert.Equal(t, 1, run(t.Context(), []string{"-exists", exists, "-unused", "60"},
		strings.NewReader(in), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "do not go back 60 days")
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1 second", 89 * time.Second: "89 seconds", 20 * time.Minute: "20 minutes",
		90 * time.Minute:              "1.5 hours",
		23*time.Hour + 59*time.Minute: "1.0 days", 72 * time.Hour: "3.0 days",
	} {
		assert.Equal(t, want, span(d.Hours()), fmt.Sprint(d))
	}
}
