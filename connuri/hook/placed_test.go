package hook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// printed is a value in the ways that programs print settings.
func printed(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %q %x %d %s", v, v, v, v, v, v, v)
	text, err := json.Marshal(v)
	require.NoError(t, err)
	b.Write(text)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("", "v", v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("", "v", v)
	return b.String()
}

// TestMisplacedLogin has a login (QZXJ) where only a host belongs. Whatever the function
// says of it, no settings come back that print it.
func TestMisplacedLogin(t *testing.T) {
	hosts := []string{
		"ftp://u:QZXJ@h", "https:///u:QZXJ@h", "https://u:[QZXJ@h", "ht\ttps://u:QZXJ@h", "\u00a0https://u:QZXJ@h", `https://x\u:QZXJ@h`, "https://u:QZXJ@h:99999",
		"https://u:QZXJ@", "u:QZXJ@h", " https://u:QZXJ@h", `https://u:QZXJ@h\@x`, "https://QZXJ@h", "https://u:QZXJ@h", "https://u:QZ/XJ@h", "h,u:QZXJ@h", "redis://u:QZXJ@h",
	}
	for name, read := range readings {
		for _, host := range hosts {
			if name == "http" && host == "https://u:QZ/XJ@h" {
				host = "https://u:QZXJ/x@h"
			}
			for _, extra := range []string{`{}`, `{"srv_lookup": true}`, `{"host": "u:QZXJ@h"}`, `{"X-A": 5, "ssl_context": 5, "ssl": 5}`} {
				got := read(connuri.Connection{Type: name, Host: host, Port: 1, Extra: connuri.RawExtra(extra)})
				if name == "http" && strings.Contains(extra, `"host"`) {
					continue // a header
				}
				assert.NotContains(t, printed(t, got.settings), "QZXJ", "%s %q %s", name, host, extra)
			}
		}
	}
}

// With an error that is not ErrUnsupported, nothing else comes back.
func TestErrorsComeAlone(t *testing.T) {
	for name, extra := range map[string]string{
		"postgres": `{"sslmode": "x"}`, "mysql": `{"ssl_mode": "x"}`, "redis": `{"db": "x"}`, "smtp": `{"ssl_context": 1}`, "http": `{"timeout": "x"}`,
		"mongo": `{"w": -1}`, "kafka": `{"bootstrap.servers": "k", "acks": "x"}`,
		"ssh": `{"conn_timeout": "x"}`, "mssql": `{"encryption": "x"}`,
		"snowflake": `{"private_key_content": "x"}`, "google_cloud_platform": `{"num_retries": "x"}`,
	} {
		got := readings[name](connuri.Connection{Type: name, Host: "h", Login: "app", Port: 1, Extra: connuri.RawExtra(extra)})
		_, ours := errors.AsType[*hook.Error](got.errs[0])
		assert.True(t, ours, name)
		assert.Zero(t, got.settings, name)
	}
}

// The names of headers and proxies may be secrets that ended up in the wrong place.
func TestSecretsPrintNoNames(t *testing.T) {
	h, err := hook.HTTP(connuri.Connection{Type: "http", Host: "h", Extra: connuri.RawExtra(
		`{"QZXJ": "v", "X-QZXJ": "w", "proxies": {"http://u:QZXJ@h": "http://p"}}`)})
	require.NoError(t, err)
	for _, v := range []any{h, &h, h.Headers, h.Proxies, []any{h.Headers}} {
		assert.NotContains(t, printed(t, v), "QZXJ")
	}
	assert.Equal(t, "2 secrets", fmt.Sprint(h.Headers))
	text, err := json.Marshal(h.Proxies)
	require.NoError(t, err)
	assert.Equal(t, `"1 secret"`, string(text))
	assert.Equal(t, "2 secrets", h.Headers.LogValue().String())
	assert.Equal(t, "0 secrets", hook.Secrets(nil).String())
}

// A request needs a server: no endpoint takes the place of a BaseURL that is not there.
func TestNewRequestWithoutServer(t *testing.T) {
	for _, base := range []string{"", "h", "/", "//h", "http:", "://", "://h", "h://x", "ftp://h", "h/http://x"} {
		for _, endpoint := range []string{"", "x", "v1", "/", "%", "://", "?a", `\x`, "http://evil/x", "@evil/x"} {
			_, err := hook.HTTPConfig{BaseURL: base}.NewRequest(context.Background(), "GET", endpoint, nil)
			_, ours := errors.AsType[*hook.Error](err)
			assert.True(t, ours, "%q %q", base, endpoint)
		}
	}
	request, err := hook.HTTPConfig{BaseURL: " HTTP://h"}.NewRequest(context.Background(), "GET", "v1", nil)
	require.NoError(t, err)
	assert.Equal(t, "http://h/v1", request.URL.String())
}

// Thousands of keys that the hook does not know take no more than they have to: no guess is made
// for each of them.
func TestManyKeys(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"a": "b"`)
	for i := range 100_000 {
		fmt.Fprintf(&b, `, "timeou%d": "x"`, i)
	}
	b.WriteString("}")
	takes := func(f func()) uint64 { // in bytes, because a clock would also count what else the machine does
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	extra := connuri.RawExtra(b.String())
	without := takes(func() { _, _ = hook.Redis(connuri.Connection{Type: "redis", Port: 1, Extra: extra}) }) // reads the extra alone
	with := takes(func() { _, _ = hook.HTTP(connuri.Connection{Type: "http", Host: "h", Extra: extra}) })
	assert.Less(t, with, 4*without)
	for _, connType := range []string{"kafka", "mongo", "snowflake", "google_cloud_platform", "http", "postgres"} {
		lint := takes(func() { hook.Lint(connuri.Connection{Type: connType, Host: "h", Extra: extra}) })
		assert.Less(t, lint, 6*without, connType)
	}
}
