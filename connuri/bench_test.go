package connuri_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Each benchmark also measures what it is compared with, so that one run gives the ratio.

// The input of each benchmark is checked before the clock starts.
const (
	shortURI = "postgres://h/db"
	fullURI  = "postgres://airflow_user:p%40ss%2Fw%3Ard%21@db.eu-west-1.example.com:5432/analytics" +
		"?sslmode=require&connect_timeout=10&application_name=airflow&keepalives=1"
	secretDoc = `{"user": "airflow_user", "password": "p@ss/w:rd!", "host": "db.eu-west-1.example.com", "port": 5432, ` +
		`"database": "analytics", "engine": "postgres", "extra": {"sslmode": "require"}}`
)

// keyfileDoc is a JSON secret with a private key of 2 kB in its extra, each of
// its lines ended by an escape.
func keyfileDoc() string {
	line := strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", 2)
	key := "-----BEGIN PRIVATE KEY-----\\n" + strings.Repeat(line+"\\n", 30) + "-----END PRIVATE KEY-----\\n"
	return strings.Replace(secretDoc, `{"sslmode": "require"}`, `{"project": "analytics", "private_key": "`+key+`"}`, 1)
}

// keyfileURI is keyfileDoc's extra as Airflow writes it into a URI: nested under
// __extra__, or flat with one query key for each of its keys.
func keyfileURI(b *testing.B, nested bool) string {
	c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, keyfileDoc())
	require.NoError(b, err)
	if nested {
		c.Extra = connuri.RawExtra(strings.Replace(c.Extra.Reveal(), `"analytics"`, `["analytics"]`, 1))
	}
	return c.URI()
}

func BenchmarkURI(b *testing.B) {
	for _, row := range []struct{ name, uri string }{
		{"short", shortURI},
		{"full", fullURI},
		{"keyfile nested", keyfileURI(b, true)},
		{"keyfile flat", keyfileURI(b, false)},
	} {
		c, err := connuri.ParseURI(row.uri)
		require.NoError(b, err)
		require.Equal(b, "postgres", c.Type)
		b.Run(row.name+"/connuri", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := connuri.ParseURI(row.uri); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/net-url", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := url.Parse(row.uri); err != nil {
					b.Fatal("not read")
				}
			}
		})
		b.Run(row.name+"/net-url-and-query", func(b *testing.B) { // as far as ParseURI goes
			b.ReportAllocs()
			for b.Loop() {
				u, err := url.Parse(row.uri)
				if err != nil || u.Query() == nil {
					b.Fatal("not read")
				}
			}
		})
	}
}

// BenchmarkWriteURI writes what BenchmarkURI reads.
func BenchmarkWriteURI(b *testing.B) {
	for _, row := range []struct{ name, uri string }{
		{"short", shortURI},
		{"full", fullURI},
		{"keyfile nested", keyfileURI(b, true)},
		{"keyfile flat", keyfileURI(b, false)},
	} {
		c, err := connuri.ParseURI(row.uri)
		require.NoError(b, err)
		require.NotEmpty(b, c.URI())
		u, err := url.Parse(row.uri)
		require.NoError(b, err)
		query := u.Query()
		b.Run(row.name+"/connuri", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.URI() == "" {
					b.Fatal("not written")
				}
			}
		})
		b.Run(row.name+"/net-url", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u.RawQuery = query.Encode()
				if u.String() == "" {
					b.Fatal("not written")
				}
			}
		})
	}
}

// plainSecret is what a program would declare to read such a secret itself.
type plainSecret[Extra any] struct {
	User, Password, Host string
	Port                 int
	Database, Engine     string
	Extra                Extra
}

func BenchmarkSecret(b *testing.B) {
	for _, row := range []struct{ name, doc string }{{"short", secretDoc}, {"keyfile", keyfileDoc()}} {
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.doc)
		require.NoError(b, err)
		require.Equal(b, "analytics", c.Schema)
		require.False(b, c.Extra.IsZero())
		b.Run(row.name+"/connuri", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+"/json-map", func(b *testing.B) { unmarshal[map[string]string](b, row.doc) })
		b.Run(row.name+"/json-raw", func(b *testing.B) { unmarshal[json.RawMessage](b, row.doc) })
	}
}

func unmarshal[Extra any](b *testing.B, doc string) {
	bytes := []byte(doc)
	b.ReportAllocs()
	for b.Loop() {
		var s plainSecret[Extra]
		if err := json.Unmarshal(bytes, &s); err != nil || s.Port != 5432 {
			b.Fatal("not read")
		}
	}
}

// BenchmarkLinear reads and writes texts of four sizes; the MB/s of each shape
// stay level where the time is linear.
func BenchmarkLinear(b *testing.B) {
	fill := func(piece string) func(int) string {
		return func(n int) string { return strings.Repeat(piece, n/len(piece)+1)[:n] }
	}
	numbered := func(format string) func(int) string { // no two pieces the same
		return func(n int) string {
			var s strings.Builder
			for i := 0; s.Len() < n; i++ {
				fmt.Fprintf(&s, format, i)
			}
			return s.String()
		}
	}
	wrap := func(before string, f func(int) string, after string) func(int) string {
		return func(n int) string { return before + f(n) + after }
	}
	parseURI := func(text string) { _, _ = connuri.ParseURI(text) }
	parseJSON := func(text string) { _, _ = connuri.ParseJSON(text) }
	parseWords := func(text string) { _, _ = connuri.ConnWords(nil).Parse(connuri.TaskSDK, text) }
	server := func(text string) { _, _ = connuri.Server.Parse(text) }
	for _, shape := range []struct {
		name string
		make func(n int) string
		run  func(text string)
	}{
		{"ParseURI/brackets", fill("["), parseURI},
		{"ParseURI/brackets in the host", wrap("a://", fill("["), "]"), parseURI},
		{"ParseURI/NUL", fill("\x00"), parseURI},
		{"ParseURI/broken UTF-8", fill("\xff"), parseURI},
		{"ParseURI/broken UTF-8 at the end", wrap("a://h/", fill("é"), "\xff"), parseURI},
		{"ParseURI/escapes", wrap("a://u:", fill("%41"), "@h"), parseURI},
		{"ParseURI/escapes that are not UTF-8", wrap("a://u:", fill("%ff"), "@h"), parseURI},
		{"ParseURI/escapes between letters", wrap("a://u:", fill("é%ff"), "@h"), parseURI},
		{"ParseURI/at signs", wrap("a://", fill("@"), "h"), parseURI},
		{"ParseURI/colons", wrap("a://", fill(":"), "@h"), parseURI},
		{"ParseURI/slashes", wrap("a://h", fill("/"), ""), parseURI},
		{"ParseURI/protocols", fill("://"), parseURI},
		{"ParseURI/tabs", wrap("a://h/", fill("\t"), ""), parseURI},
		{"ParseURI/sigmas", wrap("a://", fill("Σ"), ""), parseURI},
		{"ParseURI/sigmas and dots", wrap("a://", fill("Σ."), ""), parseURI},
		{"ParseURI/dots, then a sigma", wrap("a://a", fill("."), "Σ"), parseURI},
		{"ParseURI/keys that differ", wrap("a://h?", numbered("k%d=v&"), ""), parseURI},
		{"ParseURI/keys all the same", wrap("a://h?", fill("k=v&"), ""), parseURI},
		{"ParseURI/two keys in turn", wrap("a://h?", fill("k=v&l=w&"), ""), parseURI},
		{"ParseURI/ampersands", wrap("a://h?", fill("&"), ""), parseURI},
		{"ParseURI/whole extra", wrap("a://h?__extra__=", fill("%22"), ""), parseURI},
		{"Server.Parse/numbers in the query", wrap("a://h?", numbered("k%d=1&"), ""), server},
		{"Server.Parse/open brackets in the query", wrap("a://h?", fill("k=[&"), ""), server},

		{"ParseJSON/brackets", wrap(`{"extra": `, fill("["), ""), parseJSON},
		{"ParseJSON/objects", fill(`{"a":`), parseJSON},
		{"ParseJSON/nested", func(n int) string {
			deep := strings.Repeat("[", 900) + strings.Repeat("]", 900)
			return `{"extra": [` + strings.Repeat(deep+", ", n/len(deep)) + "1]}"
		}, parseJSON},
		{"ParseJSON/text", wrap(`{"password": "`, fill("x"), `"}`), parseJSON},
		{"ParseJSON/escapes", wrap(`{"password": "`, fill(`\n`), `"}`), parseJSON},
		{"ParseJSON/halves of pairs", wrap(`{"password": "`, func(n int) string { return strings.Repeat(`\ud83d`, n/6) }, `"}`), parseJSON},
		{"ParseJSON/digits", wrap(`{"port": `, fill("1"), "}"), parseJSON},
		{"ParseJSON/digits of a float", wrap(`{"port": 0.`, fill("1"), "}"), parseJSON},
		{"ParseJSON/exponent", wrap(`{"port": 1e`, fill("1"), "}"), parseJSON},
		{"ParseJSON/unknown keys", wrap(`{`, numbered(`"k%d": 1, `), `"a": 1}`), parseJSON},
		{"ParseJSON/extra, keys that differ", wrap(`{"extra": {`, numbered(`"k%d": 1, `), `"a": 1}}`), parseJSON},
		{"ParseJSON/extra, keys all the same", wrap(`{"extra": {`, func(n int) string { return strings.Repeat(`"k": 1, `, n/8) }, `"a": 1}}`), parseJSON},
		{"ParseJSON/extra, objects with repeats", wrap(`{"extra": [`, func(n int) string { return strings.Repeat(`{"k": 1, "k": 2}, `, n/18) }, `1]}`), parseJSON},
		{"ParseJSON/extra, repeats within repeats", func(n int) string {
			deep := strings.Repeat(`{"k": 1, "k": `, 900) + "1" + strings.Repeat("}", 900)
			return `{"extra": ` + strings.Repeat(`{"a": `+deep+`, "b": `, n/len(deep)) + "1" + strings.Repeat("}", n/len(deep)) + "}"
		}, parseJSON},
		{"ParseJSON/extra, repeats around a text", func(n int) string { // each object is written again around everything in it
			return `{"extra": ` + strings.Repeat(`{"k": 1, "k": `, 60) + `"` + strings.Repeat("x", n) + `"` + strings.Repeat("}", 60) + "}"
		}, parseJSON},
		{"ParseJSON/extra, many repeats around a text", func(n int) string {
			depth := n / 40
			return `{"extra": ` + strings.Repeat(`{"k": 1, "k": `, min(depth, 990)) + `"` + strings.Repeat("x", n/2) + `"` + strings.Repeat("}", min(depth, 990)) + "}"
		}, parseJSON},
		{"Words.Parse/all keys host", wrap(`{`, func(n int) string { return strings.Repeat(`"host": 1, `, n/11) }, `"a": 1}`), parseWords},
		{"Words.Parse/keyfile", wrap(`{"extra": {"k": "`, func(n int) string { return strings.Repeat(`MIIEvQIBADANBgk\n`, n/17) }, `"}}`), parseWords},

		{"URI/password", fill("é/"), func(text string) { _ = connuri.Connection{Password: connuri.NewSecret(text)}.URI() }},
		{"URI/flat extra", wrap(`{`, numbered(`"k%d": "v", `), `"a": "b"}`), func(text string) { _ = connuri.Connection{Extra: connuri.RawExtra(text)}.URI() }},
		{"URI/nested extra", wrap(`{`, numbered(`"k%d": [1], `), `"a": "b"}`), func(text string) { _ = connuri.Connection{Extra: connuri.RawExtra(text)}.URI() }},
		{"JSON/password", fill("é\""), func(text string) { _ = connuri.Connection{Password: connuri.NewSecret(text)}.JSON() }},
		{"JSON/extra", wrap(`{`, numbered(`"k%d": [1.5, "é"], `), `"a": "b"}`), func(text string) { _ = connuri.Connection{Extra: connuri.RawExtra(text)}.JSON() }},
	} {
		for _, kilobytes := range []int{1, 4, 16, 64} {
			text := shape.make(kilobytes << 10)
			b.Run(fmt.Sprintf("%s/%dK", shape.name, kilobytes), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					shape.run(text)
				}
			})
		}
	}
}
