// Package pyurl keeps the rules of Python's urllib.parse that Airflow leans on:
// urlsplit, quote, unquote, parse_qsl. They differ from net/url in what they
// accept, so none of it can be borrowed from there.
package pyurl

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Parts is what urlsplit finds, still quoted. The fragment is not kept:
// Airflow never reads it.
type Parts struct {
	Scheme, Netloc, Path, Query string
}

// What Split and Port refuse; Python raises ValueError for each.
var (
	ErrBrackets = errors.New("square brackets hold an IPv6 address and nothing else")
	ErrNFKC     = errors.New("holds a character that stands for one of / ? # @ :")
	ErrPort     = errors.New("not a number from 0 to 65535")
)

// Split is urlsplit(url) of CPython 3.12.10 and later: a bracket in the
// password no longer counts once a bracketed host follows.
func Split(url string) (Parts, error) {
	var p Parts
	url = strings.TrimLeftFunc(url, func(r rune) bool { return r <= ' ' })
	url = dropUnsafe(url)

	if i := schemeEnd(url); i > 0 {
		p.Scheme, url = strings.ToLower(url[:i]), url[i+1:]
	}
	if strings.HasPrefix(url, "//") {
		p.Netloc, url = url[2:], ""
		if i := strings.IndexAny(p.Netloc, "/?#"); i >= 0 {
			p.Netloc, url = p.Netloc[:i], p.Netloc[i:]
		}
		if err := checkNetloc(p.Netloc); err != nil {
			return Parts{}, err
		}
	}
	url, _, _ = strings.Cut(url, "#")
	p.Path, p.Query, _ = strings.Cut(url, "?")
	return p, nil
}

// dropUnsafe removes tab, line feed and carriage return, wherever they stand.
func dropUnsafe(url string) string {
	if strings.IndexByte(url, '\n') < 0 && strings.IndexByte(url, '\t') < 0 && strings.IndexByte(url, '\r') < 0 {
		return url
	}
	return strings.NewReplacer("\n", "", "\t", "", "\r", "").Replace(url)
}

// schemeEnd is the place of the colon behind a scheme: an ASCII letter, then
// letters, digits, + - and dots. Without one it is 0.
func schemeEnd(url string) int {
	for i := 0; i < len(url); i++ {
		switch c := url[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

func checkNetloc(netloc string) error {
	ascii, brackets := true, false
	for i := 0; i < len(netloc); i++ {
		switch c := netloc[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '[' || c == ']':
			brackets = true
		}
	}
	if brackets && !bracketsHoldAddress(netloc) {
		return ErrBrackets
	}
	if !ascii && strings.ContainsFunc(netloc, foldsToDelimiter) {
		return ErrNFKC
	}
	return nil
}

// bracketsHoldAddress tells whether the brackets of netloc, where it has any,
// stand around an IPv6 or IPvFuture host that fills the host part.
func bracketsHoldAddress(netloc string) bool {
	if strings.Contains(netloc, "[") != strings.Contains(netloc, "]") {
		return false
	}
	host := netloc[strings.LastIndexByte(netloc, '@')+1:]
	before, inside, bracketed := strings.Cut(host, "[")
	if !bracketed {
		host, _, _ = strings.Cut(host, ":")
		return isBracketHost(host)
	}
	inside, after, _ := strings.Cut(inside, "]")
	return before == "" && (after == "" || after[0] == ':') && isBracketHost(inside)
}

// isBracketHost tells whether host may stand in brackets: IPv6 with or without
// a zone, or the IPvFuture form v1.x.
func isBracketHost(host string) bool {
	if future, ok := strings.CutPrefix(host, "v"); ok {
		version, address, _ := strings.Cut(future, ".")
		return version != "" && strings.Trim(version, "0123456789abcdefABCDEF") == "" && address != ""
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Is6() && !strings.Contains(addr.Zone(), "%")
}

// foldsToDelimiter tells whether the NFKC form of r gains one of / ? # @ and
// the colon. These nineteen are all of Unicode that do.
func foldsToDelimiter(r rune) bool {
	switch r {
	case 0x2047, 0x2048, 0x2049, 0x2100, 0x2101, 0x2105, 0x2106, 0x2A74, 0xFE13, 0xFE16,
		0xFE55, 0xFE56, 0xFE5F, 0xFE6B, 0xFF03, 0xFF0F, 0xFF1A, 0xFF1F, 0xFF20:
		return true
	}
	return false
}

// Userinfo is SplitResult.username and .password, still quoted: what stands
// before the last @, cut at its first colon.
func (p Parts) Userinfo() (login string, hasLogin bool, password string, hasPassword bool) {
	at := strings.LastIndexByte(p.Netloc, '@')
	if at < 0 {
		return "", false, "", false
	}
	login, password, hasPassword = strings.Cut(p.Netloc[:at], ":")
	return login, true, password, hasPassword
}

// hostinfo is the host and the port behind the last @. Only the first [ and
// the first ] count.
func (p Parts) hostinfo() (host, port string) {
	host = p.Netloc[strings.LastIndexByte(p.Netloc, '@')+1:]
	if i := strings.IndexByte(host, '['); i >= 0 {
		host, port, _ = strings.Cut(host[i+1:], "]")
		_, port, _ = strings.Cut(port, ":")
		return host, port
	}
	host, port, _ = strings.Cut(host, ":")
	return host, port
}

// Hostname is SplitResult.hostname, still quoted: in lower case up to the
// first percent sign, "" where Python has None.
func (p Parts) Hostname() string {
	host, _ := p.hostinfo()
	if i := strings.IndexByte(host, '%'); i >= 0 {
		return pystr.Lower(host[:i]) + host[i:]
	}
	return pystr.Lower(host)
}

// Port is SplitResult.port; given is false where Python has None.
func (p Parts) Port() (port int, given bool, err error) {
	_, text := p.hostinfo()
	if text == "" {
		return 0, false, nil
	}
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false, ErrPort
		}
		if port = port*10 + int(text[i]-'0'); port > 65535 {
			return 0, false, ErrPort
		}
	}
	return port, true, nil
}
