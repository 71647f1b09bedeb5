package connuri_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// The secrets of these tests, in an alphabet that no message has. Two of each,
// so that a comparison has something to report.
const (
	password, otherPassword = "비밀번호열쇠문자", "암구호출입증표식"
	extra, otherExtra       = `{"토큰": "접근권한"}`, `{"서명": "공유키값"}`
)

func secretConnection(password, extra string) connuri.Connection {
	return connuri.Connection{
		ID: "pg_default", Type: "postgres", Host: "db.example.com", Schema: "app", Login: "airflow", Port: 5432,
		Password: connuri.NewSecret(password), Extra: connuri.RawExtra(extra),
	}
}

// TestPrintsNoSecret prints values in every way that the standard library and testify have.
func TestPrintsNoSecret(t *testing.T) {
	t.Run("Secret", func(t *testing.T) {
		walk(t, connuri.NewSecret(password), connuri.NewSecret(otherPassword))
		type embedded struct{ connuri.Secret }
		walk(t, embedded{connuri.NewSecret(password)}, embedded{connuri.NewSecret(otherPassword)})
	})
	t.Run("Extra", func(t *testing.T) {
		walk(t, connuri.RawExtra(extra), connuri.RawExtra(otherExtra))
		type embedded struct{ connuri.Extra }
		walk(t, embedded{connuri.RawExtra(extra)}, embedded{connuri.RawExtra(otherExtra)})
	})
	t.Run("Connection", func(t *testing.T) {
		one, other := secretConnection(password, extra), secretConnection(otherPassword, otherExtra)
		walk(t, one, other)
		type embedded struct{ connuri.Connection }
		walk(t, embedded{one}, embedded{other})
		type pointed struct{ *connuri.Connection }
		walk(t, pointed{&one}, pointed{&other})
	})
}

func walk[T any](t *testing.T, one, other T) {
	ways := 0
	connuritest.Ways(one, other, func(way, output string) {
		t.Helper()
		ways++
		if form := secretIn(output); form != "" {
			t.Errorf("%T, %s: shows the secret %s", one, way, form)
		}
	}, compared)
	assert.Greater(t, ways, 4000)
}

// report replaces the *testing.T of a failing test.
type report struct{ bytes.Buffer }

func (r *report) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }
func (r *report) FailNow()                          {}
func (r *report) Helper()                           {}

func compared(check func(way, output string), v, w any) {
	for way, fail := range map[string]func(r *report){
		"assert.Equal":       func(r *report) { assert.Equal(r, v, w); assert.Equal(r, v, nil); assert.Equal(r, "x", v) },
		"assert.EqualValues": func(r *report) { assert.EqualValues(r, v, w); assert.Exactly(r, v, w) },
		"assert.NotEqual":    func(r *report) { assert.NotEqual(r, v, v) },
		"assert.Same":        func(r *report) { assert.Same(r, v, w); assert.Same(r, &v, &w) },
		"assert.Empty":       func(r *report) { assert.Empty(r, v); assert.Nil(r, v); assert.Zero(r, v) },
		"assert.Len":         func(r *report) { assert.Len(r, v, 77) },
		"assert.Contains": func(r *report) {
			assert.Contains(r, v, w)
			assert.Contains(r, []any{v}, w)
			assert.NotContains(r, []any{v}, v)
		},
		"assert.ElementsMatch": func(r *report) { assert.ElementsMatch(r, []any{v}, []any{w, v}); assert.Subset(r, []any{v}, []any{w}) },
		"assert.IsType":        func(r *report) { assert.IsType(r, 1, v); assert.Implements(r, (*io.Reader)(nil), v) },
		"assert.True":          func(r *report) { assert.True(r, false, "with %v and %+v", v, w); assert.Fail(r, "x", v) },
		"require.Equal":        func(r *report) { require.Equal(r, v, w) },
		"require.Contains":     func(r *report) { require.Contains(r, []any{v}, w) },
		"cmp.Diff": func(r *report) {
			all := cmp.Exporter(func(reflect.Type) bool { return true })
			r.Errorf("%s", cmp.Diff(v, w, all)+cmp.Diff([]any{v, 1}, []any{w, v}, all)+cmp.Diff(v, nil, all))
		},
		"cmp.Diff, plain": func(r *report) { r.Errorf("%s", cmp.Diff(v, w)) }, // may panic over unexported fields
		"yaml.Marshal":    func(r *report) { out, err := yaml.Marshal(v); r.Errorf("%s %v", out, err) },
	} {
		r := &report{}
		text := connuritest.Recovered(func() { fail(r) })
		check(way, r.String()+text)
	}
}

var secretIn = connuritest.NewDetector(password, otherPassword, extra, otherExtra).In

// TestSecretIn makes sure that the tests here would notice.
func TestSecretIn(t *testing.T) {
	for _, format := range []string{"%s", "%v", "%q", "%+q", "%x", "%X", "% x", "%# X", "%#v"} {
		assert.NotEmpty(t, secretIn(fmt.Sprintf(format, password)), format)
		assert.NotEmpty(t, secretIn(fmt.Sprintf(format, []byte(extra))), format)
	}
	for _, format := range []string{"%d", "%o", "%b"} {
		assert.NotEmpty(t, secretIn(fmt.Sprintf(format, []byte(password))), format)
		assert.NotEmpty(t, secretIn(fmt.Sprintf(format, []rune("--"+password))), format)
	}
	for shift := range 3 {
		assert.NotEmpty(t, secretIn(base64.StdEncoding.EncodeToString([]byte("xx"[:shift]+password))))
	}
	doc, err := json.Marshal([]byte(password))
	require.NoError(t, err)
	assert.NotEmpty(t, secretIn(string(doc)))
	assert.NotEmpty(t, secretIn("k="+url.QueryEscape(otherPassword)))
	assert.Empty(t, secretIn(fmt.Sprintf("%v %#v", secretConnection("", ""), secretConnection("", ""))))
}

// failure is an error that somebody made of a connection in passing.
type failure struct{ c connuri.Connection }

func (f failure) Error() string { return fmt.Sprintf("cannot use %v, %+v, %#v", f.c, f.c, f) }

// TestPanic lets a process die of a value: the runtime prints that one itself.
func TestPanic(t *testing.T) {
	c := secretConnection(password, extra)
	values := map[string]any{
		"connection": c, "pointer": &c, "secret": c.Password, "extra": c.Extra, "slice": []any{c, c.Password},
		"struct": struct{ c connuri.Connection }{c}, "error": failure{c},
	}
	const key = "CONNURI_TEST_PANIC"
	if name := os.Getenv(key); name != "" {
		panic(values[name])
	}
	for name := range values {
		child := exec.Command(os.Args[0], "-test.run=^TestPanic$")
		child.Env = append(os.Environ(), key+"="+name)
		output, err := child.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(output), "panic: ")
		assert.Empty(t, secretIn(string(output)), name)
	}
}

// TestShown is what the ways show in place of a secret.
func TestShown(t *testing.T) {
	c := secretConnection(password, extra)
	const want = `Connection{conn_id: "pg_default", conn_type: "postgres", host: "db.example.com", port: 5432, ` +
		`schema: "app", login: "airflow", password: [redacted], extra: [redacted]}`
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		assert.Equal(t, want, fmt.Sprintf(format, c))
		assert.Equal(t, want, fmt.Sprintf(format, &c))
		assert.Equal(t, "[redacted] [redacted]", fmt.Sprintf(format+" "+format, c.Password, c.Extra))
		assert.Equal(t, " ", fmt.Sprintf(format+" "+format, connuri.Secret{}, connuri.Extra{}), "none is nothing")
		assert.Equal(t, "[redacted]", fmt.Sprintf(format, connuri.NewSecret("")), "given, if empty")
	}
	doc, err := json.Marshal(map[string]any{"p": c.Password, "e": c.Extra, "none": connuri.Secret{}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"p": "[redacted]", "e": "[redacted]", "none": ""}`, string(doc))
	assert.Equal(t, "[redacted]", c.Password.LogValue().String())
	assert.Equal(t, "[redacted]", c.Extra.LogValue().String())
}

func TestGobRefuses(t *testing.T) {
	c := secretConnection(password, extra)
	for _, v := range []any{c, &c, c.Password, &c.Password, c.Extra, []connuri.Connection{c}, []connuri.Secret{c.Password},
		map[string]connuri.Extra{"k": c.Extra}, struct{ P connuri.Secret }{c.Password}, connuri.Connection{}} {
		assert.Error(t, gob.NewEncoder(io.Discard).Encode(v), "%T", v)
	}
}

func TestReadingBackFails(t *testing.T) {
	c := secretConnection(password, extra)
	type both struct {
		P connuri.Secret
		E connuri.Extra
	}
	for _, row := range []struct{ from, to any }{
		{c, &connuri.Connection{}},
		{both{P: c.Password}, &both{}},
		{both{E: c.Extra}, &both{}},
	} {
		for name, way := range map[string]struct {
			write func(any) ([]byte, error)
			read  func([]byte, any) error
		}{"json": {json.Marshal, json.Unmarshal}, "xml": {xml.Marshal, xml.Unmarshal}, "yaml": {yaml.Marshal, yaml.Unmarshal}} {
			doc, err := way.write(row.from)
			require.NoError(t, err)
			require.Contains(t, string(doc), "[redacted]")
			err = way.read(doc, row.to)
			require.Error(t, err, "%s to %T", name, row.to)
			assert.Contains(t, err.Error(), "cannot be read back", name)
		}
	}
	// Nor does the error of what was no print of ours quote it.
	err := json.Unmarshal([]byte(`"`+password+`"`), &connuri.Secret{})
	require.Error(t, err)
	assert.Empty(t, secretIn(err.Error()))
}

// TestSecretsCompare: what hides the text must not hide a difference.
func TestSecretsCompare(t *testing.T) {
	given := connuri.NewSecret
	raw := connuri.RawExtra
	for _, row := range []struct {
		name string
		a, b any
		want bool
	}{
		{"same secret", given(password), given(strings.Clone(password)), true},
		{"other secret", given(password), given(otherPassword), false},
		{"first letters", given(password), given(password[:3]), false},
		{"empty and empty", given(""), given(""), true},
		{"empty and none", given(""), connuri.Secret{}, false},
		{"none and none", connuri.Secret{}, connuri.Secret{}, true},
		{"given and none", given(password), connuri.Secret{}, false},
		{"same extra", raw(extra), raw(strings.Clone(extra)), true},
		{"other extra", raw(extra), raw(otherExtra), false},
		{"extra, other bytes", raw(`{"a":1}`), raw(`{"a": 1}`), false},
		{"empty extra and none", raw(""), connuri.Extra{}, false},
		{"no extra", connuri.Extra{}, connuri.Extra{}, true},
		{"same connection", secretConnection(password, extra), secretConnection(password, extra), true},
		{"other password", secretConnection(password, extra), secretConnection(otherPassword, extra), false},
		{"other extra in it", secretConnection(password, extra), secretConnection(password, otherExtra), false},
		{"no connection", connuri.Connection{}, connuri.Connection{}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, pair := range [][2]any{
				{row.a, row.b}, {[]any{row.a}, []any{row.b}}, {map[string]any{"k": row.a}, map[string]any{"k": row.b}},
				{struct{ V any }{row.a}, struct{ V any }{row.b}}, {&row.a, &row.b},
			} {
				assert.Equal(t, row.want, reflect.DeepEqual(pair[0], pair[1]), "DeepEqual")
				assert.Equal(t, row.want, assert.ObjectsAreEqual(pair[0], pair[1]), "testify")
				assert.Equal(t, row.want, assert.Equal(&report{}, pair[0], pair[1]), "testify")
				assert.Equal(t, row.want, cmp.Equal(pair[0], pair[1]), "go-cmp")
			}
			switch a := row.a.(type) {
			case connuri.Secret:
				assert.Equal(t, row.want, a.Equal(row.b.(connuri.Secret)))
			case connuri.Extra:
				assert.Equal(t, row.want, a.Equal(row.b.(connuri.Extra)))
			case connuri.Connection:
				assert.Equal(t, row.want, a.Equal(row.b.(connuri.Connection)))
			}
		})
	}
}
