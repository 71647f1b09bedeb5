package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// If there is a proxy, doctor connects to it, and the handshake goes through it.
func TestProxy(t *testing.T) {
	s := set(t)
	target := s.overTLS()
	var connected string
	proxy := s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connected = r.Host
		there, err := net.Dial("tcp", strings.TrimPrefix(target.URL, "https://"))
		if !assert.NoError(t, err) {
			return
		}
		here, rw, err := w.(http.Hijacker).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, rw); _ = there.Close() }()
		_, _ = io.Copy(here, bufio.NewReader(there))
		_ = here.Close()
	}))
	at, err := url.Parse(strings.Replace(proxy, "http://", "http://hunter2:hunter2@", 1))
	require.NoError(t, err)
	pool := target.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s.kwargs["endpoint_url"] = "https://example.com"
	s.options = append(s.options, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig.RootCAs = pool
		tr.Proxy = func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme == "https" {
				return at, nil
			}
			return nil, nil
		}
	})))
	r := s.examine(t)
	assert.Zero(t, r.count(Failed), "%v", r.Checks)
	assert.Equal(t, viaProxy, r.Caller.Route)
	assert.Contains(t, r.find(t, tcp).Seen, at.Host+" (the proxy")
	assert.Equal(t, OK, r.find(t, tlsHandshake).Status)
	assert.Equal(t, "example.com:443", connected)
}

// A proxy that refuses is reported as such, and not as a failed handshake.
func TestProxyRefuses(t *testing.T) {
	for status, want := range map[int][2]string{
		http.StatusProxyAuthRequired: {"the proxy requires a login (407)", "into HTTPS_PROXY"},
		http.StatusForbidden:         {"the proxy answers 403", "allow example.com"},
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			s := set(t)
			at, err := url.Parse(s.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })))
			require.NoError(t, err)
			at.User = url.UserPassword("hunter2", "hunter2")
			s.kwargs["endpoint_url"] = "https://example.com"
			s.options = append(s.options, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
				tr.Proxy = func(r *http.Request) (*url.URL, error) {
					if r.URL.Scheme == "https" {
						return at, nil
					}
					return nil, nil
				}
			})))
			r := s.examine(t)
			assert.Equal(t, OK, r.find(t, tcp).Status)
			got := r.find(t, tlsHandshake)
			assert.Equal(t, Failed, got.Status)
			assert.Contains(t, got.Seen, want[0])
			assert.Contains(t, got.Do, want[1])
		})
	}
}

// The address is the one that the SDK uses, with partitions, FIPS, and variables for endpoints.
func TestAddress(t *testing.T) {
	for _, test := range []struct {
		env    map[string]string
		kwargs string
		want   string
	}{
		{nil, `{"region_name": "eu-west-1"}`, "https://secretsmanager.eu-west-1.amazonaws.com"},
		{nil, `{"region_name": "cn-north-1"}`, "https://secretsmanager.cn-north-1.amazonaws.com.cn"},
		{nil, `{"region_name": "eu-west-1", "use_ssl": false}`, "http://secretsmanager.eu-west-1.amazonaws.com"},
		{map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, `{"region_name": "us-east-1"}`, "https://secretsmanager-fips.us-east-1.amazonaws.com"},
		{map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://one.example:8443"}, `{"region_name": "eu-west-1"}`, "https://one.example:8443"},
		{map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://one.example"}, `{"region_name": "eu-west-1", "endpoint_url": "https://two.example"}`, "https://two.example"},
	} {
		t.Run(test.want, func(t *testing.T) {
			forget(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			d := &doctor{timeout: time.Minute}
			var err error
			d.settings, err = setup.ParseKwargs([]byte(test.kwargs))
			require.NoError(t, err)
			require.True(t, d.open(t.Context()))
			to, err := d.address(t.Context())
			require.NoError(t, err)
			assert.Equal(t, test.want, to.Scheme+"://"+to.Host)
		})
	}
}

// An endpoint that is not a URL is blamed on the variable, and not on the region.
func TestEndpointOfTheEnvironment(t *testing.T) {
	for _, text := range []string{"hunter2", "ftp://hunter2", "://hunter2", "http://127.0.0.1:hunter2"} {
		s := set(t)
		delete(s.kwargs, "endpoint_url")
		t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", text)
		got := s.examine(t).find(t, endpoint)
		assert.Equal(t, Failed, got.Status)
		assert.Contains(t, got.Do, "correct AWS_ENDPOINT_URL_SECRETS_MANAGER")
	}
}

// A network without IPv6 is fine as long as another address works.
func TestWithoutIPv6(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for _, test := range []struct {
		addresses []netip.Addr
		four      error
		want      Status
	}{
		{[]netip.Addr{six, four}, nil, OK},
		{[]netip.Addr{four, six}, syscall.ECONNREFUSED, Failed},
		{[]netip.Addr{four, six, netip.MustParseAddr("192.0.2.2")}, nil, Warning},
		{[]netip.Addr{six}, nil, Failed},
	} {
		d := &doctor{timeout: time.Minute}
		dialer := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			switch address {
			case "192.0.2.1:443":
				conn, _ := net.Pipe()
				return conn, test.four
			case "192.0.2.2:443":
				return nil, syscall.ECONNREFUSED
			}
			return nil, syscall.ENETUNREACH
		}}
		d.checkTCP(t.Context(), dialer, &url.URL{Scheme: "https", Host: "example.com"}, test.addresses)
		got := d.made[tcp]
		assert.Equal(t, test.want, got.Status)
		assert.Equal(t, test.want == Failed, strings.Contains(got.Seen, six.String()))
	}
}

func TestRoute(t *testing.T) {
	for want, list := range map[string][]string{
		private: {"10.0.1.5", "172.16.0.9", "192.168.1.1", "fd00::1", "100.64.3.1"},
		public:  {"52.94.228.178", "2600:1f18::1"},
		mixed:   {"10.0.1.5", "52.94.228.178"},
		// An address of this machine is not an interface endpoint.
		loopback: {"127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"},
	} {
		var addresses []netip.Addr
		for _, a := range list {
			addresses = append(addresses, netip.MustParseAddr(a))
		}
		var c Caller
		c.route(addresses, false)
		assert.Equal(t, want, c.Route)
	}
}

// A server that never answers takes no longer than the time limit of a step.
func TestBounded(t *testing.T) {
	s := set(t)
	s.kwargs["endpoint_url"] = "http://" + unused
	s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": "http://" + unused}}
	s.dials(unused, func() (net.Conn, error) {
		conn, _ := net.Pipe() // its other end sends nothing
		return conn, nil
	})
	synctest.Test(t, func(t *testing.T) {
		d, err := s.doctor()
		require.NoError(t, err)
		start := time.Now()
		d.examine(t.Context())
		assert.LessOrEqual(t, time.Since(start), d.timeout)
		r := d.report()
		assert.Equal(t, OK, r.find(t, tcp).Status)
		assert.Equal(t, Warning, r.find(t, credential).Status, "the credentials may be valid, although STS is silent")
		assert.Contains(t, r.find(t, getSecret).Seen, "no answer in time")
		assert.Contains(t, r.find(t, getSecret).Do, "interface endpoint")
	})
}

// Everything ends when the context does.
func TestCanceled(t *testing.T) {
	s := set(t)
	d, err := s.doctor()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.examine(ctx)
	assert.Equal(t, Failed, d.report().find(t, tcp).Status)
	assert.Empty(t, s.srv.Log())
}
