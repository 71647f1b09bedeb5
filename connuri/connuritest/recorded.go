package connuritest

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

//go:embed rows
var embedded embed.FS

// Recorded returns the recorded answers that this module is tested against, as files NAME.jsonl and
// FOLDER/NAME.jsonl. Its README.md describes the rows of each family.
func Recorded() fs.FS {
	rows, err := fs.Sub(embedded, "rows")
	if err != nil {
		panic(err) // "rows" is a valid path
	}
	return rows
}

// source returns the answers to test against, and what to call them: the folder
// that the environment variable AIRFLOW_VECTORS names, otherwise Recorded.
func source() (rows fs.FS, name string) {
	if dir := os.Getenv("AIRFLOW_VECTORS"); dir != "" {
		return os.DirFS(dir), dir
	}
	return Recorded(), "connuritest"
}

// IsRecorded reports whether the tests run against Recorded, and not against the
// folder that AIRFLOW_VECTORS names.
func IsRecorded() bool { return os.Getenv("AIRFLOW_VECTORS") == "" }

// ownFolders hold families in a form of their own: airflow30/uri_parse is not uri_parse. All other
// folders only group families, such as those with long rows.
var ownFolders = []string{"airflow30", "hooks", "provider8"}

// familyOf returns the family whose rows a file holds: its name, together with
// its folder if that is one of ownFolders.
func familyOf(file string) string {
	folder, name := path.Split(strings.TrimSuffix(file, ".jsonl"))
	if folder = path.Base(folder); slices.Contains(ownFolders, folder) {
		return folder + "/" + name
	}
	return name
}

// files returns the paths of all files in rows, without their .jsonl.
func files(t testing.TB, rows fs.FS) (names []string) {
	t.Helper()
	err := fs.WalkDir(rows, ".", func(file string, entry fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(file, ".jsonl"); ok && err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// RequireFound ends t when found is false, that is when Each found none of the
// families that the test knows. It skips t if the folder that AIRFLOW_VECTORS
// names holds other families, and fails t if it holds none at all.
func RequireFound(t testing.TB, found bool) {
	t.Helper()
	if found {
		return
	}
	rows, name := source()
	if len(files(t, rows)) > 0 {
		t.Skipf("%s holds only families of other packages", name)
	}
	t.Fatalf("%s holds no .jsonl file", name)
}
