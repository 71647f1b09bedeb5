package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKilled kills the program while eight clients write, and looks for all that
// they were answered. It does so several times on one file.
func TestKilled(t *testing.T) {
	args := []string{"-state", filepath.Join(t.TempDir(), "state.json"), "-seed", seedFile(t, `{"x0": "0", "x1": "0", "gone": "0"}`)}
	const writers, rounds, enough = 8, 4, 60
	var answered [writers]int // the number that each writer's secret has, as far as it was told
	for round := range rounds {
		r := start(t, args...)
		client := r.client()
		if round == 0 {
			_, err := client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("gone"), ForceDeleteWithoutRecovery: aws.Bool(true)})
			require.NoError(t, err)
		}
		var answers atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for {
					next := answered[w] + 1
					if write(t.Context(), client, fmt.Sprint("x", w), fmt.Sprint(next)) != nil {
						return // it was killed
					}
					answered[w] = next
					if answers.Add(1) == enough {
						assert.NoError(t, r.Process.Kill())
					}
				}
			})
		}
		wg.Wait()
		_ = r.Wait()

		r = start(t, args...)
		for w := range writers {
			out, err := r.client().GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(fmt.Sprint("x", w))})
			require.NoError(t, err, "x%d, which was answered %d times", w, answered[w])
			have, err := strconv.Atoi(*out.SecretString)
			require.NoError(t, err)
			assert.True(t, have == answered[w] || have == answered[w]+1, "x%d has %d, the last answer was for %d", w, have, answered[w])
			answered[w] = have // one more may have been saved and not answered
		}
		_, err := r.client().GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("gone")})
		require.ErrorContains(t, err, "ResourceNotFoundException", "what was deleted is not seeded again")
		require.NoError(t, r.Process.Kill())
		_ = r.Wait()
	}
}

// write stores a text, in a new secret if there is none.
func write(ctx context.Context, client *secretsmanager.Client, name, text string) error {
	_, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &text})
	if err != nil && strings.Contains(err.Error(), "ResourceNotFoundException") {
		_, err = client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text})
	}
	return err
}

// TestManyCalls makes as many calls as LOCALSECRETS_CALLS says, for as many names
// and each with a token, and compares the memory of the program early and late.
func TestManyCalls(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("LOCALSECRETS_CALLS"))
	if n == 0 {
		t.Skip("LOCALSECRETS_CALLS says no number of calls, such as 1000000")
	}
	r := start(t, "-seed", seedFile(t, `{"x": "1"}`))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	var next atomic.Int64
	calls := func(upTo int64) int {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := next.Add(1); i <= upTo; i = next.Add(1) {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, strings.NewReader(fmt.Sprintf(`{"SecretId": "x%d"}`, i)))
					if !assert.NoError(t, err) {
						return
					}
					req.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
					req.Header.Set("X-Amz-Security-Token", strings.Repeat(fmt.Sprint(i), 200))
					resp, err := client.Do(req)
					if !assert.NoError(t, err) {
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			})
		}
		wg.Wait()
		next.Store(upTo)
		return residentKiB(t, r.Process.Pid)
	}
	early := calls(int64(n / 10))
	late := calls(int64(n))
	client.CloseIdleConnections()
	t.Logf("resident after %d calls: %d KiB; after %d: %d KiB", n/10, early, n, late)
	assert.Less(t, late, early+8<<10)
}

// residentKiB is the memory of a process, on Linux.
func residentKiB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc here:", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return n
}
