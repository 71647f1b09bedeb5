package connuritest

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Detector finds secrets in output, in whatever form they are written there. It recognizes them
// by their letters beyond ASCII.
type Detector struct {
	forms map[string][]string // pieces of the secrets, by the name of the form they are written in
}

// In returns the name of the form in which output holds one of the secrets, "" if it holds none.
func (d *Detector) In(output string) string {
	lower := strings.ToLower(output)
	for form, pieces := range d.forms {
		for _, piece := range pieces {
			switch form {
			case "in base64":
				if strings.Contains(output, piece) {
					return form
				}
			case codePoints:
				if holdsNumber(lower, piece) {
					return form
				}
			default:
				if strings.Contains(lower, piece) {
					return form
				}
			}
		}
	}
	return ""
}

// codePoints is the form of %U, which writes an address as well.
const codePoints = "as code points"

// holdsNumber reports whether text holds a number in hex that ends where it ends there: U+9375 is
// a letter, and U+9375A0 is an address.
func holdsNumber(text, number string) bool {
	for _, rest, found := strings.Cut(text, number); found; _, rest, found = strings.Cut(rest, number) {
		if rest == "" || !strings.Contains("0123456789abcdef", rest[:1]) {
			return true
		}
	}
	return false
}

// NewDetector returns a Detector for some secrets. Each must have two letters in a row of an
// alphabet that nothing else in the output uses, such as Hangul or Greek; otherwise it panics.
func NewDetector(secrets ...string) *Detector {
	// Numbers are two characters long, because a single one may coincide with part of a hash or
	// address.
	forms := map[string][]string{}
	add := func(form, format string, args ...any) {
		forms[form] = append(forms[form], strings.ToLower(fmt.Sprintf(format, args...)))
	}
	for _, secret := range secrets {
		var letters []rune
		for _, r := range secret {
			if r > 0x7F {
				letters = append(letters, r)
				add("itself", "%c", r)
				add("as \\u", "%s", strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
				if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
					add("as \\u", `\u%04x\u%04x`, hi, lo)
				}
				add(codePoints, "%U", r)
				add("as XML", "&#%d;", r)
				add("as XML", "&#x%x;", r)
				add("percent-encoded", "%s", url.QueryEscape(string(r)))
				add("as \\x", "%s", strings.Trim(fmt.Sprintf("%+q", string(r)[:2]), `"`))
			}
		}
		if len([]rune(run(secret))) < 2 || !utf8.ValidString(secret) {
			panic("connuritest: NewDetector needs secrets with two letters beyond ASCII in a row")
		}
		two := string(letters[:2])
		add("in hex", "%x", two)
		add("in hex", "% x", two)
		add("in hex", "%# x", two)
		add("in hex", "%s", strings.Trim(fmt.Sprintf("%#v", []byte(two)), "[]byte{}"))
		add("as bytes", "%s", strings.Trim(fmt.Sprintf("%d", []byte(two)), "[]"))
		add("as bytes", "%s", strings.Trim(strings.ReplaceAll(fmt.Sprintf("%d", []byte(two)), " ", ","), "[]"))
		add("as bytes", "%s", strings.Trim(fmt.Sprintf("%o", []byte(two)), "[]"))
		add("as bytes", "%s", strings.Trim(fmt.Sprintf("%b", []byte(two)), "[]"))
		for _, verb := range []string{"%d", "%o", "%b"} {
			add("as numbers", verb+" "+verb, letters[0], letters[1])
		}
		some := run(secret)
		for shift := range 3 {
			text := base64.RawURLEncoding.EncodeToString([]byte("--"[:shift] + some + "-"))
			text = text[4 : 4+4*((len(some)-3)/3)] // the part that depends on no neighbor
			if len(text) < 8 {
				continue // any long text in hex holds some four characters of base64
			}
			forms["in base64"] = append(forms["in base64"], text, strings.NewReplacer("-", "+", "_", "/").Replace(text))
		}
	}
	for form, pieces := range forms {
		slices.Sort(pieces)
		forms[form] = slices.Compact(pieces)
	}
	return &Detector{forms}
}

// run returns five letters beyond ASCII that are next to each other in a secret, or as many as
// there are.
func run(secret string) string {
	best := ""
	for _, letters := range strings.FieldsFunc(secret, func(r rune) bool { return r <= 0x7F }) {
		if some := []rune(letters); len(some) > len([]rune(best)) {
			best = string(some[:min(len(some), 5)])
		}
	}
	return best
}
