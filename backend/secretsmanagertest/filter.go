package secretsmanagertest

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// filter is one filter of a list. A secret passes if it matches any of the values.
type filter struct {
	key    string
	values []string // a value that begins with '!' matches secrets that the rest of it does not
}

// filterKeys say which attributes each key of a filter compares, and how.
var filterKeys = map[string]struct {
	attributes func(*secret) []string
	match      func(attribute, value string) bool
}{
	"name":           {func(s *secret) []string { return []string{s.name} }, strings.HasPrefix},
	"tag-key":        {tagKeys, strings.HasPrefix},
	"tag-value":      {tagValues, strings.HasPrefix},
	"primary-region": {nothing, strings.HasPrefix},
	"owning-service": {nothing, strings.HasPrefix},
	"description":    {func(s *secret) []string { return []string{s.description} }, matchWords},
	"all": {func(s *secret) []string {
		return slices.Concat([]string{s.name, s.description}, tagKeys(s), tagValues(s))
	}, matchWords},
}

func tagKeys(s *secret) (keys []string) {
	for _, t := range s.tags {
		keys = append(keys, t.Key)
	}
	return keys
}

func tagValues(s *secret) (values []string) {
	for _, t := range s.tags {
		values = append(values, t.Value)
	}
	return values
}

func nothing(*secret) []string { return nil }

// matchWords reports whether every word of a value is the beginning of a word of an attribute,
// in any case. A value without words matches nothing.
func matchWords(attribute, value string) bool {
	have, want := words(attribute), words(value)
	return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) })
	})
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func (f filter) match(s *secret) bool {
	key := filterKeys[f.key]
	attributes := key.attributes(s)
	return slices.ContainsFunc(f.values, func(value string) bool {
		value, negated := strings.CutPrefix(value, "!")
		found := slices.ContainsFunc(attributes, func(a string) bool { return key.match(a, value) })
		return found != negated
	})
}

// matchAll reports whether a secret passes every filter.
func matchAll(filters []filter, s *secret) bool {
	return !slices.ContainsFunc(filters, func(f filter) bool { return !f.match(s) })
}

// filterValue is the pattern in the model of AWS.
var filterValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^!?[a-zA-Z0-9 :_@/+=.!-]*$`) })

// filters reads the member Filters.
func (p *params) filters() (filters []filter) {
	for _, q := range p.structs("Filters", 10) {
		f := filter{key: q.required("Key", 0, 0), values: q.texts("Values", 1, 10)}
		if q.err == nil && filterKeys[f.key].match == nil {
			q.invalid("Filters.Key", "satisfy enum value set: [all, name, tag-key, description, tag-value, primary-region, owning-service]")
		}
		if len(f.values) == 0 {
			q.fail(invalidParameter("Invalid filter values for key: " + f.key))
		}
		for _, value := range f.values {
			if utf8.RuneCountInString(value) > 512 || !filterValue().MatchString(value) {
				q.invalid("Filters.Values", "satisfy regular expression pattern: "+filterValue().String())
			}
		}
		if q.err != nil {
			p.fail(q.err)
		}
		filters = append(filters, f)
	}
	return filters
}
