package tune

import "bytes"

// begin finds where a record seems to begin: a line that is not indented, an object behind a comma or a closing brace, or an array of
// objects, which may be a row. It gives -1 if there is none, or too little is known of it.
func begin(b []byte, isAll bool) int {
	for i := 0; i < len(b); i++ {
		at := bytes.IndexAny(b[i:], "\n{")
		if at < 0 {
			return -1
		}
		i += at
		if b[i] == '\n' {
			if i+1 < len(b) && !isSpace(b[i+1]) {
				return i + 1
			}
			continue
		}
		rest := bytes.TrimLeft(b[i+1:], " \t\r\n")
		if len(rest) == 0 && !isAll {
			return -1
		}
		before := bytes.TrimRight(b[:i], " \t\r\n")
		if len(before) == 0 || len(rest) == 0 || rest[0] != '"' {
			continue
		}
		switch before[len(before)-1] {
		case ',', '}':
			return i
		case '[':
			return len(before) - 1
		}
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
