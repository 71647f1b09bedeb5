package hook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var httpTest = hookTest{
	name:   "http",
	leaves: 2112,
	read: func(c connuri.Connection) (object, error) {
		config, err := hook.HTTP(c)
		return httpObject(config), err
	},
	fails: func(result object) string {
		request, _ := result["request"].(object)
		timeout := result["timeout"]
		base, _ := result["base_url"].(string)
		scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(base)), "://")
		_, isText := result["proxies"].(string)
		switch {
		case result["error"] != nil:
			return "the hook"
		case request["error"] != nil:
			return "requests"
		case timeout != nil && !isPositive(timeout):
			return "recording stopped early: timeout"
		case scheme != "http" && scheme != "https":
			return "recording stopped early: scheme"
		case isText && result["proxies"] != "":
			return "recording stopped early: proxies is text"
		}
		return ""
	},
	refused: func(result object) string {
		verify, isText := result["verify"].(string)
		_, rest, _ := strings.Cut(result["base_url"].(string), "://")
		switch {
		case isText && verify != "" && !strings.Contains(verify, "/"):
			return "verify is text without a /"
		case rest == "":
			return "no host"
		}
		if srv, ok := result["srv"].(object); ok && srv["name"] == nil {
			return "no host"
		}
		return ""
	},
	notCompared: []string{"headers", "auth"},
	inert: func(result object) { // request.send is a copy of the fields
		if request, ok := result["request"].(object); ok {
			delete(request, "send")
		}
	},
	want: func(result object) object {
		request := result["request"].(object)
		headers := object{}
		for name, value := range request["headers"].(object) {
			headers[strings.ToLower(name)] = value
		}
		request["headers"] = headers
		if unset, ok := result["headers_unset"].([]any); ok {
			for i := range unset {
				unset[i] = strings.ToLower(unset[i].(string))
			}
			slices.SortFunc(unset, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		}
		if !isTrue(result["verify"]) {
			result["verify"] = false
		}
		if pair, ok := result["cert"].([]any); ok && len(pair) > 1 {
			result["cert"] = pair[:2] // no more counts
			if isNothing(pair[1]) {
				result["cert"] = pair[0]
			}
		} else if !isTrue(result["cert"]) {
			delete(result, "cert")
		}
		request["url"] = plainHost(request["url"].(string))
		return result
	},
	truths: []string{"trust_env", "allow_redirects", "check_response", "stream"},
	choices: []hookChoice{
		loginTrue,
		{
			reason: "max_redirects is not a whole number: with text the hook fails at the first redirect, so none is followed; a fraction is rounded up",
			met: func(c connuri.Connection, _ error, _ object) bool {
				var extra object
				_ = json.Unmarshal([]byte(c.Extra.Reveal()), &extra)
				_, isText := extra["max_redirects"].(string)
				n, _ := extra["max_redirects"].(float64)
				return isText || n != math.Trunc(n)
			},
			part: "max_redirects",
		},
		{
			reason: "a percent sign in the host: net/url refuses it",
			met: func(_ connuri.Connection, _ error, result object) bool {
				host, _ := authority(result)
				return strings.Contains(host, "%") && !strings.HasPrefix(host, "[") && result["srv"] == nil
			},
		},
		{
			reason: "a login in the host: it is a login in the settings, too",
			met: func(_ connuri.Connection, _ error, result object) bool {
				_, login := authority(result)
				return login
			},
			part: "base_url",
		},
	},
}

// authority is the host of a recorded base_url that requests took, and whether a login
// stands before it.
func authority(result object) (host string, login bool) {
	request, _ := result["request"].(object)
	base, _ := result["base_url"].(string)
	_, rest, _ := strings.Cut(base, "://")
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	at := strings.LastIndexByte(rest, '@')
	if request == nil || request["error"] != nil {
		return "", false
	}
	return rest[at+1:], at >= 0
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c > '~' })
}

// isPositive reports whether a recorded value is a number above 0, in Go's reach.
func isPositive(v any) bool {
	n, ok := v.(interface{ Float64() (float64, error) })
	if !ok {
		return false
	}
	f, err := n.Float64()
	return err == nil && f > 0
}

// httpObject is the settings in the form of a row.
func httpObject(config hook.HTTPConfig) object {
	headers, sendable := object{}, true
	for name, value := range config.Headers {
		headers[strings.ToLower(name)] = value.Reveal()
		sendable = sendable && isASCII(name) && !strings.Contains(name, " ") && isLatin1(value.Reveal()) &&
			!strings.ContainsFunc(value.Reveal(), func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F })
	}
	if config.User != "" || !config.Password.IsZero() {
		login := toLatin1(config.User + ":" + config.Password.Reveal())
		headers["authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(login))
	}
	if config.SRV != nil {
		at := config.At("srv-target.example.com.", 8001)
		return httpGot(config, at, headers, sendable)
	}
	return httpGot(config, config, headers, sendable)
}

// httpGot is the settings together with the request that they make at a server.
func httpGot(config, at hook.HTTPConfig, headers object, sendable bool) object {
	got := object{
		"base_url": config.BaseURL, "max_redirects": config.MaxRedirects, "trust_env": config.TrustEnv,
		"allow_redirects": config.AllowRedirects, "check_response": config.CheckResponse, "stream": config.Stream,
		"verify": config.TLS.Mode == hook.TLSVerifyFull, "cert": config.TLS.CertFile,
	}
	if config.TLS.CAFile != "" {
		got["verify"] = config.TLS.CAFile
	}
	if config.TLS.KeyFile != "" {
		got["cert"] = []any{config.TLS.CertFile, config.TLS.KeyFile}
	}
	if config.Timeout > 0 {
		got["timeout"] = json.Number(strconv.FormatFloat(config.Timeout.Seconds(), 'f', -1, 64))
	}
	if config.SRV != nil {
		got["srv"] = object{"name": config.SRV.Name, "scheme": config.SRV.Scheme}
	}
	var unset []any
	for _, name := range slices.Sorted(slices.Values(config.HeadersUnset)) {
		unset = append(unset, strings.ToLower(name))
	}
	got["headers_unset"] = unset
	proxies := object{}
	for key, proxy := range config.Proxies {
		proxies[key] = proxy.Reveal()
	}
	got["proxies"] = proxies

	request, err := at.NewRequest(context.Background(), "GET", "v1/items", nil)
	switch {
	case sendable && err == nil: // the headers as they go out, not as the settings have them
		headers = object{}
		for name, values := range request.Header {
			if len(values) > 0 {
				headers[strings.ToLower(name)] = fromLatin1(values[0])
			}
		}
	case !sendable && err == nil:
		headers = object{"net/http": "sends what it cannot send"}
	case !sendable:
		at.Headers = nil
		request, err = at.NewRequest(context.Background(), "GET", "v1/items", nil)
	}
	if err != nil {
		got["request"] = object{"headers": headers, "url": "none: " + err.Error()}
		return got
	}
	if host := request.Header.Get("Host"); host == "" && request.Host != request.URL.Host {
		headers["host"] = request.Host
	}
	got["request"] = object{"headers": headers, "url": plainHost(request.URL.String())}
	return got
}

// plainHost is a URL with the host in lower case, and with one name for all hosts beyond
// ASCII: their IDNA form is left to net/http.
func plainHost(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	u.Host, u.User = strings.ToLower(u.Host), nil // the login is in the headers
	if !isASCII(u.Host) || strings.HasPrefix(u.Host, "xn--") {
		u.Host = "idna:" + u.Port()
	}
	return u.String()
}

func isLatin1(text string) bool { return fromLatin1(toLatin1(text)) == text }

func toLatin1(text string) string {
	var b []byte
	for _, c := range text {
		b = append(b, byte(c))
	}
	return string(b)
}

func fromLatin1(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}
