package tune

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Dollars is what AWS charges.
type Dollars float64

// Price is what AWS charges for calls of the API: 5 cents for 10,000, also for those that find
// nothing.
func Price(calls int) Dollars { return Dollars(calls) * 0.05 / 10_000 }

// String gives dollars and cents.
func (d Dollars) String() string {
	if 0 < d && d < 0.005 {
		return "less than a cent"
	}
	return fmt.Sprintf("$%.2f", float64(d))
}

// A Report is what a Usage has counted.
type Report struct {
	Total Counts

	// Days is the number of days that the calls are spread over, see Config. It is 0 if that is
	// not known: no call has a time, or more than a twentieth of the times cannot be read.
	Days float64

	// Hours is what Month extrapolates from: the time from the first call to the last, or
	// Config.Days. It is 0 if Days is.
	Hours float64
	given bool // by Config.Days

	IDs        []ID  // the worst first: most calls that found nothing, then most calls
	Principals []Row // ROLE/SESSION, or the name of a user, most calls first
	Agents     []Row // user agents
	Sources    []Row // addresses
	ByDay      []Row // by date, in order
	Outside    []Row // names of secrets under no prefix, which are not ids

	Unknown Counts // calls that do not say what was asked for, as denied ones may not
	Others  Counts // calls for ids beyond the first 100,000

	Untimed int // calls of Total whose time cannot be read

	// Incomplete says what the query results that were read lack, such as a page. It is "" if
	// they are complete.
	Incomplete string

	Foreign int // records of other calls and services
	Broken  int // records that cannot be read

	// Batches are the calls of BatchGetSecretValue. CloudTrail also has a GetSecretValue for each
	// secret in them.
	Batches int

	OtherUsers int // calls by others than Config.User

	// OtherTimes are the calls before Config.Since, or at Config.Until and after. If one of these
	// is set, calls without a time count here too.
	OtherTimes int
}

// An ID is what was counted for one id.
type ID struct {
	Kind lookup.Kind
	ID   string // [redacted, not an id] for all text that may hold a secret
	Counts
	Exists bool // the secret is known to exist

	// Missing reports whether the secret never existed. Both are false for an id that was only
	// denied, or whose calls only failed.
	Missing bool
}

// leastHours is how long calls must span to say anything about a month.
const leastHours = 1

// Month is what calls of the Report's time cost in a month of 30 days. It is 0 if that is not
// known: Days is 0, or the calls span less than an hour and Config.Days is not set.
func (r Report) Month(calls int) Dollars {
	if r.Hours <= 0 || r.Hours < leastHours && !r.given {
		return 0
	}
	return Price(calls) * Dollars(30*24/r.Hours)
}

// Report gives what was counted so far.
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
