package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	assert.Nil(t, newProgress(io.Discard), "no terminal")
	var none *progress
	none.total(1)
	none.clear()
	assert.Equal(t, os.Stdin, none.of(os.Stdin))

	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		bar := startProgress(&out)
		drawn := func() string {
			bar.mu.Lock()
			defer bar.mu.Unlock()
			return out.String()
		}
		in := bar.of(strings.NewReader(strings.Repeat("x", 2<<20)))
		_, err := io.CopyN(io.Discard, in, 1<<20)
		require.NoError(t, err)
		time.Sleep(patience - 1)
		synctest.Wait()
		assert.Empty(t, drawn(), "a short read shows nothing")
		time.Sleep(time.Second - patience)
		synctest.Wait()
		assert.Contains(t, drawn(), "1 MB read", "a pipe has no size")
		bar.total(2 << 20)
		_, err = io.Copy(io.Discard, in)
		require.NoError(t, err)
		time.Sleep(redraw)
		synctest.Wait()
		assert.True(t, strings.HasSuffix(drawn(), strings.Repeat("█", 30)+" 100% of 2 MB "), "%q",
			drawn())
		bar.clear()
		assert.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"))
	})
}
