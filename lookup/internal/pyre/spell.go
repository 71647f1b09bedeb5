package pyre

// A spelling is a part of a pattern as it is written, one factor after the other. nil matches
// nothing, and an empty one matches "".
type spelling []factor

// A factor is what one repeat applies to.
type factor struct {
	text   string // a character, a class or a group
	repeat string // "", ?, * or +
	class  uint64 // the characters that it stands for, if it is one character
}

func (s spelling) String() string {
	text := ""
	for _, f := range s {
		text += f.text + f.repeat
	}
	return text
}

const mostSpelled = 4 // states; what more come to is unreadable

// A speller writes a set of characters. ok is false where it cannot.
type speller func(members uint64) (text string, ok bool)

// spell writes a language down by taking its states out one after the other. What comes out can
// match a text in one way only, since the automaton is deterministic.
func (p speller) spell(l *language) (text string, ok bool) {
	n := len(l.next)
	if n > mostSpelled {
		return "", false
	}
	edges, ok := p.edges(l)
	for out := n - 1; out >= 0 && ok; out-- {
		loop := star(edges[out][out])
		for from := range out {
			for to := range n + 1 {
				if in, on := edges[from][out], edges[out][to]; in != nil && on != nil && to != out {
					edges[from][to] = p.either(edges[from][to], then(then(in, loop), on))
				}
			}
		}
		if out == 0 && edges[0][n] != nil {
			return then(loop, edges[0][n]).String(), true
		}
	}
	return "", false
}

// edges writes what leads from each state to each. A last state follows all that accept.
func (p speller) edges(l *language) (edges [][]spelling, ok bool) {
	n := len(l.next)
	for from, row := range l.next {
		edges = append(edges, make([]spelling, n+1))
		labels := make([]uint64, n)
		for c, to := range row {
			if to >= 0 {
				labels[to] |= 1 << c
			}
		}
		for to, label := range labels {
			if label == 0 {
				continue
			}
			text, ok := p(label)
			if !ok {
				return nil, false
			}
			edges[from][to] = spelling{{text: text, class: label}}
		}
		if l.accept[from] {
			edges[from][n] = spelling{}
		}
	}
	return edges, true
}

// then puts t after s; aa* is a+.
func then(s, t spelling) spelling {
	if len(s) > 0 && len(t) > 0 {
		last, first := s[len(s)-1], t[0]
		if last.text == first.text && last.repeat == "" && first.repeat == "*" {
			first.repeat = "+"
			return append(append(append(spelling{}, s[:len(s)-1]...), first), t[1:]...)
		}
	}
	return append(append(spelling{}, s...), t...)
}

// single makes one factor of a spelling.
func single(s spelling) factor {
	if len(s) == 1 && s[0].repeat == "" {
		return s[0]
	}
	return factor{text: "(?:" + s.String() + ")"}
}

func star(s spelling) spelling {
	if len(s) == 0 {
		return spelling{}
	}
	f := single(s)
	if len(s) == 1 && s[0].repeat != "" {
		f = s[0]
	}
	f.repeat = "*"
	return spelling{f}
}

func optional(s spelling) spelling {
	if len(s) == 1 && s[0].repeat != "" {
		f := s[0]
		if f.repeat == "+" {
			f.repeat = "*"
		}
		return spelling{f}
	}
	f := single(s)
	f.repeat = "?"
	return spelling{f}
}

// either joins two characters to a class, and takes out their common beginning or end if one of the
// two is nothing more.
func (p speller) either(s, t spelling) spelling {
	switch {
	case s == nil:
		return t
	case t == nil:
		return s
	case len(s) == 0:
		return optional(t)
	case len(t) == 0:
		return optional(s)
	}
	if len(s) > len(t) {
		s, t = t, s
	}
	if cut := len(t) - len(s); cut > 0 && same(s, t[cut:]) {
		return then(optional(t[:cut]), s)
	}
	if same(s, t[:len(s)]) && len(t) > len(s) {
		return then(s, optional(t[len(s):]))
	}
	if len(s) == 1 && len(t) == 1 && s[0].class != 0 && t[0].class != 0 && s[0].repeat+t[0].repeat == "" {
		if text, ok := p(s[0].class | t[0].class); ok {
			return spelling{{text: text, class: s[0].class | t[0].class}}
		}
	}
	return spelling{{text: "(?:" + s.String() + "|" + t.String() + ")"}}
}

func same(s, t spelling) bool { return s.String() == t.String() }
