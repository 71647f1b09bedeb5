package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// A progress draws how much of the files is read, for who waits at a terminal. The
// nil progress draws nothing.
type progress struct {
	w         io.Writer
	mu        sync.Mutex
	size      int64
	read      int64
	permille  int64 // that is drawn
	drawnOnce bool
}

// worthwhile is the size of files from which on it takes more than a moment.
const worthwhile = 16 << 20

func newProgress(w io.Writer, size int64) *progress {
	if size < worthwhile || !term.IsTerminal(w) {
		return nil
	}
	return &progress{w: w, size: size}
}

// of gives r as it is read under the eyes of the progress.
func (p *progress) of(r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return io.TeeReader(r, p)
}

// Write counts what was read.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read += int64(len(b))
	if now := min(1000, 1000*p.read/p.size); now > p.permille || !p.drawnOnce {
		p.permille, p.drawnOnce = now, true
		full := int(now * 30 / 1000)
		fmt.Fprintf(p.w, "\r%s%s %3d%% of %d MB ", strings.Repeat("█", full), strings.Repeat("░", 30-full), now/10, p.size>>20)
	}
	return len(b), nil
}

// clear leaves the line empty.
func (p *progress) clear() {
	if p != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
