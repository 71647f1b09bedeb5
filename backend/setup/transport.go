package setup

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// limitedClient adds the timeouts and proxies of config_kwargs and a limit for headers.
func limitedClient(client aws.HTTPClient, c hook.AWSClient) (aws.HTTPClient, error) {
	proxy, err := proxyFunc(c.Proxies)
	if err != nil {
		return nil, err
	}
	if client == nil && (c.ConnectTimeout > 0 || c.ReadTimeout > 0 || proxy != nil) {
		client = awshttp.NewBuildableClient()
	}
	buildable, ok := client.(*awshttp.BuildableClient)
	if !ok {
		return client, nil
	}
	if c.ConnectTimeout > 0 {
		buildable = buildable.WithDialerOptions(func(d *net.Dialer) { d.Timeout = c.ConnectTimeout })
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		t.MaxResponseHeaderBytes = 64 << 10
		if c.ReadTimeout > 0 {
			t.ResponseHeaderTimeout = c.ReadTimeout
		}
		if proxy != nil {
			t.Proxy = proxy
		}
	}), nil
}

// proxyFunc chooses the proxy by the scheme of a request, as botocore does. It returns nil if
// the environment decides.
func proxyFunc(proxies map[string]connuri.Secret) (func(*http.Request) (*url.URL, error), error) {
	if proxies == nil {
		return nil, nil
	}
	byScheme := map[string]*url.URL{}
	for scheme, text := range proxies {
		address := text.Reveal()
		switch {
		case strings.HasPrefix(address, "//"):
			address = "http:" + address
		case !strings.Contains(address, "://"):
			address = "http://" + address
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" { // err may contain a password
			return nil, refusal("config_kwargs.proxies", "value", "config_kwargs.proxies must hold URLs of proxies", "")
		}
		byScheme[scheme] = u
	}
	return func(r *http.Request) (*url.URL, error) { return byScheme[r.URL.Scheme], nil }, nil
}

// verifyingClient applies verify. The client for STS does not get it, as in Airflow. A client
// of the caller stays as it is.
func verifyingClient(client aws.HTTPClient, a hook.AWSConfig) (aws.HTTPClient, error) {
	if !a.InsecureSkipVerify && !a.SystemCAs && a.CAFile == "" {
		return client, nil
	}
	var roots *x509.CertPool
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			if e, ok := errors.AsType[*fs.PathError](err); ok {
				err = e.Err
			}
			return nil, &Error{Field: "verify", Rule: "not-found", Problem: fmt.Sprintf("verify: the CA file %s: %v", quoted(a.CAFile), err), err: err}
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, refusal("verify", "not-found", fmt.Sprintf("verify: the CA file %s contains no certificate", quoted(a.CAFile)), "")
		}
	}
	buildable, ok := client.(*awshttp.BuildableClient)
	if client == nil {
		buildable = awshttp.NewBuildableClient()
	} else if !ok {
		return client, nil
	}
	return buildable.WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.InsecureSkipVerify = a.InsecureSkipVerify
		if roots != nil || a.SystemCAs {
			t.TLSClientConfig.RootCAs = roots
		}
	}), nil
}
