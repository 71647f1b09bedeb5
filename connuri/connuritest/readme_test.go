package connuritest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README's table of releases is counted here: rows that hold an answer of each.
func TestReadmeCountsRows(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	rows := Recorded()
	doc, err := fs.ReadFile(rows, "versions.json")
	require.NoError(t, err)
	var versions []struct {
		Airflow, Provider string
		Files             []string
	}
	require.NoError(t, json.Unmarshal(doc, &versions))

	lines := map[string]map[string]int{} // :: release → file → rows
	providers := map[string][]string{}
	for _, v := range versions {
		if lines[v.Airflow] == nil {
			lines[v.Airflow] = map[string]int{}
		}
		providers[v.Airflow] = append(providers[v.Airflow], v.Provider)
		for _, name := range files(t, rows) {
			for _, pattern := range v.Files {
				if matched, err := path.Match(pattern, name); matched && assert.NoError(t, err) {
					text, err := fs.ReadFile(rows, name+".jsonl")
					require.NoError(t, err)
					lines[v.Airflow][name] = bytes.Count(text, []byte("\n"))
				}
			}
		}
	}
	require.NotEmpty(t, lines)
	for release, files := range lines {
		sum := 0
		for _, n := range files {
			sum += n
		}
		line := fmt.Sprintf("| %s | %s | %s |", release, strings.Join(providers[release], ", "), thousands(sum))
		assert.True(t, strings.Contains(string(readme), line), "README.md lacks %s", line)
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// Every path that a Markdown file links to is there.
func TestLinksResolve(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	found := 0
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".md" {
			return err
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			found++
			_, err := fs.Stat(root, path.Join(path.Dir(file), target))
			assert.NoError(t, err, "%s links to %s", file, m[1])
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, found, 10)
}
