// Package cfgparser reads airflow.cfg as Airflow does. It implements Python's configparser
// (RawConfigParser._read, BasicInterpolation) with case-sensitive keys, and the expansion of
// variables that Airflow adds (expand_env_var).
//
// Errors name the line, section or key and the rule. They never quote the file, since it may
// contain passwords.
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
	sections map[string]map[string]string // by section and key, before interpolation
	defaults map[string]string            // [DEFAULT], which applies to every section in the file
}

// SyntaxError names the line of a file that breaks a rule.
type SyntaxError struct {
	Line int // counted from 1
	Rule string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Rule) }

// Parse parses the text of a file. It returns the first error, a *SyntaxError. Python collects
// some kinds of errors and continues.
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

// Keys yields the sections of the file and their keys, in order. It leaves out [DEFAULT].
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

// lines splits text at Python's universal newlines.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// parser is the state between two lines.
type parser struct {
	file    *File
	section map[string]string // nil before the first header
	key     string            // the key whose value the next line may continue; "" after a header
	value   []string          // the lines of the value
	indent  int               // the indentation of the first line of the value
}

// line parses one line. It returns the rule that the line breaks, or "".
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
	if name == "DEFAULT" { // may be repeated
		p.section = p.file.defaults
		return ""
	}
	if _, twice := p.file.sections[name]; twice {
		return "the section is repeated"
	}
	p.section = map[string]string{}
	p.file.sections[name] = p.section
	return ""
}

func (p *parser) option(text string) (rule string) {
	at := strings.IndexAny(text, "=:")
	if at < 0 {
		return "neither a [section] nor key = value; indent a line that continues a value, even a closing brace"
	}
	key := strip(text[:at])
	if key == "" {
		return "the key before the sign is missing"
	}
	if _, twice := p.section[key]; twice {
		return "the key is repeated in the section"
	}
	p.key, p.value = key, []string{strip(text[at+1:])}
	return ""
}

// end stores the present value.
func (p *parser) end() {
	if p.key != "" {
		p.section[p.key] = strings.TrimRightFunc(strings.Join(p.value, "\n"), isSpace)
	}
	p.key, p.value = "", nil
}

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }
