package tune

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Suggest returns lookup patterns that would save calls for missing ids, and hide no secret that
// exists or may exist. The first pattern refuses a list of ids, starting with those that cost the
// most calls. The second allows a list of prefixes that the other ids share; Suggest returns it
// only if it is shorter and saves at least nine tenths as much. inForce is the pattern in use
// today; ids that it refuses stay refused. Suggest matches each pattern against every id of the
// kind.
//
// The second pattern also hides ids that nobody has asked for yet. Suggest returns nothing if there
// are more ids than are counted separately, or if inForce takes too many steps on them. With close
// to 100,000 ids, it takes seconds.
func (l *Usage) Suggest(kind lookup.Kind, inForce *lookup.Pattern) []Trial {
	s, ok := l.suggester(kind, inForce)
	if !ok {
		return nil
	}
	deny, ok := s.deny()
	if !ok {
		return nil
	}
	allow, ok := s.allow()
	isShorter := ok && len(allow.Pattern.String()) < len(deny.Pattern.String())
	if isShorter && 10*allow.Saved >= 9*deny.Saved {
		return []Trial{withRunaway(deny), withRunaway(allow)}
	}
	return []Trial{withRunaway(deny)}
}

// SuggestDenied returns a pattern that refuses missing ids, and also ids that were always denied,
// such as aws_default under a policy that names each secret. Calls for these find nothing until the
// policy allows them. The denied ids are in Doubt, because their secrets may exist. ok is false if
// no id was always denied, or if the pattern would hide any other id.
func (l *Usage) SuggestDenied(kind lookup.Kind, inForce *lookup.Pattern) (t Trial, ok bool) {
	s, ok := l.suggester(kind, inForce)
	if !ok || !slices.ContainsFunc(s.ids, asked.onlyDenied) {
		return Trial{}, false
	}
	s.refuses = func(a asked) bool { return a.missing() || a.onlyDenied() }
	if t, ok = s.deny(); !ok || len(t.Doubt) == 0 {
		return Trial{}, false
	}
	t.Form = "denied"
	return withRunaway(t), true
}

// onlyDenied reports whether every call was denied and nobody is known to have found the secret.
func (a asked) onlyDenied() bool { return a.Denied > 0 && a.Denied == a.Calls && !a.exists }

// suggester sorts the ids of a kind by what the pattern in force does to them. ok is false if that
// cannot be determined.
func (l *Usage) suggester(kind lookup.Kind, inForce *lookup.Pattern) (s *suggester, ok bool) {
	ids, all := l.asked(kind)
	if !all {
		return nil, false
	}
	s = &suggester{
		kind: kind, inForce: inForce, longest: cmp.Or(l.cfg.Longest, 2000),
		refuses: func(a asked) bool { return a.missing() },
	}
	bounded := inForce.Within(context.Background(), mostWork)
	for _, a := range ids {
		ok, err := bounded.Match(a.id)
		if isSpent(err) {
			return nil, false // it is unknown what the pattern refuses
		}
		if ok && err == nil {
			s.ids = append(s.ids, a)
		} else {
			s.refused = append(s.refused, a.id)
		}
	}
	return s, true
}

// A suggester makes the patterns for a kind.
type suggester struct {
	kind    lookup.Kind
	inForce *lookup.Pattern
	ids     []asked          // ids that the pattern in force allows
	refused []string         // ids that the pattern in force refuses
	refuses func(asked) bool // reports whether a list should refuse an id
	longest int
}

// check tries a pattern. ok is false if the pattern saves nothing, hides a secret that may exist,
// or allows an id that is refused today.
func (s *suggester) check(form, expr string) (t Trial, ok bool) {
	p, err := lookup.Compile(expr)
	if err != nil || len(expr) > s.longest {
		return Trial{}, false
	}
	t = try(s.kind, s.ids, p)
	t.Form = form
	if t.Saved == 0 || len(t.Hidden)+len(t.Failed) > 0 || s.doubts(t) {
		return t, false
	}
	bounded := p.Within(context.Background(), mostWork)
	for _, id := range s.refused {
		if ok, err := bounded.Match(id); ok && err == nil || isSpent(err) {
			return t, false
		}
	}
	return t, true
}

// doubts reports whether a trial hides an id that may exist and that the list should not refuse.
func (s *suggester) doubts(t Trial) bool {
	if len(t.Doubt) == 0 {
		return false
	}
	meant := map[string]bool{}
	for _, a := range s.ids {
		meant[a.id] = s.refuses(a)
	}
	return slices.ContainsFunc(t.Doubt, func(id string) bool { return !meant[id] })
}

// deny makes a pattern that refuses a list of ids: ^(?!(aws_default|smtp_default)$)
func (s *suggester) deny() (Trial, bool) {
	t, ok := s.check("deny", s.denyExpr(func(string) bool { return true }))
	if len(t.Hidden) > 0 || s.doubts(t) {
		t, ok = s.check("deny", s.denyExpr(func(id string) bool { return !s.hides(id) }))
	}
	return t, ok
}

// maxRefusals is how many ids may turn out not to fit into a list before the rest is given up,
// which has the fewest calls. Each costs a match against all others.
const maxRefusals = 500

func (s *suggester) denyExpr(may func(id string) bool) string {
	names, rest := listed(s.inForce.String())
	head, tail := "^(?!(", ")$)"
	if rest != "" {
		head, tail = "^(?!(?:", ")$)"+rest // a capturing group would renumber the groups of rest
	}
	size := len(head + strings.Join(append(names, ""), "|") + tail) // with a bar before the next
	refusals := 0
	for _, a := range s.ids {
		if !s.refuses(a) || !isPlain(a.id) {
			continue
		}
		if !may(a.id) {
			if refusals++; refusals == maxRefusals {
				break
			}
			continue
		}
		name := quote(a.id)
		if size += len(name); size > s.longest {
			break
		}
		size++
		names = append(names, name)
	}
	return head + strings.Join(names, "|") + tail
}

// hides reports whether refusing an id also refuses another that may exist, since patterns ignore
// case.
func (s *suggester) hides(id string) bool {
	p, err := lookup.Compile("^(?!(" + quote(id) + ")$)")
	if err != nil {
		return true
	}
	t := try(s.kind, s.ids, p)
	return len(t.Hidden) > 0 || s.doubts(t)
}

// allow makes a pattern that allows the beginnings of all ids that exist or may exist:
// ^(pg_|team_a/)
func (s *suggester) allow() (Trial, bool) {
	wasted, under := 0, map[string]int{} // under maps beginnings to calls for missing ids
	for _, a := range s.ids {
		if !a.missing() {
			continue
		}
		wasted += a.Calls
		for _, beginning := range beginnings(a.id) {
			under[strings.ToLower(beginning)] += a.Calls
		}
	}
	list, kept := map[string]bool{}, 0
	for _, a := range s.ids {
		if a.missing() {
			continue
		}
		kept++
		name := quote(a.id) + "$"
		for _, beginning := range beginnings(a.id) {
			if 100*under[strings.ToLower(beginning)] <= wasted { // a short list is worth a few calls
				name = quote(beginning)
				break
			}
		}
		list[name] = true
	}
	if len(list) == kept || len(list) > s.longest { // no two ids share a beginning, or it is too long
		return Trial{}, false
	}
	names := strings.Join(slices.Sorted(maps.Keys(list)), "|")
	if inForce := s.inForce.String(); inForce != "" {
		return s.check("allow", "^(?="+names+")"+grouped(inForce))
	}
	return s.check("allow", "^("+names+")")
}

// beginnings returns the beginnings of an id that end in a separator: team_ and team_a/ of
// team_a/pg.
func beginnings(id string) []string {
	var all []string
	for i, c := range id {
		if strings.ContainsRune("_-/.", c) {
			all = append(all, id[:i+1])
		}
	}
	return all
}

var denyList = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\^\(\?!(?:\((?:\?:)?((?:[\w/@=!|-]|\\.)+)\)|((?:[\w/@=!-]|\\.)+))\$\)(?:\.\*\$?)?$`)
})

// listed returns the ids that a pattern refuses, as the pattern has them, so that others can be
// added. It reads the form that deny makes, and MWAA's ^(?!aws_default$).*$. Any other pattern is
// returned as rest, to stand after a list.
func listed(expr string) (names []string, rest string) {
	if expr == "" {
		return nil, ""
	}
	if m := denyList().FindStringSubmatch(expr); m != nil {
		return strings.Split(m[1]+m[2], "|"), ""
	}
	return nil, grouped(expr)
}

// grouped returns a pattern in a form that can follow another.
func grouped(expr string) string {
	if strings.Contains(expr, "|") {
		return "(?:" + expr + ")"
	}
	return expr
}

// isPlain reports whether an id is readable in a pattern.
func isPlain(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return !unicode.IsPrint(r) || r == unicode.ReplacementChar
	})
}

// quote escapes the characters that have a meaning in a pattern. A hyphen has one only in a set.
func quote(id string) string {
	var s strings.Builder
	for _, r := range id {
		if strings.ContainsRune(`\.^$*+?{}[]|()`, r) {
			s.WriteByte('\\')
		}
		s.WriteRune(r)
	}
	return s.String()
}
