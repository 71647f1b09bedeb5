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
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// checkTLS connects as the SDK would, through the proxy if there is one, and sends no request.
func (d *doctor) checkTLS(ctx context.Context, t *http.Transport, to *url.URL) bool {
	if to.Scheme == "http" {
		d.skip(tlsHandshake, "the endpoint is plain http, so nothing is encrypted")
		return true
	}
	limited, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	var state *tls.ConnectionState
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if conn, ok := got.Conn.(*tls.Conn); ok {
			s := conn.ConnectionState()
			state = &s
		}
		cancel() // before the request is sent
	}}
	limited = httptrace.WithClientTrace(limited, trace)
	var refused atomic.Int64 // the status of a proxy that refuses to connect
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
			_ = response.Body.Close() // the answer does not matter
			state = cmp.Or(state, response.TLS)
		}
	}
	if state == nil {
		seen, do := d.tlsProblem(limited, err)
		switch status := refused.Load(); status {
		case 0:
		case http.StatusProxyAuthRequired:
			seen = "the proxy requires a login (407)"
			do = "write a valid login into HTTPS_PROXY, or the endpoint's host into NO_PROXY"
		default:
			seen = fmt.Sprintf("the proxy answers %d and does not connect to the endpoint", status)
			do = "allow " + to.Host + " in the proxy, or write that host into NO_PROXY"
		}
		d.set(tlsHandshake, Failed, seen, do)
		return false
	}
	seen := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		until := leaf.NotAfter.Format(time.DateOnly)
		seen += fmt.Sprintf(", certificate by %q until %s", leaf.Issuer.CommonName, until)
	}
	if t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify {
		d.set(tlsHandshake, Warning, seen+", which is not verified (verify is false)",
			"remove verify: false from backend_kwargs; anybody on the way can read the secrets")
		return true
	}
	d.ok(tlsHandshake, seen)
	return true
}

const notTLS = "the server there does not speak TLS"

// tlsProblem says what went wrong. It does not quote the error, which may hold the URL of a proxy
// and its password.
func (d *doctor) tlsProblem(ctx context.Context, err error) (seen, do string) {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	network, isNet := errors.AsType[net.Error](err)
	switch {
	case err == nil:
		return notTLS, "check the scheme of the endpoint"
	case errors.As(err, &authority):
		return "the certificate is from an authority that is not trusted here",
			"set verify in backend_kwargs or AWS_CA_BUNDLE to its CA file; a proxy that decrypts TLS " +
				"has its own CA"
	case errors.As(err, &hostname):
		return "the certificate is for another name",
			"use the name in the endpoint's certificate, with private DNS in a VPC; or look for a proxy " +
				"that answers in its place"
	case errors.As(err, &invalid):
		return "the certificate has expired, or is not valid for this use",
			"check the clock of this machine, and look for a proxy that answers with its own certificate"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return notTLS, "check the port and the scheme of the endpoint, and look for a proxy on the way"
	case errors.Is(ctx.Err(), context.DeadlineExceeded), isNet && network.Timeout():
		return "it connects, but the handshake gets no answer in " + d.step().String(),
			"look for a firewall or proxy that accepts the connection and drops what follows; " +
				"a security group passes port 443 as a whole or not at all"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection is closed during the handshake",
			"look for a firewall or proxy that refuses this name, and check HTTPS_PROXY"
	}
	return "the handshake fails", backend.Unreachable.Hint()
}
