package backend

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// LoginRefused marks the error of a login that was refused because of its user or password,
// so that UseConnection looks for newer ones. It returns nil if err is nil.
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

// UseConnection logs in with a connection whose password may be rotated at any time. It calls
// use with the connection. If use returns an error that is marked with LoginRefused,
// UseConnection reads the secret from AWS and calls use again. It repeats this with
// increasing waits until Config.RotationBudget is spent, since a database and AWS learn of a
// new password seconds apart. With Config.TryPrevious it also tries each previous version
// once. It returns any other result of use unchanged.
//
// UseConnection calls use up to about 15 times. Some databases lock an account before that.
//
// With a cache, all callers share the calls to AWS. While logins are refused, a secret is
// asked for at most once a second, and its previous version at most twice a minute, or once a
// second during an outage. This holds for any number of callers. So a login may learn of a new
// password one second late. When an earlier password becomes the current one again, it may learn
// of the new previous version half a minute late. A login always makes a call if the budget or
// the context leaves it less than a second, or if the cache cannot keep the secret for a second
// because of its TTL or MaxBytes.
//
// When the budget is spent, UseConnection returns the last error of use. If the secret cannot
// be read after a refused login, and this is not an outage, it returns that error joined with
// the error of the lookup.
func (b *Backend) UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error {
	l := login{
		q: Query{Kind: lookup.KindConnection, ID: id}, use: use, budget: b.cfg.rotationBudget(), tryPrevious: b.cfg.TryPrevious,
		lookup: b.Lookup, mark: func() any { return b.mark() },
		refresh: func(ctx context.Context, q Query, mark any, current connuri.Secret) (Answer, error) {
			return b.refreshForLogin(ctx, q, mark.(uint64), current, b.cfg.rotationBudget())
		},
	}
	return l.through(ctx)
}

// login is one call of UseConnection, of a Backend or a Chain.
type login struct {
	q           Query
	use         func(context.Context, connuri.Connection) error
	budget      time.Duration
	tryPrevious bool

	lookup func(context.Context, Query) (Answer, error)
	mark   func() any // returns the sequence number of the last call; several for a Chain
	// refresh returns an answer from a call that began after mark. current is the text of
	// AWSCURRENT as the login knows it.
	refresh func(ctx context.Context, q Query, mark any, current connuri.Secret) (Answer, error)

	tried      []connuri.Secret // the current text and the previous one, as they were tried last
	previousTo connuri.Secret   // the current text at the time when the previous one was read
	err        error            // the result of the last call of use
}

func (l *login) through(ctx context.Context) error {
	answer, err := l.lookup(ctx, l.q)
	if err != nil {
		return err
	}
	mark := l.mark()
	l.tried = []connuri.Secret{answer.Text, {}}
	if !l.refused(ctx, answer) {
		return l.err
	}
	end := time.Now().Add(l.budget)
	for round := 0; ; round++ {
		since := mark // accept what any login has read since the last try began
		answer, err := l.refresh(ctx, l.q, since, l.tried[0])
		mark = l.mark()
		switch {
		case err != nil && !isOutage(err):
			return errors.Join(l.err, err)
		case err == nil && (round > 0 || !answer.Text.Equal(l.tried[0])):
			l.tried[0] = answer.Text
			if !l.refused(ctx, answer) {
				return l.err
			}
		}
		if l.tryPrevious && !l.previousTo.Equal(l.tried[0]) && !l.previousRefused(ctx, since) {
			return l.err
		}
		left := time.Until(end)
		if left <= 0 {
			return l.err
		}
		wait := min(firstWait<<min(round, 5), longestWait)
		wait -= time.Duration(rand.Int64N(int64(wait / 4)))
		select {
		case <-time.After(min(wait, left)):
		case <-ctx.Done():
			return errors.Join(l.err, nobody.gaveUp(&l.q, nil, ctx.Err()))
		}
	}
}

// refused calls use with an answer. It reports whether the login was refused.
func (l *login) refused(ctx context.Context, answer Answer) bool {
	l.err = l.use(ctx, answer.Connection)
	return isRefused(l.err)
}

// previousRefused calls use with the version before the current one, unless that text was
// tried already. It reports false if this login was not refused.
func (l *login) previousRefused(ctx context.Context, since any) bool {
	q := l.q
	q.Stage = previousStage
	answer, err := l.refresh(ctx, q, since, l.tried[0])
	if err == nil || !isOutage(err) {
		l.previousTo = l.tried[0]
	}
	if err != nil || answer.Text.Equal(l.tried[0]) || answer.Text.Equal(l.tried[1]) {
		return true
	}
	l.tried[1] = answer.Text
	return l.refused(ctx, answer)
}

const previousStage = "AWSPREVIOUS"

// refreshPause is the shortest time between two calls for a secret while logins are refused.
const refreshPause = time.Second

// refreshForLogin is refreshSince for a login that was refused. However many logins are
// refused, it makes at most one call for a secret in each refreshPause, and for each current
// text one call for the previous version in each previousLife. Failed calls count. A login
// with less time left than refreshPause always makes a call, since it will not try again.
func (b *Backend) refreshForLogin(ctx context.Context, q Query, mark uint64, current connuri.Secret, budget time.Duration) (Answer, error) {
	if deadline, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(deadline))
	}
	isPrevious := q.Stage == previousStage
	if b.store == nil || !isPrevious && budget < refreshPause {
		return b.refreshSince(ctx, q, mark)
	}
	if !isPrevious {
		current = connuri.Secret{} // a failure to read AWSCURRENT holds for logins with any text
	}
	seen := b.latest.see(b.asTeam(q), current, b.store.Mark())
	switch {
	case seen.failed != nil:
		return Answer{}, seen.failed
	case isPrevious:
		mark = seen.mark
	default:
		mark = min(mark, b.store.RoundMark(refreshPause))
	}
	answer, err := b.refreshSince(ctx, q, mark)
	if err != nil && ctx.Err() == nil {
		b.latest.fail(b.asTeam(q), seen, err)
	}
	return answer, err
}

// previousLife is how long the previous version of a current text is assumed to stay the
// same. AWS moves AWSPREVIOUS only together with AWSCURRENT. But when an old password is put
// back, the current text is the same as before and the previous version is another one.
const previousLife = 30 * time.Second

// latestTexts remembers, for each query, the current text with which logins were last
// refused, and a failure to read a newer one.
type latestTexts struct {
	most int
	seed maphash.Seed
	mu   sync.Mutex
	of   map[Query]latestText
}

type latestText struct {
	sum         uint64    // the hash of the text; the text itself is not kept
	mark        uint64    // the mark of the store when the text was first seen
	began       time.Time // the time when the text was first seen
	failed      error     // the error of the last call; nil if a call may be made
	failedUntil time.Time // when failed ends
}

// see returns the entry of a query if it has this text and is younger than previousLife.
// Otherwise it makes a new entry.
func (l *latestTexts) see(q Query, text connuri.Secret, mark uint64) latestText {
	sum, now := maphash.String(l.seed, text.Reveal()), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen, ok := l.of[q]; ok && seen.sum == sum && now.Sub(seen.began) < previousLife {
		if !now.Before(seen.failedUntil) {
			seen.failed = nil
		}
		return seen
	}
	if len(l.of) >= l.most {
		clear(l.of)
	}
	seen := latestText{sum: sum, mark: mark, began: now}
	l.of[q] = seen
	return seen
}

// fail remembers the error of a call: an outage for refreshPause, any other error as long as
// the text.
func (l *latestTexts) fail(q Query, seen latestText, err error) {
	until := seen.began.Add(previousLife)
	if q.Stage != previousStage || isOutage(err) {
		until = time.Now().Add(refreshPause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, ok := l.of[q]; ok && now.sum == seen.sum && now.mark == seen.mark {
		now.failed, now.failedUntil = err, until
		l.of[q] = now
	}
}

// forget removes all entries.
func (l *latestTexts) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.of)
}

func (c *Config) rotationBudget() time.Duration { return cmp.Or(c.RotationBudget, 30*time.Second) }

func isRefused(err error) bool {
	_, ok := errors.AsType[*loginRefused](err)
	return ok
}

func isOutage(err error) bool {
	failed, ok := errors.AsType[*LookupError](err)
	return ok && failed.Reason.traits().keep == store.Outage
}
