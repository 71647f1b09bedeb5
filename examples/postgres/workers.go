package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// workers query a database until they are stopped, and count what happens.
type workers struct {
	db    *database
	stop  chan struct{} // closed when they are to end
	done  sync.WaitGroup
	turns []atomic.Int64 // queries of each worker, lost or not

	mu    sync.Mutex
	count tally
	lost  error // error of the first query that was lost
}

// tally counts what happened in a period.
type tally struct {
	queries, lost             int
	logins, refused, repeated int64
	slowest                   time.Duration
}

// startWorkers starts n workers. Each query takes the server 10 milliseconds, so that many are
// running whenever sessions are cut.
func startWorkers(ctx context.Context, db *database, n int) *workers {
	w := &workers{db: db, stop: make(chan struct{}), turns: make([]atomic.Int64, n)}
	for i := range n {
		w.done.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-w.stop:
					return
				default:
					w.query(ctx)
					w.turns[i].Add(1)
				}
			}
		})
	}
	return w
}

// query runs one query and counts it.
func (w *workers) query(ctx context.Context) {
	begin := time.Now()
	err := w.db.read(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		var user string
		return conn.QueryRow(ctx, "SELECT current_user FROM pg_sleep(0.01)").Scan(&user)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.queries++
	w.count.slowest = max(w.count.slowest, time.Since(begin))
	if err != nil {
		w.count.lost++
		if w.lost == nil {
			w.lost = err
		}
	}
}

// round waits until each worker has finished its current query and one that began later.
func (w *workers) round(ctx context.Context) error {
	// All workers are read first, since a query of one may take its whole budget.
	until := make([]int64, len(w.turns))
	for i := range w.turns {
		until[i] = w.turns[i].Load() + 2
	}
	for i := range w.turns {
		for w.turns[i].Load() < until[i] {
			if err := pause(ctx, time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// since returns what happened since the last call.
func (w *workers) since() tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.count
	t.logins, t.refused, t.repeated = w.db.since()
	w.count = tally{}
	return t
}

// end lets running queries finish and returns the error of the first lost query.
func (w *workers) end() error {
	close(w.stop)
	w.done.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}
