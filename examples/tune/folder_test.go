package main

import (
	"encoding/json"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calledIn runs the program with -json. It returns the calls that it counted.
func calledIn(t *testing.T, args ...string) (calls, code int, stderr string) {
	t.Helper()
	var out, warn strings.Builder
	code = run(t.Context(), append([]string{"-json"}, args...), nil, &out, &warn)
	var answer jsonAnswer
	require.NoError(t, json.Unmarshal([]byte(out.String()), &answer), "%s", &warn)
	return answer.Calls, code, flat(warn.String())
}

// TestFolderOfOthers checks that only regular files of a folder are read, and links to them.
func TestFolderOfOthers(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	text := testdata(t, "forms/trail.json")
	for _, name := range []string{
		filepath.Join(folder, "a.json"), filepath.Join(elsewhere, "b.json"),
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	link := func(to, name string) { require.NoError(t, os.Symlink(to, filepath.Join(folder, name))) }
	link(filepath.Join(elsewhere, "b.json"), "b.json")
	calls, code, stderr := calledIn(t, folder)
	assert.Equal(t, [2]int{30, 0}, [2]int{calls, code})
	assert.Empty(t, stderr)

	link(elsewhere, "more")
	link(elsewhere, "more.d")
	link(filepath.Join(elsewhere, "none"), "none.lock")
	var listen net.ListenConfig
	socket, err := listen.Listen(t.Context(), "unix", filepath.Join(folder, "p.json"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, socket.Close()) }()
	calls, code, stderr = calledIn(t, folder)
	assert.Equal(t, [2]int{30, 0}, [2]int{calls, code})
	assert.Contains(t, stderr,
		"4 files passed over: .lock, links to folders, pipes, sockets and devices")

	calls, code, _ = calledIn(t, filepath.Join(folder, "more"))
	assert.Equal(t, [2]int{15, 0}, [2]int{calls, code}, "the link itself")
	link(filepath.Join(elsewhere, "none"), "none.json")
	calls, code, stderr = calledIn(t, folder)
	assert.Equal(t, [2]int{30, 1}, [2]int{calls, code})
	assert.Contains(t, stderr, "none.json: no such file")
}

// TestUnreadableFolder checks that a folder that cannot be opened costs no other.
func TestUnreadableFolder(t *testing.T) {
	folder := t.TempDir()
	info, err := os.Stat(folder)
	require.NoError(t, err)
	w := walk{passed: &passedOver{}}
	denied := &fs.PathError{Op: "open", Path: folder, Err: fs.ErrPermission}
	require.ErrorIs(t, w.entry(folder, fs.FileInfoToDirEntry(info), denied), fs.SkipDir)
	require.NoError(t, w.entry(folder, nil, denied))
	assert.Equal(t, []error{denied, denied}, w.failed)

	for _, name := range []string{"a", "c"} {
		name = filepath.Join(folder, name)
		require.NoError(t, os.Mkdir(name, 0o700))
		name = filepath.Join(name, "x.json")
		require.NoError(t, os.WriteFile(name, []byte(testdata(t, "forms/trail.json")), 0o600))
	}
	closed := filepath.Join(folder, "b")
	require.NoError(t, os.Mkdir(closed, 0))
	calls, code, stderr := calledIn(t, folder)
	assert.Equal(t, 30, calls)
	if os.Geteuid() != 0 { // who may open any folder
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "permission denied")
	}
}

// TestFolderUnread checks that a file whose events cannot be read is an error in a folder too.
func TestFolderUnread(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	put("a.json", testdata(t, "forms/trail.json"))
	put("b.json", `{"fields":{"eventName":["GetSecretValue"],"eventSource":["x"]}}`)
	calls, code, stderr := calledIn(t, folder)
	assert.Equal(t, [2]int{15, 1}, [2]int{calls, code})
	assert.Contains(t, stderr, "b.json: none of its events can be read")

	table := testdata(t, "forms/athena-raw.csv")
	put("b.json", table[:len(table)*6/10])
	calls, code, stderr = calledIn(t, folder)
	assert.Equal(t, [2]int{24, 1}, [2]int{calls, code})
	assert.Contains(t, stderr, "the last row of its table is cut short")
}

// TestSeems checks what is said of inputs without events.
func TestSeems(t *testing.T) {
	var own, query, stderr strings.Builder
	name := filepath.Join("..", "..", "lookup", "tune", "testdata", "forms", "trail.json")
	require.Zero(t, run(t.Context(), []string{"-json", name}, nil, &own, &stderr))
	require.Zero(t, run(t.Context(), []string{"-sql", "athena"}, nil, &query, &stderr),
		"%s", &stderr)
	const nothing = "nothing in it is an event of CloudTrail; it seems to be "
	for in, want := range map[string]string{
		own.String():                            "tune's own answer; give the events",
		query.String():                          "a query in SQL; run it, and give its result",
		"SELECT a,b,c\nFROM x":                  "a query in SQL; run it, and give its result",
		`[]`:                                    "JSON with nothing in it",
		`null`:                                  "JSON with nothing in it",
		`{"SecretList":[]}`:                     "a list of secrets; pass their names with -exists",
		`{"events":[],"searchedLogStreams":[]}`: "an answer of filter-log-events without events",
		`{"results":[],"status":"Complete"}`:    "an answer of Logs Insights without rows",
		`{"results":[],"status":"Running"}`:     "an answer of Logs Insights whose query still runs",
		`{"results":[],"status":"Failed"}`:      "an answer of Logs Insights whose query failed",
		`{"results":[],"status":"Other"}`:       "JSON that is about something else",
		`{"results":[[{"field":"@message","value":"{\"eventVersion\":\"1.11\",\""}]]}`: "an answer of " +
			"Logs Insights whose messages are cut",
		"@timestamp,@message\n1,\"{\"\"eventVersion\"\": \"\"1.11\"\", \"\"\"\n": "an answer of Logs " +
			"Insights whose messages are cut",
		`{"message":"no","status":"Complete"}`:    "JSON that is about something else",
		"with all due respect,\nthis is a README": "text, such as a README",
	} {
		var stdout, stderr strings.Builder
		assert.Equal(t, 1, run(t.Context(), []string{"-"}, strings.NewReader(in), &stdout, &stderr), in)
		assert.Contains(t, flat(stderr.String()), nothing+want)
	}
}
