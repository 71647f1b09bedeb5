package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// noteFile says what a file has lost or what of it is left out.
func noteFile(stderr io.Writer, name string, file export.File) {
	if len(file.LeftOut) > 0 {
		say(stderr, "note: "+shown(name)+": "+leftOut(file))
	}
	for _, e := range file.Entries {
		if file.Format == export.Env && e.JSON()[0] == '"' {
			say(stderr, "note: "+shown(name)+": lines of ID=URI have lost descriptions and "+
				"capitals; airflow connections export to a .json file keeps them")
			return
		}
	}
}

// mostNames is how many names of variables a note holds.
const mostNames = 10

// leftOut says which environment variables of a file are left out. It does not name one that
// may be the second line of a value.
func leftOut(file export.File) string {
	var names []string
	hidden, more := 0, 0
	for _, name := range file.LeftOut {
		switch {
		case !isVariableName(name):
			hidden++
		case len(names) == mostNames:
			more++
		default:
			names = append(names, name)
		}
	}
	text := count(len(file.LeftOut), "environment variable is", "environment variables are") +
		" left out, which Airflow does not read as connections or variables"
	if len(names) > 0 {
		text += ": " + strings.Join(names, ", ")
	}
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if hidden > 0 {
		text += "; " + count(hidden, "name is", "names are") + " not shown and may be part of a value"
		if file.Format == export.DotEnv {
			text += ": put a value of several lines in quotes"
		}
	}
	return text
}

// variableName is made of short words of capitals, or of small letters. Keys and tokens in
// Base64, Base32 or hexadecimal digits have longer words, or mix both.
var variableName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[_.-]*[A-Za-z]` +
		`(?:[A-Z0-9]{0,15}|[a-z0-9]{0,15})(?:[_.-]+(?:[A-Z0-9]{1,16}|[A-Z]?[a-z0-9]{1,15}))*[_.-]*$`)
})

const longestName = 64

// isVariableName reports whether text can only be meant as the name of a variable.
func isVariableName(text string) bool {
	return len(text) <= longestName && variableName().MatchString(text)
}
