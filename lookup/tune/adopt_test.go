package tune_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// requireAlike checks that two Usages say the same.
func requireAlike(t *testing.T, want, got *tune.Usage) {
	t.Helper()
	require.Equal(t, want.Report(), got.Report())
	require.Equal(t, want.Needs(), got.Needs())
	for kind := range lookup.Kind(3) {
		require.Equal(t, want.Suggest(kind, nil), got.Suggest(kind, nil))
	}
}

// TestAdoptCountsAsIfPrefixesWereKnown checks that Adopt counts as if its prefixes had been known:
// ids under the old prefixes are names under no prefix.
func TestAdoptCountsAsIfPrefixesWereKnown(t *testing.T) {
	prefixes := []lookup.Prefix{"shop/connections", "prod/conns", "airflow", inAccount + "prod", "",
		lookup.Disabled}
	random := rand.New(rand.NewPCG(19, 8))
	moved := 0
	for range 500 {
		w := randomWorld(random)
		cfg := tune.Config{User: []string{"", "airflow"}[random.IntN(2)]}
		log := tune.New(cfg)
		cfg.Rules = []lookup.Rule{{}, {Kind: lookup.KindVariable}, {Kind: lookup.KindConfig}}
		var guesses []tune.Guess
		for kind := range lookup.Kind(2) {
			g := tune.Guess{Kind: kind, Prefix: prefixes[random.IntN(len(prefixes))]}
			guesses = append(guesses, g)
			cfg.Rules[kind].Prefix = g.Prefix
		}
		told := tune.New(cfg)
		for _, to := range []*tune.Usage{log, told} {
			to.Exists(lookup.KindConnection, "id1", "listed")
			for i, e := range w.calls {
				e.Exists = i%5 == 0 && e.Outcome != tune.NotFound // such as a denied key
				to.Add(e)
				if i%7 == 0 {
					to.Add(tune.Event{Kind: lookup.KindVariable, ID: fmt.Sprint("id", i%9),
						Role: "airflow", Outcome: e.Outcome})
				}
			}
		}
		before := log.Report()
		log.Adopt(guesses)
		requireAlike(t, told, log)
		if len(before.IDs) > len(log.Report().IDs) {
			moved++
		}
	}
	assert.Greater(t, moved, 50)
}
