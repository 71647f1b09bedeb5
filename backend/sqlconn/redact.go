package sqlconn

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// redact returns err, or an error in place of it if its text or that of an error it wraps
// shows a secret of the connection.
func redact(err error, c connuri.Connection) error {
	secrets := secretsOf(c)
	shows := func(err error) bool {
		text := err.Error()
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
	}
	if !anyOf(err, shows) {
		return err
	}
	text := err.Error()
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return &redacted{text, err}
}

// redacted is an error without the secrets of its text. It does not unwrap, so that the text
// of the cause is not printed by accident.
type redacted struct {
	text  string
	cause error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) GoString() string     { return strconv.Quote(e.text) }
func (e *redacted) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *redacted) As(target any) bool   { return errors.As(e.cause, target) }

// secretsOf returns what no error may show, in every form in which drivers print it, the
// longest first.
func secretsOf(c connuri.Connection) []string {
	plain := []string{c.Password.Reveal()}
	var extra any
	if c.Extra.Decode(&extra) == nil {
		plain = sensitiveIn(extra, false, plain)
	}
	// A secret that was stored in the wrong form lands in plain fields, which connuri then
	// does not show.
	fields := map[string]string{"host": c.Host, "login": c.Login, "schema": c.Schema}
	for _, shown := range c.LogValue().Group() {
		if value := fields[shown.Key]; value != shown.Value.String() {
			plain = append(plain, value)
		}
	}
	var forms []string
	for _, secret := range plain {
		quoted := strconv.Quote(secret)
		forms = append(forms, secret, quoted[1:len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret),
			strings.TrimPrefix(url.UserPassword("", secret).String(), ":"), strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(secret))
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return form == "" })
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(forms)
}

// sensitiveIn appends the texts and numbers under a sensitive key.
func sensitiveIn(v any, sensitive bool, texts []string) []string {
	switch v := v.(type) {
	case string:
		if sensitive {
			texts = append(texts, v)
		}
	case float64:
		if sensitive {
			texts = append(texts, strconv.FormatFloat(v, 'f', -1, 64))
		}
	case []any:
		for _, element := range v {
			texts = sensitiveIn(element, sensitive, texts)
		}
	case map[string]any:
		for key, value := range v {
			texts = sensitiveIn(value, sensitive || isSensitive(key), texts)
		}
	}
	return texts
}

// isSensitive reports whether the name of an extra says that it holds a secret. Airflow
// masks these, too.
func isSensitive(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{
		"access_key", "access_token", "api_key", "apikey", "authorization", "keyfile_dict", "passphrase", "passwd", "password",
		"private_key", "pwd", "secret", "service_account", "token",
	}, func(part string) bool { return strings.Contains(key, part) })
}
