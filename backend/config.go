package backend

import (
	"cmp"
	"context"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Config has a field for each of Airflow's backend_kwargs that decide what is asked for
// and how it is read, and the settings of a service. The zero value means Airflow's
// defaults.
type Config struct {
	// The prefixes. "" is airflow/connections, airflow/variables and airflow/config.
	// lookup.NoPrefix asks for the id alone (Airflow's ""); lookup.Disabled never asks
	// (Airflow's null). A prefix may be an ARN up to the id, for secrets of another
	// account.
	ConnectionsPrefix lookup.Prefix
	VariablesPrefix   lookup.Prefix
	ConfigPrefix      lookup.Prefix

	// The lookup patterns, Python regular expressions. An id is asked for only if its
	// pattern matches at the beginning of the id. "" matches every id. MWAA's default
	// for connections is lookup.MWAAPattern, until a user sets backend_kwargs.
	ConnectionsLookupPattern string
	VariablesLookupPattern   string
	ConfigLookupPattern      string

	Sep            lookup.Sep        // between prefix and id: "" is a slash, lookup.NoSep is nothing
	ExtraConnWords connuri.ConnWords // further names for the keys of JSON secrets; not to be changed later
	MultiTeam      bool              // Airflow's [core] multi_team: an id with -- is not looked up
	Dialect        connuri.Dialect   // how a connection is read: as an Airflow 3 task does, unless said otherwise

	// URLEncoded decodes the values of JSON secrets once, as are_secret_values_urlencoded
	// does in providers before 9.0; see connuri.URLEncoded.
	URLEncoded bool
	// NoTeams makes every lookup for a team fail, with these words as the reason: what a
	// provider before 9.34.0 does with a team, which this package does not do. Such a
	// provider looks up an id with --, whatever MultiTeam is. "" allows teams.
	NoTeams string

	// Timeout is how long a lookup may take, with all its calls and retries; 0 means
	// 15 seconds. Without it, a VPC that has no route to AWS hangs for a minute and a
	// half.
	Timeout time.Duration

	// Cache keeps answers in memory. The zero value keeps nothing, as Airflow's
	// workers do.
	Cache CachePolicy

	// RotationBudget is how long UseConnection keeps trying while logins are refused;
	// 0 means 30 seconds. If it is negative, UseConnection refreshes once.
	RotationBudget time.Duration
	// TryPrevious makes UseConnection try the previous version of the secret as well,
	// for databases that learn a new password later than AWS does.
	TryPrevious bool

	// Observe is told of every lookup and every background refresh, at once and in the
	// goroutine that made it. It should return quickly, and it must be safe for
	// concurrent use: one LookupAll may call it from several goroutines, in any order.
	// It must not panic.
	// LogTo makes an observer and ObserveAll combines several. Nil costs nothing.
	Observe func(context.Context, Event)
}

func (c *Config) timeout() time.Duration { return cmp.Or(c.Timeout, 15*time.Second) }

// Parse reads the text of a secret as a lookup of a connection does:
// SecretsManagerBackend.get_connection from the moment it has the text. The errors are
// those of connuri.ConnWords.Parse.
func (c Config) Parse(text string) (connuri.Connection, error) {
	if c.URLEncoded {
		return connuri.URLEncoded(c.ExtraConnWords).Parse(c.Dialect, text)
	}
	return c.ExtraConnWords.Parse(c.Dialect, text)
}

// standardize returns what SecretsManagerBackend.get_conn_value makes of a text.
func (c *Config) standardize(text string) (string, error) {
	if c.URLEncoded {
		return connuri.URLEncoded(c.ExtraConnWords).Standardize(text)
	}
	return c.ExtraConnWords.Standardize(text)
}

// Rule returns the rule by which ids of a kind reach secrets, for tests of lookup
// patterns with lookuptest. If the lookup pattern does not compile, the Pattern is nil
// and the error is a *lookup.PatternError.
func (c Config) Rule(kind lookup.Kind) (lookup.Rule, error) {
	r := lookup.Rule{Kind: kind, Sep: c.Sep, MultiTeam: c.MultiTeam && c.NoTeams == ""}
	expr := ""
	switch kind {
	case lookup.KindConnection:
		r.Prefix, expr = c.ConnectionsPrefix, c.ConnectionsLookupPattern
	case lookup.KindVariable:
		r.Prefix, expr = c.VariablesPrefix, c.VariablesLookupPattern
	case lookup.KindConfig:
		r.Prefix, expr = c.ConfigPrefix, c.ConfigLookupPattern
	default:
		return r, errNoKind
	}
	pattern, err := lookup.Compile(expr)
	r.Pattern = pattern
	return r, err
}
