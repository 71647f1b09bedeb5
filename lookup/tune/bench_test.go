package tune_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// BenchmarkCloudTrail reads a million events from a file, and has jq print them from the same file, one to a line, before.
//
//	go test ./lookup/tune -run '^$' -bench CloudTrail -benchtime 1x
func BenchmarkCloudTrail(b *testing.B) {
	t := trail{events: 1_000_000, files: 1000}
	if testing.Short() {
		t = trail{events: 20_000, files: 20}
	}
	file, missing, foreign := t.file(b)
	jq := jqTakes(b, file)

	var report tune.Report
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := &peakReader{}
	for b.Loop() {
		f, err := os.Open(file)
		require.NoError(b, err)
		peak.Reader = f
		log := tune.New(tune.Config{})
		require.NoError(b, log.Read(context.Background(), peak))
		require.NoError(b, f.Close())
		report = log.Report()
	}
	runtime.ReadMemStats(&after)
	assert.Equal(b, t.events-foreign, report.Total.Calls)
	assert.Equal(b, missing, report.Total.NotFound)
	assert.Len(b, report.IDs, trailIDs)

	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(t.events)/each.Seconds(), "events/s")
	b.ReportMetric(float64(max(peak.heap, after.HeapAlloc)-min(before.HeapAlloc, peak.heap))/1e6, "peak-heap-MB")
	if jq > 0 {
		ratio := each.Seconds() / jq.Seconds()
		b.ReportMetric(jq.Seconds(), "jq-s")
		b.ReportMetric(ratio, "times-jq")
		assert.LessOrEqual(b, ratio, 2.0, "reading takes %v, jq %v", each, jq)
	}
}

// file writes the trail to a file.
func (t trail) file(tb testing.TB) (name string, missing, foreign int) {
	tb.Helper()
	name = filepath.Join(tb.TempDir(), "trail.json.gz")
	f, err := os.Create(name)
	require.NoError(tb, err)
	zip := gzip.NewWriter(f)
	buffered := bufio.NewWriterSize(zip, 1<<20)
	missing, foreign, err = t.write(buffered)
	require.NoError(tb, err)
	require.NoError(tb, buffered.Flush())
	require.NoError(tb, zip.Close())
	require.NoError(tb, f.Close())
	return name, missing, foreign
}

// jqTakes is how long zcat and jq take for a file; 0 where they are missing.
func jqTakes(b *testing.B, file string) time.Duration {
	b.Helper()
	for _, program := range []string{"sh", "zcat", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Logf("no comparison: %v", err)
			return 0
		}
	}
	start := time.Now()
	out, err := exec.Command("sh", "-c", `zcat "$0" | jq -c '.Records[]' | wc -l`, file).CombinedOutput()
	require.NoError(b, err, "%s", out)
	b.Logf("zcat | jq -c printed %s events in %v", strings.TrimSpace(string(out)), time.Since(start))
	return time.Since(start)
}

// A peakReader looks at the heap each few reads.
type peakReader struct {
	io.Reader
	reads int
	heap  uint64
}

func (p *peakReader) Read(b []byte) (int, error) {
	if p.reads++; p.reads%16 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapAlloc)
	}
	return p.Reader.Read(b)
}

// TestMemory: what is kept, and what reading takes at its peak, is the same for many more events.
func TestMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	kept := func(events int) (live int64) {
		r, w := io.Pipe()
		go func() {
			_, _, err := trail{events: events, files: 1}.write(w)
			_ = w.CloseWithError(err) // nil is the end
		}()
		log := tune.New(tune.Config{})
		in := bufio.NewReaderSize(r, 1<<16)
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		require.NoError(t, log.Read(context.Background(), in))
		live = heap() - before
		assert.Len(t, log.Report().IDs, trailIDs)
		return live
	}
	few, many := kept(20_000), kept(120_000)
	t.Logf("%d bytes kept after 20,000 events, %d after 120,000", few, many)
	assert.Less(t, many-few, int64(100<<10), "of six times the events")
}
