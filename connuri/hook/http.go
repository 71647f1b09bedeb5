package hook

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// HTTPConfig holds the settings that HttpHook gives to requests.
//
// NewRequest and Client turn it into what net/http takes. Use the two together: only a client made
// by Client drops the headers and the login when a redirect leads to another host.
type HTTPConfig struct {
	// BaseURL is schema, "://", host and port, or host and port if the host holds "://"
	// itself: base_url of the hook. A login inside the host is moved to User and Password.
	BaseURL string

	User     string         // login, for basic authentication; "": none
	Password connuri.Secret // password; for a login without a password, requests sends the word None

	// Headers are sent with every request: all keys of the extra that the hook does not know,
	// under their names as stored. With a User, NewRequest replaces Authorization.
	Headers Secrets
	// HeadersUnset are the headers that a null in the extra removes from those that requests sends
	// by default: User-Agent, Accept-Encoding, Accept or Connection.
	HeadersUnset []string

	// TLS says how https is verified, also after a redirect from http: extras verify (verify_ssl)
	// and cert. Its server name is empty: net/http takes it from each URL.
	TLS TLS

	// Proxies are the URLs of proxies: extra proxies (proxy). A key is http, https or all,
	// and may go on with "://" and a host: https://api.example.com.
	Proxies  Secrets
	TrustEnv bool // extra trust_env, true by default: HTTP_PROXY, HTTPS_PROXY and NO_PROXY count where Proxies says nothing

	Timeout time.Duration // extra timeout: how long to wait for a connection, and for each piece of the answer; 0, the default, means no limit

	AllowRedirects bool // extra allow_redirects, true by default
	MaxRedirects   int  // extra max_redirects, 30 by default: how many redirects are followed before the next one is an error

	CheckResponse bool // extra check_response, true by default: the hook fails on the status 400 to 599; Client leaves that to the caller
	Stream        bool // extra stream, false by default: the hook leaves the body unread, as net/http always does

	SRV *HTTPService // extra srv_lookup: what to ask DNS for in place of the host of BaseURL; nil if it is not set
}

// HTTPService is the SRV record to look up for the extra srv_lookup. This package makes no DNS
// query: net.LookupSRV("", "", Name) returns the servers, and HTTPConfig.At the settings for one of
// them.
type HTTPService struct {
	Name   string // the host, such as _http._tcp.example.com
	Scheme string // http or https, for the server that the record names
}

// httpOwn are the extras that HttpHook reads itself. Every other one is a header.
var httpOwn = []string{
	"stream", "cert", "proxies", "proxy", "timeout", "verify", "verify_ssl", "allow_redirects", "max_redirects",
	"trust_env", "check_response", "srv_lookup",
}

// HTTP reads a connection as HttpHook (apache-airflow-providers-http) and requests do. The schema,
// not the type, is the scheme: the connection https://api.example.com uses http, unless its schema
// is https or its host says so.
//
// The error is an *Error for what the hook or requests refuses before it looks for a server, for a
// scheme other than http and https, and for a host that net/url cannot read. It is ErrUnsupported,
// with the complete settings, for a connection without a host and for a verify that is text but not
// a path.
func HTTP(c connuri.Connection) (HTTPConfig, error) {
	return settled(httpConfig(c))
}

func httpConfig(c connuri.Connection) (HTTPConfig, error) {
	config := HTTPConfig{TrustEnv: true, AllowRedirects: true, CheckResponse: true, MaxRedirects: 30}
	r, err := read("http", c)
	if err != nil {
		return config, err
	}
	r.httpSwitches(&config)
	for _, step := range []func(*HTTPConfig) error{
		r.httpURL, r.httpLogin, r.httpHeaders, r.httpProxies, r.httpTimeout, r.httpTLS,
	} {
		if err := step(&config); err != nil {
			return config, err
		}
	}
	return config, r.end()
}

// httpLogin is HTTPBasicAuth, which encodes in Latin-1.
func (r *reader) httpLogin(config *HTTPConfig) error {
	if r.c.Login != "" {
		config.User, config.Password = r.c.Login, r.c.Password
		if r.c.Password.IsZero() {
			config.Password = connuri.NewSecret("None")
		}
	}
	if _, ok := latin1(config.User); !ok {
		return r.bad("login", "", "it has characters beyond Latin-1, which requests cannot send", "write an Authorization header into the extra")
	}
	if _, ok := latin1(config.Password.Reveal()); !ok {
		return r.bad("password", "", "it has characters beyond Latin-1, which requests cannot send", "write an Authorization header into the extra")
	}
	return nil
}

// latin1 is text.encode("latin-1").
func latin1(text string) (encoded string, ok bool) {
	b := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xFF {
			return "", false
		}
		b = append(b, byte(c))
	}
	return string(b), true
}

// httpDefaults are the headers that requests sends by itself.
var httpDefaults = []string{"User-Agent", "Accept-Encoding", "Accept", "Connection"}

// httpHeaders reads the keys of the extra that the hook does not know. Case does not matter: if two
// keys differ only in case, the last one counts.
func (r *reader) httpHeaders(config *HTTPConfig) error {
	last := map[string]string{}
	for _, key := range r.keys {
		if !slices.Contains(httpOwn, key) {
			last[strings.ToLower(key)] = key
		}
	}
	config.Headers = Secrets{}
	for _, key := range r.keys {
		if last[strings.ToLower(key)] != key {
			continue
		}
		v := r.extra[key]
		if v.Kind == pyjson.Null {
			for _, name := range httpDefaults {
				if strings.EqualFold(name, key) {
					config.HeadersUnset = append(config.HeadersUnset, name)
				}
			}
			continue
		}
		text, _ := v.Text()
		fault := ""
		switch {
		case v.Kind != pyjson.String:
			fault = "it has a header whose value is not text"
		case !isHeaderName(key):
			fault = "it has a key that requests does not take as the name of a header"
		case !isHeaderValue(text):
			fault = "it has a header whose value begins with a space or has a line break in it"
		}
		if fault != "" {
			return r.bad("extra", "", fault, "every key that the hook does not know is a header"+conntype.Suggest(key, httpOwn))
		}
		config.Headers[key] = connuri.NewSecret(text)
	}
	return nil
}

// httpProxies reads the extra proxies, or proxy if proxies is absent. requests accepts only an
// object; a null in it removes that proxy.
func (r *reader) httpProxies(config *HTTPConfig) error {
	key := r.first("proxies", "proxy")
	v, ok := r.get(key)
	switch {
	case !ok:
		return nil
	case v.Kind != pyjson.Object && !v.Truthy() && !config.TrustEnv:
		return nil
	case v.Kind != pyjson.Object:
		return r.bad("extra", key, "it is not an object", `write {"http": URL, "https": URL}`)
	}
	proxies := Secrets{}
	err := pyjson.Members(v.Raw, func(label, value pyjson.Value) error {
		scheme, _ := label.Text()
		switch value.Kind {
		case pyjson.String:
			text, _ := value.Text()
			proxies[scheme] = connuri.NewSecret(text)
		case pyjson.Null:
			delete(proxies, scheme)
		default:
			return r.bad("extra", key, "it has a value that is not text", "write the URL of a proxy")
		}
		return nil
	})
	config.Proxies = proxies
	return err
}

// first returns the first of two keys that the extra has, even if it is null: pop(first,
// pop(second)).
func (r *reader) first(first, second string) string {
	if _, ok := r.extra[first]; ok {
		return first
	}
	return second
}

// httpTimeout reads a timeout as urllib3 does: a number above 0.
func (r *reader) httpTimeout(config *HTTPConfig) error {
	v, ok := r.get("timeout")
	if !ok {
		return nil
	}
	if v.Kind == pyjson.Int || v.Kind == pyjson.Float {
		if seconds := v.Float(); seconds > 0 && seconds < maxSeconds {
			config.Timeout = max(time.Duration(seconds*float64(time.Second)), 1)
			return nil
		}
	}
	return r.bad("extra", "timeout", "it is not a number above 0", "write seconds, without quotes")
}

// maxSeconds is more than a time.Duration can hold.
const maxSeconds = 1 << 33

// httpTLS reads verify and cert as requests does.
func (r *reader) httpTLS(config *HTTPConfig) error {
	key := r.first("verify", "verify_ssl")
	config.TLS.Mode = TLSVerifyFull
	switch v, ok := r.get(key); {
	case !ok, v.Kind == pyjson.True:
	case !v.Truthy():
		config.TLS.Mode = TLSUnverified
	case v.Kind == pyjson.String:
		config.TLS.CAFile, _ = v.Text()
		if !strings.Contains(config.TLS.CAFile, "/") {
			r.refuse("extra", key, "it is text, which requests takes for the path of a CA file", "write true or false without quotes, or an absolute path")
		}
	default:
		return r.bad("extra", key, "it is a number, a list or an object", "write true, false or the path of a CA file")
	}
	return r.httpCert(config)
}

// httpCert is the extra cert: the path of a certificate, or a list of that and the path of its key.
func (r *reader) httpCert(config *HTTPConfig) error {
	v, ok := r.get("cert")
	if !ok || !v.Truthy() {
		return nil
	}
	if v.Kind == pyjson.String {
		config.TLS.CertFile, _ = v.Text()
		return nil
	}
	var paths []string
	if v.Kind == pyjson.Array {
		_ = pyjson.Elements(v.Raw, func(path pyjson.Value) error {
			switch text, _ := path.Text(); {
			case path.Kind == pyjson.String:
				paths = append(paths, text)
			case path.Kind == pyjson.Null && len(paths) == 1:
				paths = append(paths, "") // the key is in the certificate's file
			}
			return nil
		})
	}
	if len(paths) < 2 {
		return r.bad("extra", "cert", "it is not a path and not a list of two", "write the path of the certificate, or a list of that and the path of its key")
	}
	config.TLS.CertFile, config.TLS.KeyFile = paths[0], paths[1]
	return nil
}

// httpSwitches reads the extras that are read by Python's truth, and max_redirects.
func (r *reader) httpSwitches(config *HTTPConfig) {
	for key, field := range map[string]*bool{
		"trust_env": &config.TrustEnv, "allow_redirects": &config.AllowRedirects,
		"check_response": &config.CheckResponse, "stream": &config.Stream,
	} {
		if v, ok := r.get(key); ok {
			*field = v.Truthy()
		}
	}
	v, ok := r.get("max_redirects")
	switch {
	case !ok:
	case v.Kind == pyjson.Int || v.Kind == pyjson.Float:
		config.MaxRedirects = redirects(v.Float())
	case v.Kind == pyjson.True:
		config.MaxRedirects = 1
	default: // the hook fails at the first redirect
		config.MaxRedirects = 0
	}
}

// redirects returns how many redirects are below a number: requests fails at the one that is not.
func redirects(most float64) int {
	const endless = 1 << 30
	if !(most < endless) { // NaN too, which nothing is above
		return endless
	}
	return int(math.Ceil(max(most, -1)))
}
