package secretsmanagertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// TestLogIsARing checks that the log has the latest calls and the counters count all of them.
func TestLogIsARing(t *testing.T) {
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{KeepCalls: 3})
	for i := range 8 {
		var asked []string
		for n := max(0, i-3); n < i; n++ {
			asked = append(asked, fmt.Sprint("x", n))
		}
		assert.Equal(t, asked, srv.Asked(), "after %d calls", i)
		assert.Len(t, srv.Log(), min(i, 3))
		assert.Equal(t, i, srv.Operations(""))
		send(srv, "secretsmanager.GetSecretValue", fmt.Sprintf(`{"SecretId": "x%d"}`, i))
	}
	send(srv, "secretsmanager.BatchGetSecretValue", `{"SecretIdList": ["x0", "x7", "x7"]}`)
	assert.Equal(t, 2, srv.Calls("x0"), "even though Log has dropped the first call")
	assert.Equal(t, 3, srv.Calls("x7"))
	assert.Equal(t, 8, srv.Operations("GetSecretValue"))
	assert.Equal(t, 9, srv.Operations(""))

	log := srv.Log()
	log[0].IDs[0] = "changed"
	assert.NotEqual(t, "changed", srv.Log()[0].IDs[0], "what Log returns is a copy")

	srv.ResetCalls()
	assert.Empty(t, srv.Log())
	assert.Equal(t, 0, srv.Calls("x0")+srv.Operations("")+srv.Operations("GetSecretValue"))
	send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "y"}`)
	assert.Equal(t, []string{"y"}, srv.Asked())
}

func TestKeepsNoCalls(t *testing.T) {
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{KeepCalls: -1})
	send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "x"}`)
	assert.Empty(t, srv.Log())
	assert.Equal(t, 0, srv.Calls("x")+srv.Operations(""))
}

// TestOnAnswer checks that OnAnswer is called once for every response, with its code, even for a
// fault.
func TestOnAnswer(t *testing.T) {
	var mu sync.Mutex
	var told []string
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{
		Secrets: map[string]string{"x": "1"},
		OnAnswer: func(call secretsmanagertest.Call, code string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, strings.TrimSpace(call.Operation+" "+strings.Join(call.IDs, ",")+" "+code))
		},
	})
	srv.Fail("down", "DecryptionFailure")
	srv.Inject(secretsmanagertest.Fault{Name: "gone", Drop: true})
	for _, id := range []string{"x", "none", "down"} {
		send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "`+id+`"}`)
	}
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { send(srv, "secretsmanager.GetSecretValue", `{"SecretId": "gone"}`) })
	assert.Equal(t, []string{
		"GetSecretValue x", "GetSecretValue none ResourceNotFoundException", "GetSecretValue down DecryptionFailure", "GetSecretValue gone",
	}, told)
}

// TestWrapSeesEachRequest checks that the handler of Wrap gets each request first.
func TestWrapSeesEachRequest(t *testing.T) {
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	for method, want := range map[string]int{http.MethodGet: http.StatusTeapot, http.MethodPost: http.StatusBadRequest} {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL(), http.NoBody)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestMemoryIsBoundedOverManyCalls makes SECRETSMANAGERTEST_CALLS calls, each signed with another
// token, and compares the memory before and after.
func TestMemoryIsBoundedOverManyCalls(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SECRETSMANAGERTEST_CALLS"))
	if n == 0 {
		t.Skip("SECRETSMANAGERTEST_CALLS says no number of calls, such as 1000000")
	}
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{Secrets: map[string]string{"x": "1"}})
	calls := func(from, to int) uint64 {
		for i := from; i < to; i++ {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"SecretId": "x"}`))
			r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
			r.Header.Set("X-Amz-Security-Token", strings.Repeat(fmt.Sprint(i), 200))
			srv.ServeHTTP(httptest.NewRecorder(), r)
		}
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	early := calls(0, n/10)
	late := calls(n/10, n)
	t.Logf("heap after %d calls: %d KiB; after %d: %d KiB", n/10, early>>10, n, late>>10)
	assert.Less(t, late, early+4<<20)
	assert.Equal(t, n, srv.Calls("x"))
	assert.Equal(t, n, srv.Operations("GetSecretValue"))
}
