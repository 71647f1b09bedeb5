package tune

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// A result is what tells which pages belong together: how many rows it says it has, and how many bytes its query read.
type result struct{ total, bytes int }

// pages are those of the results that say the same of themselves.
type pages struct {
	rows  int
	first int // pages with the header of Athena
	open  int // pages that another follows
	last  int // pages that none follows
}

// maxPages is how many pages are known again.
const maxPages = 100_000

// addPage notes a page of a result.
func (l *Usage) addPage(p page) {
	if p.state != "" && p.state != "FINISHED" {
		is := "a query's status is " + p.state + ", not FINISHED"
		if len(p.state) > maxKey || strings.Trim(p.state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" { // a terminal may obey it
			is = "a query's status is not FINISHED"
		}
		l.doubt(is + "; run it again")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages, l.pagesRead = map[result]*pages{}, map[uint64]bool{}
	}
	of := l.pages[p.result]
	if of == nil {
		of = &pages{}
		l.pages[p.result] = of
	}
	of.rows += p.rows
	if p.first {
		of.first++
	}
	if p.token {
		of.open++
	} else {
		of.last++
	}
	isWhole := p.first && !p.token || p.total > 0 && p.rows == p.total // that counts twice, as events do
	if p.sum == 0 || isWhole {
		return
	}
	if l.pagesRead[p.sum] {
		l.twice = true
	}
	if len(l.pagesRead) < maxPages {
		l.pagesRead[p.sum] = true
	}
}

// pageSeed makes the sums of pages. It is random, so that no input can have two pages of one sum on purpose.
var pageSeed = maphash.MakeSeed()

// addRow counts a row of the page. Rows that count calls make its sum: no other page of a result has the same ones.
func (p *page) addRow(rec *record) {
	p.rows++
	if !rec.holds(fieldCalls) {
		return
	}
	var h maphash.Hash
	h.SetSeed(pageSeed)
	for f := range fieldCount {
		if rec.holds(f) {
			_, _ = h.Write(append([]byte{byte(f)}, rec.text[f]...)) // which does not fail
			_ = h.WriteByte(0)
		}
	}
	p.sum = p.sum*31 + h.Sum64()
}

// doubt notes why a result is not all there is, or not what it should be.
func (l *Usage) doubt(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.doubts == nil {
		l.doubts = map[string]bool{}
	}
	l.doubts[why] = true
}

// incomplete says what the results lack that were read so far, or "".
func (l *Usage) incomplete() string {
	all := slices.Sorted(maps.Keys(l.doubts))
	if l.twice {
		all = append(all, "a page was read twice, so that its calls count twice; read each page of the result once")
	}
	isLess := func(a, b result) int { return cmp.Or(cmp.Compare(a.total, b.total), cmp.Compare(a.bytes, b.bytes)) }
	for _, of := range slices.SortedFunc(maps.Keys(l.pages), isLess) {
		p, total := l.pages[of], of.total
		switch {
		case total > 0 && (p.rows == 0 || p.rows%total != 0):
			all = append(all, fmt.Sprintf("%d of %d rows were read; read each page of the result once, following NextToken", p.rows, total))
		case total > 0 && p.last != p.rows/total:
			all = append(all, fmt.Sprintf("of %d rows, as many as there should be, some are another result's or were read twice; read each page of the result once, following NextToken", p.rows))
		case p.open > 0 && p.last < max(1, p.first):
			all = append(all, "the page with NextToken is not the last; read the pages that follow too")
		}
	}
	return strings.Join(all, "; ")
}
