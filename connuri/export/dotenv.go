package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

const (
	connPrefix = "AIRFLOW_CONN_"
	varPrefix  = "AIRFLOW_VAR_"
)

// assignment is a line of a .env file: what a shell may say before it, the name, and the
// text after the equals sign. A line without one names a variable that is set elsewhere.
var assignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*(?:(?:export|declare -x)[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)` +
		`[ \t]*(?:(=)[ \t]*(.*))?$`)
})

var setsOne = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*(?:(?:export|declare -x)[ \t]+)?` +
		`(?:AIRFLOW_CONN_|AIRFLOW_VAR_)[A-Za-z0-9_.-]+[ \t]*=`)
})

// setsEnvironment reports whether a line sets an environment variable of Airflow's.
func setsEnvironment(text string) bool { return setsOne().MatchString(text) }

// variable adds an environment variable: its entry, or its name to what is left out. The
// text is that of the variable unless why says why there is none.
func (f *File) variable(name, text, why string) {
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
	if !found || e.ID == "" || e.ID != strings.ToUpper(e.ID) || isTeams {
		if !slices.Contains(f.LeftOut, name) {
			f.LeftOut = append(f.LeftOut, name)
		}
		return
	}
	e.ID = strings.ToLower(e.ID)
	if e.why == "" && text == "" {
		e.why = "it is empty"
	}
	f.Entries = append(f.Entries, e)
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
	read := File{Format: f.Format}
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
	return read
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

func readDotEnv(text string) (File, error) {
	f := File{Format: DotEnv}
	rest := lines(text)
	for number := 1; len(rest) > 0; {
		line := rest[0]
		used := 1
		trimmed := strings.TrimSpace(line)
		if trimmed != "" && trimmed[0] != '#' {
			found := assignment().FindStringSubmatch(line)
			switch {
			case found == nil:
				return File{}, fmt.Errorf("line %d: neither NAME=VALUE nor a comment", number)
			case found[2] != "":
				var value, why string
				value, why, used = envValue(found[3], rest[1:])
				f.variable(found[1], value, why)
			}
		}
		rest = rest[used:]
		number += used
	}
	return f, nil
}

// envValue reads the value that begins on a line, and goes on over the next ones while a quote
// is open. It returns how many lines were used, and why there is no value.
func envValue(first string, next []string) (value, why string, used int) {
	used = 1
	first = strings.TrimRight(first, " \t")
	if first == "" || first[0] != '\'' && first[0] != '"' {
		value = first
		if i := strings.IndexAny(value, "#"); i == 0 {
			value = ""
		}
		for _, comment := range []string{" #", "\t#"} {
			value, _, _ = strings.Cut(value, comment)
		}
		if i := strings.IndexByte(value, '$'); i >= 0 && hasExpansion(value) {
			return "", "a shell or Compose would expand the $ in it: put it in single quotes", 1
		}
		return strings.TrimRight(value, " \t"), "", 1
	}
	word, isOpen := quotedWord(first)
	for isOpen && used <= len(next) {
		first += "\n" + next[used-1]
		used++
		word, isOpen = quotedWord(first)
	}
	if isOpen { // a single quote may be an apostrophe: the other lines are read by themselves
		return "", errQuote.Error(), 1
	}
	value, err := unquoted(word)
	if err != nil {
		why = errQuote.Error()
		if strings.Contains(word, "$") {
			why = "a shell or Compose would expand something in it, or its quotes are wrong: put " +
				"all of it in single quotes"
		}
	}
	return value, why, used
}

// quotedWord is text without a comment after its quotes, and whether a quote is open at its
// end.
func quotedWord(text string) (word string, isOpen bool) {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = 0
		case c == '\\' && quote != '\'':
			i++
		case quote == 0 && (c == ' ' || c == '\t') && strings.HasPrefix(strings.TrimLeft(text[i:], " \t"), "#"):
			return text[:i], false
		}
	}
	return text, quote != 0
}

// hasExpansion reports whether a shell or Compose expands a $ of text without quotes.
func hasExpansion(text string) bool {
	for i := range len(text) {
		if text[i] == '$' && expands(text[i+1:]) {
			return true
		}
	}
	return false
}
