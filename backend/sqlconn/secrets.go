package sqlconn

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// secretsOf returns the texts that no error may show, in every form in which drivers print
// them, the longest first.
func secretsOf(c connuri.Connection) []string {
	plain := append([]string{c.Password.Reveal()}, sensitiveTexts(c.Extra)...)
	// If a secret was stored in the wrong form, a plain field may contain it. connuri does not
	// print such a field.
	fields := map[string]string{"host": c.Host, "login": c.Login, "schema": c.Schema}
	for _, shown := range c.LogValue().Group() {
		if value := fields[shown.Key]; value != shown.Value.String() {
			plain = append(plain, value)
		}
	}
	var forms []string
	for _, secret := range plain {
		for _, quoted := range []string{strconv.Quote(secret), strconv.QuoteToASCII(secret), inJSON(secret)} {
			forms = append(forms, quoted[1:len(quoted)-1])
		}
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret),
			strings.TrimPrefix(url.UserPassword("", secret).String(), ":"), strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(secret))
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return form == "" })
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(forms)
}

// inJSON returns text as encoding/json writes it, which escapes &, < and >.
func inJSON(text string) string {
	quoted, _ := json.Marshal(text) // never fails for a string
	return string(quoted)
}

// sensitiveTexts returns the texts and numbers of an extra under sensitive keys. If the extra
// is not a JSON object, it returns all of them, since the extra may be a misplaced secret.
func sensitiveTexts(extra connuri.Extra) []string {
	if v, ok := fromJSON(withoutNaN(extra.Reveal())); ok {
		_, isObject := v.(map[string]any)
		return sensitiveIn(v, !isObject, nil)
	}
	var v any
	if extra.Decode(&v) == nil { // Decode accepts more, as Python does
		return sensitiveIn(v, false, nil)
	}
	return []string{extra.Reveal()}
}

// withoutNaN replaces the numbers that only Python's JSON has by 0.
func withoutNaN(text string) string {
	if !strings.Contains(text, "NaN") && !strings.Contains(text, "Infinity") {
		return text
	}
	var b strings.Builder
	inText := false
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case inText && rest[0] == '\\' && len(rest) > 1:
			b.WriteByte(rest[0])
			i++
		case rest[0] == '"':
			inText = !inText
		case !inText && strings.HasPrefix(rest, "NaN"):
			b.WriteByte('0')
			i += len("NaN") - 1
			continue
		case !inText && strings.HasPrefix(rest, "Infinity"):
			b.WriteByte('0')
			i += len("Infinity") - 1
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// fromJSON parses JSON and keeps each number as it is written.
func fromJSON(text string) (v any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err == nil && strings.TrimSpace(text[d.InputOffset():]) == ""
}

// sensitiveIn appends the texts and numbers of v that are under a sensitive key. sensitive
// says that v itself is.
func sensitiveIn(v any, sensitive bool, texts []string) []string {
	switch v := v.(type) {
	case string:
		if sensitive {
			texts = append(texts, v)
		}
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") { // a URI holds an object as text
			if inner, ok := fromJSON(v); ok {
				texts = sensitiveIn(inner, sensitive, texts)
			}
		}
	case json.Number:
		if sensitive {
			texts = append(texts, v.String())
			if number, err := v.Float64(); err == nil {
				texts = append(texts, strconv.FormatFloat(number, 'f', -1, 64), strconv.FormatFloat(number, 'g', -1, 64))
			}
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

// isSensitive reports whether the name of an extra says that it holds a secret. Airflow masks
// most of these as well.
func isSensitive(key string) bool {
	key = strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(key))
	return strings.HasSuffix(key, "pass") && !strings.HasSuffix(key, "bypass") || strings.HasSuffix(key, "pw") ||
		slices.ContainsFunc([]string{
			"accesskey", "accesstoken", "apikey", "authorization", "connectionstring", "conninfo", "connstr", "credential", "keyfiledict", "passphrase",
			"passwd", "password", "privatekey", "pwd", "secret", "serviceaccount", "token",
		}, func(part string) bool { return strings.Contains(key, part) })
}
