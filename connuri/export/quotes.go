package export

import (
	"errors"
	"strings"
)

// errQuote is why the quotes of a word cannot be removed.
var errQuote = errors.New("a quote in it has no end, or text follows that needs quotes as well")

// unquoted is a word as a POSIX shell reads it if it begins with a quote, otherwise the word
// itself. Between single quotes all stands for itself, and between double quotes a backslash
// is dropped before $ ` " \ alone. It is an error if a shell would end the word before its
// end, or expand something in it.
func unquoted(word string) (string, error) {
	if !strings.HasPrefix(word, `'`) && !strings.HasPrefix(word, `"`) {
		return word, nil
	}
	const bare = 0
	var plain strings.Builder
	quote := byte(bare)
	for i := 0; i < len(word); i++ {
		c := word[i]
		switch {
		case quote == bare && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = bare
		case quote == '\'':
			plain.WriteByte(c)
		case c == '\\' && i+1 == len(word): // it joins the next line
			return "", errQuote
		case c == '\\' && (quote == bare || strings.IndexByte("$`\"\\", word[i+1]) >= 0):
			i++
			plain.WriteByte(word[i])
		case c == '`' || c == '$' && expands(word[i+1:]) || quote == bare && strings.IndexByte(" \t\n;&|<>()#", c) >= 0:
			return "", errQuote
		default:
			plain.WriteByte(c)
		}
	}
	if quote != bare {
		return "", errQuote
	}
	return plain.String(), nil
}

// outsideQuotes is the part of a word that is outside quotes, without the characters that a
// backslash escapes.
func outsideQuotes(word string) string {
	const bare = 0
	var plain strings.Builder
	quote := byte(bare)
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case quote == bare && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = bare
		case c == '\\' && quote != '\'':
			i++
		case quote == bare:
			plain.WriteByte(c)
		}
	}
	return plain.String()
}

// expands reports whether a shell or Compose expands a $ before rest.
func expands(rest string) bool {
	if rest == "" {
		return false
	}
	c := rest[0]
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("{($@*#?!-", c) >= 0
}

// hasExpansion reports whether a shell or Compose expands a $ of text without quotes.
func hasExpansion(text string) bool {
	for i := range len(text) {
		if text[i] == '$' && (expands(text[i+1:]) || strings.HasPrefix(text[i+1:], "'")) {
			return true
		}
	}
	return false
}

// composeDiffers reports whether Compose reads a word with quotes in another way than a shell:
// between double quotes, \n is a line feed for Compose alone, and \` a backquote for a shell
// alone; between single quotes, Compose alone takes \' for a quote; and text right after the
// quotes is a line of its own for Compose.
func composeDiffers(word string) bool {
	const bare = 0
	quote := byte(bare)
	for i := 0; i < len(word); i++ {
		c, rest := word[i], word[i+1:]
		switch {
		case quote == bare && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = bare
			if rest != "" && strings.IndexByte(`\'"`, rest[0]) < 0 {
				return true
			}
		case quote == '"' && c == '$' && strings.HasPrefix(rest, `\$`):
			return true
		case c == '\\' && rest != "":
			if quote == '"' && strings.IndexByte("abfnrtv0`\n", rest[0]) >= 0 || quote == '\'' && rest[0] == '\'' {
				return true
			}
			if quote != '\'' || rest[0] == '\\' {
				i++
			}
		}
	}
	return false
}
