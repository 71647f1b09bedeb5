package connuri_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// prints are ways from the text of a connection to text that must show nothing
// of it, beside those that TestRandomSecrets has built in.
var prints = []func(text string) string{
	func(text string) string {
		return fmt.Sprintf("%+v", connuri.Lint(text, connuri.ConnWords{"schema": {"dbname"}}))
	},
}

const randomSecrets = 10_000

// hidden is an alphabet that no message, no template and no field name has: no
// ASCII, nothing that NFKC or lower case turns into ASCII.
var hidden = []rune("각난닫랄맘밥삿앙잦찿캌탙팦핳漢字秘密鍵匙暗號กขคงจฉあいうえおאבגדה😀🔑𠀋")

// Marks are the characters of a secret that break the text around it.
const (
	allMarks = "/?#[]@:%&=+ \\\"'{},;\t\n"
	fewMarks = "/[]@:%&=+ \\\"'{},;\t\n" // see untold
	noMarks  = ""
)

// draw is a random secret: hidden letters, sometimes with a mark inside.
func draw(r *rand.Rand, marks string) string {
	var b strings.Builder
	for range 4 + r.IntN(8) {
		b.WriteRune(hidden[r.IntN(len(hidden))])
		if marks != "" && r.IntN(6) == 0 {
			b.WriteByte(marks[r.IntN(len(marks))])
		}
	}
	return b.String()
}

// spelled is a secret as somebody may have written it into a text.
func spelled(r *rand.Rand, secret string) string {
	switch r.IntN(4) {
	case 0:
		return url.QueryEscape(secret)
	case 1:
		var b strings.Builder
		for _, c := range secret {
			for _, unit := range encodeUTF16(c) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
		return b.String()
	case 2:
		return strings.Trim(string(must(json.Marshal(secret))), `"`)
	}
	return secret
}

func encodeUTF16(c rune) []rune {
	if c < 0x10000 {
		return []rune{c}
	}
	return []rune{0xD800 + (c-0x10000)>>10, 0xDC00 + (c-0x10000)&0x3FF}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic("cannot be written")
	}
	return b
}

// shows reports whether an output has anything of a secret: all that we print is
// ASCII without escapes, so anything else came from the text.
func shows(output string) bool {
	for i := 0; i < len(output); i++ {
		next := byte(0)
		if i+1 < len(output) {
			next = output[i+1]
		}
		switch c := output[i]; {
		case c >= utf8.RuneSelf:
			return true
		case c == '%' && strings.IndexByte("CDEFcdef", next) >= 0: // what UTF-8 begins with
			return true
		case c == '\\' && strings.IndexByte("uUx0123", next) >= 0:
			return true
		}
	}
	return false
}

// § is where the secret goes.

// wherever has the secret in any field, in text that parses and in text that does not.
// Its errors must not show it. Text that parses may be shown: a host is not a secret.
var wherever = []string{
	"§", " §", "§://u:p@h/s", "§:", "§:p", "pg://§", "pg://§@h", "pg://§:p@h:1", "pg://u:§@h", "pg://u:p@§", "pg://u:p@h:§", "pg://u:p@h:5§",
	"pg://u:p@h:99999§", "pg://h/§", "pg://h/s?§", "pg://h/s?k=§", "pg://h?§=v", "pg://h?__extra__=§", `pg://h?__extra__={"§`,
	`pg://h?__extra__=["§"]`, `pg://h?k={"§": 1}`, `pg://h?k={"§`, "pg://h#§", "pg://h?k=v#§",
	"pg://[§]", "pg://[§", "pg://§]", "pg://[::1%§]", "pg://[::1]§", "pg://[v1.§]", "pg://[v§.x]", "pg://u:§[@h", "pg://u:[§]@h", "pg://[u]:§@h",
	"a://b://c://§", "a://u:§@http://h", "a://u:§@http://h:1x", "http://u@https://§", "§://§://§", "a://§://h:x", "a://§@b://h",
	"pg://℀§", "pg://§／§@h", "pg://§:§@§:§/§?§=§#§", "pg://§\xff", "\xc3§://h", "pg://u:§@h:port", "\x00§", "KEY=§", "'§'",

	"{§}", "{", `{"§`, `{"§"`, `{"§":`, `{"§": 1}`, `{"§": "§"}`, `{"host": §}`, `{"host": "§"`, `{"host": "§}`, `{"host": "h" "§"}`, `{"host": "h", "§"}`,
	`{"host": "§"} §`, `{"host": "\q§"}`, `{"host": "\u12§"}`, "{\"host\": \"\x01§\"}", "{\"host\": \"§\xff\"}", `["§"]`, ` "§"`,
	`{"conn_type": "§", "port": "x"}`, `{"conn_type": ["§"]}`, `{"conn_type": {"§": "§"}}`, `{"conn_type": 5, "password": "§"}`,
	`{"description": "§", "a": 1}`, `{"description": {"§": 1}}`, `{"host": ["§"]}`, `{"login": "§", "host": true}`, `{"login": {"§": "§"}}`,
	`{"password": "§", "login": false}`, `{"password": ["§"]}`, `{"password": {"§": 1}}`, `{"password": §}`, `{"schema": ["§"]}`, `{"schema": "§", "a": 1}`,
	`{"port": "§"}`, `{"port": "5§"}`, `{"port": ["§"]}`, `{"port": §}`, `{"port": "§", "password": "§"}`, `{"port": 1e99, "password": "§"}`,
	`{"extra": "§"}`, `{"extra": ["§"]}`, `{"extra": "[\"§\"]"}`, `{"extra": "{\"k\": §}"}`, `{"extra": {"§": §}}`, `{"extra": {"a": {"b": ["§"]}}, "port": "x"}`,
	`{"extra": {"a": "{\"b\": \"§\"}"}, "b": 1}`, `{"extra": {"a": [§]}}`, `{"extra": "{\"a\": {\"b\": \"§\"}", "port": 1}`,
	`{"uri": "§"}`, `{"uri": "§", "host": "h"}`, `{"uri": "pg://u:§@h:x"}`, `{"uri": ["§"]}`, `{"uri": "pg://[§"}`, `{"uri": "a://b://c://§"}`, `{"uri": "pg://h?__extra__=§"}`,
	`{"uri": {"§": 1}, "password": "§"}`, `{"team_name": "§", "x": 1}`, `{"user": "§", "engine": ["§"]}`, `{"pass": ["§"]}`, `{"username": "§", "port": "x§"}`,
	`{"key": {"§": "§"}, "engine": "postgres"}`, `{"remote_host": true, "password": "§"}`, `{"engine": "mysql", "extra": "{\"§"}`,
}

// asPassword has the secret as a password or in an extra, mostly of URIs that
// are broken: nothing that can be read from them may print.
var asPassword = []string{
	"postgres://u:§@h/db", "postgres://u:§@h:5432/db?sslmode=require", "postgres://:§@h", "http://u:§@https://h", "http://https://u:§@h:1/s",
	"postgres://h/db?password=§", "postgres://h?__extra__=§", `postgres://h?__extra__={"k": "§"}`, "postgres://u:p@h?§=§&§", "aws://?aws_secret_access_key=§",
	`{"password": "§"}`, `{"conn_type": "http", "host": "h", "login": "u", "password": "§", "schema": "s"}`, `{"extra": "§"}`, `{"extra": {"§": "§"}}`,
	`{"extra": {"a": {"b": ["§"]}}}`, `{"extra": "{\"keyfile\": \"§\"}"}`, `{"uri": "my_conn://u:§@h/s"}`, `{"host": "h", "pass": "§"}`, `{"engine": "mysql", "key": "§"}`,
	`{"description": "§", "host": "h"}`, `{"host": "https://h/services/§"}`, `{"host": "u:§@h"}`, `{"login": "§"}`, `{"schema": "u:§@h/s"}`,

	// No scheme, no slashes, an invalid scheme.
	"u:§@h/db", "user:§@h:5432/db", "u:§@h", "//u:§@h/db", "://u:§@h/db", "postgres:u:§@h/db", "postgres:/u:§@h/db", "postgres:///u:§@h/db",
	"postgres//u:§@h/db", "postgres:////u:§@h/db", "1pg://u:§@h/db", "my_conn://u:§@h/db", "my_conn://u:§@h:5432/db?k=v", "my conn://u:§@h/db", "my_conn://u:§@https://h/db",
	"jdbc:postgresql://u:§@h/db", "jdbc:postgresql://h/db?user=u&password=§", "jdbc:sqlserver://h:1433;user=u;password=§", "jdbc:oracle:thin:u/§@h:1521:x",
	"é://u:§@h/db", "\u00a0postgres://u:§@h/db", "\ufeffpostgres://u:§@h/db", "\tpostgres://u:§@h/db\n",

	// Quoted, or with a name before it.
	`"postgres://u:§@h/db"`, `'postgres://u:§@h/db'`, "`postgres://u:§@h/db`", "<postgres://u:§@h/db>", `"u:§@h"`, `\"postgres://u:§@h/db\"`,
	"KEY=postgres://u:§@h/db", "AIRFLOW_CONN_PG=postgres://u:§@h/db", "export PG='postgres://u:§@h/db'", "PG: postgres://u:§@h/db", "pg:postgres://u:§@h/db",
	"uri=postgres://u:§@h/db", "KEY=my_conn://u:§@https://h/db", "- postgres://u:§@h/db", "$(postgres://u:§@h/db)",

	// Another format.
	"§", "u=x password=§ host=h", "host=h password=§ dbname=db", "Server=h;Database=db;Password=§;", "h:§", "h:5432:db:u:§", "postgres://h;password=§", "postgres://h:1433;password=§",
	"postgres://h/db;password=§", "postgres://h/db&password=§", "postgres://h,password=§", "postgres://host=h password=§", "sqlserver://h?user=u;password=§",
	`postgres://h/{"password": "§"}`, `x{"password": "§"}`, "password: §\nhost: h", "https://h/services/T0/B0/§", "https://h?token=§", "https://h#§",

	// Half encoded, or encoded where it should not be.
	"postgres://u%3A§@h/db", "postgres://u%3A§%40h/db", "postgres%3A//u:§@h/db", "postgres%3A%2F%2Fu%3A§%40h%2Fdb", "postgres:%2F%2Fu:§@h/db", "postgres://u:§%40h/db", "postgres://u%3A§%40h%2Fdb",
	"postgres://u:§@", "postgres://u:§", "postgres://u:1@§@h:1/db", "postgres://§:@h/db", "postgres://§@h/db",
}

// TestRandomSecrets puts random secrets into every place and looks for them in
// every error and every print. It names the template where one is found, never
// the text made of it.
func TestRandomSecrets(t *testing.T) {
	templates := append(rawMarks(), asPassword...)
	r := rand.New(rand.NewPCG(1, 2)) // the same secrets each time: a failure can be looked for
	leaks := map[string]bool{}
	for i := range randomSecrets {
		secret := draw(r, allMarks)
		d := dialects[i%len(dialects)]
		for k := range 4 {
			// Each template comes up often, with secrets of its own each time.
			template := wherever[(i*4+k)%len(wherever)]
			text := strings.ReplaceAll(template, "§", spelled(r, secret))
			for way, output := range errorsOf(d, text, secret) {
				if shows(output) {
					leaks[fmt.Sprintf("an error, %s, of %s", way, template)] = true
				}
			}
		}
		for k := range 3 {
			template := templates[(i*3+k)%len(templates)]
			secret := draw(r, noMarks)
			if k == 0 {
				template = asPassword[i%len(asPassword)]
				if strings.Contains(template, ":§@") || template[0] == '{' { // elsewhere a mark makes a login or host of it
					secret = draw(r, fewMarks)
				}
			}
			text := strings.ReplaceAll(template, "§", secret)
			for way, output := range printsOf(d, text, i) {
				if shows(output) {
					leaks[fmt.Sprintf("a print, %s, of %s", way, template)] = true
				}
			}
		}
	}
	assert.Empty(t, leaks)
}

// rawMarks are URIs with marks in the password that nobody encoded, alone and
// with a second one.
func rawMarks() (templates []string) {
	for _, a := range allMarks {
		for _, form := range []string{"§%c", "%c§", "§%c§", "1%c§", "%c1§", "§%c1", "x%c§"} {
			password := fmt.Sprintf(form, a)
			templates = append(templates, "postgres://u:"+password+"@h/db", "my_conn://u:"+password+"@h/db", "u:"+password+"@h:1/db?k=v")
			for _, b := range "/?#[@:" {
				if !untold(a, b) {
					templates = append(templates, "postgres://u:"+password+string(b)+"§@h:5432/db")
				}
			}
		}
	}
	return templates
}

// untold reports whether a URI with these marks in its password, one after the
// other, is as good as any: postgres://u:a@b?c@h has the host b for everybody,
// and nothing is left in the Connection that would tell it from a right one.
func untold(a, b rune) bool { return a == '@' && (b == '?' || b == '#') }

// errorsOf are the errors about a text, and of what is built from it by hand.
func errorsOf(d connuri.Dialect, text, secret string) func(yield func(way, output string) bool) {
	return func(yield func(way, output string) bool) {
		_, parse := d.Parse(text)
		_, parseURI := d.ParseURI(text)
		_, parseJSON := d.ParseJSON(text)
		_, noWords := connuri.ConnWords(nil).Parse(d, text)
		_, standard := connuri.ConnWords{"login": {secret}, "port": {"host"}}.Standardize(text)
		_, badWords := connuri.ConnWords{secret: {secret}}.Parse(d, text)
		_, words := connuri.ParseConnWords(text)
		_, uri := d.URI(connuri.Connection{Type: secret, Host: secret, Password: connuri.NewSecret(secret), Extra: connuri.RawExtra(text)})
		_, doc := d.JSON(connuri.Connection{Login: secret, Schema: secret, Extra: connuri.RawExtra(text)})
		_, extra := connuri.NewExtra(map[string]any{secret: func() {}})
		for way, err := range map[string]error{
			"Parse": parse, "ParseURI": parseURI, "ParseJSON": parseJSON, "Words.Parse": noWords, "Standardize": standard,
			"bad ConnWords": badWords, "ParseConnWords": words, "URI": uri, "JSON": doc, "NewExtra": extra,
		} {
			for e := err; e != nil; e = errors.Unwrap(e) {
				if !yield(way, e.Error()+fmt.Sprintf(" %v %+v %#v %s", e, e, e, e)) {
					return
				}
			}
		}
	}
}

// printsOf are the prints of what a text reads as. The verbs take turns.
func printsOf(d connuri.Dialect, text string, turn int) func(yield func(way, output string) bool) {
	formats := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%T", "%t", "%b", "%o", "%e", "%-50v", "%+q", "% x"}
	format := formats[turn%len(formats)]
	return func(yield func(way, output string) bool) {
		for way, parse := range map[string]func(string) (connuri.Connection, error){
			"Parse": d.Parse, "ParseURI": d.ParseURI, "Words.Parse": func(text string) (connuri.Connection, error) { return connuri.ConnWords(nil).Parse(d, text) },
		} {
			c, err := parse(text)
			outputs := map[string]string{
				"Sprint":       fmt.Sprint(c, &c, []any{c}),
				"String":       c.String(),
				format:         fmt.Sprintf(format, c),
				format + " &":  fmt.Sprintf(format, &c),
				format + " []": fmt.Sprintf(format, []connuri.Connection{c}),
				"error":        fmt.Sprint(err),
				"secrets":      fmt.Sprintf("%v %+v %#v %s %x", c.Password, c.Password, c.Extra, c.Extra, c.Password),
			}
			if turn%4 == 0 {
				var b bytes.Buffer
				slog.New(slog.NewTextHandler(&b, nil)).Error("m", "c", c, "p", &c, "err", err, "any", []any{c})
				slog.New(slog.NewJSONHandler(&b, nil)).Error("m", "c", c, "err", err, slog.Group("g", "c", c))
				outputs["slog"] = b.String()
				// Encoders walk the plain fields, which is what they are for.
				type both struct {
					P connuri.Secret
					E connuri.Extra
				}
				secret := both{c.Password, c.Extra}
				outputs["json"] = string(must(json.Marshal(secret)))
				outputs["xml"] = string(must(xml.Marshal(secret)))
			}
			for _, print := range prints {
				outputs["prints"] += print(text)
			}
			for how, output := range outputs {
				if !yield(way+" "+how, output) {
					return
				}
			}
		}
	}
}

// TestCutSecrets cuts good text at every byte: what is left is broken in every
// way that a copy and paste can break it.
func TestCutSecrets(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	a, b := draw(r, noMarks), draw(r, noMarks)
	for i, text := range []string{
		`{"conn_type": "postgres", "login": "u", "password": "§", "host": "h", "port": 5432, "extra": {"§": ["§", {"a": "\u00e9§"}], "b": "{\"c\": \"§\"}"}}`,
		`{"user": "§", "pass": "§", "engine": "mysql", "port": "5§", "extra": "{\"keyfile_dict\": {\"private_key\": \"§\"}}", "§": -1.5e3}`,
		`{"uri": "postgres://u:§@h:5432/db?k=§", "description": null}`,
		"postgres://u:§@h:5432/db?sslmode=§&__extra__=%7B%22§%22%3A+1%7D",
		"my_conn://u:§@https://h:5432/db?k=§", `"postgres://u:§@[::1]:5432/db"`, "AIRFLOW_CONN_X='http://u:§@https://h/s'",
	} {
		text = strings.NewReplacer("§", a+"/"+b).Replace(text)
		for at := range len(text) + 1 {
			for _, piece := range []string{text[:at], text[at:], text[:at] + a + text[at:]} {
				for _, d := range dialects {
					for way, output := range errorsOf(d, piece, b) {
						require.False(t, shows(output), "text %d at byte %d: an error, %s", i, at, way)
					}
				}
			}
			for _, d := range dialects {
				for way, output := range printsOf(d, text[:at], at) {
					// A login without its password looks like any other login.
					require.False(t, shows(output), "text %d up to byte %d: a print, %s", i, at, way)
				}
			}
		}
	}
}

// TestASCIISecrets: hidden letters are in no plain name, so a print would hold
// them back where it lets a password of letters and digits through.
func TestASCIISecrets(t *testing.T) {
	const secret = "QZXJWKVQ7Y9Q"
	found := func(output string) bool {
		output = strings.ToUpper(output)
		for i := 0; i+4 <= len(secret); i++ {
			if strings.Contains(output, secret[i:i+4]) || strings.Contains(output, fmt.Sprintf("%X", secret[i:i+4])) {
				return true
			}
		}
		return false
	}
	for _, d := range dialects {
		for _, template := range asPassword {
			text := strings.ReplaceAll(template, "§", secret)
			for turn := range 18 {
				for way, output := range printsOf(d, text, turn) {
					require.False(t, found(output), "%s: %s, %s", d, template, way)
				}
			}
		}
		for _, template := range wherever {
			for way, output := range errorsOf(d, strings.ReplaceAll(template, "§", secret), secret) {
				require.False(t, found(output), "%s: %s, %s", d, template, way)
			}
		}
	}
}

// TestWhatAMisstoredPasswordShows is about passwords that were not encoded, whose
// pieces Airflow takes for host, port and schema.
func TestWhatAMisstoredPasswordShows(t *testing.T) {
	for _, text := range []string{
		"postgres://u:7391/secret@h/db", "postgres://u:7391?x@h/db", "postgres://u:/w7391?x@h:5432/db", "postgres://u:p@w7391/word@h/db",
		"postgres://w7391/RET@h/db", "postgres://w7391@h/db", "postgres://w7391:@h/db", "my_conn://u:w7391@h/db", "u:w7391", "http://h/w7391@x",
	} {
		c, err := connuri.ParseURI(text)
		require.NoError(t, err)
		for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%#v", c), fmt.Sprint(c.LogValue())} {
			assert.NotContains(t, printed, "7391")
		}
	}
}
