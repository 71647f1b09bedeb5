package hook

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// mongoOther reads the options that have a form of their own.
func mongoOther(o mongoOption, v pyjson.Value) (text, must string) {
	n, isInt := mongoInt(v)
	switch o.name {
	case "w":
		isTag := strings.Trim(v.Str(), "0123456789") != "" || v.Str() == "" // not a number that is too large
		if v.Kind == pyjson.String && !isInt && isTag {
			return v.Str(), ""
		}
		return mongoIf(isInt && n >= 0, strconv.FormatInt(n, 10), "a number of servers, majority or a tag")
	case "maxStalenessSeconds":
		isNone := v.Kind == pyjson.Int && n == -1 || v.Kind == pyjson.String && v.Str() == "-1"
		return mongoIf(isInt && n > 0 || isNone, strconv.FormatInt(n, 10), "a number of seconds above 0, or -1")
	case "zlibCompressionLevel":
		if v.Kind == pyjson.Float {
			whole, err := pystr.Trunc(v.Float())
			n, isInt = whole, err == nil
		}
		return mongoIf(isInt && n >= -1 && n <= 9, strconv.FormatInt(n, 10), "a number from -1 to 9")
	case "compressors":
		return mongoCompressors(v)
	case "readPreferenceTags":
		return mongoTags(v)
	case "authMechanismProperties":
		_, ok := mongoProperties(v)
		return mongoIf(ok, "", "name:value with commas between them")
	case "authOIDCAllowedHosts":
		return mongoIf(v.Kind == pyjson.Array, "", "a list")
	case "datetime_conversion":
		isName := v.Kind == pyjson.String && slices.Contains([]string{"DATETIME", "DATETIME_CLAMP", "DATETIME_MS", "DATETIME_AUTO"}, v.Str())
		isNumber := isInt && n >= 1 && n <= 4
		return mongoIf(isName || isNumber || v.Kind == pyjson.Null, mongoPlain(v), "DATETIME")
	case "connect": // decides nothing in Go, where a client connects when it is used
		return mongoPlain(v), ""
	case "event_listeners":
		isEmpty := !v.Truthy() && (v.Kind == pyjson.Array || v.Kind == pyjson.String)
		return mongoIf(isEmpty, "", "an empty list: they are objects in Python")
	case "document_class":
		return mongoIf(!v.Truthy(), "", "null: it is a class in Python")
	}
	return "", "no read_preference: it is an object in Python; write readPreference"
}

// mongoPlain returns a text, a number or a switch as text, otherwise "".
func mongoPlain(v pyjson.Value) string {
	switch v.Kind {
	case pyjson.True, pyjson.False:
		return strings.ToLower(v.Str())
	case pyjson.String, pyjson.Int, pyjson.Float:
		return v.Str()
	}
	return ""
}

// mongoCompressors returns the known ones in a list, or in a text with commas between them.
func mongoCompressors(v pyjson.Value) (text, must string) {
	names, ok := mongoList(v)
	if v.Kind == pyjson.String {
		names, ok = strings.Split(v.Str(), ","), true
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name != "snappy" && name != "zlib" && name != "zstd" })
	return mongoIf(ok, strings.Join(names, ","), "names with commas between them, such as zstd,zlib")
}

// mongoTags returns sets of tags as name:value,name:value, with semicolons between the sets.
func mongoTags(v pyjson.Value) (text, must string) {
	const form = "name:value with commas between them, or a list of such texts"
	sets, ok := mongoList(v)
	if v.Kind != pyjson.Array {
		sets, ok = []string{v.Str()}, v.Kind == pyjson.String
	}
	if !ok || len(sets) == 0 {
		return "", form
	}
	for i, set := range sets {
		if set == "" {
			continue
		}
		for tag := range strings.SplitSeq(set, ",") {
			if strings.Count(tag, ":") != 1 {
				return "", form
			}
		}
		sets[i] = pyurl.UnquotePlus(set)
	}
	return strings.Join(sets, ";"), ""
}

// mongoList returns the texts in a list.
func mongoList(v pyjson.Value) (texts []string, ok bool) {
	if v.Kind != pyjson.Array {
		return nil, false
	}
	err := pyjson.Elements(v.Raw, func(element pyjson.Value) error {
		if element.Kind != pyjson.String {
			return errNotText
		}
		texts = append(texts, element.Str())
		return nil
	})
	return texts, err == nil
}

// mongoProperties reads authMechanismProperties: an object, or name:value with commas
// between them, which can hold known names only.
func mongoProperties(v pyjson.Value) (properties Secrets, ok bool) {
	properties = Secrets{}
	switch v.Kind {
	case pyjson.Object:
		err := pyjson.Members(v.Raw, func(label, value pyjson.Value) error {
			key, _ := label.Text()
			switch value.Kind {
			case pyjson.String:
				properties[key] = connuri.NewSecret(value.Str())
			case pyjson.True, pyjson.False:
				properties[key] = connuri.NewSecret(strings.ToLower(value.Str()))
			default:
				return errNotText
			}
			return nil
		})
		return properties, err == nil
	case pyjson.String:
		text := pyurl.UnquotePlus(v.Str())
		for pair := range strings.SplitSeq(text, ",") {
			key, value, _ := strings.Cut(pair, ":")
			if value == "" || !slices.Contains(mongoPropertyNames, key) ||
				key == "CANONICALIZE_HOST_NAME" && !mongoCanonicalizes(value) {
				return nil, false
			}
			properties[key] = connuri.NewSecret(value)
		}
		return properties, true
	}
	return nil, false
}

var errNotText = errors.New("not text")

var mongoPropertyNames = []string{
	"SERVICE_NAME", "SERVICE_HOST", "CANONICALIZE_HOST_NAME", "SERVICE_REALM", "AWS_SESSION_TOKEN", "ENVIRONMENT", "TOKEN_RESOURCE",
}

func mongoCanonicalizes(value string) bool {
	return slices.Contains([]string{"true", "false", "none", "forward", "forwardAndReverse"}, value)
}

// mechanismProperties checks what the mechanism requires of authMechanismProperties.
func (m *mongoReader) mechanismProperties() error {
	const key = "authMechanismProperties"
	p := m.config.AuthProperties
	canonicalize, given := p["CANONICALIZE_HOST_NAME"]
	switch mechanism := m.config.AuthMechanism; {
	case mechanism == "GSSAPI" && given && !mongoCanonicalizes(canonicalize.Reveal()):
		return m.bad("extra", key, "CANONICALIZE_HOST_NAME is not one of pymongo's words", "write true, false, none, forward or forwardAndReverse")
	case mechanism != "MONGODB-OIDC":
		return nil
	}
	_, hosts := p["ALLOWED_HOSTS"]
	resource := p["TOKEN_RESOURCE"].Reveal()
	switch environment := p["ENVIRONMENT"].Reveal(); {
	case hosts, environment == "test" && m.username.given, (environment == "azure" || environment == "gcp") && resource == "",
		!slices.Contains([]string{"azure", "gcp", "k8s", "test"}, environment):
		return m.bad("extra", key, "MONGODB-OIDC needs an ENVIRONMENT that pymongo knows", "write ENVIRONMENT:k8s, or ENVIRONMENT:azure or gcp with a TOKEN_RESOURCE")
	}
	return nil
}
