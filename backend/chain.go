package backend

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Chain asks sources one after the other until one has an answer, whose Source
// says which. Airflow's order is Secrets Manager, then the environment:
//
//	both := backend.Chain(b, backend.Env{})
//
// As in Airflow any failure leads to the next source, a denial too unless that
// source is FailClosed; only the end of the context ends the search. When nobody
// answers the error has the errors of all. It is ErrNotFound only where it is for
// every source, and errors.As finds the *LookupError that tells most.
//
// The result is a Backend so that all short forms are there. Secret, Plan and
// List, which only Secrets Manager knows, are asked of the first Backend among
// the sources. Each source keeps its own cache and observer.
func Chain(sources ...Source) *Backend {
	c := &Backend{client: nobody{}}
	for i := range c.rules {
		c.rules[i].Rule = lookup.Rule{Kind: lookup.Kind(i), Prefix: lookup.Disabled}
	}
	for _, source := range sources {
		source, _ := parts(source)
		if b, ok := source.(*Backend); ok {
			*c = *b
			break
		}
	}
	c.cache = nil
	c.chain = append(make([]Source, 0, len(sources)), sources...)
	return c
}

// nobody is the client of a chain without Secrets Manager.
type nobody struct{}

func (nobody) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return nil, errors.ErrUnsupported
}

// FailClosed is a source whose denials end a Chain: what may not be read there is
// not taken from the next source.
func FailClosed(source Source) Source { return failClosed{source} }

type failClosed struct{ Source }

// parts gives the source itself, and whether its denials count.
func parts(source Source) (Source, bool) {
	if closed, ok := source.(failClosed); ok {
		return closed.Source, true
	}
	return source, false
}

func (b *Backend) askChain(ctx context.Context, q Query) (Answer, error) {
	return b.eachSource(ctx, q, Source.Lookup)
}

// askChainValue is askChain for the value of a connection as Airflow hands it on.
func (b *Backend) askChainValue(ctx context.Context, q Query) (string, error) {
	answer, err := b.eachSource(ctx, q, func(source Source, ctx context.Context, q Query) (Answer, error) {
		if asked, ok := source.(*Backend); ok {
			value, err := asked.connValue(ctx, q)
			return Answer{Text: connuri.NewSecret(value)}, err
		}
		return source.Lookup(ctx, q)
	})
	return answer.Text.Reveal(), err
}

func (b *Backend) refreshChain(ctx context.Context, q Query) (Answer, error) {
	return b.eachSource(ctx, q, func(source Source, ctx context.Context, q Query) (Answer, error) {
		if kept, ok := source.(interface {
			Refresh(context.Context, Query) (Answer, error)
		}); ok {
			return kept.Refresh(ctx, q)
		}
		return source.Lookup(ctx, q)
	})
}

func (b *Backend) eachSource(ctx context.Context, q Query, ask func(Source, context.Context, Query) (Answer, error)) (Answer, error) {
	q = b.own(q)
	var errs []error
	for _, source := range b.chain {
		if err := ctx.Err(); err != nil {
			return Answer{}, b.gaveUp(q, err)
		}
		source, closed := parts(source)
		answer, err := ask(source, ctx, q)
		if err == nil {
			return answer, nil
		}
		errs = append(errs, err)
		if closed && isDenied(err) {
			break
		}
	}
	return Answer{}, b.nobodyAnswers(q, errs)
}

// allOfChain is LookupAll: each source is asked for all that those before it did
// not have.
func (b *Backend) allOfChain(ctx context.Context, kind lookup.Kind, ids []string, yield func(Answer, error) bool) {
	answers := make([]Answer, len(ids))
	errs := make([][]error, len(ids))
	open := make([]int, len(ids)) // indices of ids
	for i := range open {
		open[i] = i
	}
	for _, source := range b.chain {
		source, closed := parts(source)
		var still []int
		n := 0
		for answer, err := range allOf(ctx, source, b.team, kind, ids, open) {
			i := open[n]
			n++
			if answers[i] = answer; err != nil {
				errs[i] = append(errs[i], err)
				if !closed || !isDenied(err) {
					still = append(still, i)
				}
			} else {
				errs[i] = nil
			}
		}
		open = still
		if ctx.Err() != nil {
			break
		}
	}
	for i, id := range ids {
		var err error
		if len(errs[i]) > 0 || len(b.chain) == 0 {
			err = b.nobodyAnswers(b.own(Query{Kind: kind, ID: id}), errs[i])
		}
		if !yield(answers[i], err) {
			return
		}
	}
}

// allOf asks one source for some of ids.
func allOf(ctx context.Context, source Source, team string, kind lookup.Kind, ids []string, some []int) iter.Seq2[Answer, error] {
	if b, ok := source.(*Backend); ok {
		if team != "" {
			b = b.Team(team)
		}
		wanted := make([]string, len(some))
		for n, i := range some {
			wanted[n] = ids[i]
		}
		return b.LookupAll(ctx, kind, wanted)
	}
	return func(yield func(Answer, error) bool) {
		for _, i := range some {
			if !yield(source.Lookup(ctx, Query{Kind: kind, ID: ids[i], Team: team})) {
				return
			}
		}
	}
}

func isDenied(err error) bool {
	failed, ok := errors.AsType[*LookupError](err)
	return ok && (failed.Reason == Denied || failed.Reason == KMSDenied)
}

func (b *Backend) nobodyAnswers(q Query, errs []error) error {
	switch len(errs) {
	case 0:
		return b.failed(q, nil, Disabled, nil)
	case 1:
		return errs[0]
	}
	return &chainError{errs: errs}
}

// chainError is why no source of a Chain has an answer.
type chainError struct{ errs []error }

func (e *chainError) Error() string {
	texts := make([]string, len(e.errs))
	for i, err := range e.errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap gives the errors that tell most first: those that Airflow would raise,
// those that it swallows. Misses are left out beside them, since a caller who is
// told ErrNotFound takes a default.
func (e *chainError) Unwrap() []error {
	var raised, swallowed, missed []error
	for _, err := range e.errs {
		failed, ok := errors.AsType[*LookupError](err)
		switch {
		case errors.Is(err, ErrNotFound):
			missed = append(missed, err)
		case ok && failed.Swallowed():
			swallowed = append(swallowed, err)
		default:
			raised = append(raised, err)
		}
	}
	if told := append(raised, swallowed...); len(told) > 0 {
		return told
	}
	return missed
}
