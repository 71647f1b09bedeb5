package lookup

import (
	"context"
	"math"
	"sync/atomic"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// A bound is what many matches have together.
type bound struct {
	ctx  context.Context // of whoever asked for them
	left atomic.Int64    // units of the engine
}

// Within gives the same pattern to be matched against many ids for one asker: all its matches together may take as many steps as
// n that are given up, and none begins after ctx has ended. Each match from there on gives a *BudgetError whose Spent is true,
// but for the empty pattern, which takes no steps. A pattern that is bounded already gives itself: its first bound holds.
// To be bounded by ctx alone, give math.MaxInt.
//
// One match ends by itself in tenths of a second; Within is for a server that matches a stranger's pattern against a stranger's ids.
func (p *Pattern) Within(ctx context.Context, n int) *Pattern {
	if p == nil || p.bound != nil {
		return p
	}
	bounded := &Pattern{expr: p.expr, program: p.program, hunt: p.hunt, bound: &bound{ctx: ctx}}
	bounded.bound.left.Store(int64(min(max(n, 0), math.MaxInt64/pyre.Budget)) * pyre.Budget)
	return bounded
}

// take takes the budget of one match off what is left, so that matches at the same time do not spend it twice.
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
	p.bound.left.Add(int64(max(rest, 0))) // what it took beyond is not the next one's
	if rest < 0 {
		return false, &BudgetError{Expr: p.expr, Spent: budget < pyre.Budget}
	}
	return ok, nil
}
