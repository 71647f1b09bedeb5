package backend_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// TestModel plays random schedules against a Backend with a cache and compares it with a
// reference model of the rules in "Caching". MODEL_SCHEDULES is the number of schedules,
// MODEL_SEED the seed of the first:
//
//	MODEL_SEED=1234 MODEL_SCHEDULES=1 go test ./backend -run TestModel
func TestModel(t *testing.T) {
	most := 3000
	if raceDetector {
		most = 1000
	}
	if testing.Short() {
		most = 1000
	}
	if n, err := strconv.Atoi(os.Getenv("MODEL_SCHEDULES")); err == nil {
		most = n
	}
	first, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64)
	if err != nil {
		first = 1
	}
	for _, seed := range foundFaults {
		once := modelRun{first: seed}
		once.one(t, 1)
		if once.failure != "" {
			t.Error(once.failure)
		}
	}
	m := modelRun{most: most, first: first}
	t.Run("schedules", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(worker), func(t *testing.T) {
				t.Parallel()
				m.work(t)
			})
		}
	})
	t.Logf("%d schedules, %d lookups, %d calls", m.played, m.lookups, m.calls)
	if m.failure != "" {
		t.Error(m.failure)
	}
}

// foundFaults are seeds whose schedules once found a fault that needs a coincidence.
var foundFaults = []uint64{163345, 189589, 1005860, 2061878, 5049387, 9016572}

// modelRun is one run of TestModel.
type modelRun struct {
	most  int
	first uint64

	mu                     sync.Mutex
	played, lookups, calls int
	failed                 int // the number of the first schedule that failed, from 1
	failure                string
}

func (m *modelRun) next() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed > 0 || m.played == m.most {
		return 0
	}
	m.played++
	return m.played
}

func (m *modelRun) work(t *testing.T) {
	for n := m.next(); n > 0; n = m.next() {
		m.one(t, n)
	}
}

func (m *modelRun) one(t *testing.T, n int) {
	seed := m.first + uint64(n) - 1
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("schedule %d (MODEL_SEED=%d) panics", n, seed)
			panic(p)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		h := play(t, seed)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.lookups += len(h.lookups)
		m.calls += len(h.calls)
		if len(h.wrong) > 0 && (m.failed == 0 || n < m.failed) {
			m.failed = n
			m.failure = fmt.Sprintf("schedule %d fails (MODEL_SEED=%d MODEL_SCHEDULES=1):\n%s\n\npolicy %+v, timeout %v\n%s",
				n, seed, strings.Join(h.wrong, "\n"), h.policy, h.timeout, h.dump())
		}
	})
}
