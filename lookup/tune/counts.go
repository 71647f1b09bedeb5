package tune

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Counts has the numbers of calls by outcome, and the times of the first and last call.
type Counts struct {
	Calls, Found, NotFound, Denied, Failed int

	First, Last string // RFC 3339, in UTC; "" if no call has a time
}

// countsOf returns the counts of n calls that are alike.
func countsOf(e *Event, n int, last string) Counts {
	c := Counts{Calls: n, First: cmp.Or(e.Time, last), Last: max(e.Time, last)}
	switch e.Outcome {
	case Found:
		c.Found = n
	case NotFound:
		c.NotFound = n
	case Denied:
		c.Denied = n
	default:
		c.Failed = n
	}
	return c
}

func (c *Counts) add(more *Counts) {
	c.Calls += more.Calls
	c.Found += more.Found
	c.NotFound += more.NotFound
	c.Denied += more.Denied
	c.Failed += more.Failed
	if more.First != "" && (c.First == "" || more.First < c.First) {
		c.First = more.First
	}
	c.Last = max(c.Last, more.Last)
}

// remove subtracts calls. The times stay until the last call is removed.
func (c *Counts) remove(less *Counts) {
	c.Calls -= less.Calls
	c.Found -= less.Found
	c.NotFound -= less.NotFound
	c.Denied -= less.Denied
	c.Failed -= less.Failed
	if c.Calls <= 0 {
		*c = Counts{}
	}
}

// A Row has the counts of one caller, user agent, address, day or name.
type Row struct {
	Name string
	Counts
}

// others is the name of the row for names that a table has no room for.
const others = "(others)"

// A table counts by name.
type table map[string]*Counts

func (t *table) add(name string, more *Counts) {
	if *t == nil {
		*t = table{}
	}
	c := (*t)[name]
	if c == nil && len(name) > maxLabel {
		name = clip(name)
		c = (*t)[name]
	}
	if c == nil {
		if len(*t) >= maxRows {
			name = others
		}
		if c = (*t)[name]; c == nil {
			c = &Counts{}
			(*t)[strings.Clone(name)] = c
		}
	}
	c.add(more)
}

// rows returns the rows of the table, most calls first.
func (t table) rows() []Row {
	rows := make([]Row, 0, len(t))
	for _, name := range slices.Sorted(maps.Keys(t)) {
		rows = append(rows, Row{name, *t[name]})
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Calls, a.Calls) })
	return rows
}
