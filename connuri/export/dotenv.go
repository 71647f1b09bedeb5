package export

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// assignment is a line of a .env file: what a shell may say before it, the name, the equals
// sign with the blanks around it, and the value. A line without one names a variable that
// is set elsewhere.
var assignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*(?:(export|declare -x)[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)` +
		`(?:([ \t]*=[ \t]*)(.*))?[ \t]*$`)
})

// setsAnother finds a second variable of Airflow's in a value without quotes.
var setsAnother = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[ \t;&|](?:AIRFLOW_CONN_|AIRFLOW_VAR_)[A-Za-z0-9_.-]+=`)
})

// Why a value of a .env file cannot be read.
const (
	whyElsewhere = "its value is set elsewhere: write NAME=VALUE"
	whyDollar    = "a shell or Compose would expand the $ in it: put it in single quotes"
	whyComment   = "a shell and Compose disagree whether its # begins a comment: put it in quotes, " +
		"or a space before the #"
	whyAnother = "another variable is set on its line: write each on a line of its own, or put " +
		"the value in single quotes"
	whyShell = "a shell ends it early or changes it: put it in single quotes, without spaces " +
		"around the equals sign, and each variable on a line of its own"
	whyDiffers = "a shell and Compose read its quotes differently: put it in single quotes, with " +
		"nothing after them, and a line break as it is"
	whyExpands = "a shell or Compose would expand something in it, or its quotes are wrong: put " +
		"all of it in single quotes"
)

// mostOpen is how many quotes without an end a file may have. Each is looked for up to
// the end of the file.
const mostOpen = 16

// dotEnv reads the lines of a .env file.
type dotEnv struct {
	*environment
	lines []string
	next  int // the line to read, from 0
	open  int // quotes without an end
}

func readDotEnv(text string) (File, error) {
	r := dotEnv{environment: newEnvironment(DotEnv), lines: lines(text)}
	for r.next < len(r.lines) {
		line := r.lines[r.next]
		r.next++
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if err := r.line(line); err != nil {
			return File{}, err
		}
	}
	r.dropSetElsewhere()
	return r.file, nil
}

func (r *dotEnv) line(line string) error {
	found := assignment().FindStringSubmatch(line)
	if found == nil {
		return r.notAnAssignment("neither NAME=VALUE nor a comment", "")
	}
	command, name, equals, value := found[1], found[2], found[3], found[4]
	if command == "" && isWrapped(name, value) {
		return r.notAnAssignment("this looks like the rest of a value", "; write each value on one line")
	}
	if equals == "" {
		r.variable(name, "", whyElsewhere)
		return nil
	}
	var text, why string
	var err error
	switch {
	case value != "" && (value[0] == '\'' || value[0] == '"'):
		text, why, err = r.quoted(value, command)
	case command == "":
		text, why = plainValue(equals, value)
	default:
		text, why = shellValue(equals, value)
	}
	if command != "" && strings.Trim(equals, " \t") != equals && why == "" {
		why = whyShell
	}
	r.variable(name, text, why)
	return err
}

func (r *dotEnv) notAnAssignment(problem, advice string) error {
	if r.open > 0 {
		advice = "; a quote before it has no end"
	}
	return fmt.Errorf("line %d: %s%s", r.next, problem, advice)
}

// isWrapped reports whether a line looks like the rest of a value that an editor or a tool has
// wrapped, such as base64: a long word, or one with nothing but padding after it that is
// not written like the name of a variable.
func isWrapped(name, value string) bool {
	if isAirflows(name) {
		return false
	}
	if strings.Trim(value, "= \t") != "" {
		return hasLongWord(name)
	}
	isUpper := name == strings.ToUpper(name)
	isLower := name == strings.ToLower(name) && strings.Contains(strings.Trim(name, "_"), "_")
	return strings.ContainsAny(name, ".-") || !mayBeShown(name) || !isUpper && !isLower
}

// dropSetElsewhere drops a name without a value if another line has its value.
func (r *dotEnv) dropSetElsewhere() {
	known := map[string]bool{}
	for _, e := range r.file.Entries {
		known[e.Name] = known[e.Name] || e.why != whyElsewhere
	}
	kept := r.file.Entries[:0]
	for _, e := range r.file.Entries {
		if e.why == whyElsewhere {
			if known[e.Name] {
				continue
			}
			known[e.Name] = true
		}
		kept = append(kept, e)
	}
	r.file.Entries = kept
}

// plainValue is a value without quotes as Compose and others read it: up to " #".
func plainValue(equals, value string) (text, why string) {
	isComment := strings.HasPrefix(value, "#") && !strings.HasSuffix(equals, "=")
	text, _, _ = strings.Cut(value, " #")
	switch {
	case isComment || strings.Contains(text, "\t#"):
		return "", whyComment
	case setsAnother().MatchString(text):
		return "", whyAnother
	case hasExpansion(text):
		return "", whyDollar
	}
	return strings.TrimRight(text, " \t"), ""
}

// shellValue is a value without quotes after export, where a shell and Compose agree on it.
func shellValue(equals, value string) (text, why string) {
	text, why = plainValue(equals, value)
	if why == "" && (strings.HasPrefix(text, "~") || strings.ContainsAny(text, " \t;&|<>()\\'\"`")) {
		return "", whyShell
	}
	return text, why
}

// quoted is a value that begins with a quote. It goes on over the next lines while a quote is
// open.
func (r *dotEnv) quoted(first, command string) (text, why string, err error) {
	word, ok := r.word(first)
	if !ok { // a single quote may be an apostrophe: the other lines are read by themselves
		if r.open++; r.open > mostOpen {
			return "", "", errors.New("too many quotes have no end: put each value in single quotes")
		}
		return "", errQuote.Error(), nil
	}
	text, err = unquoted(word)
	switch {
	case err != nil && setsAnother().MatchString(outsideQuotes(word)):
		return "", whyAnother, nil
	case err != nil && strings.Contains(word, "$"):
		return "", whyExpands, nil
	case err != nil:
		return "", errQuote.Error(), nil
	case command != "declare -x" && composeDiffers(word): // Compose does not know declare
		return "", whyDiffers, nil
	}
	return text, "", nil
}

// word is the word that begins with a line, without a comment after it, and whether its quotes
// have an end. It moves past the lines that it uses if they have.
func (r *dotEnv) word(line string) (word string, ok bool) {
	var text strings.Builder
	var quotes quoteState
	for used := 0; ; used++ {
		end := quotes.scan(line)
		text.WriteString(line[:end])
		if quotes.quote == 0 {
			r.next += used
			return strings.TrimRight(text.String(), " \t"), true
		}
		if r.next+used == len(r.lines) {
			return "", false
		}
		text.WriteByte('\n')
		line = r.lines[r.next+used]
	}
}

// quoteState is the quote that is open.
type quoteState struct{ quote byte }

// scan reads a line and returns where a comment begins, otherwise the length of the line.
func (q *quoteState) scan(line string) int {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case q.quote == 0 && (c == '\'' || c == '"'):
			q.quote = c
		case q.quote == c:
			q.quote = 0
		case c == '\\' && q.quote != '\'':
			i++
		case q.quote == 0 && (c == ' ' || c == '\t') && strings.HasPrefix(strings.TrimLeft(line[i:], " \t"), "#"):
			return i
		}
	}
	return len(line)
}
