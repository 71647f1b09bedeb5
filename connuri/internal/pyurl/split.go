// Package pyurl implements those rules of Python's urllib.parse that Airflow relies on: urlsplit,
// quote, unquote, parse_qsl. They accept other text than net/url, which therefore cannot be used.
package pyurl

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Parts is the result of urlsplit, still quoted, without the fragment, which Airflow never reads.
type Parts struct {
	Scheme, Netloc, Path, Query string

	// The pieces of Netloc: username, password, hostname (its case as it was)
	// and port of a SplitResult. Python distinguishes None and "" in the first two.
	Login, Password, Host, Port string
	HasLogin, HasPassword       bool
}

// The errors of Split and PortNumber. Python raises ValueError for each.
var (
	ErrBrackets = errors.New("square brackets hold an IPv6 address and nothing else")
	ErrNFKC     = errors.New("no character before the path may be a variant of / ? # @ or a colon")
	ErrPort     = errors.New("not a number from 0 to 65535")
)

// Split is urlsplit(url) of CPython 3.12.10 and later, where a bracket in the password does not
// count if a bracketed host follows. p must be empty.
func (p *Parts) Split(url string) error {
	for url != "" && url[0] <= ' ' {
		url = url[1:]
	}
	url = dropUnsafe(url)

	if i, upper := schemeEnd(url); i > 0 {
		p.Scheme, url = url[:i], url[i+1:]
		if upper {
			p.Scheme = strings.ToLower(p.Scheme)
		}
	}
	if strings.HasPrefix(url, "//") {
		n, err := p.splitNetloc(url[2:])
		if err != nil {
			return err
		}
		url = url[2+n:]
	}
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	p.Path = url
	if i := strings.IndexByte(url, '?'); i >= 0 {
		p.Path, p.Query = url[:i], url[i+1:]
	}
	return nil
}

// dropUnsafe removes tabs, line feeds and carriage returns anywhere in url.
func dropUnsafe(url string) string {
	if strings.IndexByte(url, '\n') < 0 && strings.IndexByte(url, '\t') < 0 && strings.IndexByte(url, '\r') < 0 {
		return url
	}
	return strings.NewReplacer("\n", "", "\t", "", "\r", "").Replace(url)
}

// schemeEnd returns the index of the colon after a scheme, which is an ASCII letter followed by
// letters, digits, +, - and dots; 0 without a scheme. upper reports whether the scheme has a
// letter in upper case.
func schemeEnd(url string) (end int, upper bool) {
	for i := 0; i < len(url); i++ {
		switch c := url[i]; {
		case c >= 'a' && c <= 'z':
		case c >= 'A' && c <= 'Z':
			upper = true
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case c == ':':
			return i, upper
		default:
			return 0, false
		}
	}
	return 0, false
}

// Offset returns the byte of url that an error of Split is about, -1 if it is not known.
func Offset(url string, err error) int {
	switch {
	case errors.Is(err, ErrBrackets):
		return strings.IndexAny(url, "[]")
	case errors.Is(err, ErrNFKC):
		return strings.IndexFunc(url, foldsToDelimiter)
	}
	return -1
}

// splitNetloc splits the authority at the beginning of text into its parts and returns its length.
// Login and password come before its last @ and are split at their first colon; host and port come
// after it and are split at theirs.
func (p *Parts) splitNetloc(text string) (length int, err error) {
	at, colon, hostColon := -1, -1, -1
	high, brackets := false, false
	end := 0
scan:
	for ; end < len(text); end++ {
		c := text[end]
		if unreserved[c] {
			continue // most characters are plain ones
		}
		switch c {
		case '/', '?', '#':
			break scan
		case '@':
			at, hostColon = end, -1
		case ':':
			if colon < 0 {
				colon = end
			}
			if hostColon < 0 {
				hostColon = end
			}
		case '[', ']':
			brackets = true
		default:
			high = high || c >= utf8.RuneSelf
		}
	}
	p.Netloc = text[:end]
	if brackets && !bracketsHoldAddress(p.Netloc) {
		return 0, ErrBrackets
	}
	if high && strings.ContainsFunc(p.Netloc, foldsToDelimiter) {
		return 0, ErrNFKC
	}

	if at >= 0 {
		p.Login, p.HasLogin = text[:at], true
		if colon >= 0 && colon < at {
			p.Login, p.Password, p.HasPassword = text[:colon], text[colon+1:at], true
		}
	}
	p.Host = text[at+1 : end]
	if brackets && strings.Contains(p.Host, "[") {
		p.Host, p.Port, _ = strings.Cut(p.Host[strings.IndexByte(p.Host, '[')+1:], "]")
		_, p.Port, _ = strings.Cut(p.Port, ":")
	} else if hostColon >= 0 {
		p.Host, p.Port = text[at+1:hostColon], text[hostColon+1:end]
	}
	return end, nil
}

// bracketsHoldAddress reports whether the brackets of netloc, if any, enclose an IPv6 or IPvFuture
// host that is the whole host part.
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

// isBracketHost reports whether host may be in brackets: IPv6 with or without a zone, or the
// IPvFuture form v1.x.
func isBracketHost(host string) bool {
	if future, ok := strings.CutPrefix(host, "v"); ok {
		version, address, _ := strings.Cut(future, ".")
		return version != "" && strings.Trim(version, "0123456789abcdefABCDEF") == "" && address != ""
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Is6() && !strings.Contains(addr.Zone(), "%")
}

// foldsToDelimiter reports whether the NFKC form of r contains one of / ? # @ or a colon that r
// does not. There are nineteen such characters in Unicode.
func foldsToDelimiter(r rune) bool {
	switch r {
	case 0x2047, 0x2048, 0x2049, 0x2100, 0x2101, 0x2105, 0x2106, 0x2A74, 0xFE13, 0xFE16,
		0xFE55, 0xFE56, 0xFE5F, 0xFE6B, 0xFF03, 0xFF0F, 0xFF1A, 0xFF1F, 0xFF20:
		return true
	}
	return false
}

// Hostname is SplitResult.hostname, unquoted: in lower case up to the first percent sign, "" where
// Python has None.
func (p *Parts) Hostname() string {
	i := strings.IndexByte(p.Host, '%')
	if i < 0 {
		return pystr.Lower(p.Host)
	}
	return Unquote(pystr.Lower(p.Host[:i]) + p.Host[i:])
}

// PortNumber is SplitResult.port of a Port that is not empty, for which Python
// has None.
func (p *Parts) PortNumber() (int, error) {
	if len(p.Port) > pystr.MaxDigits {
		return 0, ErrPort // be they zeros
	}
	port := 0
	for i := 0; i < len(p.Port); i++ {
		if p.Port[i] < '0' || p.Port[i] > '9' {
			return 0, ErrPort
		}
		if port = port*10 + int(p.Port[i]-'0'); port > 65535 {
			return 0, ErrPort
		}
	}
	return port, nil
}
