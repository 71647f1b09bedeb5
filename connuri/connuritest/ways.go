package connuritest

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"reflect"
	"text/template"
)

// Ways prints a value in every way in which the standard library can print it: under the verbs of
// fmt, encoded, logged and in templates, by itself, behind pointers and inside other values. It
// passes each output to check, with the name of the way. A type that leaks does so in thousands of
// ways, so fail once and stop looking.
//
// If more is not nil, Ways calls it for each place that can hold the value, with two copies of that
// place: v holds one and w holds other. Use it for ways that compare two values, such as the
// failure messages of test libraries.
func Ways[T any](one, other T, check func(way, output string), more func(check func(way, output string), v, w any)) {
	for name, pair := range holders(one, other) {
		v, w := pair[0], pair[1]
		check := func(way, output string) { check(name+", "+way, output) }
		printed(check, v)
		encoded(check, v)
		logged(check, v)
		templated(check, v)
		if more != nil {
			more(check, v, w)
		}
	}
}

// holders are the places that may hold a value, each with both values.
func holders[T any](one, other T) map[string][2]any {
	type exported struct{ Value T }
	type unexported struct{ value T }
	type pointers struct {
		Value *T
		value *T
	}
	type anys struct {
		Value any
		value any
	}
	type deep struct {
		A struct{ b []map[string]unexported }
	}
	hold := func(v T) map[string]any {
		p := &v
		d := deep{}
		d.A.b = []map[string]unexported{{"k": {v}}}
		return map[string]any{
			"value":              v,
			"pointer":            p,
			"pointer to pointer": &p,
			"slice":              []T{v, v},
			"slice of pointers":  []*T{p},
			"slice of any":       []any{v, p},
			"array":              [2]T{v, v},
			"map":                map[string]T{"k": v},
			"map of pointers":    map[int]*T{1: p},
			"key, by pointer":    map[*T]int{p: 1},
			"key, by any":        map[any]string{p: "k"},
			"field":              exported{v},
			"pointer to struct":  &exported{v},
			"unexported field":   unexported{v},
			"unexported, behind": &unexported{v},
			"pointer fields":     pointers{p, p},
			"any fields":         anys{v, v},
			"any pointer fields": anys{p, p},
			"deep":               d,
			"error":              fmt.Errorf("wrapped: %w", failure[T]{v}),
			"reflect.Value":      reflect.ValueOf(v),
		}
	}
	all := map[string][2]any{}
	others := hold(other)
	for name, v := range hold(one) {
		all[name] = [2]any{v, others[name]}
	}
	return all
}

// failure is an error that somebody made from a value.
type failure[T any] struct{ value T }

func (f failure[T]) Error() string {
	return fmt.Sprintf("cannot use %v, %+v, %#v", f.value, f.value, f)
}

func printed(check func(way, output string), v any) {
	for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
		for _, flags := range []string{"", "+", "-", "#", " ", "0", "+#", "# ", "40", "-40", ".3", "020.2", "#+-060.9"} {
			format := "%" + flags + string(verb)
			check(format, fmt.Sprintf(format, v))
		}
	}
	check("Print", fmt.Sprint(v)+fmt.Sprint("text", v)+fmt.Sprintln(v, v))
	check("Append", string(fmt.Appendln(nil, v)))
	check("Errorf", fmt.Errorf("%v: %w", v, errors.New("x")).Error())
	for _, format := range []string{"%!", "%z", "%d %d", "%", "no verb", "%[2]d", "%.*d"} {
		check("bad format "+format, fmt.Sprintf(format, v))
	}
	check("panic", Recovered(func() { panic(fmt.Sprint(v)) })+Recovered(func() { panic(v) }))
	if err, ok := v.(error); ok {
		for e := err; e != nil; e = errors.Unwrap(e) {
			check("error", e.Error()+fmt.Sprintf("%v %+v %#v %q %x", e, e, e, e, e))
		}
		check("joined", errors.Join(err, err).Error())
	}
}

// Recovered returns what a panic of f printed, "" if it did not panic.
func Recovered(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%v %+v %#v", r, r, r)
		}
	}()
	f()
	return ""
}

func encoded(check func(way, output string), v any) {
	// Both what was encoded and why it could not be.
	encode := func(way string, f func() ([]byte, error)) {
		text := Recovered(func() {
			out, err := f()
			check(way, fmt.Sprintf("%s %v", out, err))
		})
		check(way+", panic", text)
	}
	encode("json", func() ([]byte, error) { return json.Marshal(v) })
	encode("json, indented", func() ([]byte, error) { return json.MarshalIndent(v, "", " ") })
	encode("xml", func() ([]byte, error) { return xml.Marshal(v) })
	encode("gob", func() ([]byte, error) {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(v)
		return b.Bytes(), err
	})
}

func logged(check func(way, output string), v any) {
	var b bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	for name, handler := range map[string]slog.Handler{"text": slog.NewTextHandler(&b, options), "JSON": slog.NewJSONHandler(&b, options)} {
		b.Reset()
		l := slog.New(handler)
		l.Info("m", "k", v)
		l.Error("m", slog.Any("k", v), slog.Group("g", "k", v, slog.Any("l", &v)))
		l.With("k", v).WithGroup("g").Debug("m", "in", struct{ V any }{v})
		l.Info("m", v, v)
		l.Info(fmt.Sprint(v))
		check("slog "+name, b.String())
	}
	b.Reset()
	log.New(&b, "", log.LstdFlags).Printf("%v %+v %#v %s", v, v, v, v)
	log.New(&b, "", 0).Println(v)
	check("log", b.String())
}

func templated(check func(way, output string), v any) {
	data := map[string]any{"v": v}
	for _, text := range []string{
		`{{.v}} {{print .v}} {{printf "%v %+v %#v %q %x %d" .v .v .v .v .v .v}} {{println .v}}`,
		`{{.v | js}} {{.v | html}} {{.v | urlquery}}`,
		`{{with .v}}{{.}}{{end}}{{.}}`,
		`{{range .v}}{{.}}{{end}}`,
		`{{len .v}}`,
		`{{.v.Value}}`, `{{.v.Password}}`, `{{.v.Extra}}`, `{{.v.value}}`, `{{.v.text}}`, `{{index .v 0}}`, `{{eq .v .v}}`,
	} {
		var b bytes.Buffer
		err := template.Must(template.New("").Parse(text)).Execute(&b, data)
		check("text/template "+text, fmt.Sprint(b.String(), err))
	}
	for _, text := range []string{
		`<p>{{.v}}</p>`,
		`<p title="{{.v}}" data-x={{.v}}>`,
		`<a href="/x?q={{.v}}">`, `<a href="{{.v}}">`,
		`<script>let x = {{.v}}, y = "{{.v}}", z = [{{.v}}]</script>`,
		`<a onclick="f({{.v}}, '{{.v}}')">`,
		`<p style="color: {{.v}}">`, `<style>p { color: {{.v}} }</style>`,
		`<!-- {{.v}} -->`,
		`<script type="application/json">{{.v}}</script>`,
	} {
		var b bytes.Buffer
		err := htmltemplate.Must(htmltemplate.New("").Parse(text)).Execute(&b, data)
		check("html/template "+text, fmt.Sprint(b.String(), err))
	}
}
