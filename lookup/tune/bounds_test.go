package tune_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func TestDaysAndMonthFromTimes(t *testing.T) {
	for _, test := range []struct {
		first, last string
		days        float64
	}{
		{"2026-11-01T10:00:00Z", "2026-11-01T10:00:01Z", 1},
		{"2026-11-01T00:00:00Z", "2026-11-02T12:00:00Z", 1.5},
		{"2024-02-28T00:00:00.123Z", "2024-03-01T00:00:00Z", 2},
		{"2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", 1},
		{"1999-12-31T00:00:00Z", "2001-01-01T00:00:00Z", 367},
		{"2026-11-01T10:00:00Z", "2026-11-01T13:00:00Z", 1},
		{"2026-11-01T10:00:00Z", "2026-11-01T10:59:59Z", 1},
		{"", "", 0},
		{"yesterday", "2026-13-01", 0},
		{"2026-11-01T00:00:0xZ", "2026-02-30T00:00:00Z", 0},
	} {
		log := tune.New(tune.Config{})
		log.Add(tune.Event{ID: "x", Time: test.last, Outcome: tune.NotFound})
		log.Add(tune.Event{ID: "x", Time: test.first, Outcome: tune.Found})
		r := log.Report()
		assert.InDelta(t, test.days, r.Days, 1e-9, "%s to %s", test.first, test.last)
		assert.True(t, r.IDs[0].Exists)
		assert.Equal(t, 2, r.Total.Calls)
		if test.days > 0 {
			assert.Equal(t, test.last, r.Total.Last)
			assert.Equal(t, test.first[:19], r.Total.First[:19])
		} else {
			assert.Empty(t, r.ByDay)
			assert.Equal(t, test.first != "", r.Untimed > 0)
		}
		if r.Hours >= 1 {
			assert.InDelta(t, float64(tune.Price(30*1000)), float64(r.Month(1000))*r.Hours/24, 1e-9)
		} else {
			assert.Zero(t, r.Month(7), "not known")
		}
	}
	log := tune.New(tune.Config{Days: 0.5})
	log.Add(tune.Event{Secret: "x", Time: "2026-11-01T10:00:00Z"})
	assert.Equal(t, "$0.30", log.Report().Month(1000).String())
}

func TestIDsAndRowsAreBounded(t *testing.T) {
	log := tune.New(tune.Config{})
	for n := range 100_100 {
		log.Add(tune.Event{ID: fmt.Sprint("id_", n), Session: fmt.Sprint("pod-", n),
			Outcome: tune.NotFound, Agent: strings.Repeat("x", 300), Secret: ""})
		log.Add(tune.Event{Secret: fmt.Sprint("other/", n)})
	}
	log.Exists(lookup.KindConnection, "one_more")
	r := log.Report()
	assert.Len(t, r.IDs, 100_000)
	assert.Equal(t, 100, r.Others.Calls)
	assert.Len(t, r.Outside, 10_001)
	assert.Equal(t, "(others)", r.Principals[1].Name)
	assert.Equal(t, 100_100-10_000, r.Outside[0].Calls)
	assert.Len(t, []rune(r.Agents[1].Name), 257)
	assert.Empty(t, log.Suggest(lookup.KindConnection, nil),
		"ids that are not told apart might be hidden")
}

func TestConcurrentReads(t *testing.T) {
	log := tune.New(tune.Config{})
	text, missing, foreign := trail{events: 500, files: 1}.text(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			assert.NoError(t, log.Read(context.Background(), strings.NewReader(text)))
			log.Suggest(lookup.KindConnection, nil)
			log.Report()
		})
	}
	all.Wait()
	r := log.Report()
	assert.Equal(t, 4*missing, r.Total.NotFound)
	assert.Equal(t, 4*(500-foreign), r.Total.Calls)
}
