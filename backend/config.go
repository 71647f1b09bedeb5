package backend

import (
	"cmp"
	"context"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Config is the part of Airflow's backend_kwargs that decides what is asked and
// how it is read, a field for each, and what a service wants besides. The zero
// value is Airflow's defaults.
type Config struct {
	// The prefixes: "" is airflow/connections, airflow/variables and
	// airflow/config; lookup.NoPrefix asks for the bare id (Airflow's ""),
	// lookup.Disabled never asks (Airflow's null). A prefix may be an ARN up to
	// the id, for secrets of another account.
	ConnectionsPrefix lookup.Prefix
	VariablesPrefix   lookup.Prefix
	ConfigPrefix      lookup.Prefix

	// The lookup patterns, Python regular expressions: an id that its pattern
	// does not match from its beginning on is never asked for. "" matches all.
	// MWAA's own default, which a user's backend_kwargs replace whole, is
	// ^(?!aws_default$).*$ for connections.
	ConnectionsLookupPattern string
	VariablesLookupPattern   string
	ConfigLookupPattern      string

	Sep            lookup.Sep      // between prefix and id: "" is a slash, lookup.NoSep is nothing
	ExtraConnWords connuri.Words   // further names for the keys of JSON secrets; not to be changed later
	MultiTeam      bool            // Airflow's [core] multi_team: an id with -- is not looked up
	Dialect        connuri.Dialect // how a connection is read: as an Airflow 3 task does, unless said otherwise

	// Timeout is how long a lookup may take, all its calls and retries together;
	// 0 means 15 seconds. A VPC without a route to AWS would else hang for a
	// minute and a half.
	Timeout time.Duration

	// Cache keeps answers in memory. The zero value keeps nothing, as Airflow's
	// workers do.
	Cache CachePolicy

	// RotationBudget is how long UseConnection goes on trying while logins are
	// refused; 0 means 30 seconds, negative refreshes once and no more.
	RotationBudget time.Duration
	// TryPrevious lets UseConnection try the version before the current one as
	// well, for databases that learn a new password later than AWS does.
	TryPrevious bool

	// Observe is told of every lookup, in the goroutine that made it or in that
	// of a refresh ahead of time; it should be quick. LogTo makes one. An
	// unset one costs nothing.
	Observe func(context.Context, Event)
}

func (c *Config) timeout() time.Duration { return cmp.Or(c.Timeout, 15*time.Second) }

// Rule is the rule by which ids of a kind reach secrets, for tests of lookup patterns
// with lookuptest. Its Pattern is nil if the lookup pattern does not compile; then the
// error is a *lookup.PatternError.
func (c Config) Rule(kind lookup.Kind) (lookup.Rule, error) {
	r := lookup.Rule{Kind: kind, Sep: c.Sep, MultiTeam: c.MultiTeam}
	expr := ""
	switch kind {
	case lookup.Connection:
		r.Prefix, expr = c.ConnectionsPrefix, c.ConnectionsLookupPattern
	case lookup.Variable:
		r.Prefix, expr = c.VariablesPrefix, c.VariablesLookupPattern
	case lookup.Config:
		r.Prefix, expr = c.ConfigPrefix, c.ConfigLookupPattern
	default:
		return r, errNoKind
	}
	pattern, err := lookup.Compile(expr)
	r.Pattern = pattern
	return r, err
}
