package tune

import "bytes"

// within reads the text of a node: JSON, a dict as Python prints it, or a row or map as Trino
// writes it, {type=Role, sessioncontext={…}}.
func (s *scanner) within(n node, rec *record, text []byte) {
	text = unwrapped(text)
	if len(text) < 2 || text[0] != '{' || s.nest == maxNest {
		rec.refuse(n == parameters && len(text) > 0 && string(text) != "null")
		return
	}
	if isPython(text) {
		converted, ok := fromPython(text)
		if !ok {
			s.refuse(pythonRefused)
			rec.wrong = true
			return
		}
		text = converted
	}
	if c := bytes.TrimLeft(text[1:], " \t\r\n"); len(c) > 0 && (c[0] == '"' || c[0] == '}') {
		s.nested(n, rec, text)
		return
	}
	if text[len(text)-1] != '}' || !isRow(text) {
		rec.refuse(true)
		return
	}
	readRow(n, rec, text[1:len(text)-1])
}

// refuse makes the record wrong if the text of one of its nodes has an unknown form.
func (r *record) refuse(isUnknown bool) {
	r.wrong, r.unknown = r.wrong || isUnknown, r.unknown || isUnknown
}

// isRow reports whether a text in braces begins with a key and an equals sign. Spark writes arrows,
// and others write colons.
func isRow(text []byte) bool {
	key, _, found := bytes.Cut(text[1:], []byte("="))
	key = bytes.TrimLeft(key, " ")
	for _, c := range key {
		if !isBare(c) && c != '_' {
			return false
		}
	}
	return found && len(key) > 0
}

// readRow reads the text between the braces of a row or a map. Trino quotes nothing, so a value
// ends where the next key seems to begin, or with the brace that closes its own.
func readRow(n node, rec *record, text []byte) {
	for len(text) > 0 {
		key, rest, _ := bytes.Cut(text, []byte("="))
		f, child := n.find(bytes.TrimLeft(key, " "))
		if child != otherNode && len(rest) > 0 && rest[0] == '{' {
			end := closing(rest)
			if end == 0 {
				rec.wrong = true
				return
			}
			readRow(child, rec, rest[1:end-1])
			text = bytes.TrimLeft(rest[end:], ", ")
			continue
		}
		end := valueEnd(rest)
		if value := rest[:end]; f != noField && string(value) != "null" && !rec.yields(f, child) {
			rec.set(f, value)
		}
		text = bytes.TrimLeft(rest[end:], ", ")
	}
}

// closing returns the index after the brace that closes the first one, or 0.
func closing(text []byte) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// valueEnd returns the index of the comma after a value. A key must follow it, and it must not
// stand in braces.
func valueEnd(text []byte) int {
	from := 0
	if len(text) > 0 && text[0] == '{' {
		from = closing(text)
	}
	for {
		at := bytes.Index(text[from:], []byte(", "))
		if at < 0 {
			return len(text)
		}
		key := text[from+at+2:]
		n := 0
		for n < len(key) && (isBare(key[n]) || key[n] == '_') {
			n++
		}
		if n > 0 && n < len(key) && key[n] == '=' {
			return from + at
		}
		from += at + 2
	}
}
