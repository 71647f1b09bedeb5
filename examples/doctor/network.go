package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// reach checks the name, the connection and the handshake of the very address that the SDK would
// send to. It reports whether all of them work.
func (d *doctor) reach(ctx context.Context) bool {
	to, err := d.address(ctx)
	switch {
	case d.client.Options().BaseEndpoint != nil && (err != nil || !isWeb(to)):
		d.set(endpoint, Failed, "the endpoint that this machine configures is not an http or https URL",
			"correct AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL or the AWS configuration files")
		d.why = "the endpoint is not known"
		return false
	case err != nil:
		d.set(endpoint, Failed, "the SDK finds no endpoint for the region "+d.caller.Region,
			"set region_name to a region of AWS")
		d.why = "the endpoint is not known"
		return false
	}
	d.checkEndpoint(to)
	transport := d.transport()
	hop, proxied := d.nextHop(transport, to)
	addresses, ok := d.checkDNS(ctx, hop)
	if !ok {
		d.skip(tcp, "the address is not known")
		d.skip(tlsHandshake, notConnected)
		return false
	}
	d.caller.route(addresses, proxied)
	if !d.checkTCP(ctx, transport, hop, addresses) {
		d.skip(tlsHandshake, notConnected)
		return false
	}
	return d.checkTLS(ctx, transport, to)
}

const notConnected = "no connection was made"

func isWeb(u *url.URL) bool { return u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") }

// transport returns a copy of the SDK's transport, with its proxy, dialer and certificates.
func (d *doctor) transport() *http.Transport {
	var t *http.Transport
	if client, ok := d.client.Options().HTTPClient.(*awshttp.BuildableClient); ok {
		t = client.GetTransport()
	} else {
		t = http.DefaultTransport.(*http.Transport).Clone()
	}
	t.DisableKeepAlives = true
	t.TLSHandshakeTimeout = d.step() // otherwise it continues after its request is given up
	return t
}

// nextHop returns what the SDK connects to: the endpoint, or a proxy.
func (d *doctor) nextHop(t *http.Transport, to *url.URL) (hop *url.URL, proxied bool) {
	if t.Proxy == nil {
		return to, false
	}
	proxy, err := t.Proxy(&http.Request{URL: to})
	if err != nil || proxy == nil {
		return to, false
	}
	return proxy, true
}

func (d *doctor) checkDNS(ctx context.Context, hop *url.URL) ([]netip.Addr, bool) {
	host := hop.Hostname()
	if address, err := netip.ParseAddr(host); err == nil {
		d.ok(dns, host+" is an address, not a name")
		return []netip.Addr{address}, true
	}
	ctx, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	addresses, err := d.resolve(ctx, host)
	if err == nil && len(addresses) > 0 {
		d.ok(dns, host+" resolves to "+joined(words(addresses), ", ", 4))
		return addresses, true
	}
	seen := "the name " + host + " does not resolve"
	failed, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case ctx.Err() != nil, isDNS && failed.IsTimeout:
		seen += ": the name server does not answer in " + d.step().String()
	case isDNS && failed.IsNotFound:
		seen += ": the name does not exist"
	default:
		seen += ": the name server fails or cannot be reached"
	}
	d.set(dns, Failed, seen, "check the region in the name, the DNS settings of the VPC, and the "+
		"private DNS of its interface endpoint")
	return nil, false
}

func words(addresses []netip.Addr) (list []string) {
	for _, a := range addresses {
		list = append(list, a.Unmap().String())
	}
	return list
}

// checkTCP connects to each address, since a client tries one after the other.
func (d *doctor) checkTCP(
	ctx context.Context, t *http.Transport, hop *url.URL, addresses []netip.Addr,
) bool {
	ctx, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	results := make([]chan error, len(addresses))
	for i, a := range addresses {
		results[i] = make(chan error, 1)
		go func() {
			conn, err := dial(ctx, "tcp", net.JoinHostPort(a.String(), port(hop)))
			if err == nil {
				err = conn.Close()
			}
			results[i] <- err
		}()
	}
	var open, closed, no6 []string
	var last error
	for i, address := range words(addresses) {
		at := net.JoinHostPort(address, port(hop))
		switch err := <-results[i]; {
		case err == nil:
			open = append(open, at)
		case addresses[i].Is6() && errors.Is(err, syscall.ENETUNREACH):
			no6, last = append(no6, at), cmp.Or(last, err)
		default:
			closed, last = append(closed, at), err
		}
	}
	if len(open) == 0 { // with an open address, a network without IPv6 is fine
		closed = append(closed, no6...)
	}
	what, do := d.dialProblem(ctx, last)
	via := ""
	if d.caller.Route == viaProxy {
		via = " (the proxy of HTTPS_PROXY or HTTP_PROXY)"
	}
	switch {
	case len(open) == 0:
		d.set(tcp, Failed, joined(closed, ", ", 4)+via+": "+what, do)
		return false
	case len(closed) > 0:
		d.set(tcp, Warning, "connected to "+joined(open, ", ", 4)+via+", but not to "+
			joined(closed, ", ", 4)+": "+what, do)
	default:
		d.ok(tcp, "connected to "+joined(open, ", ", 4)+via)
	}
	return true
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	case strings.HasPrefix(u.Scheme, "socks5"):
		return "1080"
	}
	return "443"
}

// dialProblem explains why a connection fails: a closed port, lost packets or a missing route.
func (d *doctor) dialProblem(ctx context.Context, err error) (what, do string) {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection is refused",
			"nothing listens there: check endpoint_url and its port, or the firewall that refuses"
	case ctx.Err() != nil, isNet && timeout.Timeout():
		return "no answer in " + d.step().String(), backend.TimedOut.Hint()
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "a route is missing", backend.Unreachable.Hint()
	}
	return "the connection fails", backend.Unreachable.Hint()
}
