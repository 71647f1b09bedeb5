package connuritest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// check asks the recorder whether the rows of a folder still hold. What it said is returned
// without the inputs of rows, which may hold passwords.
func check(t *testing.T, python, folder string, flags ...string) (same bool, said string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python, append([]string{"record/record.py", "--check", folder}, flags...)...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("record.py: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		line, _, _ = strings.Cut(line, ": {")
		said += strings.TrimSuffix(line, "\n") + "\n"
	}
	return err == nil, said
}

// TestRecorder records some rows of a family again: it finds them as they are, and
// notices an answer that was altered.
func TestRecorder(t *testing.T) {
	for _, test := range []struct{ family, answer string }{
		{"pattern", `"match": `},
		{"uri_parse", `"host": "`},
		{"lookup", `"calls": ["`},
		{"upgrade", `"after": {"conn_type": `},
	} {
		t.Run(test.family, func(t *testing.T) {
			python := os.Getenv("AIRFLOW_PROVIDER_PYTHON")
			if python == "" && test.family != "pattern" {
				t.Skip("AIRFLOW_PROVIDER_PYTHON does not name a Python with Airflow")
			}
			if python == "" {
				python = "python3"
			}
			if _, err := exec.LookPath(python); err != nil {
				t.Skip("python3 is missing")
			}
			lines := linesOf(t, test.family)
			lines = lines[len(lines)-20:]
			folder := t.TempDir()
			write := func(name, text string) {
				t.Helper()
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
			}
			versions, err := fs.ReadFile(connuritest.Recorded(), "versions.json")
			require.NoError(t, err)
			write("versions.json", string(versions))
			write(test.family+".jsonl", strings.Join(lines, ""))
			same, said := check(t, python, folder)
			if strings.Contains(said, "nothing is compared") {
				t.Skip(said)
			}
			require.True(t, same, said)
			require.Contains(t, said, test.family+".jsonl: 20 rows, 0 changed")

			altered := alter(t, lines, test.answer)
			write(test.family+".jsonl", strings.Join(lines, ""))
			same, said = check(t, python, folder)
			assert.False(t, same, "the altered row %d was not noticed:\n%s", altered, said)
			assert.Contains(t, said, "20 rows, 1 changed")
		})
	}
}

// TestRecorderFails: what cannot be compared is said in a sentence, and is not taken for
// the same.
func TestRecorderFails(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is missing")
	}
	out, err := exec.CommandContext(t.Context(), "python3", "-c",
		`import importlib.util, platform; print(importlib.util.find_spec("airflow") is None, ".".join(platform.python_version_tuple()[:2]))`).Output()
	require.NoError(t, err)
	alone, release, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if alone != "True" {
		t.Skip("python3 has Airflow, which answers by its own version")
	}
	versions := func(python string) string {
		return `[{"airflow": "0", "provider": "0", "python": "` + python + `", "files": ["pattern"]}]`
	}
	row := linesOf(t, "pattern")[0]
	for _, test := range []struct {
		name, versions, rows string
		flags                []string
		same                 bool
		said                 string
	}{
		{"the same release", versions(release), row, []string{"--no-skip"}, true, "pattern.jsonl: 1 rows, 0 changed"},
		{"another minor release", versions("3.99"), row, nil, true, "nothing is compared: CPython " + release + " alone answered none"},
		{"another minor release, not to be skipped", versions("3.99"), row, []string{"--no-skip"}, false, "nothing is compared"},
		{"another patch release", versions(release + ".99"), row, nil, true, "nothing is compared"},
		{"a line that is not JSON", versions(release), row + "hunter2\n", nil, false, "pattern.jsonl: failed: line 2 is not JSON\n"},
		{"a line that is a list", versions(release), "[]\n", nil, false, "pattern.jsonl: failed: line 1 is not a JSON object\n"},
		{"a line that is not UTF-8", versions(release), "\xff\n", nil, false, "pattern.jsonl: failed: it is not UTF-8\n"},
		{"no versions", "", row, nil, false, "versions.json is not there"},
		{"broken versions", "[", row, nil, false, "versions.json is not JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "pattern.jsonl"), []byte(test.rows), 0o600))
			if test.versions != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, "versions.json"), []byte(test.versions), 0o600))
			}
			same, said := check(t, "python3", folder, test.flags...)
			assert.Equal(t, test.same, same, said)
			assert.Contains(t, said, test.said)
			assert.NotContains(t, said, "Traceback")
			assert.NotContains(t, said, "hunter2")
			assert.LessOrEqual(t, strings.Count(said, "\n"), 2, "the versions, and a sentence")
		})
	}
}

// TestRecorderMissesPackages: where the packages of a hook are missing, its rows are skipped,
// which --no-skip does not allow.
func TestRecorderMissesPackages(t *testing.T) {
	python := os.Getenv("AIRFLOW_PROVIDER_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PROVIDER_PYTHON does not name a Python with Airflow")
	}
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "hooks"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "hooks", "kafka.jsonl"), []byte(linesOf(t, "hooks/kafka")[0]), 0o600))
	versions, err := fs.ReadFile(connuritest.Recorded(), "versions.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "versions.json"), versions, 0o600))
	same, said := check(t, python, folder)
	if !strings.Contains(said, "kafka.jsonl: skipped: ModuleNotFoundError") {
		t.Skip(said)
	}
	assert.True(t, same, said)
	same, said = check(t, python, folder, "--no-skip")
	assert.False(t, same, said)
}

// linesOf returns the lines of a recorded family.
func linesOf(t *testing.T, family string) []string {
	t.Helper()
	text, err := fs.ReadFile(connuritest.Recorded(), family+".jsonl")
	require.NoError(t, err)
	return slices.Collect(strings.Lines(string(text)))
}

// alter changes the last of the lines that has an answer that begins so: true becomes
// false, text gets a letter, null or a number becomes 1.5.
func alter(t *testing.T, lines []string, answer string) (row int) {
	t.Helper()
	for row := len(lines) - 1; row >= 0; row-- {
		before, after, found := strings.Cut(lines[row], answer)
		if !found {
			continue
		}
		switch {
		case strings.HasPrefix(after, "true"):
			after = "false" + after[len("true"):]
		case strings.HasPrefix(after, "false"):
			after = "true" + after[len("false"):]
		case strings.HasSuffix(answer, `"`):
			after = "x" + after
		default:
			after = "1.5" + after[strings.IndexAny(after, ",}"):]
		}
		lines[row] = before + answer + after
		require.True(t, json.Valid([]byte(lines[row])))
		return row
	}
	t.Fatalf("no row has %s", answer)
	return 0
}

// TestRecordedFiles: each file is one row a line, in ASCII; versions.json says which
// versions answered it, and README.md describes it.
func TestRecordedFiles(t *testing.T) {
	rows := connuritest.Recorded()
	readme, err := fs.ReadFile(rows, "README.md")
	require.NoError(t, err)
	text, err := fs.ReadFile(rows, "versions.json")
	require.NoError(t, err)
	var versions []struct {
		Airflow, Provider, Python string
		Files                     []string
	}
	require.NoError(t, json.Unmarshal(text, &versions))
	var patterns []string
	for _, v := range versions {
		patterns = append(patterns, v.Files...)
	}
	named := map[string]bool{}
	require.NoError(t, fs.WalkDir(rows, ".", func(file string, entry fs.DirEntry, err error) error {
		name, isRows := strings.CutSuffix(file, ".jsonl")
		if err != nil || !isRows {
			return err
		}
		for _, pattern := range patterns {
			if ok, _ := filepath.Match(pattern, name); ok {
				named[name] = true
				named[pattern] = true
			}
		}
		assert.True(t, named[name], "versions.json does not name %s", name)
		assert.Contains(t, string(readme), filepath.Base(name))
		content, err := fs.ReadFile(rows, file)
		require.NoError(t, err)
		assert.True(t, bytes.HasSuffix(content, []byte("}\n")), file)
		for number, line := range bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n")) {
			assert.True(t, json.Valid(line) && line[0] == '{', "%s line %d is not an object", name, number+1)
			assert.Less(t, bytes.IndexFunc(line, func(r rune) bool { return r > 0x7E }), 0, "%s line %d is not ASCII", name, number+1)
		}
		return nil
	}))
	for _, pattern := range patterns {
		assert.True(t, named[pattern], "versions.json names %s, which is not there", pattern)
	}
}

// TestNoUserDependsOnRows: the rows are embedded, so no package that a program is built
// from may import this one.
func TestNoUserDependsOnRows(t *testing.T) {
	const module = "github.com/airflowsecrets/airflowsecrets/"
	deps := func(packages ...string) []string {
		t.Helper()
		for i, name := range packages {
			packages[i] = module + name
		}
		out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, packages...)...).Output()
		require.NoError(t, err)
		return strings.Fields(string(out))
	}
	const rows = module + "connuri/connuritest"
	require.Contains(t, deps("connuri/connuritest"), rows, "the list does not show it where it is")
	assert.NotContains(t, deps("connuri", "connuri/hook", "lookup", "lookup/lookuptest", "lookup/tune", "backend", "backend/agent",
		"backend/setup", "backend/sqlconn", "backend/secretsmanagertest"), rows)
}
