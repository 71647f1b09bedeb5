package lookup

import "strings"

// A Prefix is the path with which the names of a kind's secrets begin: Airflow's
// connections_prefix, variables_prefix or config_prefix. A trailing separator makes no difference,
// see [Sep]. "" is Airflow's default for the kind: airflow/connections, airflow/variables or
// airflow/config.
type Prefix string

// Prefixes that are not paths. Both contain a character that the name of a secret cannot.
const (
	NoPrefix Prefix = "<none>"     // the id is the whole name: Airflow's "", also 0, false and []
	Disabled Prefix = "<disabled>" // the kind is never looked up: Airflow's null
)

// A Sep is the text between prefix and id: Airflow's sep. "" is Airflow's default, a slash.
//
// Each character of it is also stripped from the end of the prefix, as Python's str.rstrip does:
// with "-/" the prefix airflow/connections--/ becomes airflow/connections.
//
// A sep of null makes Airflow strip white space instead, and write None as the separator: the names
// are airflow/connectionsNonemy_id. To get those names, put None at the end of the prefix and use
// NoSep.
type Sep string

// NoSep puts the id directly after the prefix and strips nothing from the prefix: Airflow's "".
const NoSep Sep = "<none>"

// A Rule says which secrets are looked up for an id. The zero Rule is Airflow's default for
// connections.
type Rule struct {
	Kind    Kind
	Prefix  Prefix
	Sep     Sep
	Pattern *Pattern // an id that it does not match is not looked up; nil matches every id

	// MultiTeam is Airflow's core.multi_team. It refuses ids that contain "--", because they could
	// be those of another team. A team's secret is asked for even if MultiTeam is false.
	MultiTeam bool
}

// Plan returns the names of the secrets to ask for id, in order until one exists, or the reason why
// none is asked. team is the team that asks, or "" for none; its own secret comes before the global
// one. The checks come in Airflow's order: prefix, team, pattern.
//
// The error is a *BudgetError. If a pattern does not compile, the Plan of the Rule without it says
// whether Airflow would reach the pattern: the lookup fails unless that Plan is skipped.
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

// teamMark separates team and id in the name of a team's secret.
const teamMark = "--"

// Path returns what comes before the id in the name of a secret: prefix and separator, or "" if the
// prefix is NoPrefix, Disabled or consists only of separators.
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
