package backend

import (
	"cmp"
	"context"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Config has a field for each of Airflow's backend_kwargs that decide which secrets are asked
// for and how they are read. The other fields are the settings of a service. The zero value
// means Airflow's defaults.
type Config struct {
	// The prefixes. "" means airflow/connections, airflow/variables and airflow/config.
	// lookup.NoPrefix (Airflow's "") asks for the bare id; lookup.Disabled (Airflow's null)
	// never asks. For secrets of another account, write their ARN up to the id.
	ConnectionsPrefix lookup.Prefix
	VariablesPrefix   lookup.Prefix
	ConfigPrefix      lookup.Prefix

	// The lookup patterns are Python regular expressions. An id is asked for only if the
	// pattern of its kind matches at the beginning of the id. "" matches every id. MWAA uses
	// lookup.MWAAPattern for connections until a user sets backend_kwargs.
	ConnectionsLookupPattern string
	VariablesLookupPattern   string
	ConfigLookupPattern      string

	Sep            lookup.Sep        // between prefix and id: "" means a slash, lookup.NoSep nothing
	ExtraConnWords connuri.ConnWords // more names for the keys of JSON secrets; must not be changed later
	MultiTeam      bool              // Airflow's [core] multi_team: an id that contains -- is refused
	Dialect        connuri.Dialect   // how connections are parsed; zero means as in an Airflow 3 task

	// URLEncoded decodes the values of JSON secrets once, as are_secret_values_urlencoded
	// does in providers before 9.0; see connuri.URLEncoded.
	URLEncoded bool
	// NoTeams, if set, makes every lookup for a team fail with this text as the reason. It is
	// for providers before 9.34.0, which treat teams in ways that this package does not
	// follow. Such a provider looks up an id that contains --, so MultiTeam is ignored.
	NoTeams string

	// Timeout limits a lookup with all its calls and retries. 0 means 15 seconds. Without a
	// limit, a lookup in a VPC that has no route to AWS hangs for a minute and a half.
	Timeout time.Duration

	// Cache keeps answers in memory. The zero value keeps none, as Airflow's workers do.
	Cache CachePolicy

	// RotationBudget is how long UseConnection keeps trying while logins are refused. 0 means
	// 30 seconds. If it is negative, UseConnection refreshes the secret once.
	RotationBudget time.Duration
	// TryPrevious makes UseConnection also try the previous version of the secret, for
	// databases that learn a new password later than AWS does.
	TryPrevious bool

	// Observe is called after every lookup and every background refresh, in the goroutine
	// that made it. It should return quickly and must not panic. It must be safe for
	// concurrent use: one LookupAll may call it from several goroutines, in any order.
	// LogTo makes an observer and ObserveAll combines several. Nil costs nothing.
	Observe func(context.Context, Event)
}

func (c *Config) timeout() time.Duration { return cmp.Or(c.Timeout, 15*time.Second) }

// Parse parses the text of a secret as a lookup of a connection does, and as
// SecretsManagerBackend.get_connection does once it has the text. The errors are those of
// connuri.ConnWords.Parse.
func (c Config) Parse(text string) (connuri.Connection, error) {
	if c.URLEncoded {
		return connuri.URLEncoded(c.ExtraConnWords).Parse(c.Dialect, text)
	}
	return c.ExtraConnWords.Parse(c.Dialect, text)
}

// standardize converts a text as SecretsManagerBackend.get_conn_value does.
func (c *Config) standardize(text string) (string, error) {
	if c.URLEncoded {
		return connuri.URLEncoded(c.ExtraConnWords).Standardize(text)
	}
	return c.ExtraConnWords.Standardize(text)
}

// Rule returns the rule that maps ids of a kind to names of secrets. A test can pass it to
// package lookuptest. If the lookup pattern does not compile, the Pattern of the rule is nil
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
