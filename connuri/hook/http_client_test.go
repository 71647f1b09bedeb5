package hook_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// httpAt are the settings of a connection to a test server, with a login.
func httpAt(t *testing.T, server *httptest.Server, extra string) hook.HTTPConfig {
	t.Helper()
	config, err := hook.HTTP(connuri.Connection{
		Type: "http", Host: server.URL, Login: "app", Password: connuri.NewSecret("s3cr3t"), Extra: connuri.RawExtra(extra),
	})
	require.NoError(t, err)
	return config
}

// silent drops what a server says of clients that hang up.
var silent = log.New(io.Discard, "", 0)

func noFile(string) ([]byte, error) { return nil, fs.ErrNotExist }

// get asks for an endpoint with the client of the settings.
func get(t *testing.T, config hook.HTTPConfig, endpoint string, readFile func(string) ([]byte, error)) (string, error) {
	t.Helper()
	client, err := config.Client(readFile)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	request, err := config.NewRequest(t.Context(), http.MethodGet, endpoint, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.Status + " " + string(body), err
}

// echo answers with what it was told: the login, the header X-Key and the path.
func echo(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s:%s %s %s", user, password, r.Header.Get("X-Key"), r.RequestURI)
}

func TestHTTPClientSendsLoginAndHeaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echo(w, r)
		fmt.Fprintf(w, " host=%s agent=%q accept=%q", r.Host, r.Header["User-Agent"], r.Header["Accept-Encoding"])
	}))
	defer server.Close()
	config := httpAt(t, server, `{"x-key": "kéy", "Host": "inner.example.com", "user-agent": null, "Accept-Encoding": null}`)
	config.BaseURL += "/v1"
	answer, err := get(t, config, "items/../item?q=a b", noFile)
	require.NoError(t, err)
	assert.Equal(t, "200 OK app:s3cr3t k\xe9y /v1/item?q=a%20b host=inner.example.com agent=[] accept=[]", answer)
}

func TestHTTPClientTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(echo))
	server.Config.ErrorLog = silent
	defer server.Close()
	other := issueCA(t, nil, "another")
	files := map[string][]byte{
		"/ca.pem":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		"/other.pem": other.pem(),
	}
	readFile := func(path string) ([]byte, error) {
		if file := files[path]; file != nil {
			return file, nil
		}
		return nil, fs.ErrNotExist
	}
	for extra, ok := range map[string]bool{
		`{}`:                                  false,
		`{"verify": "/ca.pem"}`:               true,
		`{"verify": "/other.pem"}`:            false,
		`{"verify": false}`:                   true,
		`{"verify": null, "verify_ssl": ""}`:  false,
		`{"verify_ssl": ""}`:                  true,
		`{"verify": "/ca.pem", "timeout": 9}`: true,
	} {
		answer, err := get(t, httpAt(t, server, extra), "x", readFile)
		if ok && assert.NoError(t, err, extra) {
			assert.Equal(t, "200 OK app:s3cr3t  /x", answer, extra)
		}
		if !ok {
			var unknown x509.UnknownAuthorityError
			assert.ErrorAs(t, err, &unknown, extra)
		}
	}
	_, err := httpAt(t, server, `{"cert": "/none.pem"}`).Client(readFile)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.NotContains(t, err.Error(), "none")
}

func TestHTTPClientCertificate(t *testing.T) {
	ca := issueCA(t, nil, "ca")
	client := issue(t, ca, x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, len(r.TLS.PeerCertificates))
	}))
	server.Config.ErrorLog = silent
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	files := map[string][]byte{"/c.pem": client.pem(), "/c.key": client.keyPEM(t), "/both.pem": append(client.pem(), client.keyPEM(t)...)}
	readFile := func(path string) ([]byte, error) { return files[path], nil }
	for extra, sent := range map[string]string{
		`{"verify": false}`:                               "0",
		`{"verify": false, "cert": "/both.pem"}`:          "1",
		`{"verify": false, "cert": ["/c.pem", "/c.key"]}`: "1",
	} {
		answer, err := get(t, httpAt(t, server, extra), "x", readFile)
		require.NoError(t, err, extra)
		assert.Equal(t, "200 OK "+sent, answer, extra)
	}
}

// TestHTTPClientRedirects goes from one host to another and back: the headers and the login
// stay on the first, and do not come back.
func TestHTTPClientRedirects(t *testing.T) {
	var first, second *httptest.Server
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/seen", http.StatusFound)
		case "/other":
			http.Redirect(w, r, second.URL+"/seen", http.StatusTemporaryRedirect)
		case "/away":
			http.Redirect(w, r, second.URL+"/same", http.StatusFound)
		case "/slashes": // net/http keeps the Host of a request here, as after a relative redirect
			http.Redirect(w, r, strings.TrimPrefix(second.URL, "http:")+"/seen", http.StatusFound)
		case "/name":
			http.Redirect(w, r, strings.Replace(first.URL, "127.0.0.1", "localhost", 1)+"/seen", http.StatusFound)
		case "/back":
			http.Redirect(w, r, second.URL+"/forth", http.StatusFound)
		case "/forth":
			http.Redirect(w, r, first.URL+"/seen", http.StatusFound)
		default:
			echo(w, r)
			for _, name := range []string{"Cookie", "Referer", "X-None"} {
				fmt.Fprintf(w, " %s", r.Header.Get(name))
			}
			if r.Host == "inner" {
				fmt.Fprint(w, " inner")
			}
		}
	})
	first, second = httptest.NewServer(handler), httptest.NewServer(handler)
	defer first.Close()
	defer second.Close()
	for _, timeout := range []string{"", `, "timeout": 5`} {
		config := httpAt(t, first, `{"x-key": "k3y", "Cookie": "c=1", "host": "inner"`+timeout+`}`)
		for endpoint, want := range map[string]string{
			"seen": "app:s3cr3t k3y /seen c=1   inner", "same": "app:s3cr3t k3y /seen c=1   inner",
			"other": ":  /seen   ", "name": ":  /seen   ", "back": ":  /seen   ", "away": ":  /seen   ", "slashes": ":  /seen   ",
		} {
			answer, err := get(t, config, endpoint, noFile)
			require.NoError(t, err)
			assert.Equal(t, "200 OK "+want, answer, endpoint)
		}
	}
}

// TestHTTPRedirectElsewhere is what counts as another host.
func TestHTTPRedirectElsewhere(t *testing.T) {
	config := hook.HTTPConfig{
		AllowRedirects: true, MaxRedirects: 30, User: "app",
		Headers: map[string]connuri.Secret{"X-Key": connuri.NewSecret("k3y")},
	}
	client, err := config.Client(noFile)
	require.NoError(t, err)
	for _, test := range []struct {
		from, to string
		kept     bool
	}{
		{"https://a.example.com/x", "https://a.example.com/y", true},
		{"https://a.example.com/x", "https://A.example.com:443/y", true},
		{"http://a.example.com/x", "https://a.example.com/y", true},
		{"http://a.example.com:80/x", "https://a.example.com:443/y", true},
		{"http://a.example.com:8080/x", "https://a.example.com/y", false},
		{"https://a.example.com/x", "http://a.example.com/y", false},
		{"https://a.example.com:80/x", "https://a.example.com/y", false},
		{"https://a.example.com/x", "https://a.example.com:8443/y", false},
		{"https://example.com/x", "https://a.example.com/y", false},
		{"https://a.example.com/x", "https://a.example.com.evil.example/y", false},
	} {
		config.BaseURL = test.from
		before, err := config.NewRequest(t.Context(), "GET", "", nil)
		require.NoError(t, err)
		after := before.Clone(t.Context())
		after.URL, err = url.Parse(test.to)
		require.NoError(t, err)
		require.NoError(t, client.CheckRedirect(after, []*http.Request{before}))
		for _, name := range []string{"X-Key", "Authorization"} {
			assert.Equal(t, test.kept, after.Header.Get(name) != "", "%s from %s to %s", name, test.from, test.to)
		}
	}
}

func TestHTTPClientCountsRedirects(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.URL.Path[1:]); n > 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(n-1), http.StatusFound)
		}
	}))
	defer server.Close()
	for _, test := range []struct {
		extra     string
		redirects string
		status    string // "" is an error
	}{
		{`{}`, "30", "200 OK "}, {`{}`, "31", ""},
		{`{"max_redirects": 2}`, "2", "200 OK "}, {`{"max_redirects": 2}`, "3", ""},
		{`{"max_redirects": 0}`, "0", "200 OK "}, {`{"max_redirects": 0}`, "1", ""},
		{`{"max_redirects": -1}`, "0", "200 OK "}, {`{"max_redirects": "5"}`, "1", ""},
		{`{"max_redirects": 1.5}`, "2", "200 OK "}, {`{"max_redirects": 1.5}`, "3", ""},
		{`{"max_redirects": NaN}`, "40", "200 OK "}, {`{"max_redirects": true}`, "2", ""},
		{`{"allow_redirects": false}`, "1", "302 Found "},
		{`{"allow_redirects": "false"}`, "1", "200 OK "},
	} {
		answer, err := get(t, httpAt(t, server, test.extra), test.redirects, noFile)
		if test.status == "" {
			assert.ErrorContains(t, err, "max_redirects", "%s %s", test.extra, test.redirects)
			continue
		}
		require.NoError(t, err, test.extra)
		answer, _, _ = strings.Cut(answer, "<")
		assert.Equal(t, test.status, answer, "%s %s", test.extra, test.redirects)
	}
}

func TestHTTPClientProxies(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	at := strings.TrimPrefix(proxy.URL, "http://")
	for _, test := range []struct{ proxies, want string }{
		{`{"http": "http://u:p%40w@` + at + `"}`, "GET http://api.example.com/x Basic dTpwQHc="},
		{`{"http": "` + at + `"}`, "GET http://api.example.com/x "},
		{`{"all": "` + at + `"}`, "GET http://api.example.com/x "},
		{`{"http": "none.invalid", "http://api.example.com": "` + at + `"}`, "GET http://api.example.com/x "},
		{`{"all": "none.invalid", "all://api.example.com": "` + at + `"}`, "GET http://api.example.com/x "},
	} {
		config, err := hook.HTTP(connuri.Connection{Type: "http", Host: "API.example.com", Extra: connuri.RawExtra(
			`{"trust_env": false, "proxies": ` + test.proxies + `}`)})
		require.NoError(t, err)
		answer, err := get(t, config, "x", noFile)
		require.NoError(t, err)
		assert.Equal(t, "200 OK "+strings.Replace(test.want, "api.example.com", "API.example.com", 1), answer, test.proxies)
	}

	direct := httptest.NewServer(http.HandlerFunc(echo))
	defer direct.Close()
	for _, proxies := range []string{`{"https": "none.invalid"}`, `{"http": "", "all": "none.invalid"}`, `{"http://other.example.com": "none.invalid"}`} {
		answer, err := get(t, httpAt(t, direct, `{"trust_env": false, "proxies": `+proxies+`}`), "x", noFile)
		require.NoError(t, err, proxies)
		assert.Equal(t, "200 OK app:s3cr3t  /x", answer)
	}

	for _, text := range []string{"http://u:p w@h", "http://u:p%zz@h:1", "http://", "h:x"} {
		_, err := httpAt(t, direct, `{"proxies": {"http": "`+text+`"}}`).Client(noFile)
		e, ours := errors.AsType[*hook.Error](err)
		require.True(t, ours, text)
		assert.Equal(t, "proxies", e.Key)
		assert.NotContains(t, err.Error(), "u:p", text)
	}
}

// TestHTTPClientTrustsTheEnvironment runs itself with a proxy in the environment, which
// net/http reads once.
func TestHTTPClientTrustsTheEnvironment(t *testing.T) {
	if os.Getenv("HTTP_PROXY") == "http://127.0.0.1:9" {
		for _, test := range []struct {
			extra string
			want  string
		}{
			{`{}`, "http://127.0.0.1:9"}, {`{"trust_env": "false"}`, "http://127.0.0.1:9"}, {`{"trust_env": false}`, ""},
			{`{"proxies": {"all": "http://p"}}`, "http://127.0.0.1:9"}, {`{"proxies": {"http": "http://p"}}`, "http://p"},
			{`{"proxies": {"http": ""}}`, ""}, {`{"trust_env": 0, "proxies": {"all": "http://p"}}`, "http://p"},
		} {
			config, err := hook.HTTP(connuri.Connection{Host: "api.example.com", Extra: connuri.RawExtra(test.extra)})
			require.NoError(t, err)
			client, err := config.Client(noFile)
			require.NoError(t, err)
			request, err := config.NewRequest(t.Context(), "GET", "x", nil)
			require.NoError(t, err)
			u, err := client.Transport.(*http.Transport).Proxy(request)
			require.NoError(t, err)
			got := ""
			if u != nil {
				got = u.String()
			}
			assert.Equal(t, test.want, got, test.extra)
		}
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:9", "NO_PROXY=")
	output, err := command.CombinedOutput()
	assert.NoError(t, err, string(output))
}

// TestHTTPClientKeepsConnections: with a timeout too, the next request goes over the same connection.
func TestHTTPClientKeepsConnections(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) }))
	defer server.Close()
	config := httpAt(t, server, `{"timeout": 300}`)
	client, err := config.Client(noFile)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	seen := map[string]bool{}
	for range 3 {
		request, err := config.NewRequest(t.Context(), http.MethodPost, "x", strings.NewReader("body"))
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		from, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		seen[string(from)] = true
	}
	assert.Len(t, seen, 1)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request, err := config.NewRequest(ctx, http.MethodGet, "x", nil)
	require.NoError(t, err)
	_, err = client.Do(request)              //nolint:bodyclose // there is none
	assert.ErrorIs(t, err, context.Canceled) // the caller's own
}
