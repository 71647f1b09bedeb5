package backend

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// LoginRefused marks the error of a login that was refused for its user or
// password, for UseConnection to look for newer ones. nil stays nil.
func LoginRefused(err error) error {
	if err == nil {
		return nil
	}
	return &loginRefused{err}
}

type loginRefused struct{ err error }

func (e *loginRefused) Error() string { return e.err.Error() }
func (e *loginRefused) Unwrap() error { return e.err }

// The first and the longest wait between two tries of UseConnection.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 4 * time.Second
)

// UseConnection logs in with a connection whose password may be rotated at any
// time. It calls use with the connection, and again while use returns
// LoginRefused: first with what AWS has now, then, as a database and AWS learn of
// a new password seconds apart, after ever longer waits until
// Config.RotationBudget is spent. With Config.TryPrevious the version before is
// tried as well, once each. Any other outcome of use ends it and is returned as
// it is.
//
// use is called at most some fifteen times; mind databases that lock an account
// before that. With a cache all callers share what they read, so that a
// rotation costs calls by its length and not by their number.
//
// When the budget is spent the last error of use is returned; where a refused
// login finds no secret any more, that error and Lookup's.
func (b *Backend) UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error {
	q := b.own(Query{Kind: lookup.Connection, ID: id})
	answer, err := b.Lookup(ctx, q)
	if err != nil {
		return err
	}
	mark := b.cache.now()
	refusal := use(ctx, answer.Connection)
	if !isRefused(refusal) {
		return refusal
	}
	var (
		end      = time.Now().Add(b.cfg.rotationBudget())
		tried    = answer.Text
		previous connuri.Secret
	)
	for round := 0; ; round++ {
		// What anyone read since the last try began will do.
		since := mark
		answer, err := b.refreshed(ctx, q, since)
		mark = b.cache.now()
		switch {
		case err != nil && !isOutage(err):
			return errors.Join(refusal, err)
		case err == nil && (round > 0 || !answer.Text.Equal(tried)):
			tried = answer.Text
			if refusal = use(ctx, answer.Connection); !isRefused(refusal) {
				return refusal
			}
		}
		if b.cfg.TryPrevious {
			before := q
			before.Stage = "AWSPREVIOUS"
			answer, err := b.refreshed(ctx, before, since)
			if err == nil && !answer.Text.Equal(tried) && !answer.Text.Equal(previous) {
				previous = answer.Text
				if refusal = use(ctx, answer.Connection); !isRefused(refusal) {
					return refusal
				}
			}
		}
		wait := min(firstWait<<min(round, 5), longestWait)
		wait -= time.Duration(rand.Int64N(int64(wait / 4)))
		if left := time.Until(end); left <= 0 {
			return refusal
		} else if wait > left {
			wait = left
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(refusal, b.gaveUp(q, ctx.Err()))
		}
	}
}

func (c *Config) rotationBudget() time.Duration { return cmp.Or(c.RotationBudget, 30*time.Second) }

func isRefused(err error) bool {
	_, ok := errors.AsType[*loginRefused](err)
	return ok
}

func isOutage(err error) bool {
	failed, ok := errors.AsType[*LookupError](err)
	return ok && failed.Reason.traits().memory == outage
}
