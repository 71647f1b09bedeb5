package connuri_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// The messages of the fuzz targets name no text: the fuzzer keeps what it found
// in a file of its own.

// FuzzParse checks what holds for every text in every dialect: an answer or one
// of our errors, and what is written reads back.
func FuzzParse(f *testing.F) {
	for _, family := range []string{"uri_parse", "conn_json", "secret_json"} {
		connuritest.Rows(f, family, func(line int, r struct{ URI, JSON, Secret connuritest.Answer }) {
			for _, text := range []connuritest.Answer{r.URI, r.JSON, r.Secret} {
				if line%8 == 0 && text.IsRecorded() && len(text.Raw) < 500 { // an eighth is plenty
					f.Add(text.Text())
				}
			}
		})
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range dialects {
			for _, parse := range []func(string) (connuri.Connection, error){d.Parse, d.ParseURI, d.ParseJSON} {
				c, err := parse(text)
				if err == nil {
					checkURI(t, d, c)
					checkJSON(t, d, c)
					continue
				}
				checkError(t, text, err)
				c.Empty = 0
				if !c.Equal(connuri.Connection{}) {
					t.Fatalf("%s: a connection beside the error: %v", d, err)
				}
			}
		}
	})
}

// checkError demands one of our errors.
func checkError(t *testing.T, text string, err error) {
	t.Helper()
	found, ok := errors.AsType[*connuri.Error](err)
	switch {
	case !ok:
		t.Fatalf("a %T", err)
	case !errors.Is(err, connuri.ErrEmpty) && !errors.Is(err, connuri.ErrSyntax) && !errors.Is(err, connuri.ErrField):
		t.Fatalf("wraps no sentinel: %v", err)
	case found.Field == "" || found.Rule == "":
		t.Fatalf("says too little: %v", err)
	case found.Offset < -1 || found.Offset > len(text):
		t.Fatalf("offset %d in text of %d", found.Offset, len(text))
	}
}

// checkURI writes c as a URI and reads it back, if Airflow reads its own back.
func checkURI(t *testing.T, d connuri.Dialect, c connuri.Connection) {
	t.Helper()
	uri, err := d.URI(c)
	if err != nil {
		checkError(t, c.Extra.Reveal(), err)
		return
	}
	if !comesBack(d, c) {
		_, _ = d.ParseURI(uri) // must not panic
		return
	}
	again, err := d.ParseURI(uri)
	if err != nil {
		t.Fatalf("%s: the URI does not read back: %v", d, err)
	}
	if twice, err := d.URI(again); err != nil || twice != uri {
		t.Fatalf("%s: the second URI differs from the first", d)
	}
	if dumped(again.Extra) != dumped(c.Extra) {
		t.Fatalf("%s: another extra after a URI", d)
	}
	again.Extra, again.Description = c.Extra, c.Description // no URI has a description
	if !again.Equal(c) {
		t.Fatalf("%s: another connection after a URI", d)
	}
}

var (
	scheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	plain  = regexp.MustCompile(`^[A-Za-z0-9_.~-]*`) // what no quoting changes
)

// comesBack reports whether Airflow reads c again from its URI.
func comesBack(d connuri.Dialect, c connuri.Connection) bool {
	if c.Port < 0 || c.Port > 65535 {
		return false
	}
	written := strings.ReplaceAll(c.Type, "_", "-")
	if written != "" && !scheme.MatchString(written) {
		return false // no scheme, or one that lower case changes
	}
	host := c.Host
	if protocol, rest, ok := strings.Cut(host, "://"); ok {
		if written == "" || rest == "" || !scheme.MatchString(protocol) || strings.HasSuffix(protocol, written) {
			return false // what ends in the scheme is cut out with the scheme
		}
		host = rest
	}
	// Up to its first escape a host is read in lower case, unless it has a slash.
	head := plain.FindString(host)
	if head != strings.ToLower(head) && !strings.Contains(host, "/") {
		return false
	}
	return extraComesBack(d, c.Extra.Reveal())
}

func extraComesBack(d connuri.Dialect, extra string) bool {
	flat := true // nothing but strings: written as a query
	back := true
	err := pyjson.Members(extra, func(key, value pyjson.Value) error {
		if name, _ := key.Text(); name == "__extra__" {
			back = false
		}
		flat = flat && value.Kind == pyjson.String
		if text, _ := value.Text(); d == connuri.Server && flat {
			_, err := pyjson.Load(text) // Server reads the values as JSON
			back = back && pyjson.IsSyntax(err)
		}
		return nil
	})
	return err != nil || !flat || back
}

// dumped is an extra as json.dumps writes it, or as it is.
func dumped(e connuri.Extra) string {
	v, err := pyjson.Load(e.Reveal())
	if err != nil {
		return e.Reveal()
	}
	return string(pyjson.AppendDump(nil, v))
}

// checkJSON writes c as JSON and reads it back: all of it comes back but an
// extra that is empty, a JSON string or not JSON, and a type and port that were
// empty rather than None.
func checkJSON(t *testing.T, d connuri.Dialect, c connuri.Connection) {
	t.Helper()
	doc, err := d.JSON(c)
	if err != nil {
		checkError(t, c.Extra.Reveal(), err)
		return
	}
	if strings.Count(doc, "[")+strings.Count(doc, "{") > 900 {
		return // an extra may be as deep as JSON can be, and is one deeper in here
	}
	again, err := d.ParseJSON(doc)
	if err != nil {
		t.Fatalf("%s: the JSON does not read back: %v", d, err)
	}
	v, err := pyjson.Load(c.Extra.Reveal())
	if err == nil && v.Truthy() && v.Kind != pyjson.String && again.Extra.Reveal() != dumped(c.Extra) {
		t.Fatalf("%s: another extra after JSON", d)
	}
	again.Extra = c.Extra
	if !again.Equal(c) {
		t.Fatalf("%s: another connection after JSON", d)
	}
	if keeps := ^(connuri.EmptyType | connuri.EmptyPort); again.Empty&keeps != c.Empty&keeps {
		t.Fatalf("%s: other empty fields after JSON", d)
	}
}

// FuzzStandardize checks that the two ways from a secret to a connection give
// the same: straight, and by the text that Airflow makes of it.
func FuzzStandardize(f *testing.F) {
	type row struct {
		Secret connuritest.Answer
		Words  connuritest.Answer `json:"extra_conn_words"`
	}
	connuritest.Rows(f, "secret_json", func(_ int, r row) {
		if len(r.Secret.Raw)+len(r.Words.Raw) < 500 {
			f.Add(r.Secret.Text(), string(r.Words.Raw))
		}
	})
	f.Add(`{"a": 1, "b": 2, "a": 3, "user": "u"}`, `{"login": ["b", "a"], "user": ["a"], "password": ["user"]}`)
	f.Fuzz(func(t *testing.T, secret, wordsDoc string) {
		words, err := connuri.ParseConnWords(wordsDoc)
		if err != nil {
			checkError(t, wordsDoc, err)
			words = nil
		}
		text, standardErr := words.Standardize(secret)
		for _, d := range dialects {
			c, err := words.Parse(d, secret)
			if standardErr != nil {
				checkError(t, secret, standardErr)
				if err == nil || err.Error() != standardErr.Error() {
					t.Fatalf("%s: Parse says %v, Standardize %v", d, err, standardErr)
				}
				continue
			}
			want, wantErr := d.Parse(text)
			switch {
			case err != nil && wantErr != nil:
				checkError(t, secret, err)
				one, _ := errors.AsType[*connuri.Error](err)
				other, _ := errors.AsType[*connuri.Error](wantErr)
				if one.Field != other.Field || one.Rule != other.Rule {
					t.Fatalf("%s: straight %v, by the standard text %v", d, err, wantErr)
				}
			case err != nil || wantErr != nil:
				t.Fatalf("%s: straight %v, by the standard text %v", d, err, wantErr)
			case !c.Equal(want) || c.Empty != want.Empty:
				t.Fatalf("%s: straight another connection than by the standard text", d)
			}
		}
		if standardErr != nil {
			return
		}
		// The seven usual keys name their own fields, unless Words add others.
		if again, err := connuri.ConnWords(nil).Standardize(text); err != nil || again != text {
			t.Fatal("the standard text has another standard text")
		}
	})
}
