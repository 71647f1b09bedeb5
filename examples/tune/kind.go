package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// headSize is how much of an input is looked at to find out what kind of file it is.
const headSize = 64 << 10

// A head keeps the beginning of what is written to it.
type head []byte

func (h *head) Write(b []byte) (int, error) {
	*h = append(*h, b[:min(len(b), headSize-len(*h))]...)
	return len(b), nil
}

// headOf reads the beginning of a file again. ok is false for a pipe, whose beginning is gone.
func headOf(name string) (h head, ok bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer func() { _ = f.Close() }() // only read
	h, err = io.ReadAll(io.LimitReader(f, headSize))
	return h, err == nil
}

// text is the head, decompressed if it is gzip.
func (h head) text() []byte {
	zip, err := gzip.NewReader(bytes.NewReader(h))
	if err != nil {
		return h
	}
	var b bytes.Buffer
	_, _ = io.CopyN(&b, zip, headSize) // it ends early, as the head does
	return bytes.TrimPrefix(b.Bytes(), []byte("\xef\xbb\xbf"))
}

// signatures are what files of other kinds begin with.
var signatures = []struct{ begin, is string }{
	{"PAR1", "Parquet; give the events as JSON or CSV"},
	{"ORC", "ORC; give the events as JSON or CSV"},
	{"Obj\x01", "Avro; give the events as JSON or CSV"},
	{"PK\x03\x04", "a zip archive; unpack it"},
	{"BZh", "bzip2; unpack it, or use gzip"},
	{"\x28\xb5\x2f\xfd", "zstd; unpack it, or use gzip"},
	{"\xfd7zXZ", "xz; unpack it, or use gzip"},
	{"%PDF", "a PDF"},
	{"<", "HTML or XML"},
}

// marks are words that show what a text is. The first one found wins.
var marks = []struct{ mark, is string }{
	{`"extrapolated_from_hours"`, "tune's own answer; give the events that it was made from"},
	{`"searchedlogstreams"`,
		"an answer of filter-log-events without events; check log group, filter and time"},
	{`"digests3bucket"`,
		"a digest of CloudTrail; read the folder CloudTrail beside CloudTrail-Digest"},
	{`"secretlist"`, "a list of secrets; pass their names with -exists, one on each line"},
	{`s_prefix"`, "backend_kwargs; pass them with -kwargs @FILE"},
	{`_lookup_pattern"`, "backend_kwargs; pass them with -kwargs @FILE"},
	{`"conn_type"`, "an export of connections"},
	{"backend_kwargs", "Airflow's configuration; pass the backend_kwargs in it with -kwargs"},
	{"[core]", "Airflow's configuration; pass the backend_kwargs in it with -kwargs"},
}

var nameLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\w/+=.@:-]+$`)
})

// structured says what a text that begins like JSON seems to be.
func (h head) structured(text []byte) string {
	begin := strings.TrimLeft(string(text), "[ \t\r\n")
	if strings.HasPrefix(begin, "{'") {
		return "an object as Python prints it; write it with json.dumps"
	}
	var err error
	for values := json.NewDecoder(bytes.NewReader(text)); err == nil; {
		var value json.RawMessage
		err = values.Decode(&value)
	}
	isCut := errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case isCut && len(text) < headSize:
		return "JSON that is cut short; fetch it again"
	case !isCut && !errors.Is(err, io.EOF):
		return "broken JSON"
	case strings.Trim(string(text), "{}[], \t\r\n") == "":
		return "JSON with nothing in it"
	}
	return cmp.Or(insights(text), cutMessages(text), "JSON that is about something else")
}

// insights says what an answer of Logs Insights lacks, or returns "".
func insights(text []byte) string {
	var answer struct {
		Results []json.RawMessage
		Status  string
	}
	if json.Unmarshal(text, &answer) != nil || answer.Results == nil {
		return ""
	}
	switch answer.Status {
	case "Scheduled", "Running":
		return "an answer of Logs Insights whose query still runs; fetch it again when its status is " +
			"Complete"
	case "Failed", "Cancelled", "Timeout", "Unknown":
		return "an answer of Logs Insights whose query failed; run it again"
	case "Complete":
		if len(answer.Results) == 0 {
			return "an answer of Logs Insights without rows; check log group, filter and time"
		}
	}
	return ""
}

// cutMessages says that events in the cells of Logs Insights are cut, or returns "". In JSON and in
// CSV, they begin like an event, and their quotes are escaped.
func cutMessages(text []byte) string {
	isEvent := bytes.Contains(text, []byte(`{\"eventVersion\"`)) ||
		bytes.Contains(text, []byte(`{""eventVersion""`))
	if isEvent && bytes.Contains(text, []byte("@message")) {
		return "an answer of Logs Insights whose messages are cut; fetch them whole, or run tune's query"
	}
	return ""
}

// isQuery reports whether a text in lower case is a query in SQL, after comments.
func isQuery(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		word, _, _ := strings.Cut(line, " ")
		return (word == "select" || word == "with") && strings.Contains(text, "from")
	}
	return false
}

// seems says what kind of file seems to begin with a head.
func (h head) seems() string {
	text := h.text()
	low := strings.ToLower(string(text))
	trimmed := strings.TrimSpace(low)
	if trimmed == "" {
		return "empty"
	}
	for _, s := range signatures {
		if strings.HasPrefix(string(text), s.begin) {
			return s.is
		}
	}
	if !utf8.Valid(text[:max(0, len(text)-utf8.UTFMax)]) || strings.Contains(low, "\x00") {
		return "a binary file"
	}
	isStructured := strings.ContainsAny(trimmed[:1], "{[") // a README may hold the words too
	for _, m := range marks {
		if isStructured && strings.Contains(low, m.mark) {
			return m.is
		}
	}
	lines := strings.Split(trimmed, "\n")
	isName := func(line string) bool { return nameLine().MatchString(strings.TrimSpace(line)) }
	switch {
	case isStructured:
		return h.structured(text)
	case trimmed == "null":
		return "JSON with nothing in it"
	case strings.Contains(lines[0], "@message") && cutMessages(text) != "":
		return cutMessages(text)
	case isQuery(trimmed):
		return "a query in SQL; run it, and give its result"
	case isName(lines[0]) && isName(lines[len(lines)/2]):
		return "a list of names; pass the names of secrets that exist with -exists"
	case strings.Count(lines[0], ",") > 1:
		return "a table without the columns of CloudTrail"
	}
	return "text, such as a README"
}
