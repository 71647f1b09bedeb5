package connuri

import (
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// URLEncoded reads the values of JSON secrets as URL-encoded. It is ConnWords for a
// SecretsManagerBackend with are_secret_values_urlencoded, an option that only amazon providers
// before 9.0 honor.
//
// Each of the seven values is decoded once, as urllib.parse.unquote does: p%40ss becomes p@ss,
// while a+b and 100% stay as they are. An extra that is an object is not decoded, and neither is a
// URI, which has its own encoding.
type URLEncoded ConnWords

// Parse is [ConnWords.Parse] with the values decoded. A value that is not text, such as a port that
// is a number, is an *Error that wraps ErrField, because the provider fails for it. The provider's
// function is SecretsManagerBackend.get_connection.
func (w URLEncoded) Parse(d Dialect, secret string) (Connection, error) {
	return ConnWords(w).parse(d, secret, true)
}

// Standardize is [ConnWords.Standardize] with the values decoded, which is what
// SecretsManagerBackend.get_conn_value returns. The errors are those of Parse about the JSON and
// the type of its values.
func (w URLEncoded) Standardize(secret string) (string, error) {
	return ConnWords(w).standardize(secret, true)
}

// unquote decodes every value. The error is about the first value that is not text.
func (doc *document) unquote() error {
	for k := range standardKeys {
		if err := doc.unquoteValue(k); err != nil {
			return err
		}
	}
	return nil
}

// unquoteValue follows SecretsManagerBackend._remove_escaping_in_secret_dict.
func (doc *document) unquoteValue(k key) error {
	v := doc.values[k]
	switch {
	case !doc.given[k] || v.Kind == pyjson.Null:
	case k == keyExtra && v.Kind == pyjson.Object:
	case v.Kind != pyjson.String:
		return &Error{
			Field: keyNames[k], Rule: "must be text, since are_secret_values_urlencoded is on", Offset: v.Offset,
			Instead: "put it in double quotes, or store the values unencoded and remove are_secret_values_urlencoded", kind: ErrField,
		}
	default:
		text, whole := v.Text()
		if plain := pyurl.Unquote(text); plain != text {
			quoted := pyjson.AppendString(nil, plain)
			doc.values[k] = pyjson.Value{Kind: pyjson.String, Raw: string(quoted[1 : len(quoted)-1]), Escaped: true, Offset: v.Offset}
			doc.decoded[k], doc.half[k] = true, !whole
		}
	}
	return nil
}
