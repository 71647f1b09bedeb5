package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

// latinPassword fits into Latin-1, which basic authentication requires.
const latinPassword = `geheim'"\@:/%? &ÄÖÜß`

// echo answers with the request, and redirects /away to another host.
func echo(elsewhere func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/away") {
			http.Redirect(w, r, elsewhere()+"/elsewhere", http.StatusFound)
			return
		}
		user, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, strings.Join([]string{r.URL.Path, user, password, r.Header.Get("X-Api-Key")}, "|"))
	}
}

// httpServer starts a server named 127.0.0.1, with TLS if there is a certificate.
func httpServer(t *testing.T, certificate *tls.Certificate, handler http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = discard
	if certificate == nil {
		s.Start()
	} else {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func TestHTTP(t *testing.T) {
	certificate, ca := servers.Certificate(t)
	var secure, plain *httptest.Server
	port := func(s *httptest.Server) int {
		u, err := url.Parse(s.URL)
		require.NoError(t, err)
		n, err := strconv.Atoi(u.Port())
		require.NoError(t, err)
		return n
	}
	elsewhere := func() string { return "https://localhost:" + strconv.Itoa(port(secure)) } // another name, the same server
	secure = httpServer(t, &certificate, echo(elsewhere))
	plain = httpServer(t, nil, echo(func() string { return "http://localhost:" + strconv.Itoa(port(plain)) }))
	proxied := 0
	proxy := httpServer(t, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied++
		r.Header.Del("Proxy-Authorization")
		r.RequestURI = ""
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	withLogin := strings.Replace(proxy.URL, "http://", "http://proxy:s3cr3t@", 1)
	sent := "|app|" + toLatin1(latinPassword) + "|" + "k3y"

	for _, row := range []struct {
		name     string
		server   *httptest.Server
		extra    map[string]any
		endpoint string
		want     string
		proxied  int
		wrong    string
	}{
		{"TLS, basic and headers", secure, map[string]any{"verify": ca}, "v1/items", "/v1/items" + sent, 0, ""},
		{"TLS without verification", secure, map[string]any{"verify": false}, "v1/items", "/v1/items" + sent, 0, ""},
		{"in the clear", plain, map[string]any{}, "v1/items", "/v1/items" + sent, 0, ""},
		{"redirect to another host", secure, map[string]any{"verify": ca}, "away", "/elsewhere|||", 0, ""},
		{"redirect to another host, in the clear", plain, map[string]any{}, "away", "/elsewhere|||", 0, ""},
		{"redirect that is not followed", secure, map[string]any{"verify": ca, "allow_redirects": false}, "away", "<a href=", 0, ""},
		{"proxy", plain, map[string]any{"proxies": map[string]any{"http": withLogin}}, "v1", "/v1" + sent, 1, ""},
		{"wrong CA", secure, map[string]any{"verify": strangersCA(t)}, "v1", "", 0, "certificate"},
		{"CA that is not there", secure, map[string]any{"verify": "/nowhere/" + password}, "v1", "", 0, "the CA file cannot be read"},
		{"proxy that refuses", plain, map[string]any{"proxies": map[string]any{"http": "http://app:" + url.QueryEscape(password) + "@127.0.0.1:1"}}, "v1", "", 0, "refused"},
		{"proxy that is no URL", plain, map[string]any{"proxies": map[string]any{"http": "http://" + password}}, "v1", "", 0, "net/url cannot read"},
		{"header that cannot be sent", plain, map[string]any{"X-Other": password}, "v1", "", 0, "Latin-1"},
	} {
		c := connuri.Connection{Type: "http", Host: "127.0.0.1", Port: port(row.server), Login: "app", Password: connuri.NewSecret(latinPassword)}
		if row.server == secure {
			c.Schema = "https"
		}
		row.extra["X-Api-Key"] = "k3y"
		var err error
		c.Extra, err = connuri.NewExtra(row.extra)
		require.NoError(t, err)
		for form, c := range stored(t, c) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				had := proxied
				body, err := fetch(t, c, row.endpoint)
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					assert.NotContains(t, err.Error(), latinPassword)
					return
				}
				require.NoError(t, err)
				assert.Contains(t, body, row.want)
				assert.Equal(t, row.proxied, proxied-had)
			})
		}
	}
}

// toLatin1 returns text as bytes of Latin-1.
func toLatin1(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

func fetch(t *testing.T, c connuri.Connection, endpoint string) (body string, err error) {
	a, err := openHTTP(t.Context(), c)
	if err != nil {
		return "", err
	}
	defer a.client.CloseIdleConnections()
	response, err := a.get(within(t), endpoint)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
