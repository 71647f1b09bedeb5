// Package lazyregexp holds regular expressions that are compiled when they are first used, so that a process
// does not pay at its start for those that it never asks.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New gives the expression once it is called. A mistake in it panics at its first use, so each needs a test.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
