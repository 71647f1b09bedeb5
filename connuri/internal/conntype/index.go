package conntype

import (
	"strings"
	"sync"
)

// index holds the lists of a type as maps, for extras of thousands of keys.
type index struct {
	keys  map[string]string // as the hook spells it, by the key, in lower case for AnyCase
	meant map[string]string // right by wrong, in lower case
	say   map[string]string // what to write by wrong, in lower case
}

// indexes are made when a type is first asked for: *Type to *index.
var indexes sync.Map

func (t *Type) index() *index {
	if made, ok := indexes.Load(t); ok {
		return made.(*index)
	}
	x := &index{map[string]string{}, map[string]string{}, map[string]string{}}
	for key := range strings.FieldsSeq(t.Keys) {
		name := key
		if t.AnyCase {
			name = strings.ToLower(key)
		}
		x.keys[name] = key
	}
	for pair := range strings.FieldsSeq(t.Meant) {
		wrong, right, _ := strings.Cut(pair, ":")
		x.meant[strings.ToLower(wrong)] = right
	}
	for _, advice := range t.Advice {
		for key := range strings.FieldsSeq(advice.Keys) {
			x.say[key] = advice.Say
		}
	}
	indexes.Store(t, x)
	return x
}
