package pyre

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A rewriter looks for a harmless way to write a pattern that runs away. It replaces each loop that
// can match a text in two ways by one that matches the same texts in one way, as far as their
// automata can be computed.
type rewriter struct {
	p        *parser
	alphabet *alphabet
	effort   int
}

const (
	longestRewritten = 200 // characters; a longer pattern is better split by hand
	mostRewritten    = 8   // loops
	// harmless is what a match may cost that is advised. It is far below runaway, since the search
	// may miss the worst id.
	harmless = runaway / 30
)

func newRewriter(p *parser, tree *node) *rewriter {
	return &rewriter{p: p, alphabet: newAlphabet(otherRunes+kindRunes+foldedRunes, tree), effort: 200_000}
}

// instead returns a harmless pattern, or "".
func instead(p *parser, tree *node) string {
	if p.recalls || p.scoped || len(p.src) > longestRewritten || p.flags&verbose != 0 || tree.isCutting() {
		return "" // a group may be asked for; other flags may hold; a comment may end what is put in its place; the order may matter
	}
	expr := p.expr
	for range mostRewritten {
		next, ok := rewrite(expr)
		if !ok {
			break
		}
		expr = next
	}
	if expr == p.expr || !isHarmless(expr) {
		return ""
	}
	return small(expr)
}

// Harmless returns a pattern that is harmless to suggest: expr if none of its loops has two ways
// for a text, otherwise another one that matches the same. A long pattern counts as harmless only
// if it has no loop of more than a character.
func Harmless(expr string) (better string, ok bool) {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return "", false
	}
	if len(p.src) > longestRewritten {
		return expr, newHunter(tree, p.src, len(p.groups), runaway).program == nil
	}
	if isHarmless(expr) {
		return expr, true
	}
	better = instead(p, tree)
	return better, better != ""
}

// isCutting reports whether a part keeps the first way in which it matched, so that the order of
// the ways matters.
func (n *node) isCutting() bool {
	return n.op == nAtomic || n.op == nRepeat && n.repeat.greed == possessive ||
		slices.ContainsFunc(n.kids, func(k *node) bool { return k.isCutting() })
}

// isHarmless reports whether no loop of a pattern has two ways for a text, and no id was found on
// which it takes long.
func isHarmless(expr string) bool {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return false
	}
	w := newRewriter(p, tree)
	if !w.isClear(tree, p.src) {
		return false // it is left to luck whether the search finds the worst id
	}
	h := newHunter(tree, p.src, len(p.groups), harmless)
	_, _, runs := h.hunt()
	return !runs && h.left > 0
}

// rewrite replaces the first loop for which that can be done.
func rewrite(expr string) (better string, ok bool) {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return "", false
	}
	w := newRewriter(p, tree)
	if w.alphabet = wholeAlphabet(tree); w.alphabet == nil {
		return "", false
	}
	f := finder{alphabet: w.alphabet}
	f.walk(tree, "")
	for _, l := range f.loops {
		if l.body.to == 0 { // it is not an item of its own
			continue
		}
		if better, ok := w.improve(l.body, w.candidates); ok {
			return better, true
		}
	}
	for _, pair := range f.pairs(tree) {
		if better, ok := w.improve(pair, w.spelled); ok {
			return better, true
		}
	}
	return "", false
}

// improve replaces a part by the first candidate that is better, if the part needs it.
func (w *rewriter) improve(part *node, candidates func(*node, *language) []string) (better string, ok bool) {
	texts := newLanguage(part, w.alphabet)
	if texts == nil || w.isClear(part, w.p.src) {
		return "", false
	}
	for _, text := range candidates(part, texts) {
		if w.isBetter(text, part) {
			return w.replaced(part, text), true
		}
	}
	return "", false
}

// pairs are the loops together with an item before or after them: what both match may be easier to
// write than what the loop matches, as in (\w+[_-])*\w+.
func (f *finder) pairs(n *node) (all []*node) {
	isLoop := func(n *node) bool {
		return slices.ContainsFunc(f.loops, func(l loop) bool { return l.body == n })
	}
	for i := 1; i < len(n.kids) && n.op == nSequence; i++ {
		first, next := n.kids[i-1], n.kids[i]
		if 0 < first.to && first.to == next.from && (isLoop(first) || isLoop(next)) {
			both := newSequence([]*node{first, next})
			both.from, both.to = first.from, next.to
			all = append(all, both)
		}
	}
	for _, k := range n.kids {
		all = append(all, f.pairs(k)...)
	}
	return all
}

// replaced is the pattern with a text for a loop. \0 before a digit would take it for its own.
func (w *rewriter) replaced(loop *node, text string) string {
	before, after := w.p.src[:loop.from], w.p.src[loop.to:]
	if n := len(before); n > 0 && isDigit(before[n-1]) && text != "" && isDigit(rune(text[0])) {
		text = "(?:" + text + ")"
	}
	return string(before) + text + string(after)
}

// isBetter reports whether a candidate has the texts of the loop, and one way for each of them. The
// characters of both are told apart: what is written in one class may come to more than its parts.
func (w *rewriter) isBetter(text string, loop *node) bool {
	p := newParser(text)
	p.flags = w.p.flags
	tree, err := p.parse()
	if err != nil {
		return false
	}
	a := wholeAlphabet(loop, tree)
	if a == nil {
		return false
	}
	texts, same := newLanguage(loop, a), newLanguage(tree, a)
	return texts != nil && same != nil && same.equal(texts) && w.isClear(tree, p.src)
}

// isClear reports whether no loop in a part has two ways for the same text.
func (w *rewriter) isClear(n *node, src []rune) bool {
	f := finder{alphabet: w.alphabet}
	f.walk((&cpython{src}).convert(n), "")
	for _, l := range f.loops {
		r := newRoundabout(l.body, w.alphabet)
		for state := range r.members {
			if r.pumps(state, 1<<len(w.alphabet.runes)-1, &w.effort) != nil || w.effort <= 0 {
				return false
			}
		}
		if r.full {
			return false
		}
	}
	return len(f.loops) < mostLoops
}

// candidates are what may be written for a loop, the most readable first.
func (w *rewriter) candidates(loop *node, texts *language) (all []string) {
	body := loop.kids[0]
	for body.op == nCapture {
		body = body.kids[0]
	}
	optional := loop.repeat.min == 0
	add := func(text string) {
		if optional {
			text = "(?:" + text + ")?"
		}
		all = append(all, text)
	}
	pieces, _ := w.pieces(body)
	if class, ok := w.class(pieces); ok {
		all = append(all, class+"+", class+"*")
		if loop.hi < mostLanguage {
			all = append(all, fmt.Sprintf("%s{%d,%d}", class, loop.lo, loop.hi))
		}
	}
	if items := flatten([]*node{body}); len(items) == 2 {
		a, b := w.text(items[0]), w.text(items[1])
		if name, ok := w.optional(items[1]); ok { // (a+b?)+
			add(a + "(?:" + name + a + ")*" + b)
		}
		if name, ok := w.optional(items[0]); ok { // (b?a+)+
			add(a + b + "(?:" + name + b + ")*")
		}
	}
	itself := len(all)
	if text := w.text(body); text != "" && body.op != nAlternatives { // it may hold its own repetition
		add(text)
	}
	spelled := w.spelled(body, texts)
	if len(spelled) > 0 && itself < len(all) && len(spelled[0]) <= len(all[itself]) {
		return slices.Insert(all, itself, spelled...)
	}
	return append(all, spelled...)
}

// spelled is the language of a part, written with the characters of its body; none if it is too
// large for that.
func (w *rewriter) spelled(body *node, texts *language) []string {
	pieces, listed := w.pieces(body)
	text, ok := speller(func(members uint64) (string, bool) {
		if text, ok := w.classOf(pieces, members); ok {
			return text, true
		}
		return w.classOf(append(slices.Clip(pieces), listed...), members)
	}).spell(texts.smallest())
	if !ok {
		return nil
	}
	return []string{text}
}

// text is how a node is written.
func (w *rewriter) text(n *node) string {
	if n.op == nSequence && len(n.kids) > 0 { // without the group around it
		first, last := n.kids[0], n.kids[len(n.kids)-1]
		return string(w.p.src[first.from:max(first.from, last.to)])
	}
	return string(w.p.src[n.from:n.to])
}

// optional returns what is repeated once at most: of b? it is b.
func (w *rewriter) optional(n *node) (text string, ok bool) {
	if n.op != nRepeat || n.repeat.min != 0 || n.repeat.max != 1 {
		return "", false
	}
	return w.text(n.kids[0]), true
}

// A piece is what a class may be made of: a character or a class of the pattern, or a character
// that a class of the pattern lists.
type piece struct {
	text    string
	members uint64
	listed  bool
}

// pieces returns those of a body, and the characters that its classes list, such as the - of [_-].
func (w *rewriter) pieces(body *node) (all, listed []piece) {
	var ones []*node
	gather(body, &ones)
	for _, n := range ones {
		text := w.text(n)
		all = append(all, piece{text: text, members: w.alphabet.members(n.single(false))})
		inner, isClass := strings.CutPrefix(text, "[")
		inner, isClosed := strings.CutSuffix(inner, "]")
		if !isClass || !isClosed || strings.HasPrefix(inner, "^") {
			continue
		}
		for _, r := range listedIn([]rune(inner)) {
			listed = append(listed, piece{escaped(r), w.alike(r, ones), true})
		}
	}
	return all, listed
}

// listedIn returns the characters that a class lists one by one. What it takes from an escape such
// as \x41 may be wrong; isBetter refuses what comes of that.
func listedIn(class []rune) (all []rune) {
	for i := 0; i < len(class); i++ {
		if i+2 < len(class) && class[i+1] == '-' { // a range
			i += 2
			continue
		}
		if class[i] == '\\' && i+1 < len(class) {
			if i++; isWordASCII(class[i]) { // \w and others
				continue
			}
		}
		all = append(all, class[i])
	}
	return all
}

// alike are the members of the alphabet that none of the ones tells apart from a character.
func (w *rewriter) alike(r rune, ones []*node) (members uint64) {
	for i, other := range w.alphabet.runes {
		isTold := func(n *node) bool { s := n.single(false); return s.has(r) != s.has(other) }
		if !slices.ContainsFunc(ones, isTold) {
			members |= 1 << i
		}
	}
	return members
}

// escaped writes a character so that it stands for itself.
func escaped(r rune) string {
	if strings.ContainsRune(`\.^$*+?{}[]|()`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// classOf writes a set of characters by those of the pieces that are in it.
func (w *rewriter) classOf(pieces []piece, members uint64) (text string, ok bool) {
	var inside []piece
	var all uint64
	for _, p := range pieces {
		if p.members&^members == 0 {
			inside = append(inside, p)
			all |= p.members
		}
	}
	if all != members {
		return "", false
	}
	return w.class(inside)
}

// class writes a set of all characters of the pieces.
func (w *rewriter) class(pieces []piece) (text string, ok bool) {
	var texts []string
	for i, p := range pieces {
		covered := false
		for j, q := range pieces {
			within := p.members&^q.members == 0 && (p.members != q.members || j < i)
			if p.listed && q.listed {
				within = p.text == q.text && j < i
			}
			covered = covered || within && i != j
		}
		if !covered {
			texts = append(texts, p.text)
		}
	}
	if len(texts) < 2 {
		return strings.Join(texts, ""), len(texts) == 1
	}
	for i, t := range texts {
		inner, isClass := strings.CutPrefix(t, "[")
		switch {
		case isClass && strings.HasPrefix(inner, "^") || t == ".":
			return "", false
		case isClass:
			texts[i] = strings.TrimSuffix(inner, "]")
		case utf8.RuneCountInString(t) == 1 && strings.ContainsAny(t, `]^-\`):
			texts[i] = `\` + t
		case len(t) == 2 && t[0] == '\\' && strings.ContainsAny(t[1:], `.$*+?{}|()`):
			texts[i] = t[1:]
		}
	}
	return "[" + strings.Join(texts, "") + "]", true
}

// gather returns the characters that a body is made of.
func gather(n *node, ones *[]*node) {
	kids := n.parts()
	if len(kids) == 0 && (n.op == nSet || n.op == nLiteral) && n.to > 0 {
		*ones = append(*ones, n)
	}
	for _, k := range kids {
		gather(k, ones)
	}
}
