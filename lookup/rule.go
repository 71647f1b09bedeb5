package lookup

import "strings"

// A Prefix is the path that secret names of a kind begin with: Airflow's connections_prefix, variables_prefix, config_prefix. A
// trailing separator makes no difference, see [Sep]. "" is Airflow's default for the kind: airflow/connections,
// airflow/variables or airflow/config.
type Prefix string

// A Prefix that is no path. Both hold a sign that no secret name can.
const (
	NoPrefix Prefix = "<none>"     // the id is the whole name: Airflow's "", also 0, false and []
	Disabled Prefix = "<disabled>" // the kind is never looked up: Airflow's null
)

// A Sep stands between prefix and id: Airflow's sep. "" is Airflow's default, a slash.
//
// It also says which characters the prefix loses at its end, each on its own, as in Python's str.rstrip: with "-/" the prefix
// airflow/connections--/ becomes airflow/connections.
//
// Airflow's null strips white space instead, and prints itself: the names are airflow/connectionsNonemy_id. To
// follow it, write that prefix with NoSep.
type Sep string

// NoSep puts the id right behind the prefix, which loses nothing: Airflow's "".
const NoSep Sep = "<none>"

// A Rule says which secrets an id reaches. The zero Rule is Airflow's default for connections.
type Rule struct {
	Kind    Kind
	Prefix  Prefix
	Sep     Sep
	Pattern *Pattern // ids it does not match are not asked for; nil asks for all

	// MultiTeam is Airflow's core.multi_team. Ids that hold "--" are refused then, since they could be those
	// of another team. The path of a team is asked also without it.
	MultiTeam bool
}

// Plan says which secrets are asked for id, in order, until one is there; or why none is. team is the team that asks, "" if
// none: its own secret comes before the one for all. Airflow checks in the same order: prefix, team, pattern.
//
// The error is a *BudgetError. Where a pattern did not even compile, a Rule without it reports whether Airflow would have come
// so far: only if that Plan is not skipped does the lookup fail.
func (r Rule) Plan(id, team string) (Plan, error) {
	if r.Prefix == Disabled {
		return Plan{Skip: SkippedDisabled}, nil
	}
	if r.MultiTeam && strings.Contains(id, teamMark) {
		return Plan{Skip: SkippedTeam}, nil
	}
	if ok, err := r.Pattern.Match(id); err != nil {
		return Plan{}, err
	} else if !ok {
		return Plan{Skip: SkippedPattern}, nil
	}
	path := r.Path()
	if path == "" || team == "" || r.Kind == KindConfig {
		return Plan{Names: []string{path + id}}, nil
	}
	return Plan{Names: []string{path + team + teamMark + id, path + id}}, nil
}

// teamMark stands between team and id in the name of a team's secret.
const teamMark = "--"

// Path is what stands before the id in the name of a secret: prefix and separator, or "" where the prefix is NoPrefix,
// Disabled, or nothing but separators.
func (r Rule) Path() string {
	prefix, sep := r.prefix(), r.sep()
	if prefix = strings.TrimRight(prefix, sep); prefix == "" {
		return ""
	}
	return prefix + sep
}

func (r Rule) prefix() string {
	switch r.Prefix {
	case "":
		return r.Kind.prefix()
	case NoPrefix, Disabled:
		return ""
	}
	return string(r.Prefix)
}

func (r Rule) sep() string {
	switch r.Sep {
	case "":
		return "/"
	case NoSep:
		return ""
	}
	return string(r.Sep)
}
