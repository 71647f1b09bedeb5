package connuri

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// query checks the query of a URI as it is written.
func (l *linter) query(text, connType string) {
	text, _, _ = strings.Cut(text, "#")
	_, query, _ := strings.Cut(text, "?")
	seen, of := map[string]bool{}, conntype.Meant(connType)
	for piece := range strings.SplitSeq(query, "&") {
		if piece == "" {
			continue
		}
		key, value, _, _ := pyurl.NextPair(piece)
		key, value = pyurl.UnquotePlus(key), pyurl.UnquotePlus(value)
		rawKey, raw, _ := strings.Cut(piece, "=")
		if seen[key] {
			l.add("repeated-key", "extra", "a key appears in the query more than once, and only the last one counts", "write each key once")
		}
		seen[key] = true
		if strings.HasPrefix(strings.TrimLeft(key, " "), "{") {
			l.add("json-as-key", "extra", "JSON in the query without a key before it becomes the name of a key", "write __extra__= and the JSON, percent-encoded, or use JSON for the whole connection")
			return
		}
		if key == "extra" && strings.HasPrefix(strings.TrimSpace(value), "{") {
			l.add("extra-in-query", "extra", "the query has a key extra, which is one key of the extra and not all of it", "write __extra__ for extra")
		}
		if strings.HasPrefix(rawKey, "amp;") {
			l.add("html-escape", "extra", "&amp; in the query makes amp; a part of the next key", "write & for &amp;")
		}
		if losesBytes(rawKey) || losesBytes(raw) {
			l.add("percent", "extra", "a % and what follows it in the query are read as half a character, and are lost", "encode the % as %25")
		}
		if of != nil {
			l.separator(of, rawKey, raw)
		}
		l.queryValue(key, raw, value)
	}
	if seen["__extra__"] && len(seen) > 1 {
		l.add("lost-key", "extra", "the query has __extra__, which is all of the extra, and its other keys are lost", "write the other keys inside the JSON of __extra__")
	}
}

// separator looks for marks that do not separate: one before another option of the type in a value,
// and a colon between an option and its value.
func (l *linter) separator(of *conntype.Type, rawKey, raw string) {
	if name, _, found := strings.Cut(rawKey, ":"); found && raw == "" && of.Key(name) != "" {
		l.add("query-separator", "extra", "a colon after a key in the query is part of the key", "write = after each key")
	}
	for i := range len(raw) {
		if raw[i] != '?' && (raw[i] != ';' || of.Unknown == conntype.Header) { // headers have ; in them
			continue
		}
		if name, _, found := strings.Cut(raw[i+1:min(len(raw), i+65)], "="); found && of.Key(name) != "" {
			l.add("query-separator", "extra", "a ? or ; in the query separates nothing, so another option is part of a value", "write & between two options")
		}
	}
}

// queryValue checks one value, as it is written and as it is read.
func (l *linter) queryValue(key, raw, value string) {
	if value != strings.Trim(value, " \u00a0") || key != strings.Trim(key, " \u00a0") {
		l.add("edge-space", "extra", "white space around a key or a value of the query is kept", "leave it out")
	}
	if strings.Contains(raw, "+") && losesPlus(key, raw, value) {
		l.add("plus", "extra", "a + in the query becomes a space", "encode it as %2B")
	}
	if isJSON := strings.HasPrefix(raw, "{") || strings.HasPrefix(raw, "%7B%22") || strings.HasPrefix(raw, "%7b%22"); isJSON {
		if _, err := pyjson.Load(value); err != nil && !l.found("line-break") {
			l.add("broken-json", "extra", "a value in the query begins as JSON and is not: a raw & # or line break may have cut it", "percent-encode all of the value")
		}
	}
}

// losesPlus reports whether a + in a value of the query was not meant as a space: in a secret, in
// JSON that is not encoded, in a mail address or in a media type.
func losesPlus(key, raw, value string) bool {
	lower := strings.ToLower(key)
	if strings.HasPrefix(raw, "{") || strings.HasPrefix(raw, "[{") {
		return true
	}
	if strings.Contains(value, "-----BEGIN") {
		return false // of which the whole is looked at
	}
	if i := strings.IndexByte(raw, '+'); !strings.Contains(value[min(i+1, len(value)):], " ") && strings.Count(raw, "+") == 1 {
		local, domain, isMail := strings.Cut(value, "@")
		medium, _, isMedium := strings.Cut(value, "/")
		if isMail && strings.Contains(local, " ") && strings.Contains(domain, ".") && !strings.ContainsAny(local, "<\"") ||
			isMedium && conntype.Has("application image text audio video", medium) {
			return true
		}
	}
	for _, word := range []string{"secret", "password", "passwd", "token", "private_key", "access_key", "account_key", "api_key", "apikey", "passphrase", "sas", "signature", "connection_string"} {
		if strings.Contains(lower, word) && !strings.HasPrefix(value, "Bearer ") && !strings.HasPrefix(value, "Basic ") && !strings.Contains(lower, "_file") && !strings.Contains(lower, "_url") {
			return true
		}
	}
	return false
}
