package tune

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A page is what is known of one page of a query's result, or of lookup-events.
type page struct {
	result
	rows    int
	sum     uint64 // of the rows, 0 if they do not count calls
	columns seenColumns
	state   string
	first   bool // it has the header of Athena
	token   bool // it has a NextToken, so that another page follows
	events  bool // it has events, not rows
	seen    bool // it says how many rows there are, or how the query ended
}

// A result is what pages say of the result they belong to. Pages that say the same belong together.
type result struct {
	total, bytes int // rows in the result, bytes that its query read
	events       bool
}

// pages are those of one result.
type pages struct {
	rows    int
	first   int // pages with the header of Athena
	open    int // pages that another follows
	last    int // pages that none follows
	columns seenColumns
}

// maxPages is how many pages are recognized when they are read again.
const maxPages = 100_000

// addPage notes a page of a result.
func (l *Usage) addPage(p page) {
	if p.state != "" && p.state != "FINISHED" {
		is := "a query's status is " + p.state + ", not FINISHED"
		isWord := len(p.state) <= maxKey && strings.Trim(p.state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
		if !isWord { // a terminal may obey it
			is = "a query's status is not FINISHED"
		}
		l.doubt(is + "; run it again")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages, l.pagesRead = map[result]*pages{}, map[uint64]bool{}
	}
	p.result.events = p.events
	of := l.pages[p.result]
	if of == nil {
		of = &pages{}
		l.pages[p.result] = of
	}
	of.rows += p.rows
	of.columns.merge(p.columns)
	if p.first {
		of.first++
	}
	if p.token {
		of.open++
	} else {
		of.last++
	}
	isWhole := p.first && !p.token || p.total > 0 && p.rows == p.total
	if p.sum == 0 || isWhole { // a whole result counts as often as it is read, as events do
		return
	}
	if l.pagesRead[p.sum] {
		l.twice = true
	}
	if len(l.pagesRead) < maxPages {
		l.pagesRead[p.sum] = true
	}
}

// addRow counts a row of the page. The sum of a page is that of its rows that count calls, since no
// other page of a result has the same ones.
func (p *page) addRow(rec *record) {
	p.rows++
	p.columns.note(rec)
	if rec.holds(fieldCalls) {
		p.sum = p.sum*31 + rec.sum()
	}
}

// seenColumns is what rows of objects say about the columns of their result. An object may leave
// out NULL, so a single row does not say which columns there are.
type seenColumns struct {
	named   uint32 // a bit for each column of any row
	nulls   bool   // NULL is not left out
	message bool   // some row needs its error message
}

func (c *seenColumns) note(rec *record) {
	if rec.wrong {
		return
	}
	c.named |= rec.named
	c.message = c.message || hasMessage(string(rec.get(fieldCode)))
	for f := fieldName; f <= fieldLast; f++ {
		c.nulls = c.nulls || rec.names(f) && len(rec.get(f)) == 0
	}
}

func (c *seenColumns) merge(more seenColumns) {
	c.named |= more.named
	c.nulls = c.nulls || more.nulls
	c.message = c.message || more.message
}

// lacking says which column is missing that decides what a call was, or returns "".
func (c *seenColumns) lacking() string {
	const why = "a result lacks the column %s, without which a denied id may seem to be missing; " +
		"run the query as tune prints it"
	hasMessages := c.named&(1<<fieldMessage) != 0
	switch {
	case !hasMessages && (c.nulls || c.message):
		return fmt.Sprintf(why, "errorMessage")
	case c.named&(1<<fieldCode) == 0 && (c.nulls || hasMessages):
		return fmt.Sprintf(why, "errorCode")
	}
	return ""
}

// doubt notes why a result is incomplete, or not what it should be.
func (l *Usage) doubt(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.doubts == nil {
		l.doubts = map[string]bool{}
	}
	l.doubts[why] = true
}

// incomplete says what the results lack that were read so far, or returns "".
func (l *Usage) incomplete() string {
	all := slices.Sorted(maps.Keys(l.doubts))
	if l.twice {
		all = append(all, "a page was read twice, so that its calls count twice; read each page of the "+
			"result once")
	}
	isLess := func(a, b result) int {
		return cmp.Or(cmp.Compare(a.total, b.total), cmp.Compare(a.bytes, b.bytes))
	}
	for _, of := range slices.SortedFunc(maps.Keys(l.pages), isLess) {
		p, total := l.pages[of], of.total
		if why := p.columns.lacking(); why != "" && total > 0 {
			all = append(all, why)
		}
		switch {
		case total > 0 && (p.rows == 0 || p.rows%total != 0):
			all = append(all, fmt.Sprintf("%d of %d rows were read; read each page of the result once, "+
				"following NextToken", p.rows, total))
		case total > 0 && p.last != p.rows/total:
			all = append(all, fmt.Sprintf("of %d rows, as many as there should be, some are another "+
				"result's or were read twice; read each page of the result once, following NextToken", p.rows))
		case p.open > 0 && p.last < max(1, p.first):
			all = append(all, "the page with NextToken is not the last; read the pages that follow too")
		}
	}
	return strings.Join(all, "; ")
}
