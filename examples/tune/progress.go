package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// A progress draws how much of the inputs is read, for somebody who waits at a terminal. The nil
// progress draws nothing.
type progress struct {
	w    io.Writer
	stop chan struct{}
	done sync.WaitGroup

	mu   sync.Mutex
	size int64 // of the files, 0 if not known
	read int64
}

// How long a read takes until the progress shows, and how often it is drawn.
const (
	patience = 500 * time.Millisecond
	redraw   = 200 * time.Millisecond
)

func newProgress(w io.Writer) *progress {
	if !term.IsTerminal(w) {
		return nil
	}
	return startProgress(w)
}

func startProgress(w io.Writer) *progress {
	p := &progress{w: w, stop: make(chan struct{})}
	p.done.Go(func() {
		wait := patience
		for {
			select {
			case <-time.After(wait):
				p.draw()
				wait = redraw
			case <-p.stop:
				return
			}
		}
	})
	return p
}

// of gives a reader that reads from r and counts what it reads.
func (p *progress) of(r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return io.TeeReader(r, p)
}

// total sets how much there is to read, 0 if that is not known.
func (p *progress) total(size int64) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.size = size
	}
}

// Write counts what was read.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read += int64(len(b))
	return len(b), nil
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	read, size := p.read, p.size
	if size == 0 {
		fmt.Fprintf(p.w, "\r%d MB read ", read>>20)
		return
	}
	now := min(1000, 1000*read/size)
	full := int(now * 30 / 1000)
	bar := strings.Repeat("█", full) + strings.Repeat("░", 30-full)
	fmt.Fprintf(p.w, "\r%s %3d%% of %d MB ", bar, now/10, size>>20)
}

// clear stops the drawing and clears the line.
func (p *progress) clear() {
	if p != nil {
		close(p.stop)
		p.done.Wait()
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
