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

// Env answers from environment variables, as Airflow's EnvironmentVariablesBackend does:
// AIRFLOW_CONN_ID and AIRFLOW_VAR_ID, with the id in upper case. For a team,
// AIRFLOW_CONN__TEAM___ID comes first. Env has no configuration options and reads no
// aliases in JSON, no secrets by name and no older versions, which are misses. The zero
// value reads the environment of the process.
type Env struct {
	MultiTeam bool                        // Airflow's [core] multi_team: an id with ___ is not looked up
	Dialect   connuri.Dialect             // how a connection is read
	Getenv    func(string) (string, bool) // nil is os.LookupEnv
}

var _ Source = Env{}

// Lookup answers from the environment, without blocking. The error is a
// *LookupError that names the variables asked for.
func (e Env) Lookup(ctx context.Context, q Query) (Answer, error) {
	failed := func(names []string, reason Reason, cause error) error {
		return &LookupError{Kind: q.Kind, ID: shownID(q.id()), Team: shownID(q.Team), Names: shownNames(names), Reason: reason, Err: cause, env: true, byName: q.Name != ""}
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
			continue // an empty variable of a team does not count
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
