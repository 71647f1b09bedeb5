package hook

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// At returns the settings for one of the servers of the SRV record. Endpoints start at the root of
// that server, as in the hook. Without SRV it returns c unchanged.
func (c HTTPConfig) At(host string, port int) HTTPConfig {
	if c.SRV != nil {
		c.BaseURL = c.SRV.Scheme + "://" + strings.TrimSuffix(host, ".") + ":" + strconv.Itoa(port)
		c.SRV = nil
	}
	return c
}

// NewRequest returns a request to BaseURL followed by endpoint, with Headers and the login. The two
// are joined by one slash unless both have one. Send the request with a client made by Client: any
// other client carries Headers along wherever a redirect leads.
//
// NewRequest fails if BaseURL does not begin with http:// or https://, if endpoint does not make a
// URL, if net/http or Latin-1 cannot carry a header, and if SRV is still to be looked up. The error
// shows nothing of the settings.
func (c HTTPConfig) NewRequest(ctx context.Context, method, endpoint string, body io.Reader) (*http.Request, error) {
	if c.SRV != nil {
		return nil, badHTTP("extra", "srv_lookup", "the server is not known yet", "look up SRV, and use what At gives")
	}
	base := pystr.StripLeft(c.BaseURL)
	if scheme, _, ok := strings.Cut(base, "://"); !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return nil, badHTTP("host", "", "the settings have no URL of http or https to begin with", "use settings that HTTP gives without an error")
	}
	u, err := url.Parse(quoteURL(httpJoin(base, endpoint)))
	if err != nil || u.Hostname() == "" {
		return nil, badHTTP("host", "", "together with the endpoint it is not a URL", "write a host name into host")
	}
	u = u.ResolveReference(u) // as requests does: without . and .. in the path
	if u.Path == "" {
		u.Path = "/"
	}
	if port := strings.TrimLeft(u.Port(), "0"); port != u.Port() || port == "" {
		u.Host = strings.TrimSuffix(strings.TrimSuffix(u.Host, u.Port())+port, ":")
	}
	request, err := http.NewRequestWithContext(ctx, method, "", body)
	if err != nil {
		return nil, err // about ctx or method
	}
	request.URL, request.Host = u, u.Host
	if err := c.setHeaders(request); err != nil {
		return nil, err
	}
	return request, nil
}

// badHTTP returns an error of the methods.
func badHTTP(field, key, rule, instead string) error {
	return &Error{Type: "http", Field: field, Key: key, Rule: rule, Instead: instead}
}

// setHeaders sets the headers and the login, in Latin-1 as http.client of Python does.
func (c HTTPConfig) setHeaders(request *http.Request) error {
	for _, name := range c.HeadersUnset {
		request.Header[http.CanonicalHeaderKey(name)] = nil // keeps net/http from setting it
	}
	for name, secret := range c.Headers {
		value, ok := latin1(secret.Reveal())
		switch {
		case !isToken(name):
			return badHTTP("extra", "", "it has a header with a name that net/http does not send", "write letters, digits and - into the names of headers")
		case !ok:
			return badHTTP("extra", "", "it has a header with characters beyond Latin-1", "quote them")
		case strings.ContainsFunc(value, isControl):
			return badHTTP("extra", "", "it has a header with a control character", "leave it out")
		case strings.EqualFold(name, "Host"):
			request.Host = value
		default:
			request.Header.Set(name, value)
		}
	}
	if c.User != "" || !c.Password.IsZero() {
		user, first := latin1(c.User)
		password, second := latin1(c.Password.Reveal())
		if !first || !second {
			return badHTTP("login", "", "it or the password has characters beyond Latin-1", "write an Authorization header into the extra")
		}
		request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	}
	return nil
}

// isToken reports whether net/http sends a header of this name.
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F }

// Client makes a client that follows the settings: TLS, proxies, timeout and redirects.
// readFile reads the files of TLS, such as os.ReadFile.
//
// A redirect to another host or port, or from https to http, drops Headers, Authorization,
// Cookie and Referer, and a later redirect back does not restore them. (requests drops
// Authorization alone.) The client keeps no cookies unless its Jar is set, and does not read
// netrc or REQUESTS_CA_BUNDLE. It pools connections, so make one client and keep it.
//
// The error is one of TLS.Config, or an *Error for a proxy whose URL cannot be read.
func (c HTTPConfig) Client(readFile func(path string) ([]byte, error)) (*http.Client, error) {
	config, err := c.TLS.Config(readFile)
	if err != nil {
		return nil, err
	}
	proxy, err := c.proxy()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		TLSClientConfig: config, Proxy: proxy, ResponseHeaderTimeout: c.Timeout,
		MaxIdleConns: 100, IdleConnTimeout: 90 * time.Second,
	}
	for _, name := range c.HeadersUnset {
		transport.DisableCompression = transport.DisableCompression || name == "Accept-Encoding"
	}
	client := &http.Client{Transport: transport, CheckRedirect: c.checkRedirect}
	if c.Timeout > 0 {
		client.Transport = &patient{transport, c.Timeout}
	}
	return client, nil
}

// proxy returns the proxy for a URL: by scheme and host, by scheme, by the environment, then by all
// and host, by all.
func (c HTTPConfig) proxy() (func(*http.Request) (*url.URL, error), error) {
	proxies := map[string]*url.URL{}
	for key, secret := range c.Proxies {
		text := secret.Reveal()
		if text == "" {
			continue // no proxy for that
		}
		if !strings.Contains(text, "://") {
			text = "http://" + text
		}
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			return nil, badHTTP("extra", "proxies", "it has a URL that net/url cannot read", "write http://host:port, and quote what a login in it holds")
		}
		proxies[key] = u
	}
	return func(request *http.Request) (*url.URL, error) {
		scheme, host := request.URL.Scheme, strings.ToLower(request.URL.Hostname())
		find := func(keys ...string) (u *url.URL, ok bool) {
			for _, key := range keys {
				if _, ok = c.Proxies[key]; ok {
					return proxies[key], true
				}
			}
			return nil, false
		}
		if u, ok := find(scheme+"://"+host, scheme); ok {
			return u, nil
		}
		if c.TrustEnv {
			if u, err := http.ProxyFromEnvironment(request); u != nil || err != nil {
				return u, err
			}
		}
		u, _ := find("all://"+host, "all")
		return u, nil
	}, nil
}

// checkRedirect is http.Client.CheckRedirect.
func (c HTTPConfig) checkRedirect(request *http.Request, via []*http.Request) error {
	if !c.AllowRedirects {
		return http.ErrUseLastResponse
	}
	if len(via) > c.MaxRedirects {
		return errors.New("hook: more redirects than max_redirects")
	}
	delete(request.Header, "Referer") // which requests does not send
	if referer := via[0].Header["Referer"]; referer != nil {
		request.Header["Referer"] = referer
	}
	hops := append(via[:len(via):len(via)], request)
	for i := range via {
		if isElsewhere(hops[i].URL, hops[i+1].URL) {
			c.strip(request)
			break
		}
	}
	return nil
}

// strip removes what only the first host may see.
func (c HTTPConfig) strip(request *http.Request) {
	for name := range c.Headers {
		request.Header.Del(name)
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Referer"} {
		request.Header.Del(name)
	}
	request.Host = ""
}

// isElsewhere is should_strip_auth: another host, port or scheme, except https in place of http on
// their default ports.
func isElsewhere(from, to *url.URL) bool {
	port := func(u *url.URL) string {
		if u.Port() == "" {
			return map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		return u.Port()
	}
	switch {
	case !strings.EqualFold(from.Hostname(), to.Hostname()):
		return true
	case from.Scheme == "http" && port(from) == "80" && to.Scheme == "https" && port(to) == "443":
		return false
	}
	return from.Scheme != to.Scheme || port(from) != port(to)
}
