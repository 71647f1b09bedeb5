package lookup

import (
	"context"
	"math"
	"sync/atomic"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// A bound is the limit that many matches share.
type bound struct {
	ctx  context.Context // the context of the caller of Within
	left atomic.Int64    // units of the engine
}

// Within returns the pattern with a limit for all its matches together: n times the 2^23 steps of
// one match. Once they are used up, or ctx has ended, each further match returns a *BudgetError
// whose Spent is true. The empty pattern takes no steps and always matches. A pattern that has a
// limit is returned as it is. To limit matches by ctx alone, use math.MaxInt for n.
//
// A single match ends by itself within tenths of a second. Within is for a server that matches
// patterns from strangers against ids from strangers.
func (p *Pattern) Within(ctx context.Context, n int) *Pattern {
	if p == nil || p.bound != nil {
		return p
	}
	bounded := &Pattern{expr: p.expr, program: p.program, hunt: p.hunt, bound: &bound{ctx: ctx}}
	bounded.bound.left.Store(int64(min(max(n, 0), math.MaxInt64/pyre.Budget)) * pyre.Budget)
	return bounded
}

// take reserves the budget of one match, so that concurrent matches do not spend it twice.
func (b *bound) take() (budget int64) {
	for {
		left := b.left.Load()
		budget = min(left, pyre.Budget)
		if b.left.CompareAndSwap(left, left-budget) {
			return budget
		}
	}
}

func (p *Pattern) matchWithin(id string) (bool, error) {
	if err := p.bound.ctx.Err(); err != nil {
		return false, &BudgetError{Expr: p.expr, Spent: true, ended: err}
	}
	budget := p.bound.take()
	if budget == 0 {
		return false, &BudgetError{Expr: p.expr, Spent: true}
	}
	ok, rest := p.program.MatchWithin(id, int(budget))
	p.bound.left.Add(int64(max(rest, 0))) // a match that went over its budget does not charge the next one
	if rest < 0 {
		return false, &BudgetError{Expr: p.expr, Spent: budget < pyre.Budget}
	}
	return ok, nil
}
