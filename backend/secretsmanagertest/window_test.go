package secretsmanagertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestWindowEnds moves the clock to the end of a recovery window. The clock is not exported.
func TestWindowEnds(t *testing.T) {
	s := NewServer(t)
	s.Set("x", "1")
	find := func() error { s.mu.Lock(); defer s.mu.Unlock(); _, err := s.findLocked("x"); return err }
	later := func(d time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = func() time.Time { return time.Now().Add(d) }
	}
	p, _ := s.parseParams([]byte(`{"SecretId": "x", "RecoveryWindowInDays": 7}`))
	_, err := s.deleteSecret(t.Context(), p)
	assert.NoError(t, err)
	later(7*24*time.Hour - time.Hour)
	assert.NoError(t, find())
	later(7*24*time.Hour + time.Hour)
	assert.Equal(t, errNotFound, find())
	p, _ = s.parseParams([]byte(`{"Name": "x", "SecretString": "2"}`))
	_, err = s.createSecret(t.Context(), p)
	assert.NoError(t, err, "the name is free again")
}

func TestOldVersionsWithoutALabelAreDropped(t *testing.T) {
	var s secret
	for i := range maxDeprecated + 10 {
		s.add(fmt.Sprint(i), value{text: fmt.Sprint(i)}, time.Now(), stageCurrent)
	}
	assert.Len(t, s.versions, maxDeprecated+2)
	assert.Equal(t, "8", s.versions[0].id, "the oldest go first")
	assert.Equal(t, []string{stagePrevious}, s.versions[maxDeprecated].stages)
	assert.Equal(t, []string{stageCurrent}, s.versions[maxDeprecated+1].stages)
}
