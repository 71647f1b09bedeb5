package tune_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
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

// BenchmarkCloudTrail reads a file of a hundred thousand events and one of a million, after jq has printed the same file with an
// event to a line.
//
//	go test ./lookup/tune -run '^$' -bench CloudTrail -benchtime 1x
func BenchmarkCloudTrail(b *testing.B) {
	for _, events := range []int{100_000, 1_000_000} {
		if testing.Short() {
			events /= 50
		}
		b.Run(fmt.Sprint(events), func(b *testing.B) { trail{events: events, files: events / 1000}.bench(b) })
	}
}

func (t trail) bench(b *testing.B) {
	file, missing, foreign := t.file(b)
	jq := jqTakes(b, file)

	var report tune.Report
	peak := &peakReader{base: heap()}
	for b.Loop() {
		f, err := os.Open(file)
		require.NoError(b, err)
		peak.Reader = f
		log := tune.New(tune.Config{})
		require.NoError(b, log.Read(context.Background(), peak))
		require.NoError(b, f.Close())
		report = log.Report()
	}
	assert.Equal(b, t.events-foreign, report.Total.Calls)
	assert.Equal(b, missing, report.Total.NotFound)

	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(t.events)/each.Seconds(), "events/s")
	b.ReportMetric(float64(peak.most)/1e6, "peak-heap-MB")
	assert.Less(b, peak.most, int64(16<<20), "bytes, however many events there are")
	if jq > 0 {
		b.ReportMetric(jq.Seconds(), "jq-s")
		b.ReportMetric(each.Seconds()/jq.Seconds(), "times-jq")
		assert.LessOrEqual(b, each, 2*jq, "reading takes %v, jq %v", each, jq)
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
	base  int64 // before all
	most  int64 // over base
}

func (p *peakReader) Read(b []byte) (int, error) {
	if p.reads++; p.reads%16 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.most = max(p.most, int64(m.HeapAlloc)-p.base)
	}
	return p.Reader.Read(b)
}

// heap is what is on the heap and still in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemory: what is kept is the same for six times the events.
func TestMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	kept := func(events int) int64 {
		r, w := io.Pipe()
		go func() {
			_, _, err := trail{events: events, files: 1}.write(w)
			_ = w.CloseWithError(err) // nil is the end
		}()
		log := tune.New(tune.Config{})
		in := bufio.NewReaderSize(r, 1<<16)
		before := heap()
		require.NoError(t, log.Read(context.Background(), in))
		live := heap() - before
		assert.Len(t, log.Report().IDs, trailIDs)
		return live
	}
	few, many := kept(20_000), kept(120_000)
	t.Logf("%d bytes kept after 20,000 events, %d after 120,000", few, many)
	assert.Less(t, many-few, int64(100<<10))
}
