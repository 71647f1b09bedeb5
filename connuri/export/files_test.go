package export_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// TestFiles: of each file in testdata/files.txt comes out what is written below it.
func TestFiles(t *testing.T) {
	doc, err := os.ReadFile("testdata/files.txt")
	require.NoError(t, err)
	rows := strings.Split(string(doc), "\n== ")[1:]
	require.GreaterOrEqual(t, len(rows), 80)
	for _, row := range rows {
		name, rest, _ := strings.Cut(row, "\n")
		text, answers, _ := strings.Cut(rest, "\n-> ")
		text = strings.NewReplacer(`\r`, "\r", `\ufeff`, "\ufeff").Replace(text + "\n")
		t.Run(name, func(t *testing.T) {
			want := strings.Split(strings.TrimSpace(answers), "\n-> ")
			got := comesOut([]byte(text))
			require.Len(t, got, len(want))
			for i := range want {
				head, reason, _ := strings.Cut(want[i], ": ")
				if strings.HasPrefix(head, "refused ") || head == "error" {
					assert.True(t, strings.HasPrefix(got[i], head+": "), "%s: another outcome", head)
					assert.Contains(t, got[i], reason)
					assert.NotContains(t, got[i], "s3cret")
					continue
				}
				assert.True(t, want[i] == got[i], "%s: the values differ", head) // without them
			}
		})
	}
}

// comesOut is what a file holds in the words of testdata/files.txt.
func comesOut(doc []byte) (lines []string) {
	file, err := export.Read(doc)
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	for _, entry := range file.Entries {
		kind := entry.Kind
		if kind == "" {
			kind = kindOf(file)
		}
		line, err := outcome(entry, kind)
		if err != nil {
			line = "refused " + entry.ID + ": " + err.Error()
		}
		lines = append(lines, line)
	}
	if len(file.LeftOut) > 0 {
		lines = append(lines, "left out: "+strings.Join(file.LeftOut, " "))
	}
	if file.Unnamed > 0 {
		lines = append(lines, "unnamed: "+strconv.Itoa(file.Unnamed))
	}
	for _, from := range file.EnvFiles {
		lines = append(lines, "file of "+from.Service+": "+from.Path)
	}
	return lines
}

// kindOf is connections for a file with any, as whoever reads it knows.
func kindOf(file export.File) export.Kind {
	for _, entry := range file.Entries {
		text, _ := entry.Text()
		if entry.IsConnection() || strings.Contains(text, "://") || file.Kind() == export.Connections {
			return export.Connections
		}
	}
	return export.Variables
}

func outcome(entry export.Entry, kind export.Kind) (string, error) {
	if kind == export.Variables {
		variable, err := entry.Variable()
		text := strings.ReplaceAll(variable.Text.Reveal(), "\n", `\n`)
		if strings.Contains(variable.Text.Reveal(), `\n`) {
			text = variable.Text.Reveal()
		}
		return "variable " + variable.Key + ": " + text + described(variable.Description), err
	}
	c, err := entry.Connection(connuri.TaskSDK)
	if err == nil && c.ID != entry.ID {
		err = errors.New("another id")
	}
	parts := []string{c.Type, c.Login, c.Password.Reveal(), c.Host, "", c.Schema, c.Extra.Reveal()}
	if c.Port != 0 {
		parts[4] = strconv.Itoa(c.Port)
	}
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	for i := range parts {
		if parts[i] == "" {
			parts[i] = "-"
		}
	}
	return fmt.Sprintf("connection %s: %s%s", c.ID, strings.Join(parts, " "), described(c.Description)), err
}

func described(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
