package lookup

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Plan is what a lookup asks: the SecretIds of its GetSecretValue calls in Airflow's order, or why there is no call.
type Plan struct {
	Names []string // the next one is asked only if the one before is not there
	Skip  Reason   // why there are none
}

// String explains the plan in words.
func (p Plan) String() string {
	if p.Skip != Asked {
		return "skipped: " + p.Skip.String()
	}
	names := make([]string, len(p.Names))
	for i, name := range p.Names {
		names[i] = shown.Printable(name)
	}
	return "asks " + strings.Join(names, ", then ")
}

// A Reason is why a lookup asks nothing. Airflow answers None for each of them, without a call.
type Reason uint8

// The reasons, and Asked for none.
const (
	Asked           Reason = iota // it does ask
	SkippedDisabled               // the kind's prefix is null
	SkippedTeam                   // multi_team is on and the id holds "--"
	SkippedPattern                // the kind's lookup pattern does not match the id
)

// String says the reason in words.
func (r Reason) String() string {
	switch r {
	case SkippedDisabled:
		return "lookups of this kind are disabled, the prefix is null"
	case SkippedTeam:
		return `the id holds "--", which multi_team keeps for the paths of teams`
	case SkippedPattern:
		return "the lookup pattern does not match the id"
	}
	return "asked"
}
