package guard

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhoMayAsk checks who may ask a program on loopback, and one on every address.
func TestWhoMayAsk(t *testing.T) {
	let := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	const yes, no = http.StatusOK, http.StatusForbidden
	for _, row := range []struct {
		name, method, host, origin, site string
		loopback, public                 int
	}{
		{"a program", "POST", "127.0.0.1:8765", "", "", yes, yes},
		{"by name", "POST", "LocalHost:8765", "", "", yes, yes},
		{"by IPv6", "POST", "[::1]:8765", "", "", yes, yes},
		{"by IPv6, no port", "POST", "[::1]", "", "", yes, yes},
		{"another address of loopback", "POST", "127.8.8.8", "", "", yes, yes},
		{"its own page", "POST", "127.0.0.1:8765", "http://127.0.0.1:8765", "same-origin", yes, no},
		{"its own page in an old browser", "POST", "127.0.0.1:8765", "http://127.0.0.1:8765", "", yes, no},
		{"another site", "POST", "127.0.0.1:8765", "https://other.example", "cross-site", no, no},
		{"another site in an old browser", "POST", "127.0.0.1:8765", "https://other.example", "", no, no},
		{"another port", "POST", "127.0.0.1:8765", "http://127.0.0.1:1", "same-site", no, no},
		{"a page of no origin", "POST", "127.0.0.1:8765", "null", "", no, no},
		{"a name whose DNS points here", "POST", "rebound.example:8765", "http://rebound.example:8765", "same-origin", no, no},
		{"the same in an old browser", "POST", "rebound.example:8765", "http://rebound.example:8765", "", no, no},
		{"the same, reading", "GET", "rebound.example:8765", "", "", no, yes},
		{"a name that begins like ours", "POST", "localhost.example:8765", "", "", no, yes},
		{"a name in the network", "POST", "secrets:8765", "", "", no, yes},
		{"another address", "POST", "192.0.2.1:8765", "", "", no, yes},
		{"no name", "POST", "", "", "", no, yes},
	} {
		ask := func(h http.Handler) int {
			r := httptest.NewRequestWithContext(t.Context(), row.method, "http://127.0.0.1:8765/", http.NoBody)
			r.Host = row.host
			for key, value := range map[string]string{"Origin": row.origin, "Sec-Fetch-Site": row.site} {
				if value != "" {
					r.Header.Set(key, value)
				}
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		assert.Equal(t, row.loopback, ask(Loopback(let, Plain)), row.name)
		assert.Equal(t, row.public, ask(NoBrowser(let, Plain)), row.name)
	}
}
