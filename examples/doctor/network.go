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

// reach tries the way to the very address that the SDK would send to: name,
// connection, handshake. It is true where all of it is open.
func (d *doctor) reach(ctx context.Context) bool {
	to, err := d.address(ctx)
	switch {
	case d.client.Options().BaseEndpoint != nil && (err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https"):
		d.set(endpoint, Failed, "what this machine gives as the endpoint is no http or https URL", "correct AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL or the AWS configuration files")
		d.why = "no endpoint"
		return false
	case err != nil:
		d.set(endpoint, Failed, "the SDK finds no endpoint for the region "+d.caller.Region, "set region_name to a region of AWS")
		d.why = "no endpoint"
		return false
	}
	d.checkEndpoint(to)
	transport := d.transport()
	hop, proxied := d.nextHop(transport, to)
	addresses, ok := d.checkDNS(ctx, hop)
	if !ok {
		d.skip(tcp, "there is no address")
		d.skip(tlsHandshake, "there is no connection")
		return false
	}
	d.caller.route(addresses, proxied)
	if !d.checkTCP(ctx, transport, hop, addresses) {
		d.skip(tlsHandshake, "there is no connection")
		return false
	}
	return d.checkTLS(ctx, transport, to)
}

// transport is a copy of the SDK's, with its proxy, dialer and certificates.
func (d *doctor) transport() *http.Transport {
	var t *http.Transport
	if client, ok := d.client.Options().HTTPClient.(*awshttp.BuildableClient); ok {
		t = client.GetTransport()
	} else {
		t = http.DefaultTransport.(*http.Transport).Clone()
	}
	t.DisableKeepAlives = true
	t.TLSHandshakeTimeout = d.step() // or it goes on after its request is given up
	return t
}

// nextHop is whom the SDK connects to: a proxy, or else the endpoint.
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
		d.ok(dns, host+" is an address")
		return []netip.Addr{address}, true
	}
	ctx, cancel := context.WithTimeout(ctx, d.step())
	defer cancel()
	addresses, err := d.resolve(ctx, host)
	if err == nil && len(addresses) > 0 {
		d.ok(dns, host+" is "+joined(words(addresses), ", ", 4))
		return addresses, true
	}
	seen := "the name " + host + " does not resolve"
	failed, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case ctx.Err() != nil, isDNS && failed.IsTimeout:
		seen += ": the name server does not answer in " + d.step().String()
	case isDNS && failed.IsNotFound:
		seen += ": there is no such name"
	default:
		seen += ": the name server cannot be asked, or fails"
	}
	d.set(dns, Failed, seen, "look at the region in the name, at the VPC's DNS settings, and at the private DNS of its interface endpoint")
	return nil, false
}

func words(addresses []netip.Addr) (list []string) {
	for _, a := range addresses {
		list = append(list, a.Unmap().String())
	}
	return list
}

// checkTCP connects to each address, for a client tries them one after the other.
func (d *doctor) checkTCP(ctx context.Context, t *http.Transport, hop *url.URL, addresses []netip.Addr) bool {
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
	if len(open) == 0 { // else a network without IPv6 loses nothing
		closed = append(closed, no6...)
	}
	what, do := d.dialTrouble(ctx, last)
	via := ""
	if d.caller.Route == viaProxy {
		via = " (the proxy of HTTPS_PROXY or HTTP_PROXY, which goes on from there)"
	}
	switch {
	case len(open) == 0:
		d.set(tcp, Failed, joined(closed, ", ", 4)+via+": "+what, do)
		return false
	case len(closed) > 0:
		d.set(tcp, Warning, joined(open, ", ", 4)+via+" connects, "+joined(closed, ", ", 4)+" does not: "+what, do)
	default:
		d.ok(tcp, joined(open, ", ", 4)+via+" connects")
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

// dialTrouble tells a port that is closed from packets that are lost.
func (d *doctor) dialTrouble(ctx context.Context, err error) (what, do string) {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection is refused", "nothing listens there: look at endpoint_url and its port, or at the firewall that refuses"
	case ctx.Err() != nil, isNet && timeout.Timeout():
		return "nothing answers in " + d.step().String(), backend.TimedOut.Hint()
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "there is no route", backend.Unreachable.Hint()
	}
	return "the connection fails", backend.Unreachable.Hint()
}
