package backend

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Chain asks its sources in order until one has the answer. Answer.Source names that source.
// NewChain makes a Chain. It is safe for concurrent use.
//
// As in Airflow, any failure leads to the next source, except a denial by a source that is
// wrapped in FailClosed. If the context ends, the search ends. If no source answers, the error
// joins the errors of all of them. It is ErrNotFound only if each of them is, and errors.As
// finds the most informative *LookupError.
//
// Each source has its own cache and observer.
type Chain struct {
	sources []link
	team    string
	rotates Config // of the first Backend, for UseConnection
}

// link is a source in a Chain.
type link struct {
	Source
	closed bool // a denial by this source ends the search
}

// NewChain makes a Chain that asks the sources in this order. Airflow's order is Secrets
// Manager, then the environment:
//
//	both := backend.NewChain(b, backend.Env{})
func NewChain(sources ...Source) *Chain {
	c := &Chain{}
	found := false
	for _, source := range sources {
		l := link{Source: source}
		if closed, ok := source.(failClosed); ok {
			l = link{closed.Source, true}
		}
		if !found {
			switch s := l.Source.(type) {
			case *Backend:
				c.rotates, found = s.cfg, true
			case *Chain:
				c.rotates, found = s.rotates, len(s.sources) > 0
			}
		}
		c.sources = append(c.sources, l)
	}
	return c
}

// FailClosed wraps a source so that its denials, Denied and KMSDenied, end the search of a
// Chain: the next source does not answer in place of a secret that may not be read. Every
// other failure still leads to the next source.
func FailClosed(source Source) Source {
	if _, already := source.(failClosed); already {
		return source
	}
	return failClosed{source}
}

type failClosed struct{ Source }

// Team returns the view of one team. The name "" means no team.
func (c *Chain) Team(name string) *Chain {
	team := *c
	team.team = name
	return &team
}

func (c *Chain) asTeam(q Query) Query {
	if q.Team == "" {
		q.Team = c.team
	}
	return q
}

// Lookup asks the sources in order. The error is a *LookupError or joins several of them.
func (c *Chain) Lookup(ctx context.Context, q Query) (Answer, error) {
	return c.each(ctx, q, func(_ int, s Source, q Query) (Answer, error) { return s.Lookup(ctx, q) })
}

// Refresh asks the sources in order, each by its Refresh method if it has one, otherwise by
// Lookup.
func (c *Chain) Refresh(ctx context.Context, q Query) (Answer, error) {
	return c.each(ctx, q, func(_ int, s Source, q Query) (Answer, error) {
		return refresh(ctx, s, q)
	})
}

func refresh(ctx context.Context, s Source, q Query) (Answer, error) {
	if kept, ok := s.(interface {
		Refresh(context.Context, Query) (Answer, error)
	}); ok {
		return kept.Refresh(ctx, q)
	}
	return s.Lookup(ctx, q)
}

// Invalidate calls Invalidate of each source that has it; see Backend.Invalidate.
func (c *Chain) Invalidate(q Query) {
	for _, l := range c.sources {
		if kept, ok := l.Source.(interface{ Invalidate(Query) }); ok {
			kept.Invalidate(c.asTeam(q))
		}
	}
}

// GetConnection returns the connection conn_id.
func (c *Chain) GetConnection(ctx context.Context, id string) (connuri.Connection, error) {
	answer, err := c.Lookup(ctx, Query{Kind: lookup.KindConnection, ID: id})
	return answer.Connection, err
}

// GetConnValue returns the text of a connection as Airflow's get_conn_value does; see
// Backend.GetConnValue.
func (c *Chain) GetConnValue(ctx context.Context, id string) (string, error) {
	return c.connValue(ctx, Query{Kind: lookup.KindConnection, ID: id})
}

func (c *Chain) connValue(ctx context.Context, q Query) (string, error) {
	answer, err := c.each(ctx, q, func(_ int, s Source, q Query) (Answer, error) {
		if valued, ok := s.(interface {
			connValue(context.Context, Query) (string, error)
		}); ok {
			value, err := valued.connValue(ctx, q)
			return Answer{Text: connuri.NewSecret(value)}, err
		}
		return s.Lookup(ctx, q)
	})
	return answer.Text.Reveal(), err
}

// GetVariable returns the text of a variable. "" is a value.
func (c *Chain) GetVariable(ctx context.Context, key string) (string, error) {
	answer, err := c.Lookup(ctx, Query{Kind: lookup.KindVariable, ID: key})
	return answer.Text.Reveal(), err
}

// UnmarshalJSONVariable decodes a variable that holds JSON into what v points to; see
// Backend.UnmarshalJSONVariable.
func (c *Chain) UnmarshalJSONVariable(ctx context.Context, key string, v any) error {
	q := c.asTeam(Query{Kind: lookup.KindVariable, ID: key})
	answer, err := c.Lookup(ctx, q)
	if err != nil {
		return err
	}
	if err := unmarshalJSON(answer.Text.Reveal(), v); err != nil {
		return nobody.failed(&q, []string{answer.Name}, Malformed, err)
	}
	return nil
}

// GetConfig returns the text of a configuration option.
func (c *Chain) GetConfig(ctx context.Context, key string) (string, error) {
	answer, err := c.Lookup(ctx, Query{Kind: lookup.KindConfig, ID: key})
	return answer.Text.Reveal(), err
}

// UseConnection is Backend.UseConnection over all sources. Config.RotationBudget and
// Config.TryPrevious are those of the first Backend among them.
func (c *Chain) UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error {
	l := login{
		q: Query{Kind: lookup.KindConnection, ID: id}, use: use, budget: c.rotates.rotationBudget(), tryPrevious: c.rotates.TryPrevious,
		lookup: c.Lookup, mark: func() any { return c.marks() },
		refresh: func(ctx context.Context, q Query, marks any, current connuri.Secret) (Answer, error) {
			return c.refreshForLogin(ctx, q, marks.([]any), current)
		},
	}
	return l.through(ctx)
}

// marks returns the mark of each source, nil for those that have none.
func (c *Chain) marks() []any {
	marks := make([]any, len(c.sources))
	for i, l := range c.sources {
		switch s := l.Source.(type) {
		case *Backend:
			marks[i] = s.mark()
		case *Chain:
			marks[i] = s.marks()
		}
	}
	return marks
}

func (c *Chain) refreshForLogin(ctx context.Context, q Query, marks []any, current connuri.Secret) (Answer, error) {
	return c.each(ctx, q, func(i int, s Source, q Query) (Answer, error) {
		switch s := s.(type) {
		case *Backend:
			return s.refreshForLogin(ctx, q, marks[i].(uint64), current, c.rotates.rotationBudget())
		case *Chain:
			return s.refreshForLogin(ctx, q, marks[i].([]any), current)
		}
		return refresh(ctx, s, q)
	})
}

// each calls ask for one source after the other, until one answers.
func (c *Chain) each(ctx context.Context, q Query, ask func(int, Source, Query) (Answer, error)) (Answer, error) {
	q = c.asTeam(q)
	var errs []error
	for i, l := range c.sources {
		if err := ctx.Err(); err != nil {
			return Answer{}, nobody.gaveUp(&q, nil, err)
		}
		answer, err := ask(i, l.Source, q)
		if err == nil {
			return answer, nil
		}
		errs = append(errs, err)
		if l.closed && isDenied(err) {
			break
		}
	}
	return Answer{}, joined(&q, errs)
}

// LookupAll is Backend.LookupAll over the sources. Each source is asked for all ids that the
// sources before it did not have. The first answer is yielded once all sources have been
// asked.
func (c *Chain) LookupAll(ctx context.Context, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		found := c.lookupAll(ctx, kind, ids)
		for i, id := range ids {
			var err error
			if !found[i].ok {
				q := c.asTeam(Query{Kind: kind, ID: id})
				err = joined(&q, found[i].errs)
			}
			if !yield(found[i].answer, err) {
				return
			}
		}
	}
}

// chained is the result for one id so far.
type chained struct {
	answer Answer
	ok     bool
	errs   []error
}

// lookupAll asks the sources for ids. The results are in the order of ids.
func (c *Chain) lookupAll(ctx context.Context, kind lookup.Kind, ids []string) []chained {
	found := make([]chained, len(ids))
	open := make([]int, len(ids)) // the indices of ids to ask the next source for
	for i := range open {
		open[i] = i
	}
	for _, l := range c.sources {
		wanted := make([]string, len(open))
		for n, i := range open {
			wanted[n] = ids[i]
		}
		var still []int
		n := 0
		for answer, err := range l.lookupAll(ctx, c.team, kind, wanted) {
			i := open[n]
			n++
			if err == nil {
				found[i].answer, found[i].ok = answer, true
				continue
			}
			found[i].errs = append(found[i].errs, err)
			if !l.closed || !isDenied(err) {
				still = append(still, i)
			}
		}
		if open = still; ctx.Err() != nil {
			break
		}
	}
	return found
}

// lookupAll asks one source for ids, in batches if it can.
func (l link) lookupAll(ctx context.Context, team string, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	switch s := l.Source.(type) {
	case *Backend:
		if team != "" {
			s = s.Team(team)
		}
		return s.LookupAll(ctx, kind, ids)
	case *Chain:
		if team != "" {
			s = s.Team(team)
		}
		return s.LookupAll(ctx, kind, ids)
	}
	return func(yield func(Answer, error) bool) {
		for _, id := range ids {
			if !yield(l.Lookup(ctx, Query{Kind: kind, ID: id, Team: team})) {
				return
			}
		}
	}
}

// nobody makes the errors that do not come from a source of the Chain.
var nobody = &Backend{}

// isDenied reports whether the error of a source is a denial or contains one.
func isDenied(err error) bool {
	if several, ok := err.(*chainError); ok { //nolint:errorlint // a nested Chain returns it unwrapped
		return slices.ContainsFunc(several.errs, isDenied)
	}
	failed, ok := errors.AsType[*LookupError](err)
	return ok && (failed.Reason == Denied || failed.Reason == KMSDenied)
}

// joined returns the error of a query that no source answered.
func joined(q *Query, errs []error) error {
	switch len(errs) {
	case 0:
		return nobody.failed(q, nil, Disabled, plainError("the chain has no sources; pass some to NewChain"))
	case 1:
		return errs[0]
	}
	return &chainError{errs: errs}
}
