package cfgparser

import (
	"errors"
	"os/user"
	"regexp"
	"strings"
	"sync"
)

// maxRounds ends an expansion that would never end in Airflow, such as A=x$A.
const maxRounds = 16

var errCircle = errors.New("a $VARIABLE refers to itself, or the text grows too long when the variables are expanded")

// Expand replaces $NAME and ${NAME} by variables of an environment and a leading ~ by a home
// directory. It repeats this until nothing changes, as expand_env_var does. A variable that is
// not set stays as it is.
func Expand(text string, env map[string]string) (string, error) {
	for range maxRounds {
		vars, err := expandVars(text, env)
		if err != nil {
			return "", err
		}
		next := expandUser(vars, env)
		if next == text {
			return text, nil
		}
		text = next
	}
	return "", errCircle
}

// variable is the expression of posixpath, where \w is ASCII.
var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$(\w+|\{[^}]*\})`) })

// HasVariable reports whether text contains a variable for Expand.
func HasVariable(text string) bool {
	return strings.Contains(text, "$") && variable().MatchString(text)
}

func expandVars(text string, env map[string]string) (string, error) {
	var out strings.Builder
	end := 0
	for _, at := range variable().FindAllStringIndex(text, -1) {
		name := text[at[0]+1 : at[1]]
		if name[0] == '{' {
			name = name[1 : len(name)-1]
		}
		value, set := env[name]
		if !set {
			continue
		}
		out.WriteString(text[end:at[0]])
		out.WriteString(value)
		end = at[1]
		if out.Len() > maxText {
			return "", errCircle
		}
	}
	out.WriteString(text[end:])
	return out.String(), nil
}

// expandUser is posixpath.expanduser.
func expandUser(text string, env map[string]string) string {
	if !strings.HasPrefix(text, "~") {
		return text
	}
	name, rest := text[1:], ""
	if slash := strings.IndexByte(text, '/'); slash > 0 {
		name, rest = text[1:slash], text[slash:]
	}
	home, set := env["HOME"]
	if name != "" || !set {
		account, err := user.Current()
		if name != "" {
			account, err = user.Lookup(name)
		}
		if err != nil {
			return text
		}
		home = account.HomeDir
	}
	if path := strings.TrimRight(home, "/") + rest; path != "" {
		return path
	}
	return "/"
}
