package lookup

import (
	"context"
	"sync/atomic"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// A bound is what many matches have together.
type bound struct {
	ctx  context.Context // of whoever asked for them
	left atomic.Int64    // units of the engine
}

// Within gives the same pattern to be matched against many ids for one asker: all its matches together may take as many steps as
// n that are given up, and none begins after ctx has ended. Each match from there on gives a *BudgetError whose Spent is true.
// A pattern that is bounded already keeps its bound.
//
// One match ends by itself in tenths of a second; Within is for a server that matches a stranger's pattern against a stranger's ids.
func (p *Pattern) Within(ctx context.Context, n int) *Pattern {
	if p == nil || p.bound != nil {
		return p
	}
	bounded := &Pattern{expr: p.expr, program: p.program, bound: &bound{ctx: ctx}}
	bounded.bound.left.Store(int64(n) * pyre.Budget)
	return bounded
}

func (p *Pattern) matchWithin(id string) (bool, error) {
	left := int(min(p.bound.left.Load(), pyre.Budget))
	if left <= 0 || p.bound.ctx.Err() != nil {
		return false, &BudgetError{Expr: p.expr, Spent: true}
	}
	ok, rest := p.program.MatchWithin(id, left)
	p.bound.left.Add(int64(max(rest, 0) - left)) // what it took beyond is not the next one's
	if rest < 0 {
		return false, &BudgetError{Expr: p.expr, Spent: left < pyre.Budget}
	}
	return ok, nil
}
