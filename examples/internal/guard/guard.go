// Package guard keeps web pages away from a program that listens on loopback.
package guard

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Refuse answers a request with HTTP 403 and the reason.
type Refuse func(w http.ResponseWriter, why string)

// Plain is a Refuse in plain text.
func Plain(w http.ResponseWriter, why string) { http.Error(w, why, http.StatusForbidden) }

// Loopback rejects requests whose Host is not a loopback address or localhost, against DNS
// rebinding. Of the requests that change something, it rejects those from another site.
func Loopback(next http.Handler, refuse Refuse) http.Handler {
	sites := http.NewCrossOriginProtection()
	sites.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, "another site may not ask")
	}))
	inner := sites.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLoopback(r.Host) {
			refuse(w, "ask by 127.0.0.1 or localhost: the Host of the request names another machine")
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// NoBrowser rejects every request that a browser sends. It is for a program without pages
// that is reached by other names than those of loopback.
func NoBrowser(next http.Handler, refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			refuse(w, "a web page may not ask")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// IsAddress reports whether the Host of a request is an IP address or localhost, rather than a
// name whose DNS may have been pointed to this machine by a web page.
func IsAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost")
}

// IsLoopback reports whether the Host of a request names this machine.
func IsLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}
