package ptytest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMain(m *testing.M) {
	Main(func() {
		fmt.Println(strings.Join(os.Args[2:], " "))
		if os.Args[1] == "wait" {
			select {}
		}
		os.Exit(len(os.Args[1]))
	})
	os.Exit(m.Run())
}

func TestFits(t *testing.T) {
	piped := Fits(t, 3, "xyz", "two", "words")
	assert.Equal(t, Output{Stdout: "two words\n", Code: 3}, piped)
}

func TestInterrupt(t *testing.T) {
	terminal := Start(t, 80, Command(t, "wait", "ready"))
	terminal.WaitFor(t, "ready")
	_, err := terminal.Write([]byte{3})
	assert.NoError(t, err)
	assert.Equal(t, -1, terminal.Ended(t), "a signal ended it")
}

func TestSameWord(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a1", "b2", true},
		{"a1", "b", false},
		{"air…/pg", "airflow/connections/pg", true},
		{"airflow/connections/pg", "air…/pg", true},
		{"air…/pg", "airflow…tions/pg", true},
		{"air…/pg", "airflow/connections/mail", false},
	} {
		assert.Equal(t, row.want, sameWord(row.a, row.b), row)
	}
}
