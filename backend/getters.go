package backend

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/jsonplace"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// GetConnection returns the connection conn_id, as SecretsManagerBackend.get_connection does.
// The errors are those of Lookup.
func (b *Backend) GetConnection(ctx context.Context, id string) (connuri.Connection, error) {
	q := Query{Kind: lookup.KindConnection, ID: id, Team: b.team}
	start := b.clock()
	if s, names := b.hit(&q); s != nil { // unlike Lookup, without copying an Answer
		c := s.answer.Connection
		c.ID = id
		b.notify(ctx, &q, start, &trace{names: names}, CacheHit, &s.answer, nil)
		return c, nil
	}
	answer, err := answerOr(b.lookup(ctx, q, nil))
	return answer.Connection, err
}

// GetConnValue returns the text of a connection, as SecretsManagerBackend.get_conn_value does:
// a URI as it is stored, and JSON with its keys renamed to the standard ones. The text contains
// the password. The errors are those of Lookup, except that a text that is not a connection
// may be returned without one.
func (b *Backend) GetConnValue(ctx context.Context, id string) (string, error) {
	return b.connValue(ctx, Query{Kind: lookup.KindConnection, ID: id})
}

func (b *Backend) connValue(ctx context.Context, q Query) (value string, err error) {
	q = b.asTeam(q)
	start := b.clock()
	if s, names := b.hit(&q); s != nil {
		if value, err = b.cfg.standardize(s.answer.Text.Reveal()); err == nil {
			b.notify(ctx, &q, start, &trace{names: names}, CacheHit, &s.answer, nil)
			return value, nil
		}
	}
	return b.readValue(ctx, q)
}

// readValue is connValue without the fast path for a hit.
func (b *Backend) readValue(ctx context.Context, q Query) (value string, err error) {
	_, failed := b.lookup(ctx, q, func(answer *Answer) (err error) {
		value, err = b.cfg.standardize(answer.Text.Reveal())
		return err
	})
	if failed != nil {
		return "", failed
	}
	return value, nil
}

// GetVariable returns the text of a variable, as SecretsManagerBackend.get_variable does. ""
// is a value. The errors are those of Lookup.
func (b *Backend) GetVariable(ctx context.Context, key string) (string, error) {
	answer, err := b.Lookup(ctx, Query{Kind: lookup.KindVariable, ID: key})
	return answer.Text.Reveal(), err
}

// UnmarshalJSONVariable decodes a variable that holds JSON into what v points to, by the rules
// of encoding/json. In Airflow that is Variable.get(key, deserialize_json=True). The errors
// are those of Lookup. If the text does not fit v, the Reason is Malformed and the error names
// the position or the Go type, never the value.
func (b *Backend) UnmarshalJSONVariable(ctx context.Context, key string, v any) error {
	_, failed := b.lookup(ctx, b.asTeam(Query{Kind: lookup.KindVariable, ID: key}), func(answer *Answer) error {
		return unmarshalJSON(answer.Text.Reveal(), v)
	})
	if failed != nil {
		return failed
	}
	return nil
}

// unmarshalJSON decodes text into what v points to. It replaces the errors of encoding/json,
// since these may quote the text and differ between releases of Go.
func unmarshalJSON(text string, v any) error {
	if to := reflect.ValueOf(v); to.Kind() != reflect.Pointer || to.IsNil() {
		return plainError("v is not a pointer to decode into; pass a pointer that is not nil")
	}
	err := json.Unmarshal([]byte(text), v)
	if err == nil {
		return nil
	}
	if at := jsonplace.Broken(text); at >= 0 {
		problem, instead := jsonplace.Advice(text, "write an object, a list, a number, or text in double quotes")
		return &notJSON{at, problem, instead}
	}
	target := reflect.TypeOf(v).Elem()
	if target.Kind() == reflect.Struct { // not for a map, whose keys may be secret
		// This error names the key and holds no value.
		err = connuri.RawExtra(text).Decode(reflect.New(target).Interface())
		if misfit, ok := errors.AsType[*connuri.Error](err); ok && strings.Contains(misfit.Rule, "does not fit") {
			return plainError(misfit.Rule)
		}
	}
	return plainError("does not fit " + strings.ReplaceAll(target.String(), "jsontext.Value", "json.RawMessage"))
}

// notJSON says where a variable stops being JSON, and what to write. It holds nothing of the
// variable's text.
type notJSON struct {
	at               int
	problem, instead string
}

func (e *notJSON) Error() string {
	return "not valid JSON (byte " + strconv.Itoa(e.at) + "): " + e.problem + "; " + e.instead
}

// GetConfig returns the text of a configuration option, as SecretsManagerBackend.get_config
// does. Options do not belong to teams. The errors are those of Lookup.
func (b *Backend) GetConfig(ctx context.Context, key string) (string, error) {
	answer, err := b.Lookup(ctx, Query{Kind: lookup.KindConfig, ID: key})
	return answer.Text.Reveal(), err
}
