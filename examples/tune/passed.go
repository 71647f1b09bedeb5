package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// passedOver counts the files of folders that were not read because of their names or kinds.
type passedOver struct {
	files int
	kinds map[string]bool // :: extension, or what it is
}

// add counts a file by its extension, unless it is known to hold no events.
func (p *passedOver) add(name string) {
	p.addKind(name, term.Printable(strings.ToLower(filepath.Ext(name))))
}

// addKind counts a file of a kind.
func (p *passedOver) addKind(name, kind string) {
	if isCompanion(name) {
		return
	}
	if p.kinds == nil {
		p.kinds = map[string]bool{}
	}
	p.files++
	p.kinds[kind] = true
}

// print says in a line how many files were passed over, and of which kinds.
func (p *passedOver) print(w io.Writer) {
	if p.files == 0 {
		return
	}
	noun := "files"
	if p.files == 1 {
		noun = "file"
	}
	list, more := slices.Sorted(maps.Keys(p.kinds)), ""
	if most := 5; len(list) > most {
		list, more = list[:most], fmt.Sprintf(" and %d more", len(list)-most)
	}
	fmt.Fprintf(w, "tune: %d %s passed over: %s%s\n", p.files, noun, strings.Join(list, ", "), more)
}
