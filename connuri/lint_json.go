package connuri

import (
	"cmp"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// secretKeys is what the linter knows about the keys of a JSON secret.
type secretKeys struct {
	words      ConnWords
	connType   string
	typeKey    string // the key that gives the type; "" if there is none
	first      [standardKeys]string
	filled     [standardKeys]bool
	recognised int
}

// json checks a JSON secret.
func (l *linter) json(secret string, words ConnWords) {
	c, parseErr := words.Parse(TaskSDK, secret)
	keys := secretKeys{words: words, connType: c.Type}
	texts, inner, seen := map[string]string{}, 0, map[string]bool{}
	err := pyjson.Members(secret, func(label, value pyjson.Value) error {
		name, _ := label.Text()
		if seen[name] {
			l.add("repeated-key", "json", "a key appears in it more than once, and only the last one counts", "write each key once")
		}
		seen[name] = true
		if value.Kind == pyjson.String {
			texts[name], _ = value.Text()
		}
		if isConnection(name, value) {
			inner++
		}
		l.field(&keys, name, value)
		return nil
	})
	if err != nil {
		l.refusedJSON(parseErr)
		return
	}
	keys.typeKey = keys.first[keyType]
	if keys.typeKey == "conn_id" { // an id says nothing of the hook
		c.Type = normalizeType(cmp.Or(texts["conn_type"], texts["connection_type"], texts["engine"]))
		keys.connType = c.Type
	}
	switch isGoogle := trap.IsGoogleKey(func(key string) string { return texts[key] }); {
	case isGoogle:
		l.add("google-key", "json", "it is the file of a Google key as it is, and Airflow reads none of its keys", trap.GoogleKeyAdvice)
		return
	case inner > 0 && c.Type == "" && keys.recognised <= inner:
		l.add("export", "json", "the connection is inside another object, as in an export of connections", "store each connection in a secret of its own, without its name")
		return
	}
	_ = pyjson.Members(secret, func(label, value pyjson.Value) error { // it was just read
		isNothing := value.Kind == pyjson.Null || value.Kind == pyjson.String && value.Raw == ""
		if name, _ := label.Text(); !isNothing {
			l.otherKey(&keys, name, value)
		}
		return nil
	})
	if keys.recognised == 0 {
		instead := "name them login, password, host, port, schema, conn_type and extra, or list yours in extra_conn_words"
		if texts["aws_access_key_id"] != "" || texts["AWS_ACCESS_KEY_ID"] != "" {
			instead = "write conn_type aws, and put aws_access_key_id and aws_secret_access_key inside extra"
		} else if strings.HasPrefix(strings.TrimSpace(texts["private_key"]), "-----BEGIN") {
			instead = "write conn_type, such as ssh, and put private_key inside extra"
		}
		l.add("no-known-key", "json", "Airflow reads none of its keys, so the connection is empty", instead)
	}
	if keys.typeKey == "conn_id" {
		l.add("conn-id-as-type", "conn_type", "the key conn_id is read as the connection type", "leave conn_id out, because the name of the secret is the id, and write conn_type")
	}
	if parseErr != nil {
		if trap.IsPlaceholder(texts[keys.first[keyPort]]) {
			l.add("placeholder", "port", "it is a placeholder that was never filled in, and Airflow does not fill it in", "write the value itself")
			return
		}
		l.refusedJSON(parseErr)
		return
	}
	if keys.recognised == 0 {
		return
	}
	l.managed(c)
	l.fields(c)
}

// field checks one key if it is the key of a field.
func (l *linter) field(keys *secretKeys, name string, value pyjson.Value) {
	keys.words.fieldsOf(name, func(k key) {
		keys.recognised++
		if keys.first[k] == "" {
			keys.first[k] = name
			keys.filled[k] = value.Truthy()
			if k == keyExtra && repeatsKey(value) {
				l.add("repeated-key", "extra", "a key appears in it more than once, and only the last one counts", "write each key once")
			}
		} else if keys.first[k] != name {
			l.add("two-names", keyNames[k], "two keys stand for it, and only the first one in the text counts", "keep one of them")
		}
		if k == keyPort && value.Kind == pyjson.True {
			l.add("boolean", "port", "it is true, which Airflow reads as the port 1", "write the port in digits, or leave it out")
		}
		if k == keyPort && value.Kind == pyjson.Float && !strings.HasSuffix(value.Raw, ".0") {
			l.add("number", "port", "it is not a whole number, and Airflow cuts it", "write the port in digits, without a point")
		}
		isNumber := value.Kind == pyjson.Int || value.Kind == pyjson.Float
		if isNumber && (k == keyLogin || k == keyPassword || value.Truthy() && (k == keyHost || k == keySchema)) {
			l.add("number", keyNames[k], "it is a number, for which an Airflow task skips the whole secret", "put it in quotes")
		}
	})
}

// isConnection reports whether a member of an object is a connection under its name, as in an
// export.
func isConnection(name string, value pyjson.Value) bool {
	switch value.Kind {
	case pyjson.String:
		text, _ := value.Text()
		field := conntype.Field(name) != "" || defaultField(name) >= 0 || isURIKey(strings.ToLower(name))
		scheme, _, found := strings.Cut(text, "://")
		if strings.HasPrefix(text, "{") && !field {
			inner, err := pyjson.Load(text)
			return err == nil && inner.Kind == pyjson.Object && isConnection("", inner)
		}
		meant := conntype.Meant(normalizeType(scheme))
		return found && !field && meant != nil && meant.Hook != "http"
	case pyjson.Array:
		return name == "connections" && strings.Contains(value.Raw, "{")
	case pyjson.Object:
		is := false
		_ = pyjson.Members(value.Raw, func(label, value pyjson.Value) error { // it was read before
			key, _ := label.Text()
			is = is || key == "conn_type" && value.Kind == pyjson.String
			return nil
		})
		return is
	}
	return false
}

// repeatsKey reports whether an object, or text that holds one, has a key twice.
func repeatsKey(v pyjson.Value) (repeats bool) {
	doc, seen := v.Raw, map[string]bool{}
	if v.Kind == pyjson.String {
		doc, _ = v.Text()
	}
	err := pyjson.Members(doc, func(label, _ pyjson.Value) error {
		key, _ := label.Text()
		repeats = repeats || seen[key]
		seen[key] = true
		return nil
	})
	return repeats && err == nil
}

// managed looks for a secret that RDS manages: a login, a password, and nothing else.
func (l *linter) managed(c Connection) {
	if c.Type == "" && c.Host == "" && c.Login != "" && c.Extra.IsZero() {
		l.add("no-host", "host", "it is missing: a secret that RDS manages holds only a login and a password, and AWS overwrites what you add",
			"store a secret of its own with conn_type, host, login and password")
	}
}

// written are the keys, besides fields, that RDS, Redshift and DocumentDB write into their
// secrets. Those of one service have no meaning to Airflow.
var written = setOf(`dbinstanceidentifier dbclusteridentifier dbinstancearn dbclusterarn masterarn masteruserarn clusteridentifier
	namespacename workgroupname resourceid resource_id user_arn`)

func isURIKey(lower string) bool { return lower == "uri" || lower == "conn_uri" || lower == "url" }

// otherKey reports a key that Airflow ignores though it holds something that looks meant.
func (l *linter) otherKey(keys *secretKeys, name string, value pyjson.Value) {
	ignored := true
	keys.words.fieldsOf(name, func(key) { ignored = false })
	if !ignored {
		return
	}
	lower, field := strings.ToLower(name), key(-1)
	keys.words.fieldsOf(lower, func(k key) { field = k })
	meant := conntype.Field(lower)
	extra := conntype.IsExtra(keys.connType, lower)
	switch {
	case field >= 0:
		l.add("key-case", keyNames[field], "its key is ignored: keys are told by case", "write the key in lower case")
	case meant != "" && keys.fills(meant):
		if lower != "dbname" {
			l.lost(keys, "")
		}
	case meant != "":
		l.add("ignored-key", meant, "a key that looks meant for it is none that Airflow reads", "name the key "+meant+", or list yours in extra_conn_words")
	case isURIKey(lower) && value.Kind == pyjson.String:
		l.add("ignored-uri", "uri", "a URI inside a JSON secret is ignored", "store the URI as the whole text of the secret")
	case lower == "ssl" && keys.typeKey == "engine" && keys.connType == "mongo": // DocumentDB writes it
	case extra:
		l.add("ignored-extra", "extra", "a key that a hook looks for in the extra is ignored outside it", "put it inside extra")
	case lower == "description":
		l.add("ignored-description", "description", "a JSON secret loses it", "leave it out, or keep it in the description of the secret")
	case !written[lower] && keys.typeKey != "" && keys.typeKey != "engine":
		l.lost(keys, lostAdvice(keys.connType, name))
	}
}

// lostAdvice says where to put a key that is not read, as the beginning of a sentence: into the
// extra if the hook of the type reads it there, or is not known to read only others.
func lostAdvice(connType, name string) string {
	of := conntype.Meant(connType)
	if of == nil || of.Unknown == conntype.Unlisted {
		return "put it inside extra, or "
	}
	switch right, _ := of.MeantFor(name); {
	case strings.EqualFold(name, "headers") && of.Unknown == conntype.Header:
		return "write each header as a key inside extra, or "
	case strings.HasPrefix(of.Say(name), "write "):
		return of.Say(name) + ", inside extra, or "
	case of.Say(name) != "":
		return ""
	case right != "":
		return "write " + right + " inside extra, or "
	case of.Unknown == conntype.Header:
		return "put it inside extra if it is a header, or "
	}
	if field := conntype.Nearest(name, fieldNames()); field != "" {
		return "write " + field + " if that is meant, or "
	}
	if key := conntype.Nearest(name, strings.Fields(of.Keys)); key != "" {
		return "write " + key + " inside extra if that is meant, or "
	}
	return ""
}

// fieldNames are the fields that a misspelled key is meant for.
func fieldNames() []string {
	return []string{"conn_type", "host", "login", "password", "port", "schema"}
}

// fills reports whether a field has a value.
func (keys *secretKeys) fills(field string) bool {
	k, ok := fieldNamed(field)
	return ok && keys.filled[k]
}

// lost is the finding that a key is not read.
func (l *linter) lost(keys *secretKeys, inside string) {
	if keys.connType != "" {
		l.add("lost-key", "json", "it has a key that is not a field of a connection, and what it holds is lost", inside+"leave it out")
	}
}
