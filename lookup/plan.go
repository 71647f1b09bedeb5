package lookup

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Plan lists the secrets that a lookup asks for, which are the SecretIds of its GetSecretValue
// calls in Airflow's order, or says why it makes no call.
type Plan struct {
	Names []string // each is asked for only if those before it do not exist
	Skip  Reason   // why Names is empty
}

// String describes the plan in words.
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

// A Reason is why a lookup makes no call. Airflow returns None for each of them.
type Reason uint8

// The reasons. Asked means that the lookup makes a call.
const (
	Asked           Reason = iota // not skipped
	SkippedDisabled               // the kind's prefix is null
	SkippedTeam                   // multi_team is on and the id contains "--"
	SkippedPattern                // the kind's lookup pattern does not match the id
)

// String returns the reason in words.
func (r Reason) String() string {
	switch r {
	case SkippedDisabled:
		return "lookups of this kind are disabled: the prefix is null"
	case SkippedTeam:
		return `the id contains "--", which multi_team reserves for the secrets of teams`
	case SkippedPattern:
		return "the lookup pattern does not match the id"
	}
	return "asked"
}
