package lookup_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// TestConformance runs every recorded answer. With AIRFLOW_VECTORS it runs those of another folder:
//
//	AIRFLOW_VECTORS=DIR go test ./lookup -run Conformance -v
func TestConformance(t *testing.T) {
	found := connuritest.Each(t, "pattern", patternRow.judge)
	found = connuritest.Each(t, "lookup", lookupRow.judge) || found
	connuritest.RequireFound(t, found)
}

type patternRow struct {
	Pattern string `json:"pattern"`
	ID      string `json:"id"`
	Match   bool   `json:"match"`
	Error   bool   `json:"error"` // does not compile
}

// The chosen differences. Each one's example is Airflow's own answer, and must go on to differ from
// ours.
var choices = []struct {
	reason  string
	applies func(r patternRow, err error) bool // err says how ours differs
	example patternRow
}{
	{
		reason: `\N{NAME} is refused by name: the table of names is larger than the rest of the library`,
		applies: func(r patternRow, err error) bool {
			return !r.Error && isRefused(err, `\N{NAME}`) && hasName(r.Pattern)
		},
		example: patternRow{Pattern: `\N{BULLET}`, ID: "•", Match: true},
	},
	{
		reason: "CPython before 3.12.8 and 3.13.1 never matches a capital beyond U+FFFF in a set of several",
		applies: func(r patternRow, _ error) bool {
			capital := func(c rune) bool { return c > 0xffff && unicode.IsUpper(c) }
			return strings.Contains(r.Pattern, "[") && strings.ContainsFunc(r.ID, capital)
		},
		example: patternRow{Pattern: "[𐐀𐐁]", ID: "𐐀", Match: false},
	},
	{
		reason:  "CPython before 3.12.8 and 3.13.1 ignores case beyond ASCII under (?a) if a range ends beyond U+FFFF",
		applies: func(r patternRow, _ error) bool { return r.Pattern == "(?a)[Ā-\U00010000]" },
		example: patternRow{Pattern: "(?a)[Ā-\U00010000]", ID: "ÿ", Match: true},
	},
	{
		reason:  "CPython keeps what a failed alternative did to the group around it, but not in a repeat",
		applies: func(r patternRow, _ error) bool { return r.Pattern == `((|a)(?(1).|a))b` },
		example: patternRow{Pattern: `((|a)(?(1).|a))b`, ID: "a1b", Match: true},
	},
	{
		reason:  "CPython before 3.12.8 and 3.13.1 keeps what a failed alternative in a possessive repeat did to a group",
		applies: func(r patternRow, _ error) bool { return r.Pattern == `(?:(\d)|){3}+\1` },
		example: patternRow{Pattern: `(?:(\d)|){3}+\1`, ID: "1", Match: true},
	},
	{
		reason: "CPython before 3.13 takes (?t), a flag that does nothing",
		applies: func(r patternRow, err error) bool {
			return !r.Error && isRefused(err, "unknown extension ?t") && hasOldFlag().MatchString(r.Pattern)
		},
		example: patternRow{Pattern: "(?t)a", ID: "a", Match: true},
	},
	{
		reason: "CPython before 3.12 takes the number of a group in (?(…) as int() does, with spaces, a sign, or digits of other scripts",
		applies: func(r patternRow, err error) bool {
			return !r.Error && isRefused(err, "bad character in group name") && hasOddNumber(r.Pattern)
		},
		example: patternRow{Pattern: "(a)(?( +1 )b)", ID: "ab", Match: true},
	},
	{
		reason:  "a pattern of more than 64 KiB is refused by name: what it costs to compile has a bound",
		applies: func(r patternRow, err error) bool { return len(r.Pattern) > 64<<10 && !r.Error && isRefused(err, "") },
		example: patternRow{Pattern: strings.Repeat("a|", 32<<10) + "b", ID: "b", Match: true},
	},
}

var (
	hasOldFlag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\(\?[aiLmsux]*t`) })
	asNumber   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\(\?\(([\s+]*[\p{Nd}_]+\s*)\)`) })
)

// hasOddNumber reports whether a conditional names its group by a number with more than ASCII digits.
func hasOddNumber(expr string) bool {
	return slices.ContainsFunc(asNumber().FindAllStringSubmatch(expr, -1), func(found []string) bool {
		return strings.Trim(found[1], "0123456789") != ""
	})
}

func TestChoicesStillDiffer(t *testing.T) {
	for _, c := range choices {
		err := comparePattern(c.example)
		assert.Error(t, err, "no difference any more: %s", c.reason)
		assert.True(t, c.applies(c.example, err), c.reason)
	}
}

// isRefused reports whether a pattern does not compile, for a reason that begins so.
func isRefused(err error, what string) bool {
	refused, ok := errors.AsType[*lookup.PatternError](err)
	return ok && strings.HasPrefix(refused.What, what)
}

// hasName reports whether there is a \N{ whose backslash is not escaped itself.
func hasName(expr string) bool { return strings.Contains(strings.ReplaceAll(expr, `\\`, ""), `\N{`) }

func (r patternRow) judge() (v connuritest.Verdict) {
	r.explain(&v, comparePattern(r))
	return v
}

// explain adds a difference to v, as a choice where it is one.
func (r patternRow) explain(v *connuritest.Verdict, err error) {
	if err == nil {
		return
	}
	for _, c := range choices {
		if c.applies(r, err) {
			v.Add("pattern", "", c.reason)
			return
		}
	}
	v.Add("pattern", err.Error())
}

func comparePattern(row patternRow) error {
	p, err := lookup.Compile(row.Pattern)
	if row.Error || err != nil {
		if row.Error != (err != nil) {
			return fmt.Errorf("%q: compile gives %w, Python fails: %v", row.Pattern, err, row.Error)
		}
		return nil
	}
	if got, err := p.Match(row.ID); err != nil || got != row.Match {
		return fmt.Errorf("%q on %q: %v %w, Python says %v", row.Pattern, row.ID, got, err, row.Match)
	}
	return nil
}

type lookupRow struct {
	Kwargs    map[string]any     `json:"kwargs"`
	MultiTeam bool               `json:"multi_team"`
	Kind      string             `json:"kind"`
	ID        string             `json:"id"`
	Team      string             `json:"team"`
	Calls     []string           `json:"calls"`
	Result    connuritest.Answer `json:"result"`
}

// judge compares the recorded calls with the plan. Airflow stops at the first secret that exists,
// so they are the plan's beginning. No call at all means a skipped plan, or an error before the
// first call.
func (r lookupRow) judge() (v connuritest.Verdict) {
	patternRow{Pattern: r.pattern(), ID: r.ID}.explain(&v, r.compare())
	return v
}

// pattern is the lookup pattern of the kind that is asked for.
func (r lookupRow) pattern() string {
	name := map[string]string{"variable": "variables", "config": "config"}[r.Kind]
	expr, _ := r.Kwargs[cmp.Or(name, "connections")+"_lookup_pattern"].(string)
	return expr
}

func (r lookupRow) compare() error {
	fails := r.Result.Err != "" && len(r.Calls) == 0
	plan, err := rowPlan(r)
	switch {
	case err != nil:
		if !fails {
			return fmt.Errorf("%w; Airflow calls %q", err, r.Calls)
		}
	case fails:
		// What is left is what the plan knows nothing of: the client could not be made from the
		// other settings.
		if len(plan.Names) == 0 || !hasOther(r.Kwargs) {
			return fmt.Errorf("%v; Airflow fails", plan)
		}
	case len(r.Calls) == 0 && plan.Skip == lookup.Asked,
		len(r.Calls) > len(plan.Names),
		!slices.Equal(plan.Names[:len(r.Calls)], r.Calls):
		return fmt.Errorf("%v; Airflow calls %q", plan, r.Calls)
	}
	return nil
}

// hasOther reports whether there are settings beside those of lookup.
func hasOther(kwargs map[string]any) bool {
	for k := range kwargs {
		if k != "sep" && k != "extra_conn_words" && !strings.HasSuffix(k, "_prefix") && !strings.HasSuffix(k, "_lookup_pattern") {
			return true
		}
	}
	return false
}

// rowPlan reads kwargs as Airflow's backend does: a prefix or separator of a wrong type fails when
// the backend is made, a bad pattern when it is needed.
func rowPlan(row lookupRow) (lookup.Plan, error) {
	kind, names := lookup.KindConnection, "connections"
	switch row.Kind {
	case "variable":
		kind, names = lookup.KindVariable, "variables"
	case "config":
		kind, names = lookup.KindConfig, "config"
	}
	rule := lookup.Rule{Kind: kind, MultiTeam: row.MultiTeam}
	if _, given := row.Kwargs["self"]; given {
		return lookup.Plan{}, errors.New("self is given twice")
	}
	for _, k := range []string{"connections", "variables", "config"} {
		prefix, sep, err := rowPath(row.Kwargs, k)
		if err != nil {
			return lookup.Plan{}, err
		}
		if k == names {
			rule.Prefix, rule.Sep = prefix, sep
		}
	}
	plan, err := rule.Plan(row.ID, row.Team)
	if err != nil || plan.Skip != lookup.Asked {
		return plan, err
	}
	switch expr := row.Kwargs[names+"_lookup_pattern"].(type) {
	case string:
		if rule.Pattern, err = lookup.Compile(expr); err != nil {
			return lookup.Plan{}, err
		}
	default:
		if !isFalsy(expr) {
			return lookup.Plan{}, fmt.Errorf("pattern is a %T", expr)
		}
	}
	return rule.Plan(row.ID, row.Team)
}

func rowPath(kwargs map[string]any, kind string) (lookup.Prefix, lookup.Sep, error) {
	prefix, given := kwargs[kind+"_prefix"]
	if !given {
		prefix = map[string]string{"connections": "airflow/connections", "variables": "airflow/variables", "config": "airflow/config"}[kind]
	}
	if prefix == nil {
		return lookup.Disabled, "", nil
	}
	if isFalsy(prefix) {
		return lookup.NoPrefix, "", nil
	}
	path, ok := prefix.(string)
	if !ok {
		return "", "", fmt.Errorf("prefix is a %T", prefix)
	}
	sep, given := kwargs["sep"]
	switch sep := sep.(type) {
	case nil:
		if !given {
			return lookup.Prefix(path), "", nil
		}
		if path = strings.TrimRightFunc(path, isSpace); path == "" {
			return lookup.NoPrefix, "", nil
		}
		return lookup.Prefix(path + "None"), lookup.NoSep, nil
	case string:
		if sep == "" {
			return lookup.Prefix(path), lookup.NoSep, nil
		}
		return lookup.Prefix(path), lookup.Sep(sep), nil
	}
	return "", "", fmt.Errorf("sep is a %T", sep)
}

// isSpace is what str.rstrip strips.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// isFalsy reports whether Python takes a value, which was read from JSON, as false.
func isFalsy(value any) bool {
	doc, err := json.Marshal(value)
	return err == nil && slices.Contains([]string{"null", "false", "0", "-0", `""`, "[]", "{}"}, string(doc))
}
