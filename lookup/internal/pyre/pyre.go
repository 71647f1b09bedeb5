// Package pyre answers re.match(pattern, text, re.IGNORECASE) as CPython 3.11 to 3.13 does for str.
//
// Read it in this order. The parser turns the pattern into a tree: parse.go (the sequence and its
// characters), group.go, flags.go, repeat.go, escape.go, class.go. The characters are in fold.go
// and capital.go (letter case), set.go (sets of runes) and unicode.go (\w, \d, \s, identifiers);
// node.go is the tree. emit.go, loop.go and trie.go write the tree out as a program (program.go),
// and machine.go, look.go, repeatone.go, trie.go and memo.go run it; straight.go runs the usual
// ones.
//
// runaway.go looks for ids on which CPython's own machine, which remembers nothing, would hang:
// cpython.go does what CPython's parser does, alphabet.go, loops.go and pump.go make ids, growth.go
// and tally.go compute their cost, and rewrite.go what to write instead.
//
// One promise shapes the machine: no pattern runs away. Every step, and all work on many characters
// at once, is charged to one budget. A program without back-references, conditionals and counters
// remembers where it has failed, which makes it linear. A pattern may have 64 KiB, which limits the
// cost of the parser and of the program.
package pyre

import "fmt"

// A SyntaxError says why Python would not compile a pattern.
type SyntaxError struct {
	Offset int    // in characters, as in re.error.pos; known even where Python reports none
	What   string // what is wrong there
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at position %d", e.What, e.Offset) }

// Compile compiles a pattern as re.compile(expr, re.IGNORECASE) does. Every error is a *SyntaxError.
func Compile(expr string) (*Program, error) {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return nil, err
	}
	return emit(tree, len(p.groups), p.recalls), nil
}
