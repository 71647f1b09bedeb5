package backend

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/pyupper"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Env answers from environment variables, as Airflow's EnvironmentVariablesBackend does. The
// variables are AIRFLOW_CONN_ID and AIRFLOW_VAR_ID, with the id in upper case. For a team,
// AIRFLOW_CONN__TEAM___ID and AIRFLOW_VAR__TEAM___ID come first. Configuration options, secrets
// by name and older versions are misses. Config.ExtraConnWords does not apply. The zero value
// reads the environment of the process.
type Env struct {
	MultiTeam bool                        // Airflow's [core] multi_team: an id that contains ___ is refused
	Dialect   connuri.Dialect             // how connections are parsed
	Getenv    func(string) (string, bool) // nil means os.LookupEnv
}

var _ Source = Env{}

// Lookup answers from the environment. It does not block. The error is a *LookupError whose
// Names are the variables.
func (e Env) Lookup(ctx context.Context, q Query) (Answer, error) {
	failed := func(names []string, reason Reason, cause error) error {
		return &LookupError{Kind: q.Kind, ID: lookup.ShownID(q.id()), Team: lookup.ShownID(q.Team), Names: shownNames(names), Reason: reason, Err: cause, env: true, byName: q.Name != ""}
	}
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return Answer{}, failed(nil, TimedOut, context.DeadlineExceeded)
	case err != nil:
		return Answer{}, failed(nil, Canceled, context.Canceled)
	}
	if q.Name != "" || q.Stage != "" && q.Stage != current[0] {
		return Answer{}, failed(nil, NoSecret, nil)
	}
	kind := ""
	switch q.Kind {
	case lookup.KindConnection:
		kind = "AIRFLOW_CONN_"
	case lookup.KindVariable:
		kind = "AIRFLOW_VAR_"
	default:
		return Answer{}, failed(nil, Disabled, nil)
	}
	if e.MultiTeam && strings.Contains(q.ID, "___") {
		return Answer{}, failed(nil, RefusedID, nil)
	}
	names := []string{kind + pyupper.Upper(q.ID)}
	if q.Team != "" {
		names = []string{kind + "_" + pyupper.Upper(q.Team) + "___" + pyupper.Upper(q.ID), names[0]}
	}
	for i, name := range names {
		text, ok := e.getenv(name)
		if !ok || text == "" && i < len(names)-1 {
			continue // Airflow ignores an empty variable of a team
		}
		answer := Answer{Text: connuri.NewSecret(text), Name: name, Source: SourceEnvironment}
		if q.Kind != lookup.KindConnection {
			return answer, nil
		}
		if text == "" {
			return Answer{}, failed(names[:i+1], EmptyConnection, nil)
		}
		c, err := e.Dialect.Parse(text)
		if err != nil {
			return Answer{}, failed(names[:i+1], Malformed, err)
		}
		c.ID = q.ID
		answer.Connection = c
		return answer, nil
	}
	return Answer{}, failed(names, NoSecret, nil)
}

func (e Env) getenv(name string) (string, bool) {
	if e.Getenv != nil {
		return e.Getenv(name)
	}
	return os.LookupEnv(name)
}
