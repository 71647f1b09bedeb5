package setup

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Versions are the releases whose rules are followed when a configuration is read. Load,
// ParseKwargs and ParseMWAA are both methods and functions. The functions use the zero value.
//
// An empty version is unknown and means the newest; ParseMWAA takes it from the environment.
// The package doc says what depends on the versions.
//
//	s, err := setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}.Load(os.Environ(), setup.Server)
type Versions struct {
	Airflow  string // the version of apache-airflow, such as 2.10.3
	Provider string // the version of apache-airflow-providers-amazon, such as 8.28.0
}

// release is the first two numbers of a version.
type release struct{ major, minor int }

// newest comes after every release.
var newest = release{major: 1 << 30}

func (r release) before(major, minor int) bool {
	return r.major < major || r.major == major && r.minor < minor
}

// given says that the program chose the version.
const given = "as given"

// releaseOf parses a version. It ignores a leading v and everything after the second number.
func releaseOf(version string) (r release, ok bool) {
	const digits = "0123456789"
	if version == "" {
		return newest, true
	}
	if len(version) > 32 || strings.Trim(version, digits+"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_") != "" {
		return release{}, false // messages show only versions that pass this
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	second := rest[:len(rest)-len(strings.TrimLeft(rest, digits))]
	major, wrong := strconv.ParseUint(first, 10, 16)
	minor, wrong2 := strconv.ParseUint(second, 10, 16)
	return release{int(major), int(minor)}, wrong == nil && wrong2 == nil
}

// rules says everything that depends on the versions. No other code compares versions.
type rules struct {
	versions Versions
	dialect  connuri.Dialect
	words    string // for Settings.Rules
	warnings []Warning

	// Of Airflow.
	workers   bool // [workers] secrets_backend is read
	single    bool // one kwarg may have a variable of its own
	multiTeam bool // [core] multi_team is read

	// Of the provider.
	patterns bool   // it has lookup patterns
	dropped  bool   // it reads the kwargs that 9.0 dropped
	noTeams  string // for backend.Config.NoTeams; "" if it treats teams as this package does
}

// rules returns the rules of v. The arguments describe where its versions come from.
func (v Versions) rules(airflowFrom, providerFrom string) (rules, error) {
	airflow, ok := releaseOf(v.Airflow)
	dialect, err := connuri.DialectOf(v.Airflow)
	if !ok || v.Airflow != "" && errors.Is(err, connuri.ErrField) {
		return rules{}, refusal("Versions.Airflow", "value", "the version of Airflow is not a version", "write numbers such as 2.10.3")
	}
	provider, ok := releaseOf(v.Provider)
	if !ok {
		return rules{}, refusal("Versions.Provider", "value", "the version of the provider is not a version", "write numbers such as 9.34.0")
	}
	r := rules{
		versions: v, dialect: dialect,
		workers: !airflow.before(3, 0), single: !airflow.before(3, 2), multiTeam: !airflow.before(3, 2),
		patterns: !provider.before(7, 3), dropped: provider.before(9, 0), noTeams: v.noTeams(provider),
	}
	n := &notes{}
	if errors.Is(err, errors.ErrUnsupported) {
		n.warn("", "version", "Airflow %s reads JSON as TaskSDK but a URI as airflow.models, and here both are read as TaskSDK; store connections as JSON, or upgrade to 3.2", v.Airflow)
	}
	if provider.before(7, 0) {
		n.warn("", "version", "provider %s reads JSON secrets only if full_url_mode is false, and by older rules, but here they are read as in 7.0; upgrade the provider", v.Provider)
	}
	if !provider.before(9, 27) && provider.before(9, 34) {
		n.warn("", "version", "provider %s never looks up an id such as red--pg, but here it is looked up; rename such ids, or upgrade to 9.34.0", v.Provider)
	}
	r.warnings = n.warnings
	if v != (Versions{}) {
		r.words = fmt.Sprintf("connections are read as %s (%s); kwargs as %s", dialect,
			orNewest("Airflow", v.Airflow, airflowFrom), orNewest("amazon provider", v.Provider, providerFrom))
	}
	return r, nil
}

// settings returns the settings that no kwarg changes.
func (r rules) settings() Settings {
	return Settings{Backend: backend.Config{Dialect: r.dialect}, Versions: r.versions, Rules: r.words, Warnings: slices.Clone(r.warnings)}
}

// orNewest describes which version counts, and why.
func orNewest(what, version, from string) string {
	if version == "" {
		return "the newest " + what + ", since its version is unknown"
	}
	return what + " " + version + ", " + from
}

// noTeams describes how a provider treats teams. It returns "" for 9.34.0 and later, which
// this package follows.
func (v Versions) noTeams(provider release) string {
	does := ""
	switch {
	case provider.before(9, 19):
		does = "does not support teams"
	case provider.before(9, 26):
		does = "accepts a team and ignores it"
	case provider.before(9, 27):
		does = "looks for the secrets of a team only under PREFIX/TEAM/ID"
	case provider.before(9, 34):
		does = "lets a team ask for the secrets of another team by an id such as red--pg"
	default:
		return ""
	}
	return fmt.Sprintf("amazon provider %s %s; ask without a team, or upgrade the provider to 9.34.0", v.Provider, does)
}
