package export_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

var isName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// FuzzRead checks what holds for every file: Read returns, an error holds none of the values,
// only names are shown, and what is written from a file reads back. The messages name no text.
func FuzzRead(f *testing.F) {
	doc, err := os.ReadFile("testdata/files.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, row := range strings.Split(string(doc), "\n== ")[1:] {
		_, text, _ := strings.Cut(row, "\n")
		text, _, _ = strings.Cut(text, "\n-> ")
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := export.Read([]byte(text))
		if err != nil {
			if len(err.Error()) > 300 {
				t.Fatal("an error that is longer than any of ours")
			}
			return
		}
		for _, name := range file.LeftOut {
			if !isName.MatchString(name) {
				t.Fatal("text that is not the name of a variable is shown")
			}
		}
		for _, entry := range file.Entries {
			if c, err := entry.Connection(connuri.TaskSDK); err == nil {
				readBackConnection(t, c)
			}
			if v, err := entry.Variable(); err == nil {
				readBackVariable(t, v)
			}
		}
	})
}

func readBackConnection(t *testing.T, c connuri.Connection) {
	t.Helper()
	for _, format := range []export.Format{export.JSON, export.YAML} {
		doc, err := export.WriteConnections(format, []connuri.Connection{c})
		if err != nil {
			continue
		}
		file, err := export.Read(doc)
		if err != nil || len(file.Entries) != 1 {
			t.Fatal("what is written cannot be read: ", format)
		}
		back, err := file.Entries[0].Connection(connuri.Airflow2)
		if err != nil || !back.Equal(c) {
			t.Fatal("what is written reads as another connection: ", format, err)
		}
	}
}

func readBackVariable(t *testing.T, v export.Variable) {
	t.Helper()
	doc, err := export.WriteVariables(export.YAML, []export.Variable{v})
	if err != nil {
		return
	}
	file, err := export.Read(doc)
	if err != nil || len(file.Entries) != 1 {
		t.Fatal("what is written cannot be read")
	}
	if back, err := file.Entries[0].Variable(); err != nil || !back.Text.Equal(v.Text) || back.Description != v.Description {
		t.Fatal("what is written reads as another variable")
	}
}
