package export

import (
	"regexp"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

const (
	connPrefix = "AIRFLOW_CONN_"
	varPrefix  = "AIRFLOW_VAR_"
)

var (
	setsOne = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)^[ \t]*(?:(?:export|declare -x)[ \t]+)?` +
			`(?:AIRFLOW_CONN_|AIRFLOW_VAR_)[A-Za-z0-9_.-]+[ \t]*=`)
	})
	// wideName is what Compose accepts as the name of a variable, and a shell does not.
	wideName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`) })
)

// setsEnvironment reports whether a line sets an environment variable of Airflow's.
func setsEnvironment(text string) bool { return setsOne().MatchString(text) }

// isAirflows reports whether a name begins like those that Airflow reads.
func isAirflows(name string) bool {
	return strings.HasPrefix(name, connPrefix) || strings.HasPrefix(name, varPrefix)
}

// mayBeShown reports whether a text is the name of a variable as Compose accepts it. Other text,
// and words that are as long as keys and tokens, may be misplaced secrets.
func mayBeShown(name string) bool {
	return wideName().MatchString(name) && !hasLongWord(name)
}

// hasLongWord reports whether a part between underscores is longer than any word: over 32
// characters, or 16 with a digit among them.
func hasLongWord(name string) bool {
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' }) {
		if len(word) > 32 || len(word) >= 16 && strings.ContainsAny(word, "0123456789") {
			return true
		}
	}
	return false
}

// environment collects the variables of a file.
type environment struct {
	file    File
	leftOut map[string]bool // the names in file.LeftOut
}

func newEnvironment(format Format) *environment {
	return &environment{file: File{Format: format}, leftOut: map[string]bool{}}
}

// variable adds an environment variable: its entry, or its name to what is left out. The
// text is that of the variable unless why says why there is none.
func (env *environment) variable(name, text, why string) {
	e := Entry{Name: name, value: connuri.NewSecret(text), form: envForm, why: why}
	var found bool
	if e.ID, found = strings.CutPrefix(name, connPrefix); found {
		e.Kind = Connections
	} else if e.ID, found = strings.CutPrefix(name, varPrefix); found {
		e.Kind = Variables
	}
	// Airflow asks for the name in upper case. A variable of a team, such as
	// AIRFLOW_CONN__RED___PG, has no id of its own.
	isTeams := strings.HasPrefix(e.ID, "_") && strings.Contains(e.ID, "___")
	if !found || e.ID == "" || e.ID != strings.ToUpper(e.ID) || isTeams || !wideName().MatchString(name) {
		env.leaveOut(name)
		return
	}
	e.ID = strings.ToLower(e.ID)
	if e.why == "" && text == "" {
		e.why = "it is empty"
	}
	env.file.Entries = append(env.file.Entries, e)
}

func (env *environment) leaveOut(name string) {
	switch {
	case !mayBeShown(name):
		env.file.Unnamed++
	case !env.leftOut[name]:
		env.leftOut[name] = true
		env.file.LeftOut = append(env.file.LeftOut, name)
	}
}

// asEnvironment is the file itself, or, if its keys are names of environment variables, what
// these set: an object of names and values is how many tools keep an environment.
func (f File) asEnvironment() File {
	isEnvironment := false
	for _, e := range f.Entries {
		_, isText := e.scalar()
		isEnvironment = isEnvironment || isText && setsEnvironment(e.ID+"=")
	}
	if !isEnvironment {
		return f
	}
	read := newEnvironment(f.Format)
	for _, e := range f.Entries {
		text, isText := e.scalar()
		switch {
		case isText:
			read.variable(e.ID, text, "")
		case e.why != "":
			read.variable(e.ID, "", e.why)
		default:
			read.variable(e.ID, "", "the value of an environment variable is text: put it in quotes")
		}
	}
	return read.file
}

// scalar is the value as the text of an environment variable.
func (e Entry) scalar() (string, bool) {
	if text, err := e.Text(); err == nil {
		return text, true
	}
	v, err := pyjson.Load(e.JSON())
	if err != nil || v.Kind == pyjson.Null || v.Kind == pyjson.Array || v.Kind == pyjson.Object {
		return "", false
	}
	return v.Raw, true
}
