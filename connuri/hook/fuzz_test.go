package hook_test

import (
	"encoding/json"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// fuzzHook reads random connections of a type: nothing panics, no goroutine is left, every
// error is one of ours, and none holds anything of the connection.
func fuzzHook(f *testing.F, connType string, read func(*testing.T, connuri.Connection) error) {
	connuritest.Rows(f, "hooks/"+connType, func(line int, r hookRow) {
		if c, err := r.connection(); err == nil && line%4 == 0 {
			f.Add(c.Host, c.Schema, c.Login, c.Password.Reveal(), c.Port, uint8(c.Empty), c.Extra.Reveal())
		}
	})
	const mark = "표식"
	detector := connuritest.NewDetector(mark)
	patience := 10 * time.Second // with a goroutine that is about to end
	f.Fuzz(func(t *testing.T, host, schema, login, password string, port int, empty uint8, extra string) {
		c := connuri.Connection{
			Type: connType, Host: host, Schema: schema, Login: login, Password: connuri.NewSecret(password), Port: port,
			Empty: connuri.Fields(empty), Extra: connuri.RawExtra(extra),
		}
		before := runtime.NumGoroutine()
		defer func() {
			for end := time.Now().Add(patience); runtime.NumGoroutine() > before; {
				if time.Now().After(end) {
					patience = 0 // for all that follow
					t.Fatal("a goroutine is left")
				}
				time.Sleep(time.Millisecond)
			}
		}()
		_ = read(t, c)
		c.Host, c.Schema, c.Login, c.Password = host+mark, schema+mark, login+mark, connuri.NewSecret(password+mark)
		for _, changeKeys := range []bool{false, true} {
			c.Extra = connuri.RawExtra(marked(extra, mark, changeKeys))
			err := read(t, c)
			if _, ours := errors.AsType[*hook.Error](err); err != nil && !ours {
				t.Fatalf("a %T", err)
			}
			if err != nil && detector.In(err.Error()) != "" {
				t.Fatalf("the error holds a value %s", detector.In(err.Error()))
			}
		}
	})
}

// marked is an extra with a mark in every text of it, and in its keys too if asked for.
func marked(extra, mark string, keys bool) string {
	var v any
	if json.Unmarshal([]byte(extra), &v) != nil {
		return extra + mark
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			return v + mark
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case object:
			o := object{}
			for key, inner := range v {
				if keys {
					key += mark
				}
				o[key] = walk(inner)
			}
			return o
		}
		return v
	}
	text, _ := json.Marshal(walk(v))
	return string(text)
}
