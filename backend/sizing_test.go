package backend_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table in the package doc is computed here.
func TestTheCostTableOfTheDocIsRight(t *testing.T) {
	const (
		ids, replicas = 200, 1000
		skipped       = 100 // ids that the pattern skips
		hosts         = 100 // with one agent each
		batch         = 20
		day           = 24 * time.Hour
	)
	per := func(every time.Duration) int { return int(day / every) }
	ttl, missTTL, agentTTL := 15*time.Minute, time.Minute, 5*time.Minute
	rows := []struct {
		what  string
		calls int
	}{
		{"neither cache nor pattern", replicas * ids * per(time.Minute)},
		{"a lookup pattern", replicas * (ids - skipped) * per(time.Minute)},
		{"the cache", replicas * ((ids-skipped)*per(ttl) + skipped*per(missTTL))},
		{"the cache and a pattern", replicas * (ids - skipped) * per(ttl)},
		{"the same, by LookupAll", replicas * (ids - skipped) / batch * per(ttl)},
		{"an agent per host and a pattern", hosts * (ids - skipped) * per(agentTTL)},
	}
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var table strings.Builder
	for _, r := range rows {
		cents := r.calls * 5 / 10_000
		fmt.Fprintf(&table, "\t%-33s%12s%12s\n", r.what, thousands(r.calls), fmt.Sprintf("$%s.%02d", thousands(cents/100), cents%100))
	}
	assert.Contains(t, string(doc), table.String(), "doc.go should say\n"+table.String())
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
