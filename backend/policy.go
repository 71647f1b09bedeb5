package backend

import (
	"cmp"
	"errors"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
)

// CachePolicy says how answers are kept in memory. The zero value keeps none;
// CachePolicy{On: true} is a sensible cache. A negative duration disables that feature. TTL,
// MaxEntries and MaxBytes must not be negative.
type CachePolicy struct {
	On bool // if it is false, the other fields are ignored

	TTL         time.Duration // how long a text is kept; 0 means 15 minutes, as in Airflow's cache
	NotFoundTTL time.Duration // how long a miss and a malformed secret are kept; 0 means 1 minute
	MaxEntries  int           // how many secrets are kept, including missing ones; 0 means 10,000
	MaxBytes    int64         // how much memory they may take, in bytes; 0 means 64 MiB

	// Jitter is the largest fraction by which each TTL is shortened at random, so that
	// replicas do not refresh together. 0 means 0.1; negative disables it.
	Jitter float64

	// RefreshAhead makes a lookup within this time of expiry refresh the answer in the
	// background. 0 means never.
	RefreshAhead time.Duration

	// MaxAge is how old an answer may get during an outage of AWS. Until then it is served
	// with Answer.Stale set. 0 means 1 hour, or the TTL if that is longer. If it is negative,
	// no stale answer is served.
	MaxAge time.Duration
	// Pause is the time between two calls for a secret during an outage of AWS. 0 means 10
	// seconds. If it is negative, every lookup makes a call.
	Pause time.Duration
}

// patience is how long a lookup that could return a stale answer waits for calls, over all
// its names.
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
	// Compared as floats, since converting the largest TTL back overflows.
	switch shortest := float64(p.TTL) * (1 - p.Jitter); {
	case p.TTL < 0:
		return p, errors.New("backend: CachePolicy.TTL is negative; write 0 for the default of 15m")
	case !(p.Jitter < 1): // also true for NaN
		return p, errors.New("backend: CachePolicy.Jitter must be below 1; write 0 for the default of 0.1")
	case p.MaxEntries < 0:
		return p, errors.New("backend: CachePolicy.MaxEntries is negative; write 0 for the default of 10,000")
	case p.MaxBytes < 0:
		return p, errors.New("backend: CachePolicy.MaxBytes is negative; write 0 for the default of 64 MiB")
	case float64(p.RefreshAhead) >= shortest:
		return p, errors.New("backend: CachePolicy.RefreshAhead must be below the TTL minus its jitter; shorten it")
	case p.MaxAge > 0 && p.MaxAge < p.TTL:
		return p, errors.New("backend: CachePolicy.MaxAge is below the TTL; lengthen it, or write -1 to serve nothing stale")
	}
	if p.MaxAge == 0 {
		p.MaxAge = max(time.Hour, p.TTL)
	}
	return p, nil
}

// store converts a complete policy to that of the store.
func (p CachePolicy) store(timeout time.Duration) store.Policy {
	return store.Policy{
		TTL: p.TTL, NotFoundTTL: p.NotFoundTTL, RefreshAhead: p.RefreshAhead, MaxAge: max(p.MaxAge, 0), Pause: p.Pause,
		Timeout: timeout, Jitter: p.Jitter, MaxEntries: p.MaxEntries, MaxBytes: p.MaxBytes,
	}
}
