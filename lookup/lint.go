package lookup

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Finding is something in a rule or an id that Airflow accepts silently and that is probably a
// mistake.
type Finding struct {
	Rule    string // a short name to tell findings apart, such as hyphen or open-end
	Problem string // what happens
	Instead string // what to write
	ID      string // an id that shows it, for runaway only
	// Pattern is the pattern that Instead suggests, if it suggests one; for runaway only. It matches
	// the same ids as the old pattern. The exception is the old pattern in (?-i:…), which no longer
	// ignores case.
	Pattern string
}

// String returns the finding as one line.
func (f Finding) String() string { return f.Rule + ": " + f.Problem + "; write " + f.Instead }

// Lint reports likely mistakes in a rule and, given ids, what happens to those ids. A rule without
// findings may still be wrong, and a finding may be intended. If a pattern takes very many steps on
// the ids, Lint stops early and may miss findings. The patterns that it suggests do not hang
// Airflow.
func (r Rule) Lint(ids ...string) []Finding {
	r.Pattern = r.Pattern.Within(context.Background(), mostWork)
	l := linter{rule: r, expr: r.Pattern.String(), ids: ids}
	l.bare = bare(l.expr)
	l.separator()
	if l.expr != "" {
		runaway := l.rule.Pattern.runaway()
		l.hyphen()
		if len(l.findings) == 0 { // otherwise that finding is the cause of the next two
			l.coverage()
			if runaway == nil { // the suggestion would hang too
				l.open()
			}
		}
		l.precedence()
		if runaway == nil {
			l.glob()
		}
		l.delimiters()
		l.dot()
		l.holdsPrefix()
		l.upperCase()
		if runaway != nil {
			l.findings = append(l.findings, *runaway)
		}
	}
	for _, id := range ids {
		l.id(id)
	}
	return l.findings
}

type linter struct {
	rule     Rule
	expr     string
	bare     string // expr with blanks where its signs are not operators, see the function bare
	ids      []string
	findings []Finding
	givenUp  int // matches over their budget
}

func (l *linter) add(topic, instead, format string, args ...any) {
	problem := fmt.Sprintf(format, args...)
	l.findings = append(l.findings, Finding{Rule: topic, Problem: problem, Instead: instead})
}

// matches treats a match that was given up as none, which Plan reports. After a few of those it
// tries no more, because each takes long.
func (l *linter) matches(id string) bool {
	if l.givenUp == mostGivenUp {
		return false
	}
	ok, err := l.rule.Pattern.Match(id)
	if err != nil {
		l.givenUp++
	}
	return ok && err == nil
}

const (
	mostGivenUp = 3
	mostWork    = 16 // of all matches together, for Pattern.Within
)

// separator reports a prefix that loses single characters of the separator, not whole separators.
func (l *linter) separator() {
	prefix, sep := l.rule.prefix(), l.rule.sep()
	whole := prefix
	for sep != "" && strings.HasSuffix(whole, sep) {
		whole = strings.TrimSuffix(whole, sep)
	}
	if got := strings.TrimRight(prefix, sep); got != whole {
		l.add("separator", "a prefix that ends in none of its characters",
			"the prefix %q becomes %q, since it loses every character of the separator %q at its end",
			prefix, got, sep)
	}
}

// coverage reports a pattern that matches every id or none.
func (l *linter) coverage() {
	if l.rule.Pattern.program.Always() {
		l.add("matches-everything", "no pattern at all", "the pattern matches every id")
		return
	}
	matched := 0
	for _, id := range l.ids {
		if l.matches(id) {
			matched++
		}
	}
	switch {
	case len(l.ids) < 2:
	case matched == len(l.ids):
		l.add("matches-everything", "a pattern that refuses some, or none at all",
			"the pattern matches all %d ids given", matched)
	case matched == 0 && l.givenUp == 0:
		instead := "a pattern that begins as the ids do"
		if dotted, ok := pyre.Harmless(".*" + l.expr); ok && dotted == ".*"+l.expr {
			instead += ", or .* before it"
		}
		l.add("matches-nothing", instead,
			"the pattern matches none of the %d ids given; it must match at the beginning of the id",
			len(l.ids))
	}
}

var hyphenDefault = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([A-Za-z0-9]+(?:\\?[_-][A-Za-z0-9]+)*)\\?-default`)
})

// hyphen reports NAME-default. Airflow's own connections are called aws_default, smtp_default and
// so on, so the widespread ^(?!aws-default).* skips none of them.
func (l *linter) hyphen() {
	for _, m := range hyphenDefault().FindAllStringSubmatchIndex(l.expr, -1) {
		if l.bare[m[1]-1] == blank { // in a comment
			continue
		}
		name := strings.ReplaceAll(l.expr[m[2]:m[3]], `\`, "")
		hyphen, underscore := l.matches(name+"-default"), l.matches(name+"_default")
		if hyphen != underscore && l.givenUp == 0 {
			verb := "match"
			if underscore {
				verb = "skip"
			}
			l.add("hyphen", name+"_default",
				"the pattern does not %s %s_default, which is how Airflow spells it", verb, name)
		}
	}
}

// openLook finds a look-ahead at the beginning, which asks for a whole id. One such as
// (?:(?!_tmp).)* asks for a part.
var openLook = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\^?(?:\(\?[!=][^()]*\))*?\(\?!([A-Za-z0-9_-]*[A-Za-z0-9])\)`)
})

// open reports a pattern that ends in a name. re.match need not reach the end of an id, so the
// pattern also matches longer names, or a look-ahead refuses them.
func (l *linter) open() {
	for _, m := range openLook().FindAllStringSubmatch(l.expr, -1) {
		isID := strings.ContainsAny(m[1], "_-") // a word alone is meant as a beginning
		if longer := m[1] + "_eu"; isID && !l.matches(m[1]) && !l.matches(longer) && l.givenUp == 0 {
			l.add("open-end", "(?!"+m[1]+"$)", "the pattern skips longer ids too, such as %s", longer)
		}
	}
	if !endsInName(l.bare) {
		return
	}
	closed, err := Compile("(?:" + l.expr + ")$")
	if err != nil { // flags for the whole pattern, or a comment to the end
		return
	}
	closed.bound = l.rule.Pattern.bound
	instead := l.expr + "$"
	if strings.Contains(l.expr, "|") {
		instead = "(?:" + l.expr + ")$"
	}
	if len(l.ids) == 0 {
		l.advise("open-end", instead, atTheEnd,
			"the pattern matches longer ids too: a match need not reach the end of the id")
	}
	var whole, longer []string
	for _, id := range l.ids {
		if !l.matches(id) {
			continue
		}
		if full, err := closed.Match(id); err == nil && full {
			whole = append(whole, id)
		} else {
			longer = append(longer, id)
		}
	}
	for _, id := range longer {
		if len(whole) > 0 && !continuesAny(id, whole) { // otherwise a beginning was meant
			l.advise("open-end", instead, atTheEnd,
				"the pattern matches only the beginning of %s", shown.Printable(id))
			return
		}
	}
}

const atTheEnd = "with (?:…)$ around all of it"

// continuesAny reports whether an id begins with one of the others that is a single word, followed
// by a separator: test_pg continues test.
func continuesAny(id string, others []string) bool {
	at := strings.IndexAny(id, "_-/.")
	if at <= 0 {
		return false
	}
	isWord := func(other string) bool { return strings.EqualFold(other, id[:at]) }
	return slices.ContainsFunc(others, isWord)
}

// precedence reports a|b$, where the $ belongs to b alone.
func (l *linter) precedence() {
	hasAlternatives := strings.Contains(l.bare, "|") && !strings.ContainsAny(l.bare, "([")
	if hasAlternatives && strings.HasSuffix(l.bare, "$") {
		instead := "(?:" + strings.TrimSuffix(strings.TrimPrefix(l.expr, "^"), "$") + ")$"
		l.advise("precedence", instead, atTheEnd, "the $ belongs to the last alternative alone")
	}
}

var globStar = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_-]\*`) })

// glob reports a * that was meant as a wildcard, but repeats the character before it.
func (l *linter) glob() {
	if at := globStar().FindStringIndex(l.bare); at != nil && !strings.ContainsAny(l.expr, "[\\") {
		instead := l.expr[:at[0]+1] + ".*" + l.expr[at[1]:]
		l.advise("glob", instead, "with .* for the *",
			"the * repeats the %q before it, zero times too", l.expr[at[0]:at[0]+1])
	}
}

// delimiters reports slashes or quotes around the pattern, as other languages write them.
func (l *linter) delimiters() {
	first, last := l.expr[0], strings.LastIndexByte(l.expr, l.expr[0])
	if strings.IndexByte("/'\"`", first) >= 0 && last > 0 {
		l.add("delimiters", l.without("them", l.expr[1:last]),
			"the signs around the pattern are part of it")
	}
}

// without says to leave something out, or what to write if Airflow would hang on the rest.
func (l *linter) without(part, rest string) string {
	switch better, ok := pyre.Harmless(rest); {
	case !ok, better != rest && rest == l.expr: // it is written with backslashes
		return oneWay + ", without " + part
	case better != rest:
		return better
	}
	return "the pattern without " + part
}

var nameAtEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9]\)?$`) })

// endsInName reports whether a bare pattern ends in a letter or digit, as a name does. A pattern
// that ends in an underscore is probably meant as the beginning of a name.
func endsInName(bare string) bool { return nameAtEnd().MatchString(bare) && !endsInLook(bare) }

// upperCase reports [A-Z], which also matches small letters because case is ignored. If ids are
// given, it matters only if one matches for that reason.
func (l *linter) upperCase() {
	if !pyre.MeansCapitals(l.expr) {
		return
	}
	instead := "(?-i:" + l.expr + ")"
	exact, err := Compile(instead)
	if err != nil { // flags for the whole pattern
		return
	}
	exact.bound = l.rule.Pattern.bound
	matters := len(l.ids) == 0
	for _, id := range l.ids {
		if l.matches(id) {
			ok, err := exact.Match(id)
			matters = matters || err == nil && !ok
		}
	}
	if matters {
		l.advise("case", instead, "with (?-i:…) around it",
			"case is ignored, so [A-Z] matches small letters too")
	}
}

// dot reports a dot between letters, which was probably meant as a plain dot.
func (l *linter) dot() {
	for i, c := range l.bare {
		if c == '.' && i > 0 && i+1 < len(l.expr) && isPlain(l.expr[i-1]) && isPlain(l.expr[i+1]) {
			l.advise("dot", l.expr[:i]+`\`+l.expr[i:], `with \. for the dot`,
				"the dot after %q matches any character", l.expr[:i])
			return
		}
	}
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// holdsPrefix reports a pattern that contains the prefix, which Airflow does not match against.
func (l *linter) holdsPrefix() {
	if path := l.rule.Path(); path != "" && strings.Contains(strings.ReplaceAll(l.expr, `\`, ""), path) {
		l.add("prefix", l.without("it", strings.ReplaceAll(l.expr, path, "")),
			"the pattern contains the prefix %q, but is matched against the id without it", path)
	}
}

var (
	idOfDefault = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z0-9_]+-default$`)
	})
	forbidden = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[^A-Za-z0-9/_+=.@!-]`)
	})
)

// id reports what makes an id unlikely to be found.
func (l *linter) id(id string) {
	name := shown.Printable(id)
	path := l.rule.Path()
	if path != "" && strings.HasPrefix(id, path) {
		l.add("prefix", shown.Printable(strings.TrimPrefix(id, path)),
			"the id %s begins with the prefix, which Airflow puts before it again", name)
	}
	if l.rule.Kind == KindConnection && idOfDefault().MatchString(id) {
		l.add("hyphen", strings.TrimSuffix(id, "-default")+"_default",
			"the id %s has a hyphen where Airflow's own has an underscore", name)
	}
	if c := forbidden().FindString(id); c != "" {
		l.add("forbidden-character", "an id of letters, digits and /_+=.@-",
			"the id %s contains %q, which AWS refuses in a name", name, c)
	}
}
