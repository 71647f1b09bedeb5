package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// checkTLS opens the way as the SDK would, through the proxy where there is one,
// and sends nothing on it.
func (d *doctor) checkTLS(ctx context.Context, t *http.Transport, to *url.URL) bool {
	if to.Scheme == "http" {
		d.skip(tlsHandshake, "the endpoint is plain http: nothing is encrypted")
		return true
	}
	limited, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	var state *tls.ConnectionState
	limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if conn, ok := got.Conn.(*tls.Conn); ok {
			s := conn.ConnectionState()
			state = &s
		}
		cancel() // before the request is sent
	}})
	var refused atomic.Int64 // the status of a proxy that lets nothing through
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
		if r.StatusCode != http.StatusOK {
			refused.Store(int64(r.StatusCode))
		}
		return nil
	}
	request, err := http.NewRequestWithContext(limited, http.MethodHead, to.Scheme+"://"+to.Host+"/", nil)
	if err == nil {
		var response *http.Response
		if response, err = t.RoundTrip(request); err == nil {
			_ = response.Body.Close() // of no interest
			state = cmp.Or(state, response.TLS)
		}
	}
	if state == nil {
		seen, do := d.tlsTrouble(limited, err)
		switch status := refused.Load(); status {
		case 0:
		case http.StatusProxyAuthRequired:
			seen, do = "the proxy wants a login (407)", "write one that it takes into HTTPS_PROXY, or the endpoint's host into NO_PROXY"
		default:
			seen, do = fmt.Sprintf("the proxy answers %d and opens no way to the endpoint", status), "let the proxy pass to "+to.Host+", or write that host into NO_PROXY"
		}
		d.set(tlsHandshake, Failed, seen, do)
		return false
	}
	seen := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		seen += fmt.Sprintf(", certificate by %q until %s", leaf.Issuer.CommonName, leaf.NotAfter.Format("2006-01-02"))
	}
	if t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify {
		d.set(tlsHandshake, Warning, seen+", which nobody verified (verify is false)", "take verify: false out of backend_kwargs; anybody on the way can read the secrets")
		return true
	}
	d.ok(tlsHandshake, seen)
	return true
}

// tlsTrouble says what went wrong without the words of the error: a proxy's URL,
// with its password, may be in them.
func (d *doctor) tlsTrouble(ctx context.Context, err error) (seen, do string) {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	network, isNet := errors.AsType[net.Error](err)
	switch {
	case err == nil:
		return "what answers there speaks no TLS", "look at the scheme of the endpoint"
	case errors.As(err, &authority):
		return "the certificate is by an authority that is not trusted here", "give its CA file by verify in backend_kwargs or by AWS_CA_BUNDLE; a proxy that opens TLS has one of its own"
	case errors.As(err, &hostname):
		return "the certificate is for another name", "ask for the endpoint by the name in its certificate, with private DNS in a VPC; or look for a proxy that answers in its place"
	case errors.As(err, &invalid):
		return "the certificate is expired, or not valid for this", "look at the clock of this machine, and for a proxy that answers with a certificate of its own"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "what answers there speaks no TLS", "look at the port and the scheme of the endpoint, and for a proxy on the way"
	case errors.Is(ctx.Err(), context.DeadlineExceeded), isNet && network.Timeout():
		return "connected, and then no answer to the handshake in " + d.step().String(), "look for a firewall or proxy that takes the connection and drops what follows; a security group lets all of port 443 through or none"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection is cut in the handshake", "look for a firewall or proxy that refuses this name, and at HTTPS_PROXY"
	}
	return "the handshake fails", backend.Unreachable.Hint()
}
