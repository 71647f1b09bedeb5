package trap

import "strings"

// HasPlaceholder reports whether text contains what a program should have filled in: ${NAME}, {{
// name }}, $(NAME), #{name} or %(name)s, or is <name>, %NAME% or $SOME_NAME as a whole.
func HasPlaceholder(text string) bool {
	if between(text, "${", "}", isName) || between(text, "{{", "}}", isPhrase) || between(text, "$(", ")", isName) ||
		between(text, "#{", "}", isNamed) || between(text, "%(", ")s", isName) || IsPercentVariable(text) {
		return true
	}
	if inner, ok := inside(text, "<", ">"); ok && isBlank(inner) {
		return true
	}
	name, found := strings.CutPrefix(text, "$")
	return found && isVariable(name)
}

// IsPlaceholder reports the same of a field of a connection, where $NAME, {name}, [NAME], __NAME__,
// @@NAME@@ and your_name are placeholders too. In the extra these may be the syntax of the program
// that reads it.
func IsPlaceholder(text string) bool {
	if HasPlaceholder(text) || hasDollar(text) || isReference(text) {
		return true
	}
	for _, marks := range [...]struct{ open, shut string }{{"{", "}"}, {"[", "]"}, {"__", "__"}, {"@@", "@@"}} {
		isPython := marks.open == "__" && text != strings.ToUpper(text) // such as the login __token__
		if inner, ok := inside(text, marks.open, marks.shut); ok && isNamed(inner) && !isPython {
			return true
		}
	}
	return len(text) > 5 && (strings.HasPrefix(text, "your_") || strings.HasPrefix(text, "YOUR_") || strings.HasPrefix(text, "your-")) && isNamed(text)
}

// IsPercentVariable reports whether text is a variable of Windows, %NAME%.
func IsPercentVariable(text string) bool {
	name, ok := inside(text, "%", "%")
	return ok && len(name) > 2 && name[0] >= 'A' && name[0] <= 'Z' && isCapitals(name)
}

// hasDollar reports whether text holds the variable of a shell, $NAME.
func hasDollar(text string) bool {
	for i := strings.IndexByte(text, '$'); i >= 0; {
		end := i + 1
		for end < len(text) && isWordChar(text[end]) && text[end] != '.' {
			end++
		}
		isInWord := i > 0 && isWordChar(text[i-1]) && text[i-1] != '.'
		if name := text[i+1 : end]; !isInWord && (isVariable(name) || len(name) > 2 && isNamed(name)) {
			return true
		}
		next := strings.IndexByte(text[end:], '$')
		if next < 0 {
			return false
		}
		i = end + next
	}
	return false
}

// inside returns what is between two marks at the ends of a text.
func inside(text, open, shut string) (inner string, ok bool) {
	inner, opened := strings.CutPrefix(text, open)
	inner, closed := strings.CutSuffix(inner, shut)
	return inner, opened && closed
}

// isReference reports whether text names a place where a tool other than Airflow would look the
// value up, or is a value that another tool encrypted.
func isReference(text string) bool {
	for _, begin := range [...]string{"arn:aws:secretsmanager:", "arn:aws:ssm:", "!Ref ", "!Sub ", "!GetAtt ", "!ImportValue ", "ENC[AES", "op://", "ref+"} {
		if strings.HasPrefix(text, begin) {
			return true
		}
	}
	switch text {
	case "CHANGE_ME", "CHANGE-ME", "REPLACE_ME", "REPLACE-ME", "change-me", "replace-me", "change_me", "replace_me":
		return true
	}
	return false
}

// IsMasked reports whether text is what a log or a form shows instead of a secret.
func IsMasked(text string) bool {
	lower := strings.ToLower(strings.Trim(text, "[]<>()"))
	return len(text) > 2 && strings.Trim(text, "*") == "" || lower == "redacted" || lower == "masked" && lower != text
}

// between reports whether text of a kind is between two marks.
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

// isName reports whether s looks like the name of a variable.
func isName(s string) bool {
	return s != "" && len(s) < 200 && isWordChar(s[0]) && s[0] != '.' && all(s, func(c byte) bool { return isWordChar(c) || strings.IndexByte(":-", c) >= 0 })
}

// isPhrase reports whether s looks like the name of a variable, or like a few words.
func isPhrase(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && len(s) < 300 && (isWordChar(s[0]) || s[0] == '$') && all(s, func(c byte) bool { return isWordChar(c) || strings.IndexByte(" :/-'\"()[]|$,", c) >= 0 })
}

// isVariable reports whether s is a name in capitals of several words.
func isVariable(s string) bool { return strings.Contains(strings.Trim(s, "_"), "_") && isCapitals(s) }

func isCapitals(s string) bool {
	return all(s, func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' })
}

// fieldWords are words for what belongs in a connection.
const fieldWords = `user username password passwd pass pwd host hostname port db dbname database schema login token
	secret key apikey url uri name env var account region server address ip endpoint id role project bucket warehouse domain email dsn
	changeme replaceme`

// isNamed reports whether s is a name, in one case, for what belongs in a connection. Its last word
// says so; the words may be joined as in PGPASSWORD.
func isNamed(s string) bool {
	lower := strings.ToLower(s)
	if len(s) > 64 || s != lower && s != strings.ToUpper(s) || strings.ContainsFunc(lower, func(r rune) bool { return (r < 'a' || r > 'z') && !strings.ContainsRune("_- .", r) }) {
		return false
	}
	last := strings.TrimSuffix(lower, "here")
	last = strings.TrimRight(last, "_- ")
	last = last[strings.LastIndexAny(last, "_- .")+1:]
	for word := range strings.FieldsSeq(fieldWords) {
		if last == word || len(word) > 3 && strings.HasSuffix(last, word) {
			return true
		}
	}
	return false
}

// isBlank reports whether s, found between < and >, is text to replace: several words or a name. A
// single word of another kind may be a password.
func isBlank(s string) bool {
	isOneCase := s == strings.ToLower(s) || s == strings.ToUpper(s)
	return isPhrase(s) && (isOneCase && strings.ContainsAny(strings.TrimSpace(s), " _-") || strings.Contains(s, " ") || isNamed(s))
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
