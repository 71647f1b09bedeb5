package backend

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// latestTexts is bounded and holds no text.
func TestLatestTextsAreBounded(t *testing.T) {
	l := &latestTexts{most: 10, seed: maphash.MakeSeed(), of: map[Query]latestText{}}
	for n := range 100 {
		q, text := Query{ID: strconv.Itoa(n)}, connuri.NewSecret("hunter"+strconv.Itoa(n))
		assert.EqualValues(t, n, l.see(q, text, uint64(n)).mark)
		assert.EqualValues(t, n, l.see(q, text, 1000).mark, "the newest stays")
		assert.LessOrEqual(t, len(l.of), 10)
		assert.NotContains(t, fmt.Sprintf("%#v", l.of), "hunter")
	}
	q, text, wrong := Query{ID: "99"}, connuri.NewSecret("hunter99"), errors.New("denied")
	l.fail(q, l.see(q, connuri.NewSecret("other"), 1), wrong)
	assert.Nil(t, l.see(q, text, 2).failed, "the failure belongs to another text")
	l.fail(q, latestText{}, wrong)
	assert.Nil(t, l.see(q, text, 3).failed, "the failure belongs to an older text")
	l.fail(q, l.see(q, text, 4), wrong)
	assert.Equal(t, wrong, l.see(q, text, 5).failed)
	l.forget()
	assert.Empty(t, l.of)
}
