package pyre

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A trie holds alternatives by the texts they begin with, and walks the text once for all of them.
// Its size is that of the texts.
//
// It keeps the order of the alternatives, so it may stand wherever they may: the first whose head
// stands in the text is tried first, and where what follows fails, the walk is made again for the
// next one.
type trie struct {
	nodes []trieNode // the first is the root
	rests []int      // by alternative: the instruction that goes on with what follows its head; 0: nothing does
	forks bool       // more than one head may stand at a place
}

type trieNode struct {
	label  string  // what must come here, in canonical characters
	ends   []int32 // the alternatives whose heads end after it, in order
	firsts []rune  // what may come next, sorted, each for a node
	kids   int     // the node of the first; the others' follow it
}

// A head is what an alternative begins with.
type head struct {
	text string // in canonical characters
	rest []*node
}

// heads returns those of as many alternatives as one trie can hold: each begins with a literal, and
// of one fold, or is empty.
func (e *emitter) heads(kids []*node) (all []head, f fold) {
	if e.chains {
		return nil, f
	}
	folded := false
	for _, k := range kids {
		h, g := e.head(k)
		switch {
		case h.text == "" && len(h.rest) > 0, h.text != "" && folded && g != f:
			return all, f
		case h.text != "":
			f, folded = g, true
		}
		all = append(all, h)
	}
	return all, f
}

func (e *emitter) head(n *node) (h head, f fold) {
	for n.op == nCapture && !e.recalls {
		n = n.kids[0]
	}
	h.rest = []*node{n}
	if n.op == nSequence {
		h.rest = n.kids
	}
	var text strings.Builder
	for len(h.rest) > 0 && h.rest[0].op == nLiteral && (text.Len() == 0 || h.rest[0].fold == f) {
		r, ok := h.rest[0].spelled()
		if !ok {
			break
		}
		f = h.rest[0].fold
		text.WriteRune(r)
		h.rest = h.rest[1:]
	}
	h.text = text.String()
	return h, f
}

// trie emits alternatives as one instruction, followed by what follows each head. It returns what
// must be made to land after them all. remembered says that nothing before it remembers its
// failures.
func (e *emitter) trie(all []head, f fold, remembered bool) (ends []int) {
	t := newTrie(all)
	add := e.add
	if remembered && t.forks { // a trie that does not fork decides nothing here
		add = e.addChoice
	}
	ends = append(ends, add(instruction{op: opTrie, fold: f, trie: t}))
	for i, h := range all {
		if len(h.rest) > 0 {
			t.rests[i] = len(e.code)
			e.sequence(h.rest)
			ends = append(ends, e.add(instruction{op: opJump}))
		}
	}
	return ends
}

func newTrie(all []head) *trie {
	order := make([]int32, len(all))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(all[a].text, all[b].text), cmp.Compare(a, b))
	})
	order = slices.CompactFunc(order, func(a, b int32) bool { // the same again would fail again
		return all[a].text == all[b].text && len(all[a].rest)+len(all[b].rest) == 0
	})
	t := &trie{nodes: make([]trieNode, 1), rests: make([]int, len(all))}
	t.build(0, all, order, 0, false)
	return t
}

// build makes the node at for sorted alternatives that are alike up to from. ended says that a head
// ends on the way to it.
func (t *trie) build(at int, all []head, order []int32, from int, ended bool) {
	text := all[order[0]].text
	to := from + commonPrefix(text[from:], all[order[len(order)-1]].text[from:])
	here := 0
	for here < len(order) && len(all[order[here]].text) == to {
		here++
	}
	n := trieNode{label: text[from:to], ends: order[:here], kids: len(t.nodes)}
	t.forks = t.forks || here > 1 || here > 0 && ended
	var groups [][]int32
	for i := here; i < len(order); i++ {
		r, _ := utf8.DecodeRuneInString(all[order[i]].text[to:])
		if k := len(groups); k > 0 && n.firsts[k-1] == r {
			groups[k-1] = groups[k-1][:len(groups[k-1])+1]
			continue
		}
		n.firsts = append(n.firsts, r)
		groups = append(groups, order[i:i+1])
	}
	t.nodes[at] = n
	t.nodes = append(t.nodes, make([]trieNode, len(groups))...)
	for i, group := range groups {
		t.build(n.kids+i, all, group, to+utf8.RuneLen(n.firsts[i]), ended || here > 0)
	}
}

// commonPrefix is how many bytes of whole characters two texts begin with alike.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

// next returns the node that what stands at pos leads to, and where the text goes on; or -1.
func (n *trieNode) next(f fold, text string, pos int) (node, end int) {
	if pos >= len(text) || len(n.firsts) == 0 {
		return -1, pos
	}
	r, size := rune(text[pos]), 1
	if r >= utf8.RuneSelf {
		r, size = utf8.DecodeRuneInString(text[pos:])
	}
	i, ok := slices.BinarySearch(n.firsts, f.canon(r))
	if !ok {
		return -1, pos
	}
	return n.kids + i, pos + size
}

// alternative finds the first alternative after another one whose head stands at pos, and where
// that ends; or -1. more says that it is not the last.
func (m *machine) alternative(in *instruction, pos int, after int32) (found int32, end int, more bool) {
	found = -1
	start, at := pos, 0
	for at >= 0 {
		n := &in.trie.nodes[at]
		went := false
		if m.left -= step; m.left < 0 {
			break
		}
		if pos, went = m.prefix(in.fold, n.label, pos); !went {
			break
		}
		m.chargeWide(pos)
		m.left -= 2 * character // for the two searches
		if i, _ := slices.BinarySearch(n.ends, after+1); i < len(n.ends) {
			more = more || found >= 0 || i+1 < len(n.ends)
			if found < 0 || n.ends[i] < found {
				found, end = n.ends[i], pos
			}
		}
		at, pos = n.next(in.fold, m.text, pos)
	}
	m.left -= (pos - start) / spelled
	return found, end, more
}

// branch goes on with the first alternative of a trie. The others are kept on the stack, if there
// are any.
func (m *machine) branch(in *instruction, at, pos int) (int, int, bool) {
	if m.hasFailed(in, pos) {
		return 0, 0, false
	}
	found, end, more := m.alternative(in, pos, -1)
	if found < 0 {
		return 0, 0, false
	}
	if more {
		m.push(frame{kind: untried, at: int32(at), pos: int32(pos), left: found})
	}
	return in.after(found), end, true
}

// nextBranch goes on with the next alternative. The one before failed.
func (m *machine) nextBranch(in *instruction, f *frame) (int, int, bool) {
	found, end, more := m.alternative(in, int(f.pos), f.left)
	if found < 0 {
		m.remember(in, int(f.pos))
		return 0, 0, false
	}
	f.left = found
	if !more && (!m.remembers || in.row < 0) { // nothing to come back for
		m.pop()
	}
	return in.after(found), end, true
}

// after returns the instruction that follows the head of an alternative.
func (in *instruction) after(alternative int32) int {
	if rest := in.trie.rests[alternative]; rest > 0 {
		return rest
	}
	return in.other
}
