// Package pyre answers re.match(pattern, text, re.IGNORECASE) as CPython 3.11 to 3.13 does for str.
//
// Read it in this order. The parser turns the pattern into a tree: parse.go (the sequence and its
// characters), group.go, flags.go, repeat.go, escape.go, class.go. What a character is stands in
// fold.go and capital.go (letter case), set.go (sets of runes) and unicode.go (\w, \d, \s, identifiers); node.go is the tree.
// emit.go, loop.go and trie.go write the tree out as a program (program.go), and machine.go, look.go, repeatone.go,
// trie.go and memo.go run it; straight.go runs the usual ones.
//
// runaway.go looks for ids on which CPython's own machine, which remembers nothing, would not end: cpython.go has what its parser does,
// alphabet.go, loops.go and pump.go make ids, growth.go and tally.go say what they cost, and rewrite.go what to write instead.
//
// One promise shapes the machine: no pattern runs away. Every step, and whatever it does for many characters at once, is charged
// to one budget, and a program without back-references, conditionals and counters remembers where it has failed, which makes it
// linear. A pattern may have 64 KiB, which bounds what the parser and the program take.
package pyre

import "fmt"

// A SyntaxError says why Python would not compile a pattern.
type SyntaxError struct {
	Offset int    // in characters, as re.error.pos counts; what has none in Python has one too
	What   string // what is wrong there
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at position %d", e.What, e.Offset) }

// Compile reads a pattern as re.compile(expr, re.IGNORECASE) does. Every error is a *SyntaxError.
func Compile(expr string) (*Program, error) {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return nil, err
	}
	return emit(tree, len(p.groups), p.recalls), nil
}
