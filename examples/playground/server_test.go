package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// post sends a question as the page does, after change has changed it.
func post(t *testing.T, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8765/plan", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://127.0.0.1:8765")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, r)
	return w
}

const plain = `{"kind": "connection", "per": "day", "lookups": 1, "ids": "pg"}`

func TestWhoMayAsk(t *testing.T) {
	header := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	host := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Host = name; r.Header.Set("Origin", "http://"+name) }
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		code   int
	}{
		{"the page", nil, http.StatusOK},
		{"by name", host("localhost:8765"), http.StatusOK},
		{"by IPv6", host("[::1]:8765"), http.StatusOK},
		{"through another port", host("127.0.0.1"), http.StatusOK},
		{"a program", func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, http.StatusOK},
		{"an old browser", header("Sec-Fetch-Site", ""), http.StatusOK},
		{"a name whose DNS points here", host("rebound.example:8765"), http.StatusForbidden},
		{"a name that begins like ours", host("localhost.example:8765"), http.StatusForbidden},
		{"another address", host("192.0.2.1:8765"), http.StatusForbidden},
		{"no name", host(""), http.StatusForbidden},
		{"another site", header("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"another port", header("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		{"another site in an old browser", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://other.example") }, http.StatusForbidden},
		{"a form", header("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{"no type", header("Content-Type", ""), http.StatusUnsupportedMediaType},
		{"a charset", header("Content-Type", "application/json; charset=utf-8"), http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.code, post(t, plain, test.change).Code)
		})
	}
}

func TestWhatMayBeAsked(t *testing.T) {
	const secret = "hunter2"
	for _, test := range []struct {
		name, body string
		code       int
		why        string
	}{
		{"no JSON", secret, http.StatusBadRequest, "not a question"},
		{"another JSON", `["` + secret + `"]`, http.StatusBadRequest, "not a question"},
		{"wrong type", `{"kind": "connection", "lookups": "` + secret + `"}`, http.StatusBadRequest, "not a question"},
		{"unknown field", `{"` + secret + `": 1}`, http.StatusBadRequest, "not a question"},
		{"unknown kind", `{"kind": "` + secret + `", "per": "day"}`, http.StatusBadRequest, "kind must be connection, variable or config"},
		{"unknown period", `{"kind": "config", "per": "` + secret + `"}`, http.StatusBadRequest, "per must be month, day or hour"},
		{"negative", `{"kind": "config", "per": "day", "lookups": -1}`, http.StatusBadRequest, "from 0 to a billion"},
		{"huge", `{"kind": "config", "per": "day", "lookups": 1e300}`, http.StatusBadRequest, "from 0 to a billion"},
		{"unknown view", `{"kind": "config", "per": "day", "view": {"show": "` + secret + `"}}`, http.StatusBadRequest, "view.show must be"},
		{"unknown order", `{"kind": "config", "per": "day", "view": {"sort": "` + secret + `"}}`, http.StatusBadRequest, "view.sort must be"},
		{"page before the first", `{"kind": "config", "per": "day", "view": {"page": -1}}`, http.StatusBadRequest, "view.page must not be negative"},
		{"long pattern", `{"kind": "config", "per": "day", "fields": {"pattern": "` + strings.Repeat(secret, 10_000) + `"}}`, http.StatusBadRequest, "longer than 65536 bytes"},
		{"many ids", `{"kind": "config", "per": "day", "ids": "` + manyIDs(mostIDs+1) + `"}`, http.StatusBadRequest, "5001 ids are too many"},
		{"a megabyte", `{"ids": "` + strings.Repeat("x", mostBytes) + `"}`, http.StatusRequestEntityTooLarge, "longer than a megabyte"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := post(t, test.body, nil)
			assert.Equal(t, test.code, w.Code)
			var refused struct{ Error string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &refused))
			assert.Contains(t, refused.Error, test.why)
			assert.NotContains(t, w.Body.String(), secret)
		})
	}
	assert.Equal(t, http.StatusOK, post(t, `{"kind": "config", "per": "day", "ids": "`+manyIDs(mostIDs)+`"}`, nil).Code)
}

func TestThePageIsAllThatIsServed(t *testing.T) {
	for _, test := range []struct {
		method, path string
		code         int
		mediaType    string
	}{
		{http.MethodGet, "/", http.StatusOK, "text/html"},
		{http.MethodGet, "/page.js", http.StatusOK, "text/javascript"},
		{http.MethodGet, "/page.css", http.StatusOK, "text/css"},
		{http.MethodGet, "/icon.svg", http.StatusOK, "image/svg+xml"},
		{http.MethodGet, "/main.go", http.StatusNotFound, ""},
		{http.MethodGet, "/../main.go", http.StatusTemporaryRedirect, ""}, // to /main.go
		{http.MethodGet, "/plan", http.StatusNotFound, ""},
		{http.MethodPost, "/", http.StatusMethodNotAllowed, ""},
		{http.MethodOptions, "/plan", http.StatusMethodNotAllowed, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil)
		r.Host = "127.0.0.1:8765"
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, r)
		assert.Equal(t, test.code, w.Code, test.path)
		assert.Contains(t, w.Header().Get("Content-Type"), test.mediaType)
		policy := w.Header().Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'")
		assert.Contains(t, policy, "connect-src 'self'")
		assert.NotContains(t, policy, "unsafe")
		assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	}
}

// TestThePageNamesNobodyElse: the page loads nothing from elsewhere, and never uses text as markup.
func TestThePageNamesNobodyElse(t *testing.T) {
	page, err := fs.Sub(files, "page")
	require.NoError(t, err)
	html, err := fs.ReadFile(page, "index.html")
	require.NoError(t, err)
	entries, err := fs.ReadDir(page, ".")
	require.NoError(t, err)
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".svg") { // which names its XML namespace
			continue
		}
		text, err := fs.ReadFile(page, name)
		require.NoError(t, err)
		assert.NotRegexp(t, `https?://|url\(|@import`, string(text), name)
		assert.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\son[a-z]+=|style="`, string(text), name)
	}
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable, lookup.KindConfig} {
		assert.Regexp(t, regexp.QuoteMeta(`value="`+kind.String()+`" data-prefix="`+defaultPrefix(kind)+`"`), string(html))
	}
}

// A heldContext blocks a question between two of its matches until letGo is closed.
type heldContext struct {
	context.Context
	asked   atomic.Int64
	reached chan struct{} // closed when the first match begins
	letGo   chan struct{}
}

func (c *heldContext) Err() error {
	if c.asked.Add(1) == 1 {
		close(c.reached)
	}
	<-c.letGo
	return c.Context.Err()
}

// TestNoQuestionWaitsForAnother blocks one question in the middle of its answer, and asks the next.
func TestNoQuestionWaitsForAnother(t *testing.T) {
	held := &heldContext{Context: t.Context(), reached: make(chan struct{}), letGo: make(chan struct{})}
	const hostile = `{"kind": "connection", "per": "day", "fields": {"pattern": "(a+)+\\1?b"}, "ids": "aaaa\nb"}`
	server, first := handler(), make(chan int, 1)
	serve := func(ctx context.Context) int {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:8765/plan", strings.NewReader(hostile))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Code
	}
	go func() { first <- serve(held) }()
	select {
	case <-held.reached:
	case <-first:
		t.Fatal("the question was not asked with its own context")
	}
	for range 3 {
		assert.Equal(t, http.StatusOK, serve(t.Context()))
	}
	assert.Empty(t, first, "it is held still")
	close(held.letGo)
	assert.Equal(t, http.StatusOK, <-first)
}
