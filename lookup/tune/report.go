package tune

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Dollars is an amount that AWS charges.
type Dollars float64

// Price returns what AWS charges for API calls: 5 cents for 10,000, whether or not they find a
// secret.
func Price(calls int) Dollars { return Dollars(calls) * 0.05 / 10_000 }

// String formats d in dollars and cents: "$1.50", or "less than a cent".
func (d Dollars) String() string {
	if 0 < d && d < 0.005 {
		return "less than a cent"
	}
	return fmt.Sprintf("$%.2f", float64(d))
}

// A Report has what a Usage counted.
type Report struct {
	Total Counts

	// Days is how many days the calls cover; see Config.Days. It is 0 if that is not known: no call
	// has a time, or more than a twentieth of the times cannot be read.
	Days float64

	// Hours is what Month extrapolates from: the time from the first call to the last, or
	// Config.Days. It is 0 if Days is.
	Hours float64
	given bool // by Config.Days

	IDs        []ID  // most calls of outcome NotFound first, then most calls
	Principals []Row // ROLE/SESSION, or the name of a user, most calls first
	Agents     []Row // user agents
	Sources    []Row // addresses
	ByDay      []Row // one for each date, in order
	Outside    []Row // names under no prefix, so they are not ids

	Unknown Counts // calls that do not say what was asked for, such as some denied ones
	Others  Counts // calls for ids beyond the first 100,000

	Untimed int // calls of Total whose time cannot be read

	// Incomplete says what is missing from the query results that were read, such as a page. It is
	// "" if they are complete.
	Incomplete string

	Foreign int // records of other calls and services
	Broken  int // records that cannot be read

	// Batches counts the calls of BatchGetSecretValue. CloudTrail also has a GetSecretValue event
	// for each secret in a batch.
	Batches int

	OtherUsers int // calls by callers other than Config.User

	// OtherTimes counts the calls before Config.Since, and those at or after Config.Until. If Since
	// or Until is set, calls without a time count here too.
	OtherTimes int
}

// An ID has what was counted for one id.
type ID struct {
	Kind lookup.Kind
	ID   string // [redacted, not an id] for text that may hold a secret
	Counts
	Exists bool // the secret is known to exist

	// Missing reports whether the secret was not found and nothing suggests that it exists. Exists
	// and Missing are both false if calls for the id were denied or failed, and nothing else is
	// known.
	Missing bool
}

// leastHours is how long calls must span to say anything about a month.
const leastHours = 1

// Month returns what a number of the Report's calls costs when extrapolated to a month of 30 days.
// It returns 0 if that is not known: Days is 0, or the calls span less than an hour and Config.Days
// is not set.
func (r Report) Month(calls int) Dollars {
	if r.Hours <= 0 || r.Hours < leastHours && !r.given {
		return 0
	}
	return Price(calls) * Dollars(30*24/r.Hours)
}

// Report returns what was counted so far.
func (l *Usage) Report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Report{
		Total: l.total, Days: l.days(), Hours: l.hours(), given: l.cfg.Days > 0,
		Unknown: l.unknown, Others: l.others,
		Principals: l.by.principals.rows(), Agents: l.by.agents.rows(),
		Sources: l.by.sources.rows(),
		ByDay:   l.by.days.rows(), Outside: l.by.outside.rows(),
		Untimed: l.untimed, Incomplete: l.incomplete(),
		Foreign: l.skipped.foreign, Broken: l.skipped.broken, Batches: l.skipped.batches,
		OtherUsers: l.skipped.users, OtherTimes: l.skipped.times,
	}
	slices.SortFunc(r.ByDay, func(a, b Row) int { return cmp.Compare(a.Name, b.Name) })
	for key, e := range l.ids {
		if e.Calls > 0 {
			r.IDs = append(r.IDs, ID{key.kind, key.id, e.Counts, e.exists, e.missing()})
		}
	}
	slices.SortFunc(r.IDs, func(a, b ID) int {
		return cmp.Or(
			cmp.Compare(b.NotFound, a.NotFound), cmp.Compare(b.Calls, a.Calls),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind),
		)
	})
	return r
}

// days is how many days the calls span, at least 1.
func (l *Usage) days() float64 {
	if l.cfg.Days > 0 || !l.isTimed() {
		return l.cfg.Days
	}
	return max(1, float64(seconds(l.total.Last)-seconds(l.total.First))/86400)
}

func (l *Usage) hours() float64 {
	if l.cfg.Days > 0 || !l.isTimed() {
		return 24 * l.cfg.Days
	}
	return float64(seconds(l.total.Last)-seconds(l.total.First)) / 3600
}

// isTimed reports whether the times of the calls say how long these took: at most a twentieth of
// the times cannot be read.
func (l *Usage) isTimed() bool {
	return l.total.First != "" && 20*l.untimed <= l.total.Calls
}
