// Package cfgparser reads airflow.cfg as Airflow does: Python's configparser
// (RawConfigParser._read, BasicInterpolation) with the case of keys kept, and
// the expansion of variables that Airflow puts on top (expand_env_var).
//
// Errors name the line, section or key and the rule, and never what stands
// there: the file holds passwords.
package cfgparser

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// File is a configuration file.
type File struct {
	sections map[string]map[string]string // :: section → key → text, not yet interpolated
	defaults map[string]string            // [DEFAULT]: for every section that stands in the file
}

// SyntaxError says which line of a file breaks which rule.
type SyntaxError struct {
	Line int // from 1
	Rule string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Rule) }

// Parse reads the text of a file. The error is a *SyntaxError; Python gathers
// some kinds of errors and goes on, here the first one ends it.
func Parse(text string) (*File, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{len(lines(text[:firstInvalid(text)])), "not UTF-8"}
	}
	p := parser{file: &File{sections: map[string]map[string]string{}, defaults: map[string]string{}}}
	for i, line := range lines(text) {
		if rule := p.line(line); rule != "" {
			return nil, &SyntaxError{i + 1, rule}
		}
	}
	p.end()
	return p.file, nil
}

// Keys are the sections of the file with their own keys, in order. [DEFAULT] is not one of them.
func (f *File) Keys(yield func(section, key string) bool) {
	for _, section := range slices.Sorted(maps.Keys(f.sections)) {
		for _, key := range slices.Sorted(maps.Keys(f.sections[section])) {
			if !yield(section, key) {
				return
			}
		}
	}
}

func firstInvalid(text string) int {
	for at := 0; ; {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// lines are those of Python's universal newlines; no other character ends one.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// parser is the state between two lines.
type parser struct {
	file    *File
	section map[string]string // nil before the first header
	key     string            // whose value the next line may continue; "" after a header
	value   []string          // its lines
	indent  int               // of the line that began the value
}

// line takes in one line, and says which rule it breaks.
func (p *parser) line(line string) (rule string) {
	text := strip(line)
	if text == "" {
		if p.key != "" {
			p.value = append(p.value, "")
		}
		return ""
	}
	if text[0] == '#' || text[0] == ';' {
		return ""
	}
	indent := utf8.RuneCountInString(line[:strings.Index(line, text)])
	if p.key != "" && indent > p.indent {
		p.value = append(p.value, text)
		return ""
	}
	p.end()
	p.indent = indent
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		return p.header(text[1:end])
	}
	if p.section == nil {
		return "a line before the first [section]"
	}
	return p.option(text)
}

func (p *parser) header(name string) (rule string) {
	if name == "DEFAULT" { // may stand twice
		p.section = p.file.defaults
		return ""
	}
	if _, twice := p.file.sections[name]; twice {
		return "a section that was there before"
	}
	p.section = map[string]string{}
	p.file.sections[name] = p.section
	return ""
}

func (p *parser) option(text string) (rule string) {
	at := strings.IndexAny(text, "=:")
	if at < 0 {
		return "neither a [section] nor key = value; a line that goes on with a value has to be indented, a closing brace too"
	}
	key := strip(text[:at])
	if key == "" {
		return "no key before the sign"
	}
	if _, twice := p.section[key]; twice {
		return "a key that the section had before"
	}
	p.key, p.value = key, []string{strip(text[at+1:])}
	return ""
}

// end keeps the value that no further line continues.
func (p *parser) end() {
	if p.key != "" {
		p.section[p.key] = strings.TrimRightFunc(strings.Join(p.value, "\n"), isSpace)
	}
	p.key, p.value = "", nil
}

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is str.isspace of one character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }
