package tune

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pages are those of the results that say how many rows they have in all. Nothing else tells which pages belong together.
type pages struct {
	rows int
	open int // pages that another follows
	last int // pages that none follows
}

// addPage notes a page of a result.
func (l *Log) addPage(p page) {
	if p.state != "" && p.state != "FINISHED" {
		l.doubt("a query's status is " + strings.ToValidUTF8(clip(p.state), "") + ", not FINISHED; run it again")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages = map[int]*pages{}
	}
	of := l.pages[p.total]
	if of == nil {
		of = &pages{}
		l.pages[p.total] = of
	}
	of.rows += p.rows
	if p.token {
		of.open++
	} else {
		of.last++
	}
}

// doubt notes why a result is not all there is, or not what it should be.
func (l *Log) doubt(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.doubts == nil {
		l.doubts = map[string]bool{}
	}
	l.doubts[why] = true
}

// incomplete says what the results lack that were read so far, or "".
func (l *Log) incomplete() string {
	all := slices.Sorted(maps.Keys(l.doubts))
	for _, total := range slices.Sorted(maps.Keys(l.pages)) {
		p := l.pages[total]
		switch {
		case total > 0 && p.rows == 0, total > 0 && p.rows%total != 0:
			all = append(all, fmt.Sprintf("%d of %d rows were read; read each page of the result once, following NextToken", p.rows, total))
		case p.open > 0 && p.last == 0:
			all = append(all, "the page with NextToken is not the last; read the pages that follow too")
		}
	}
	return strings.Join(all, "; ")
}
