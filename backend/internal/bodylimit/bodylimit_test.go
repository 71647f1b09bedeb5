package bodylimit

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
)

func TestReadingStopsAtTheLimit(t *testing.T) {
	const most = 1000
	read := func(ctx context.Context, text []byte) (int, error) {
		got, err := io.ReadAll(&body{ctx: ctx, ReadCloser: io.NopCloser(bytes.NewReader(text)), left: most, parts: 5})
		return len(got), err
	}
	n, err := read(t.Context(), make([]byte, most))
	assert.NoError(t, err)
	assert.Equal(t, most, n)
	n, err = read(t.Context(), make([]byte, most+1))
	assert.ErrorIs(t, err, ErrTooLong)
	assert.Equal(t, most, n)

	for text, good := range map[string]bool{
		`{"a": [1, 2]}`: true, `{"a": [1, 2, 3, 4]}`: false, `[{},{}]`: true, `[{},{},{}]`: false, `[[[[[`: true, `[[[[[[`: false,
		`{"a": ",,,,,,,{[", "b": "\",,,,,,,\\"}`: true, `{"a": "\\",,,,,,}`: false, "": true, `"`: true,
	} {
		_, err := read(t.Context(), []byte(text))
		assert.Equal(t, good, err == nil, text)
		_, err = io.ReadAll(&body{ctx: t.Context(), ReadCloser: io.NopCloser(iotest.OneByteReader(strings.NewReader(text))), left: most, parts: 5})
		assert.Equal(t, good, err == nil, "%s, byte by byte", text)
	}

	// Reading from memory stops with the context as well.
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	n, err = read(ended, []byte("x"))
	assert.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, n)
}
