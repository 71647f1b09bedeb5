package pyre

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A rewriter looks for a harmless way to write a pattern that runs away: it replaces one loop by what often comes to the same, and
// keeps a candidate only if it gives the same answers on many ids and does not run away.
type rewriter struct {
	*hunter
	src   []rune
	ids   []string
	wants []bool // :: id → whether the pattern matches
	units int    // that matches may still take
	hunts int    // candidates that may still be hunted
}

const longestRewritten = 200 // characters; a longer pattern is better split by hand

// instead gives a harmless pattern, or "". a is an attack on the one that is not.
func (h *hunter) instead(p *parser, a attack) string {
	if p.recalls || len(p.src) > longestRewritten || p.flags&verbose != 0 {
		return "" // a group may be asked for; a comment may end what is put in its place
	}
	old, err := Compile(p.expr)
	if err != nil {
		return ""
	}
	w := &rewriter{hunter: h, src: p.src, units: 3_000_000, hunts: 2}
	w.ids = w.samples(a)
	for _, id := range w.ids {
		w.wants = append(w.wants, w.matches(old, id))
	}
	for _, l := range h.loops {
		if l.body.to == 0 {
			continue // it is no item of its own
		}
		for _, text := range w.candidates(l.body) {
			expr := string(w.src[:l.body.from]) + text + string(w.src[l.body.to:])
			if w.isHarmless(expr) {
				return expr
			}
		}
	}
	return ""
}

// isHarmless says whether a pattern gives the same answers as the old one, and does not run away.
func (w *rewriter) isHarmless(expr string) bool {
	program, err := Compile(expr)
	if err != nil {
		return false
	}
	for i, id := range w.ids {
		if w.matches(program, id) != w.wants[i] || w.units <= 0 {
			return false
		}
	}
	if w.hunts--; w.hunts < 0 {
		return false
	}
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return false
	}
	_, _, runs := newHunter(tree, p.src, len(p.groups)).hunt()
	return !runs
}

// matches charges for a match. Once all is spent, nothing is known.
func (w *rewriter) matches(p *Program, id string) bool {
	most := min(w.units, 1<<16)
	if most <= 0 {
		return false
	}
	ok, left := p.MatchWithin(id, most)
	w.units -= most - max(left, 0)
	return ok && left >= 0
}

// samples are all short words of the characters that the loop of an attack tells apart, between what leads to the loop and what the
// pattern may end in.
func (w *rewriter) samples(a attack) (ids []string) {
	words := []string{""}
	letters := w.letters(a)
	for from, length := 0, 0; length < 5 && len(words)*len(letters) < 1000; length++ {
		to := len(words)
		for _, word := range words[from:to] {
			for _, r := range letters {
				words = append(words, word+string(r))
			}
		}
		from = to
	}
	for turns := range a.turns() {
		words = append(words, strings.Repeat(a.pump, turns), strings.Repeat(a.pump, turns)+a.tail)
	}
	leads := []string{""}
	for _, l := range w.loops {
		if !slices.Contains(leads, l.lead) && len(leads) < 3 {
			leads = append(leads, l.lead)
		}
	}
	for _, lead := range leads {
		for _, tail := range w.ends {
			for _, word := range words {
				ids = append(ids, lead+word+tail)
			}
		}
	}
	return ids
}

// letters are up to seven characters: those of the attack first.
func (w *rewriter) letters(a attack) (letters []rune) {
	for _, r := range a.pump + a.tail + string(w.alphabet.runes) {
		if !slices.Contains(letters, r) && len(letters) < 7 {
			letters = append(letters, r)
		}
	}
	return letters
}

// candidates are what may be written for a loop.
func (w *rewriter) candidates(loop *node) (all []string) {
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
	if class, ok := w.class(body); ok {
		if optional || body.lo == 0 {
			all = append(all, class+"*")
		} else {
			all = append(all, class+"+")
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
	if text := w.text(body); text != "" { // it may hold its own repetition
		if body.op == nAlternatives && !strings.HasPrefix(text, "(?:") {
			text = "(?:" + text + ")"
		}
		add(text)
	}
	if optional {
		all = append(all, "")
	}
	return all
}

// text is how a node is written.
func (w *rewriter) text(n *node) string {
	if n.to == 0 && n.op == nSequence && len(n.kids) > 0 {
		first, last := n.kids[0], n.kids[len(n.kids)-1]
		return string(w.src[first.from:max(first.from, last.to)])
	}
	return string(w.src[n.from:n.to])
}

// optional gives what is repeated once at most: of b? it is b.
func (w *rewriter) optional(n *node) (text string, ok bool) {
	if n.op != nRepeat || n.repeat.min != 0 || n.repeat.max != 1 {
		return "", false
	}
	return w.text(n.kids[0]), true
}

// class gives a set of all characters that a body is made of.
func (w *rewriter) class(body *node) (text string, ok bool) {
	var ones []*node
	if !gather(body, &ones) || len(ones) == 0 {
		return "", false
	}
	var texts []string
	for i, n := range ones {
		members := w.alphabet.members(n.single(false))
		if slices.ContainsFunc(ones, func(m *node) bool {
			other := w.alphabet.members(m.single(false))
			return m != n && members&^other == 0 && (members != other || slices.Index(ones, m) < i)
		}) {
			continue
		}
		texts = append(texts, w.text(n))
	}
	if len(texts) == 1 {
		return texts[0], true
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
		}
	}
	return "[" + strings.Join(texts, "") + "]", true
}

// gather gives the single characters of a body, if it is made of nothing else.
func gather(n *node, ones *[]*node) bool {
	switch n.op {
	case nSet, nLiteral:
		if n.to == 0 {
			return false
		}
		*ones = append(*ones, n)
		return true
	case nSequence, nAlternatives, nRepeat, nCapture, nAtomic:
		for _, k := range n.kids {
			if !gather(k, ones) {
				return false
			}
		}
		return true
	}
	return false
}
