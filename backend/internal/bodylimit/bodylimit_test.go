package bodylimit

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBody(t *testing.T) {
	read := func(ctx context.Context, size int) (int, error) {
		text, err := io.ReadAll(&body{ctx: ctx, ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, size))), left: Max})
		return len(text), err
	}
	n, err := read(t.Context(), Max)
	assert.NoError(t, err)
	assert.Equal(t, Max, n)
	n, err = read(t.Context(), Max+1)
	assert.ErrorIs(t, err, ErrTooLong)
	assert.Equal(t, Max, n)

	// What comes out of memory ends with the context as well.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	n, err = read(ended, 1)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, n)
}
