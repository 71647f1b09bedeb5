package trap

import "strings"

// HasPlaceholder reports whether text is or holds what a program should have filled in:
// ${NAME}, {{ name }}, <name>, $(NAME), %(name)s, %NAME% or $SOME_NAME.
func HasPlaceholder(text string) bool {
	if between(text, "${", "}", isName) || between(text, "{{", "}}", isPhrase) || between(text, "$(", ")", isName) || between(text, "%(", ")s", isName) {
		return true
	}
	if inner, found := strings.CutPrefix(text, "<"); found && strings.HasSuffix(inner, ">") {
		return isPhrase(strings.TrimSuffix(inner, ">"))
	}
	if inner, found := strings.CutPrefix(text, "%"); found && strings.HasSuffix(inner, "%") {
		return isVariable(strings.TrimSuffix(inner, "%"))
	}
	inner, found := strings.CutPrefix(text, "$")
	return found && isVariable(inner)
}

// IsMasked reports whether text is what a log or a form shows in place of a secret.
func IsMasked(text string) bool {
	lower := strings.ToLower(strings.Trim(text, "[]<>()"))
	return len(text) > 2 && strings.Trim(text, "*") == "" || lower == "redacted" || lower == "masked" && lower != text
}

// between reports whether text of a kind stands between two marks.
func between(text, open, shut string, is func(string) bool) bool {
	for {
		_, rest, found := strings.Cut(text, open)
		if !found {
			return false
		}
		if inner, _, closed := strings.Cut(rest, shut); closed && is(inner) {
			return true
		}
		if len(rest) > 4096 {
			rest = rest[:4096] // a search from every mark would take time in the square of the length
		}
		text = rest
	}
}

// isName reports whether s is like the name of a variable.
func isName(s string) bool {
	return s != "" && len(s) < 200 && isWordChar(s[0]) && s[0] != '.' && all(s, func(c byte) bool { return isWordChar(c) || strings.IndexByte(":-", c) >= 0 })
}

// isPhrase reports whether s is like the name of a variable, or a few words.
func isPhrase(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && len(s) < 300 && (isWordChar(s[0]) || s[0] == '$') && all(s, func(c byte) bool { return isWordChar(c) || strings.IndexByte(" :/-'\"()[]|$,", c) >= 0 })
}

// isVariable reports whether s is a name in capitals of several words.
func isVariable(s string) bool {
	return strings.Contains(strings.Trim(s, "_"), "_") && all(s, func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' })
}

func isWordChar(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
