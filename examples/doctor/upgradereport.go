package main

import (
	"cmp"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Upgrade reports what an upgrade of Airflow does to connections.
type Upgrade struct {
	From        string     `json:"from"`
	To          string     `json:"to"`
	Compared    int        `json:"compared"` // the number of connections
	Stop        int        `json:"stop"`     // how many of them stop working
	Change      int        `json:"change"`
	Start       int        `json:"start"`
	Same        int        `json:"same"`
	Neither     int        `json:"neither"`           // how many neither version gives to a task
	Connections []Affected `json:"connections"`       // those that stop, change or start, by effect and id
	Unreadable  []Affected `json:"unreadable"`        // those that neither version reads, by id
	Python      []string   `json:"depends_on_python"` // ids of connections for which Python matters
	NotCompared []Unread   `json:"not_compared"`      // by reason
	Notes       []string   `json:"notes"`
	Checks      []Check    `json:"checks"` // those that warn or fail
	Calls       int        `json:"calls"`  // to Secrets Manager

	before, after connuri.Reading
	which         string           // the calls in words
	unread        map[omission]int // :: reason → its index in NotCompared
}

// Affected is a connection with the reasons why it is in a report.
type Affected struct {
	ID      string         `json:"id"`
	Effect  connuri.Effect `json:"effect,omitempty"` // of the upgrade
	Reasons []Reason       `json:"reasons"`
}

// Reason is a finding of package connuri.
type Reason struct {
	Rule    string `json:"rule"`
	Field   string `json:"field"`
	Problem string `json:"problem"`
	Do      string `json:"do"`
}

// Unread is the connections that were not compared for one reason.
type Unread struct {
	Reason  string   `json:"reason"`
	Do      string   `json:"do,omitempty"`
	Unknown bool     `json:"unknown"` // the upgrade may affect them
	Count   int      `json:"count"`
	IDs     []string `json:"ids"`
}

// omission is why a connection was not compared.
type omission struct {
	why, do string
	unknown bool
}

func newUpgradeReport(u *upgrade) *Upgrade {
	return &Upgrade{
		From: u.from, To: u.to, Connections: []Affected{}, Unreadable: []Affected{}, Python: []string{},
		NotCompared: []Unread{}, Checks: append([]Check{}, u.check()...),
		Notes: []string{
			"Only connections change: variables and configuration options are the same text in every version.",
			"A new image also has another Python and another provider, which can matter: see the " +
				"documentation of connuri.",
		},
		unread: map[omission]int{},
	}
}

// readBy sets how connections are read before and after the upgrade.
func (r *Upgrade) readBy(before, after connuri.Reading) {
	r.before, r.after = before, after
	if before.Dialect == after.Dialect && before.URLEncoded == after.URLEncoded {
		r.Notes = append(r.Notes, "Both versions read connections by the same rules, so only another Python "+
			"could make a difference.")
	}
}

// take compares a connection.
func (r *Upgrade) take(id string, text connuri.Secret) {
	r.Compared++
	secret := text.Reveal()
	if connuri.DependsOnPython(secret) {
		r.Python = append(r.Python, shownID(id))
	}
	effect, found := r.before.Compare(secret, r.after)
	a := Affected{ID: shownID(id), Effect: effect}
	switch effect {
	case connuri.Same:
		if found = r.after.Refused(secret); found == nil {
			r.Same++
			return
		}
		r.Neither++
	case connuri.Stops:
		r.Stop++
	case connuri.Changes:
		r.Change++
	case connuri.Starts:
		r.Start++
	}
	for _, f := range found {
		a.Reasons = append(a.Reasons, Reason{f.Rule, f.Field, f.Problem, f.Instead})
	}
	if effect == connuri.Same {
		r.Unreadable = append(r.Unreadable, a)
	} else {
		r.Connections = append(r.Connections, a)
	}
}

// leave counts a connection that is not compared.
func (r *Upgrade) leave(id string, reason omission) {
	key := omission{why: reason.why, unknown: reason.unknown}
	at, known := r.unread[key]
	if !known {
		at = len(r.NotCompared)
		r.unread[key] = at
		left := Unread{Reason: reason.why, Do: reason.do, Unknown: reason.unknown}
		r.NotCompared = append(r.NotCompared, left)
	}
	left := &r.NotCompared[at]
	left.Count++
	left.IDs = append(left.IDs, shownID(id))
}

// shownID returns an id as it may be shown. Text that cannot be an id is redacted, since it may be
// a misplaced connection string.
func shownID(text string) string {
	if text == "" {
		return `""`
	}
	if cannotBeID(text) {
		return lookup.RedactedID
	}
	return text
}

// effects in the order in which they are shown.
var effects = []connuri.Effect{connuri.Stops, connuri.Changes, connuri.Starts}

// finish sorts the report.
func (r *Upgrade) finish() {
	slices.SortStableFunc(r.Connections, func(a, b Affected) int {
		byEffect := cmp.Compare(slices.Index(effects, a.Effect), slices.Index(effects, b.Effect))
		return cmp.Or(byEffect, cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(r.Unreadable, func(a, b Affected) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(r.Python)
	if r.Compared > 0 && r.Neither == r.Compared {
		r.Checks = append(r.Checks, Check{Name: secrets, Status: Failed,
			Seen: "neither version reads any of these texts as a connection",
			Do:   "check whether they are the texts of connections"})
	}
	slices.SortStableFunc(r.NotCompared, func(a, b Unread) int { return cmp.Compare(a.Reason, b.Reason) })
	for _, left := range r.NotCompared {
		slices.Sort(left.IDs)
	}
	printable(r.Checks)
}

// unknown returns how many connections the upgrade may affect that were not compared.
func (r *Upgrade) unknown() (n int) {
	for _, left := range r.NotCompared {
		if left.Unknown {
			n += left.Count
		}
	}
	return n
}

// code is the exit code. 0 means that no connection stops.
func (r *Upgrade) code() int {
	failed := slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Status == Failed })
	if failed || r.Stop > 0 || r.unknown() > 0 {
		return 1
	}
	return 0
}
