package hook

import "strings"

// conninfo reads the extra that psycopg takes as its first argument: keywords that count if neither
// a field nor another extra sets them. It takes nothing out of a URL.
func (r *reader) conninfo(config *PostgresConfig) error {
	text, given, err := r.text("conninfo")
	if err != nil || !given || text == "" {
		return err
	}
	const instead = "write its keywords as keys of the extra"
	r.refuse("extra", "conninfo", "it is a second set of keywords, which no Go driver is given", instead)
	if strings.HasPrefix(text, "postgresql://") || strings.HasPrefix(text, "postgres://") {
		return nil
	}
	pairs, ok := conninfoPairs(text)
	if !ok {
		return r.bad("extra", "conninfo", "libpq cannot read it", instead)
	}
	found := map[string]string{} // of one keyword the last value counts
	for _, pair := range pairs {
		if libpq[pair[0]] == unknown {
			return r.bad("extra", "conninfo", "it has a keyword that libpq does not know", instead)
		}
		found[pair[0]] = pair[1]
	}
	for _, key := range libpqOrder(found) {
		if r.setBefore(config, key) {
			continue
		}
		if err := r.libpqSet(config, key, found[key]); err != nil {
			return err
		}
	}
	return nil
}

// setBefore reports whether a keyword has a value from a field, an extra or a token.
func (r *reader) setBefore(config *PostgresConfig, key string) bool {
	_, inSettings := config.Settings[key]
	_, inExtra := r.get(key)
	byToken := config.Token != nil && (key == "password" || key == "user" && config.Token.Service != "rds")
	return inSettings || inExtra || byToken || key == "password" && !config.Password.IsZero()
}

// conninfoPairs reads keyword=value pairs separated by spaces, as PQconninfoParse does: spaces may
// surround the =, a value may be in single quotes, and a backslash takes the next character as it
// is.
func conninfoPairs(text string) (pairs [][2]string, ok bool) {
	const spaces = " \t\n\v\f\r"
	if strings.Contains(text, "\x00") {
		return nil, false
	}
	for rest := strings.TrimLeft(text, spaces); rest != ""; rest = strings.TrimLeft(rest, spaces) {
		end := strings.IndexAny(rest, "="+spaces)
		if end < 0 {
			return nil, false
		}
		key := rest[:end]
		rest, ok = strings.CutPrefix(strings.TrimLeft(rest[end:], spaces), "=")
		if !ok {
			return nil, false
		}
		var value string
		if value, rest, ok = conninfoValue(strings.TrimLeft(rest, spaces)); !ok {
			return nil, false
		}
		pairs = append(pairs, [2]string{key, value})
	}
	return pairs, true
}

// conninfoValue reads a value and returns the text after it.
func conninfoValue(text string) (value, rest string, ok bool) {
	text, quoted := strings.CutPrefix(text, "'")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			if i++; i < len(text) {
				b.WriteByte(text[i])
			}
		case quoted && c == '\'', !quoted && (c == ' ' || c >= '\t' && c <= '\r'):
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", !quoted
}
