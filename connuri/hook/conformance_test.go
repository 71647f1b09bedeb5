package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// object is JSON as recorded; numbers are json.Number.
type object = map[string]any

// hookRow is what a real hook made of a connection.
type hookRow struct {
	Conn   struct{ URI, JSON connuritest.Answer }
	Result connuritest.Answer
}

// hookTest says how the rows of one type are compared.
type hookTest struct {
	name string
	read func(connuri.Connection) (got object, err error) // the settings in the form of a row

	fails       func(result object) (why string)  // why ours must fail too, "" if it need not
	names       func(result object) (text string) // what the error must name; nil for nothing
	refused     func(result object) (kind string) // why a complete answer comes with ErrUnsupported
	refusedOf   func(connuri.Connection) string   // the same where the connection alone shows it; may be nil
	notCompared []string                          // keys of the result
	inert       func(result object)               // drops what decides nothing in this row; may be nil
	want        func(result object) object        // what is left of the result, in the form of got
	truths      []string                          // keys that are read by truth
	nulls       bool                              // "" is not the same as nothing
	choices     []hookChoice
	leaves      int // that were compared and changed in all visible rows
}

// hookChoice is a kind of row where the value has no place in Go.
type hookChoice struct {
	reason string
	met    func(c connuri.Connection, parseErr error, result object) bool
	part   string // the key of want that differs; "": ours gives an error
	goesOn bool   // with part "": ours gives settings, and the hook an error
}

// loginTrue is the one kind that connuri.Parse refuses.
var loginTrue = hookChoice{
	reason: "the login is true or false: connuri takes text and numbers there",
	met: func(_ connuri.Connection, parseErr error, _ object) bool {
		e, ok := errors.AsType[*connuri.Error](parseErr)
		return ok && e.Field == "login" && errors.Is(e, connuri.ErrField)
	},
}

var hookTests = []hookTest{postgresTest, mysqlTest, redisTest, httpTest, smtpTest, awsTest,
	kafkaTest, mongoTest, sshTest, mssqlTest,
	snowflakeTest, googleTest,
}

// TestConformance holds every recorded answer of the hooks against ours.
func TestConformance(t *testing.T) {
	found := false
	for _, h := range hookTests {
		kinds := map[string]int{}
		here := connuritest.Each(t, "hooks/"+h.name, func(r hookRow) connuritest.Verdict { return h.judge(r, kinds) })
		found = found || here
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			t.Logf("hooks/%s: %d rows %s", h.name, kinds[kind], kind)
		}
	}
	connuritest.RequireFound(t, found)
}

// connection is a row's connection as a task reads it.
func (r hookRow) connection() (connuri.Connection, error) {
	text := r.Conn.URI
	if !text.IsRecorded() {
		text = r.Conn.JSON
	}
	c, err := connuri.ConnWords{}.Parse(connuri.TaskSDK, text.Text())
	c.ID = "c"
	return c, err
}

func (h hookTest) judge(r hookRow, kinds map[string]int) (v connuritest.Verdict) {
	c, err := r.connection()
	fault, choice := h.compare(c, err, r.Result.Fields(), kinds)
	if choice != "" {
		v.Choices = append(v.Choices, choice)
	}
	v.Add("hook", fault)
	return v
}

// compare holds ours against one result. kinds counts what sort of row it was.
func (h hookTest) compare(c connuri.Connection, parseErr error, result object, kinds map[string]int) (fault, choice string) {
	var got object
	err := parseErr
	if err == nil {
		got, err = h.read(c)
	}
	unsupported := errors.Is(err, hook.ErrUnsupported)
	for _, k := range h.choices {
		if k.part == "" && k.met(c, parseErr, result) {
			if goesOn := err == nil || unsupported; goesOn != k.goesOn {
				return "no longer different: " + k.reason, ""
			}
			return "", k.reason
		}
	}
	if why := h.fails(result); why != "" {
		kinds["fail: "+why]++
		switch {
		case err == nil, unsupported:
			return "no error, where the hook or its driver fails: " + why, ""
		case h.names != nil && !strings.Contains(err.Error(), h.names(result)):
			return "the error does not name the option", ""
		}
		return "", ""
	}
	kind := h.refused(result)
	if h.refusedOf != nil && kind == "" {
		kind = h.refusedOf(c)
	}
	switch {
	case kind != "" && !unsupported:
		return "is not ErrUnsupported: " + kind, ""
	case kind == "" && err != nil:
		return "an error where the hook has none: " + err.Error(), ""
	case kind != "":
		kinds["refused by name: "+kind]++
	}
	want := h.want(h.compared(result))
	h.normalize(want)
	h.normalize(got)
	for _, k := range h.choices {
		if k.part == "" || !k.met(c, parseErr, result) {
			continue
		}
		if reflect.DeepEqual(want[k.part], got[k.part]) {
			return "no longer different: " + k.reason, ""
		}
		delete(want, k.part)
		delete(got, k.part)
		choice = k.reason
	}
	return difference("", want, got), choice
}

// compared is a copy of a result without what is not compared.
func (h hookTest) compared(result object) object {
	left := clone(result).(object)
	for _, key := range h.notCompared {
		delete(left, key)
	}
	if h.inert != nil {
		h.inert(left)
	}
	return left
}

func clone(v any) any {
	switch v := v.(type) {
	case object:
		c := object{}
		for key, value := range v {
			c[key] = clone(value)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = clone(v[i])
		}
		return c
	}
	return v
}

// normalize brings what counts as the same to one form.
func (h hookTest) normalize(o object) {
	for _, key := range h.truths {
		if isTrue(o[key]) {
			o[key] = true
		} else {
			delete(o, key)
		}
	}
	h.tidy(o)
}

func (h hookTest) tidy(o object) {
	for key, v := range o {
		switch v := v.(type) {
		case object:
			h.tidy(v)
		case []any:
			for i := range v {
				if inner, ok := v[i].(object); ok {
					h.tidy(inner)
				}
				v[i] = asText(v[i])
			}
		default:
			o[key] = asText(v)
		}
		if isNothing(o[key]) && (!h.nulls || o[key] != "") {
			delete(o, key)
		}
	}
}

// asText compares numbers as text, by value.
func asText(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil && f == float64(int64(f)) {
			return fmt.Sprint(int64(f))
		}
		return v.String()
	case int:
		return fmt.Sprint(v)
	}
	return v
}

func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case object:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// isTrue is Python's bool(v).
func isTrue(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	case object:
		if special, ok := v["$float"]; ok {
			return special != ""
		}
		return len(v) > 0
	}
	return !isNothing(v)
}

// difference says at which key two values differ, and nothing of the values.
func difference(at string, want, got any) string {
	w, ok := want.(object)
	g, too := got.(object)
	if !ok || !too {
		if !reflect.DeepEqual(want, got) {
			return at + " differs"
		}
		return ""
	}
	keys := slices.Collect(maps.Keys(w))
	keys = slices.AppendSeq(keys, maps.Keys(g))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		_, wanted := w[key]
		_, had := g[key]
		switch {
		case !wanted:
			return at + "." + key + " is too much"
		case !had:
			return at + "." + key + " is missing"
		}
		if d := difference(at+"."+key, w[key], g[key]); d != "" {
			return d
		}
	}
	return ""
}

// TestConformanceIsHonest changes each leaf that counts, one at a time, and wants the row
// to fail.
func TestConformanceIsHonest(t *testing.T) {
	for _, h := range hookTests {
		leaves := 0
		connuritest.Rows(t, "hooks/"+h.name, func(line int, r hookRow) {
			c, err := r.connection()
			result := r.Result.Fields()
			if fault, choice := h.compare(c, err, result, map[string]int{}); fault != "" || choice != "" || h.fails(result) != "" {
				return
			}
			leaves += h.changeEach(result, func(path string, changed object) {
				if fault, _ := h.compare(c, err, changed, map[string]int{}); fault == "" {
					t.Errorf("hooks/%s line %d does not fail with another %s", h.name, line, path)
				}
			})
		})
		if connuritest.IsRecorded() {
			require.Equal(t, h.leaves, leaves, "leaves of hooks/%s", h.name)
		}
	}
}

// changeEach calls do with a copy of the result for each leaf that counts, in which that
// leaf is another. It gives their number.
func (h hookTest) changeEach(result object, do func(path string, changed object)) (leaves int) {
	var walk func(path []string, v any)
	walk = func(path []string, v any) {
		switch inner := v.(type) {
		case object:
			for key, value := range inner {
				walk(append(slices.Clone(path), key), value)
			}
			return
		case []any:
			for i, value := range inner {
				walk(append(slices.Clone(path), fmt.Sprint(i)), value)
			}
			return
		}
		leaves++
		var other any = "something else"
		if slices.Contains(h.truths, path[len(path)-1]) {
			other = !isTrue(v)
		}
		changed := clone(result).(object)
		replace(changed, path, other)
		do(strings.Join(path, "."), changed)
	}
	walk(nil, h.compared(result))
	return leaves
}

func replace(in any, path []string, v any) {
	switch in := in.(type) {
	case object:
		if len(path) == 1 {
			in[path[0]] = v
			return
		}
		replace(in[path[0]], path[1:], v)
	case []any:
		var i int
		_, _ = fmt.Sscan(path[0], &i)
		if len(path) == 1 {
			in[i] = v
			return
		}
		replace(in[i], path[1:], v)
	}
}
