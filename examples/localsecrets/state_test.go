package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKilled kills the program while eight clients write, and checks that nothing is lost that was
// answered. It does so several times with one file.
func TestKilled(t *testing.T) {
	args := []string{"-state", filepath.Join(t.TempDir(), "state.json"), "-seed", seedFile(t, `{"x0": "0", "x1": "0", "gone": "0"}`)}
	const writers, rounds, enough = 8, 4, 60
	var answered [writers]int // the latest number that each writer stored and got an answer for
	for round := range rounds {
		r := start(t, args...)
		client := r.client()
		if round == 0 {
			_, err := client.TagResource(t.Context(), &secretsmanager.TagResourceInput{
				SecretId: aws.String("x0"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}, {Key: aws.String("gone"), Value: aws.String("")}}})
			require.NoError(t, err)
			_, err = client.UntagResource(t.Context(), &secretsmanager.UntagResourceInput{SecretId: aws.String("x0"), TagKeys: []string{"gone"}})
			require.NoError(t, err)
			_, err = client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("gone"), ForceDeleteWithoutRecovery: aws.Bool(true)})
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
			answered[w] = have // one more may have been saved but not answered
		}
		_, err := r.client().GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("gone")})
		require.ErrorContains(t, err, "ResourceNotFoundException", "what was deleted is not seeded again")
		described, err := r.client().DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("x0")})
		require.NoError(t, err)
		require.Len(t, described.Tags, 1)
		assert.Equal(t, "team=red", *described.Tags[0].Key+"="+*described.Tags[0].Value)
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

// TestKeepsNothing checks that the memory does not grow with calls, whatever they ask for. A
// hundred bytes for each call would be more than a megabyte.
func TestKeepsNothing(t *testing.T) {
	srv, err := startServer(options{addr: "127.0.0.1:0"}, []secretFile{{secrets: map[string]string{"x": "1"}}}, io.Discard)
	require.NoError(t, err)
	defer srv.Close()
	token := strings.Repeat("token", 200)
	calls := func(from, to int) (heap uint64) {
		for i := from; i < to; i++ {
			for operation, body := range map[string]string{
				"GetSecretValue":      fmt.Sprintf(`{"SecretId": "x%d"}`, i),
				"PutSecretValue":      fmt.Sprintf(`{"SecretId": "x", "SecretString": "%d", "ClientRequestToken": "%032d"}`, i, i),
				"BatchGetSecretValue": fmt.Sprintf(`{"SecretIdList": ["x", "y%d"]}`, i),
				"TagResource":         fmt.Sprintf(`{"SecretId": "x", "Tags": [{"Key": "a", "Value": "%d"}]}`, i),
				"UntagResource":       fmt.Sprintf(`{"SecretId": "x", "TagKeys": ["b%d"]}`, i),
				fmt.Sprint("Some", i): `{}`,
			} {
				req := httptest.NewRequest(http.MethodPost, srv.URL(), strings.NewReader(body))
				req.Header.Set("X-Amz-Target", "secretsmanager."+operation)
				req.Header.Set("X-Amz-Security-Token", token)
				srv.ServeHTTP(httptest.NewRecorder(), req)
			}
		}
		runtime.GC()
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		return now.HeapAlloc
	}
	early := calls(0, 500) // fills the log and the versions of x
	late := calls(500, 2500)
	assert.Less(t, late, early+512<<10, "12,000 calls keep more than 40 bytes each")
	assert.Empty(t, srv.Log())
}

// TestManyCalls makes LOCALSECRETS_CALLS calls, each for another name and with a token, and
// compares the memory of the program early and late.
func TestManyCalls(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("LOCALSECRETS_CALLS"))
	if n == 0 {
		t.Skip("LOCALSECRETS_CALLS is not a number of calls, such as 1000000")
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

// residentKiB returns the memory of a process, on Linux.
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
