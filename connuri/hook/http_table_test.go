package hook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func TestHTTPErrors(t *testing.T) {
	for _, test := range []struct {
		c           connuri.Connection
		field, key  string
		unsupported bool
	}{
		{connuri.Connection{Type: "postgres"}, "conn_type", "", false},
		{connuri.Connection{Schema: "v1"}, "schema", "", false},
		{connuri.Connection{Schema: "my db"}, "schema", "", false},
		{connuri.Connection{Host: "ftp://h"}, "host", "", false},
		{connuri.Connection{Host: "\u00a0http://h"}, "host", "", false},
		{connuri.Connection{Host: "2001:db8::5", Port: 80}, "host", "", false},
		{connuri.Connection{Host: "h:1", Port: 80}, "host", "", false},
		{connuri.Connection{Host: "h", Port: 65536}, "host", "", false},
		{connuri.Connection{Host: "h", Port: -1}, "host", "", false},
		{connuri.Connection{Host: "a b"}, "host", "", false},
		{connuri.Connection{Host: "a%2Eb"}, "host", "", false},
		{connuri.Connection{Host: "[::1"}, "host", "", false},
		{connuri.Connection{Host: "*.example.com"}, "host", "", false},
		{connuri.Connection{Host: "https:///x"}, "host", "", false},
		{connuri.Connection{Port: 80}, "host", "", false},
		{connuri.Connection{}, "host", "", true},
		{connuri.Connection{Host: "https://"}, "host", "", true},
		{connuri.Connection{Port: 80, Extra: connuri.RawExtra(`{"srv_lookup": "yes"}`)}, "host", "", true},
		{connuri.Connection{Host: "h", Login: "パ"}, "login", "", false},
		{connuri.Connection{Host: "h", Login: "u", Password: connuri.NewSecret("パ")}, "password", "", false},
		{connuri.Connection{Host: "h", Extra: connuri.RawExtra(`[]`)}, "extra", "", false},
		{httpWith(`{"X-Key": 5}`), "extra", "", false},
		{httpWith(`{"X-Key": " v"}`), "extra", "", false},
		{httpWith(`{"X-Key": "a\nb"}`), "extra", "", false},
		{httpWith(`{"": "v"}`), "extra", "", false},
		{httpWith(`{"a:b": "v"}`), "extra", "", false},
		{httpWith(`{"timeout": "5"}`), "extra", "timeout", false},
		{httpWith(`{"timeout": 0}`), "extra", "timeout", false},
		{httpWith(`{"timeout": -1}`), "extra", "timeout", false},
		{httpWith(`{"timeout": true}`), "extra", "timeout", false},
		{httpWith(`{"timeout": [3, 30]}`), "extra", "timeout", false},
		{httpWith(`{"timeout": NaN}`), "extra", "timeout", false},
		{httpWith(`{"timeout": 1e300}`), "extra", "timeout", false},
		{httpWith(`{"proxies": "http://p"}`), "extra", "proxies", false},
		{httpWith(`{"proxy": []}`), "extra", "proxy", false},
		{httpWith(`{"proxies": {"http": 5}}`), "extra", "proxies", false},
		{httpWith(`{"proxies": "http://p", "trust_env": false}`), "extra", "proxies", false},
		{httpWith(`{"verify": 1}`), "extra", "verify", false},
		{httpWith(`{"verify_ssl": ["/ca"]}`), "extra", "verify_ssl", false},
		{httpWith(`{"verify": "false"}`), "extra", "verify", true},
		{httpWith(`{"verify_ssl": "true"}`), "extra", "verify_ssl", true},
		{httpWith(`{"cert": 5}`), "extra", "cert", false},
		{httpWith(`{"cert": ["/c"]}`), "extra", "cert", false},
		{httpWith(`{"cert": {"c": "/c"}}`), "extra", "cert", false},
	} {
		config, err := hook.HTTP(test.c)
		e, ours := errors.AsType[*hook.Error](err)
		if assert.True(t, ours, "%v", test.c) {
			assert.Equal(t, hook.Error{Type: "http", Field: test.field, Key: test.key},
				hook.Error{Type: e.Type, Field: e.Field, Key: e.Key}, "%v: %v", test.c, err)
			assert.Equal(t, test.unsupported, errors.Is(err, hook.ErrUnsupported), "%v: %v", test.c, err)
			assert.NotEmpty(t, e.Instead)
		}
		if test.unsupported { // complete
			assert.NotEmpty(t, config.BaseURL)
			assert.Equal(t, hook.TLSVerifyFull, config.TLS.Mode)
		}
	}
	_, err := hook.HTTP(httpWith(`{"Timeout": 9}`))
	assert.ErrorContains(t, err, "did you mean timeout?")
}

// httpWith is a connection with an extra.
func httpWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "http", Host: "api.example.com", Extra: connuri.RawExtra(extra)}
}

// TestHTTPFields is what no recorded row holds.
func TestHTTPFields(t *testing.T) {
	read := func(c connuri.Connection) hook.HTTPConfig {
		t.Helper()
		config, err := hook.HTTP(c)
		require.NoError(t, err)
		return config
	}
	for _, test := range []struct{ host, user, password, base string }{
		{"https://u:p%40w@h.example.com/x", "u", "p@w", "https://h.example.com/x"},
		{"HTTPS://:pw@h.example.com", "", "pw", "https://h.example.com"},
		{"https://token@h.example.com", "", "", "https://h.example.com"},
		{"u:p@h.example.com", "u", "p", "http://h.example.com"},
	} {
		config := read(connuri.Connection{Host: test.host})
		assert.Equal(t, []string{test.user, test.password, test.base}, []string{config.User, config.Password.Reveal(), config.BaseURL})
		request, err := config.NewRequest(t.Context(), "GET", "x", nil)
		require.NoError(t, err)
		user, password, ok := request.BasicAuth()
		assert.Equal(t, []any{test.user, test.password, test.user+test.password != ""}, []any{user, password, ok})

		config = read(connuri.Connection{Host: test.host, Login: "own"})
		assert.Equal(t, []string{"own", "None", test.base}, []string{config.User, config.Password.Reveal(), config.BaseURL})
	}
	config := read(httpWith(`{"user-agent": null, "Accept": null, "X": null, "x-a": "1", "X-A": "2", "timeout": 1e-10}`))
	assert.Equal(t, []string{"User-Agent", "Accept"}, config.HeadersUnset)
	assert.Equal(t, hook.Secrets{"X-A": connuri.NewSecret("2")}, config.Headers)
	assert.Equal(t, time.Nanosecond, config.Timeout)
	assert.Empty(t, read(httpWith(`{"x-a": "1", "X-A": null}`)).Headers)
	assert.Equal(t, 0.25, read(httpWith(`{"timeout": 0.25}`)).Timeout.Seconds())

	config = read(httpWith(`{"cert": ["/c", null], "proxies": {"http": null, "https": "p"}}`))
	assert.Equal(t, hook.TLS{Mode: hook.TLSVerifyFull, CertFile: "/c"}, config.TLS)
	assert.Equal(t, hook.Secrets{"https": connuri.NewSecret("p")}, config.Proxies)
	assert.Empty(t, read(httpWith(`{"proxies": "", "trust_env": false}`)).Proxies)
}

func TestHTTPNewRequest(t *testing.T) {
	for _, test := range []struct{ base, endpoint, want string }{
		{"https://h", "", "https://h/"},
		{"https://h", "x", "https://h/x"},
		{"https://h/", "x", "https://h/x"},
		{"https://h", "/x", "https://h/x"},
		{"https://h/", "/x", "https://h//x"},
		{"https://h/v1", "../../x/./y", "https://h/x/y"},
		{"https://h?a=1", "x", "https://h/?a=1/x"},
		{"https://h", "a b/ü?q=%zz", "https://h/a%20b/%C3%BC?q=%25zz"},
		{"https://h", "a%2fb/%7euser/%2e%2e/%C3%BC", "https://h/a%2Fb/~user/%2E%2E/%C3%BC"},
		{"https://h", "//evil.example.com", "https://h//evil.example.com"},
		{"https://h", "@evil.example.com", "https://h/@evil.example.com"},
		{"https://h", `\evil`, "https://h/%5Cevil"},
		{`https://h\@evil.example.com`, "x", "https://h/%5C@evil.example.com/x"},
		{"https://h:0443", "x", "https://h:443/x"},
		{"https://h:0", "x", "https://h/x"},
		{"https://h:", "x", "https://h/x"},
		{"https://[::1]:0", "x", "https://[::1]/x"},
		{" https://h", "x", "https://h/x"},
	} {
		request, err := hook.HTTPConfig{BaseURL: test.base}.NewRequest(t.Context(), "GET", test.endpoint, nil)
		if assert.NoError(t, err, test.base) {
			assert.Equal(t, test.want, request.URL.String(), "%s and %s", test.base, test.endpoint)
			assert.Equal(t, request.URL.Host, request.Host)
		}
	}
	secret := func(text string) map[string]connuri.Secret {
		return map[string]connuri.Secret{"X-Key": connuri.NewSecret(text)}
	}
	const hidden = "h1dden"
	for name, config := range map[string]hook.HTTPConfig{
		"no host":           {BaseURL: "https://"},
		"no URL":            {BaseURL: hidden},
		"a host that isn't": {BaseURL: "https://" + hidden + " x"},
		"SRV":               {BaseURL: "https://h", SRV: &hook.HTTPService{Name: hidden, Scheme: "https"}},
		"beyond Latin-1":    {BaseURL: "https://h", Headers: secret(hidden + "パ")},
		"control":           {BaseURL: "https://h", Headers: secret(hidden + "\x01")},
		"name":              {BaseURL: "https://h", Headers: map[string]connuri.Secret{hidden + " x": connuri.NewSecret("v")}},
		"login":             {BaseURL: "https://h", User: hidden + "パ"},
		"password":          {BaseURL: "https://h", User: "u", Password: connuri.NewSecret(hidden + "パ")},
	} {
		request, err := config.NewRequest(t.Context(), "GET", "", nil)
		assert.Nil(t, request, name)
		e, ours := errors.AsType[*hook.Error](err)
		if assert.True(t, ours, name) {
			assert.NotContains(t, e.Error(), hidden, name)
		}
	}
	_, err := hook.HTTPConfig{BaseURL: "https://h"}.NewRequest(t.Context(), "G T", "", nil)
	assert.Error(t, err)
}

func ExampleHTTP() {
	c, err := connuri.ParseURI("https://app:s3cr3t@api.example.com/https?X-Tenant=billing&verify=%2Fetc%2Fssl%2Fca.pem")
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := hook.HTTP(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.BaseURL, config.User, config.Password, config.Headers)
	fmt.Println(config.TLS.Mode, config.TLS.CAFile)
	// Output:
	// https://api.example.com app [redacted] 1 secret
	// verify-full /etc/ssl/ca.pem
}

func ExampleHTTPConfig_NewRequest() {
	config, err := hook.HTTP(connuri.Connection{
		Type: "http", Host: "https://api.example.com/v1", Extra: connuri.RawExtra(`{"X-Tenant": "billing", "timeout": 10}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := config.Client(noFile)
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := config.NewRequest(context.Background(), "GET", "invoices?year=2025", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = client // client.Do(request)
	fmt.Println(request.Method, request.URL, request.Header.Get("X-Tenant"))
	// Output: GET https://api.example.com/v1/invoices?year=2025 billing
}

func ExampleHTTPConfig_At() {
	config, err := hook.HTTP(connuri.Connection{
		Type: "http", Host: "_api._tcp.example.com", Schema: "https", Extra: connuri.RawExtra(`{"srv_lookup": true}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.SRV.Name) // net.LookupSRV("", "", config.SRV.Name) gives targets and ports
	fmt.Println(config.At("api-1.example.com.", 8443).BaseURL)
	// Output:
	// _api._tcp.example.com
	// https://api-1.example.com:8443
}

// FuzzHTTP reads random connections, and makes a request and a client of each.
func FuzzHTTP(f *testing.F) {
	fuzzHook(f, "http", func(t *testing.T, c connuri.Connection) error {
		config, err := hook.HTTP(c)
		if err != nil && !errors.Is(err, hook.ErrUnsupported) {
			return err
		}
		read := false
		_, clientErr := config.Client(func(string) ([]byte, error) {
			read = true
			return nil, errors.New("no file can be read")
		})
		if read != (config.TLS.CAFile != "" || config.TLS.CertFile != "") {
			t.Fatal("a file is read that no setting names, or none where one does")
		}
		if _, ours := errors.AsType[*hook.Error](clientErr); ours {
			return clientErr
		}
		_, requestErr := config.At("h", 1).NewRequest(t.Context(), "GET", "v1/items", nil)
		if requestErr != nil {
			return requestErr
		}
		return err
	})
}

// TestHTTPAndSMTPPrintNoSecret prints settings whose every secret is set.
func TestHTTPAndSMTPPrintNoSecret(t *testing.T) {
	const secret = "hunter2"
	c := httpWith(`{"X-Key": "hunter2", "Authorization": "Bearer hunter2", "proxies": {"http": "http://u:hunter2@p"}}`)
	c.Host, c.Login, c.Password = "https://u:hunter2@h.example.com", "app", connuri.NewSecret(secret)
	config, err := hook.HTTP(c)
	require.NoError(t, err)
	c = smtpWith(`{"disable_ssl": true, "auth_type": "oauth2", "client_id": "id", "client_secret": "hunter2"}`)
	asked, err := hook.SMTP(c)
	require.NoError(t, err)
	c = smtpWith(`{"disable_ssl": true, "auth_type": "oauth2", "access_token": "hunter2"}`)
	given, err := hook.SMTP(c)
	require.NoError(t, err)
	c = smtpWith(`{"disable_ssl": true}`)
	c.Password = connuri.NewSecret(secret)
	basic, err := hook.SMTP(c)
	require.NoError(t, err)
	for _, v := range []any{config, &config, asked, *asked.XOAUTH2, given, *given.XOAUTH2, basic} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, v), secret)
		}
		text, err := json.Marshal(v)
		require.NoError(t, err)
		assert.NotContains(t, string(text), secret)
	}
}
