package setup_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// BenchmarkProcess reports the CPU time of a process that opens a backend, looks up one
// connection and ends, as a multiple of one that does the same with only the SDK. It compares the
// medians of processes that take turns. MWAA's pattern should add at most 0.15.
func BenchmarkProcess(b *testing.B) {
	srv := secretsmanagertest.NewServer(b)
	srv.Set("airflow/connections/pg", "postgres://app@db.example.com/orders")
	dir := b.TempDir()
	build := exec.Command("go", "build", "-o", dir, "./testdata/process/bare", "./testdata/process/ours")
	out, err := build.CombinedOutput()
	require.NoError(b, err, "%s", out)
	kwargs := map[string]string{"region_name": "eu-west-1", "endpoint_url": srv.URL(),
		"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "EXAMPLE"}
	ours := func() []string {
		doc, err := json.Marshal(kwargs)
		require.NoError(b, err)
		return []string{filepath.Join(dir, "ours"), string(doc), "pg"}
	}
	plain := ours()
	kwargs["connections_lookup_pattern"] = lookup.MWAAPattern
	commands := [][]string{{filepath.Join(dir, "bare"), srv.URL(), "airflow/connections/pg"}, plain, ours()}

	for b.Loop() {
		took := make([][]float64, len(commands))
		for range 101 {
			for i, command := range commands {
				took[i] = append(took[i], float64(cpuOf(b, command)))
			}
		}
		for i := range took {
			slices.Sort(took[i])
		}
		median := func(i int) float64 { return took[i][len(took[i])/2] }
		b.ReportMetric(median(0)/float64(time.Millisecond), "ms-bare")
		b.ReportMetric(median(1)/median(0), "x-bare")
		b.ReportMetric(median(2)/median(0), "x-bare-with-MWAAs-pattern")
	}
}

func cpuOf(b *testing.B, command []string) time.Duration {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // otherwise the idle workers of the garbage collector count
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
