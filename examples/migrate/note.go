package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/envfile"
)

// noteFile says what a file has lost or what of it is left out. k is what its lines are, "" if
// they are connections as Airflow exports them.
func noteFile(stderr io.Writer, name string, file export.File, k export.Kind) {
	if len(file.LeftOut)+file.Unnamed > 0 {
		say(stderr, "note: "+shown(name)+": "+leftOut(file))
	}
	if note := envfile.Note(file.EnvFiles); note != "" {
		say(stderr, "note: "+shown(name)+": "+note)
	}
	for _, e := range file.Entries {
		if file.Format == export.Env && k != export.Variables && e.JSON()[0] == '"' {
			say(stderr, "note: "+shown(name)+": lines of ID=URI have lost descriptions and "+
				"capitals; airflow connections export to a .json file keeps them")
			return
		}
	}
}

// mostNames is how many names of variables a note holds.
const mostNames = 10

// leftOut says which environment variables of a file are left out. Of those whose names may
// be misplaced secrets there is only a number.
func leftOut(file export.File) string {
	text := count(len(file.LeftOut)+file.Unnamed, "environment variable is", "environment variables are") +
		" left out, which Airflow does not read as connections or variables"
	if names := file.LeftOut[:min(len(file.LeftOut), mostNames)]; len(names) > 0 {
		text += ": " + strings.Join(names, ", ")
	}
	if more := len(file.LeftOut) - mostNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if file.Unnamed > 0 {
		text += "; " + count(file.Unnamed, "name is", "names are") + " not shown and may be part of a value"
	}
	return text
}
