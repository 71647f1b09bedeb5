package main

import (
	"encoding/json"
	"io"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// The JSON of -json. The command's doc promises its keys.
type (
	jsonAnswer struct {
		Days float64 `json:"days"`
		jsonCounts
		Dollars  float64 `json:"dollars"`
		Month    float64 `json:"dollars_a_month"`
		NotFound float64 `json:"not_found_dollars_a_month"`

		Untimed    int `json:"unreadable_times"`
		Unknown    int `json:"unknown_ids"`
		Foreign    int `json:"foreign"`
		Broken     int `json:"broken"`
		Batches    int `json:"batches"`
		OtherUsers int `json:"other_users"`
		OtherIDs   int `json:"other_ids"`
		OtherTimes int `json:"other_times"`

		Hours float64 `json:"extrapolated_from_hours"` // 0 if a month is not

		IDs        []jsonID  `json:"ids"`
		Principals []jsonRow `json:"principals"`
		Agents     []jsonRow `json:"user_agents"`
		Sources    []jsonRow `json:"sources"`
		ByDay      []jsonRow `json:"by_day"`
		Outside    []jsonRow `json:"outside"`

		Patterns []jsonPattern   `json:"patterns"`
		Denied   []jsonPattern   `json:"denied_patterns"`
		Kwargs   json.RawMessage `json:"backend_kwargs"`
		Partial  bool            `json:"partial"`
		Notes    []string        `json:"notes"`
		Nothing  string          `json:"nothing_to_suggest,omitempty"` // why not

		Guessed map[string]string `json:"guessed_prefixes"`
		Policy  *jsonPolicy       `json:"policy,omitempty"`
		Unused  *jsonUnused       `json:"unused,omitempty"`
	}
	jsonPolicy struct {
		Documents []json.RawMessage `json:"documents"`
		Grants    []jsonGrant       `json:"grants"`
		Notes     []string          `json:"notes"`
	}
	jsonGrant struct {
		Resource string   `json:"resource"`
		Used     int      `json:"used"`
		Opens    []string `json:"opens"`
		Says     string   `json:"says"`
	}
	jsonUnused struct {
		Days    int        `json:"days"`
		Dollars float64    `json:"dollars_a_month"`
		Secrets []jsonIdle `json:"secrets"`
	}
	jsonIdle struct {
		Name string `json:"name"`
		Last string `json:"last"`
	}
	jsonCounts struct {
		From     string `json:"from"`
		To       string `json:"to"`
		Calls    int    `json:"calls"`
		Found    int    `json:"found"`
		NotFound int    `json:"not_found"`
		Denied   int    `json:"denied"`
		Failed   int    `json:"failed"`
	}
	jsonRow struct {
		Name string `json:"name"`
		jsonCounts
	}
	jsonID struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
		jsonCounts
		Exists  bool `json:"exists"`
		Missing bool `json:"missing"`
	}
	jsonPattern struct {
		Kind    string   `json:"kind"`
		Of      string   `json:"of"`
		Pattern string   `json:"pattern"`
		Saved   int      `json:"saved_calls"`
		Dollars float64  `json:"saved_dollars_a_month"`
		Left    int      `json:"left_calls"`
		Hidden  []string `json:"hidden"`
		Doubt   []string `json:"doubt"`
		Failed  []string `json:"failed"`
		Runaway string   `json:"runaway,omitempty"` // an id with which the pattern hangs Airflow
	}
)

func (a answer) writeJSON(w io.Writer) error {
	doc := jsonAnswer{
		jsonCounts: counts(a.Total), Days: a.Days,
		Dollars:  float64(tune.Price(a.Total.Calls)),
		Month:    float64(a.Month(a.Total.Calls)),
		NotFound: float64(a.Month(a.Total.NotFound)),
		Untimed:  a.Untimed, Unknown: a.Unknown.Calls, Foreign: a.Foreign, Broken: a.Broken,
		Batches: a.Batches, OtherUsers: a.OtherUsers, OtherIDs: a.Others.Calls,
		OtherTimes: a.OtherTimes,
		IDs:        []jsonID{}, Principals: rows(a.Principals), Agents: rows(a.Agents),
		Sources: rows(a.Sources), ByDay: rows(a.ByDay), Outside: rows(a.Outside),
		Patterns: []jsonPattern{}, Denied: []jsonPattern{}, Kwargs: a.paste, Partial: a.partial,
		Notes: list(a.warnings), Guessed: map[string]string{},
	}
	for _, id := range a.IDs {
		kind := id.Kind.String()
		doc.IDs = append(doc.IDs, jsonID{kind, id.ID, counts(id.Counts), id.Exists, id.Missing})
	}
	for _, t := range a.trials {
		doc.Patterns = append(doc.Patterns, a.jsonPattern(t))
	}
	for _, t := range a.denied {
		doc.Denied = append(doc.Denied, a.jsonPattern(t))
	}
	for _, g := range a.guesses {
		doc.Guessed[kwargs.Stem(g.Kind)+"_prefix"] = string(g.Prefix)
	}
	if a.Month(1) > 0 {
		doc.Hours = a.Hours
	}
	if len(a.trials) == 0 {
		doc.Nothing = a.nothing()
	}
	doc.Policy, doc.Unused = a.jsonPolicy(), a.jsonUnused()
	text, err := encoded(doc, "  ")
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

func (a answer) jsonPattern(t trial) jsonPattern {
	return jsonPattern{
		t.Kind.String(), t.of, t.Pattern.String(), t.Saved, float64(a.Month(t.Saved)), t.Left,
		list(t.Hidden), list(t.Doubt), list(t.Failed), hangsOn(t.Trial),
	}
}

func (a answer) jsonPolicy() *jsonPolicy {
	if a.policy == nil {
		return nil
	}
	p := jsonPolicy{Grants: []jsonGrant{}, Notes: list(a.policy.Notes)}
	for _, doc := range a.policy.Documents {
		p.Documents = append(p.Documents, json.RawMessage(doc))
	}
	for _, g := range a.policy.Grants {
		p.Grants = append(p.Grants, jsonGrant{g.Resource, g.Used, list(g.Opens), g.String()})
	}
	return &p
}

func (a answer) jsonUnused() *jsonUnused {
	if a.unused == nil {
		return nil
	}
	idle := a.unused.idle
	u := jsonUnused{a.unused.days, float64(tune.IdlePrice(len(idle))), []jsonIdle{}}
	for _, i := range idle {
		u.Secrets = append(u.Secrets, jsonIdle(i))
	}
	return &u
}

func counts(c tune.Counts) jsonCounts {
	return jsonCounts{c.First, c.Last, c.Calls, c.Found, c.NotFound, c.Denied, c.Failed}
}

func rows(all []tune.Row) []jsonRow {
	out := make([]jsonRow, 0, len(all))
	for _, row := range all {
		out = append(out, jsonRow{row.Name, counts(row.Counts)})
	}
	return out
}

// list is never null.
func list(all []string) []string { return append([]string{}, all...) }

// hangsOn gives an id with which the pattern hangs Airflow, or "".
func hangsOn(t tune.Trial) string {
	if t.Runaway == nil {
		return ""
	}
	return t.Runaway.ID
}
