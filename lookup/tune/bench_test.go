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

// BenchmarkCloudTrail reads gzip log files of a thousand events each in a process of its own, and
// has jq read the same. It reports CPU time in user mode, which other load on the machine changes
// little.
//
//	go test ./lookup/tune -run '^$' -bench CloudTrail -benchtime 1x
func BenchmarkCloudTrail(b *testing.B) {
	for _, events := range []int{1000, 10_000, 100_000, 1_000_000} {
		if testing.Short() {
			events /= 50
		}
		b.Run(fmt.Sprint(events), func(b *testing.B) { benchFolder(b, events) })
	}
}

func benchFolder(b *testing.B, events int) {
	folder := b.TempDir()
	calls := 0
	for n := range (events + 999) / 1000 {
		part := trail{events: min(1000, events), files: 1, seed: uint64(n)}
		calls += part.events - part.file(b, filepath.Join(folder, fmt.Sprintf("%04d.json.gz", n)))
	}
	jq := jqTakes(b, folder)
	var ours time.Duration
	for b.Loop() {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestReadFolder$", "-test.v")
		cmd.Env = append(os.Environ(), "TUNE_FOLDER="+folder)
		out, err := cmd.CombinedOutput()
		require.NoError(b, err, "%s", out)
		require.Contains(b, string(out), fmt.Sprintf(" %d calls", calls))
		ours += cmd.ProcessState.UserTime()
		_, peak, _ := strings.Cut(string(out), "heap ")
		var bytes float64
		_, err = fmt.Sscan(peak, &bytes)
		require.NoError(b, err)
		b.ReportMetric(bytes/(1<<20), "peak-heap-MiB")
		assert.Less(b, bytes, float64(16<<20), "however many events there are")
	}
	ours /= time.Duration(b.N)
	b.ReportMetric(ours.Seconds(), "cpu-s")
	if jq > 0 {
		b.ReportMetric(jq.Seconds(), "jq-cpu-s")
		b.ReportMetric(ours.Seconds()/jq.Seconds(), "times-jq")
	}
}

// TestReadFolder reads the folder that BenchmarkCloudTrail names, and says how much was in it.
func TestReadFolder(t *testing.T) {
	folder := os.Getenv("TUNE_FOLDER")
	if folder == "" {
		t.Skip("no folder")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	log := tune.New(tune.Config{})
	peak := &peakReader{base: heap()}
	for _, name := range files {
		f, err := os.Open(name)
		require.NoError(t, err)
		peak.Reader = f
		require.NoError(t, log.Read(context.Background(), peak))
		require.NoError(t, f.Close())
	}
	fmt.Println("read", log.Report().Total.Calls, "calls heap", peak.most)
}

// file writes the trail to a file, and returns how many of its events are foreign.
func (t trail) file(tb testing.TB, name string) (foreign int) {
	tb.Helper()
	f, err := os.Create(name)
	require.NoError(tb, err)
	zip := gzip.NewWriter(f)
	buffered := bufio.NewWriterSize(zip, 1<<20)
	_, foreign, err = t.write(buffered)
	require.NoError(tb, err)
	require.NoError(tb, buffered.Flush())
	require.NoError(tb, zip.Close())
	require.NoError(tb, f.Close())
	return foreign
}

// jqTakes returns the CPU time that jq takes for the files of a folder, without that of zcat. It is
// 0 where these programs are missing.
func jqTakes(b *testing.B, folder string) time.Duration {
	b.Helper()
	for _, program := range []string{"sh", "zcat", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Logf("no comparison: %v", err)
			return 0
		}
	}
	zcat := exec.Command("sh", "-c", `zcat "$0"/*`, folder)
	jq := exec.Command("jq", "-c", `.Records[] | select(.eventName == "GetSecretValue")`)
	var err error
	jq.Stdin, err = zcat.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, zcat.Start())
	require.NoError(b, jq.Run())
	require.NoError(b, zcat.Wait())
	return jq.ProcessState.UserTime()
}

// A peakReader measures the heap every few reads.
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

// heap returns how many bytes of the heap are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryDoesNotGrowWithEvents checks that six times the events take no more memory.
func TestMemoryDoesNotGrowWithEvents(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	kept := func(events int) int64 {
		r, w := io.Pipe()
		go func() {
			_, _, err := trail{events: events, files: 1}.write(w)
			_ = w.CloseWithError(err) // nil ends the input
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
