package backend

import (
	"cmp"
	"errors"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
)

// CachePolicy says how answers are kept in memory. The zero value keeps none;
// CachePolicy{On: true} is a sensible cache. A negative duration disables that
// feature. TTL, MaxEntries and MaxBytes must not be negative.
type CachePolicy struct {
	On bool // without it the other fields are ignored

	TTL         time.Duration // how long a text is kept; 0 means 15 minutes, as in Airflow's cache
	NotFoundTTL time.Duration // how long "no such secret" and a malformed secret are kept; 0 means 1 minute
	Jitter      float64       // each TTL is shortened by a random fraction up to this, so that replicas do not refresh together; 0 means 0.1, negative none
	MaxEntries  int           // how many secrets are kept, including those that are not there; 0 means 10,000
	MaxBytes    int64         // how much memory they may take, in bytes; 0 means 64 MiB

	// RefreshAhead is how long before an answer expires a lookup refreshes it in the
	// background; 0 means never.
	RefreshAhead time.Duration

	// MaxAge is how old an answer may get while AWS cannot be asked. Until then it is
	// served with Answer.Stale set. 0 means 1 hour, or the TTL if that is longer.
	MaxAge time.Duration
	// Pause is the time between two attempts to get a new answer while AWS cannot be
	// asked; 0 means 10 seconds, negative an attempt for every lookup.
	Pause time.Duration
}

// patience is how long a lookup that could be answered with a stale answer waits for
// calls, over all its names.
const patience = time.Second

// complete fills in the defaults.
func (p CachePolicy) complete() (CachePolicy, error) {
	p.TTL = cmp.Or(p.TTL, 15*time.Minute)
	p.NotFoundTTL = max(cmp.Or(p.NotFoundTTL, time.Minute), 0)
	p.Jitter = max(cmp.Or(p.Jitter, 0.1), 0)
	p.MaxEntries = cmp.Or(p.MaxEntries, 10_000)
	p.MaxBytes = cmp.Or(p.MaxBytes, 64<<20)
	p.RefreshAhead = max(p.RefreshAhead, 0)
	p.Pause = max(cmp.Or(p.Pause, 10*time.Second), 0)
	switch shortest := float64(p.TTL) * (1 - p.Jitter); { // a float, since the largest TTL is not one exactly
	case p.TTL < 0:
		return p, errors.New("backend: CachePolicy.TTL is negative")
	case !(p.Jitter < 1): // NaN as well
		return p, errors.New("backend: CachePolicy.Jitter is not below 1")
	case p.MaxEntries < 0:
		return p, errors.New("backend: CachePolicy.MaxEntries is negative")
	case p.MaxBytes < 0:
		return p, errors.New("backend: CachePolicy.MaxBytes is negative")
	case float64(p.RefreshAhead) >= shortest:
		return p, errors.New("backend: CachePolicy.RefreshAhead is not below the TTL less its jitter")
	case p.MaxAge > 0 && p.MaxAge < p.TTL:
		return p, errors.New("backend: CachePolicy.MaxAge is below the TTL")
	}
	if p.MaxAge == 0 {
		p.MaxAge = max(time.Hour, p.TTL)
	}
	return p, nil
}

// store is the policy as the store wants it. p is complete.
func (p CachePolicy) store(timeout time.Duration) store.Policy {
	return store.Policy{
		TTL: p.TTL, NotFoundTTL: p.NotFoundTTL, RefreshAhead: p.RefreshAhead, MaxAge: max(p.MaxAge, 0), Pause: p.Pause,
		Timeout: timeout, Jitter: p.Jitter, MaxEntries: p.MaxEntries, MaxBytes: p.MaxBytes,
	}
}
