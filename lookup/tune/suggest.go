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

// Suggest gives lookup patterns that would save calls for ids of which no secret was ever found, and hide none that is there or
// may be: a list of ids to refuse, the worst first, and, where that is shorter and saves as much but for a tenth, a list of the
// beginnings that the other ids share. What inForce refuses, the pattern of today, stays refused. Each was compiled, and matched
// against every id of the kind that was counted.
//
// A list of beginnings also hides ids that nobody has asked for yet. There are no suggestions for more ids than can be told apart; for
// nearly as many, they take seconds. Nor are there any for a pattern in force that takes too many steps on the ids.
func (l *Usage) Suggest(kind lookup.Kind, inForce *lookup.Pattern) []Trial {
	s, ok := l.suggester(kind, inForce)
	if !ok {
		return nil
	}
	deny, ok := s.deny()
	if !ok {
		return nil
	}
	if allow, ok := s.allow(); ok && len(allow.Pattern.String()) < len(deny.Pattern.String()) && 10*allow.Saved >= 9*deny.Saved {
		return []Trial{withRunaway(deny), withRunaway(allow)}
	}
	return []Trial{withRunaway(deny)}
}

// SuggestDenied gives a list of ids to refuse with those in it that were only ever denied, such as aws_default under a policy that
// names each secret: as long as the caller may not read them, their calls find nothing. They are in Doubt, for whether their secrets
// are there is not known. ok is false if no id was only ever denied, or the list would hide another.
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

// onlyDenied reports whether the caller was denied each time, and nobody is known to have found the secret.
func (a asked) onlyDenied() bool { return a.Denied > 0 && a.Denied == a.Calls && !a.exists }

// suggester sorts the ids of a kind by what the pattern in force does to them. It is not ok if that cannot be told.
func (l *Usage) suggester(kind lookup.Kind, inForce *lookup.Pattern) (s *suggester, ok bool) {
	ids, all := l.asked(kind)
	if !all {
		return nil, false
	}
	s = &suggester{kind: kind, inForce: inForce, longest: cmp.Or(l.cfg.Longest, 2000), refuses: func(a asked) bool { return a.missing() }}
	bounded := inForce.Within(context.Background(), mostWork)
	for _, a := range ids {
		ok, err := bounded.Match(a.id)
		if isSpent(err) {
			return nil, false // what it refuses is not known
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
	ids     []asked          // that the pattern in force lets through
	refused []string         // that it refuses
	refuses func(asked) bool // which ids a list refuses
	longest int
}

// check tries a pattern. It is no suggestion if it saves nothing, hides what may be there, or asks again for what is refused now.
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

// doubts reports whether a trial hides what may be there, and what the list is not for.
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

// deny makes a list of the ids that were never there: ^(?!(aws_default|smtp_default)$)
func (s *suggester) deny() (Trial, bool) {
	t, ok := s.check("deny", s.denyExpr(func(string) bool { return true }))
	if len(t.Hidden) > 0 || s.doubts(t) {
		t, ok = s.check("deny", s.denyExpr(func(id string) bool { return !s.hides(id) }))
	}
	return t, ok
}

// maxRefusals is how many ids are tried in vain for a list. Each takes a look at all the others; those that are left are the least.
const maxRefusals = 500

func (s *suggester) denyExpr(may func(id string) bool) string {
	names, rest := listed(s.inForce.String())
	head, tail := "^(?!(", ")$)"
	if rest != "" {
		head, tail = "^(?!(?:", ")$)"+rest // a group would number those behind it anew
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

// hides reports whether to refuse an id is to refuse another that may be there, since case makes no difference.
func (s *suggester) hides(id string) bool {
	p, err := lookup.Compile("^(?!(" + quote(id) + ")$)")
	if err != nil {
		return true
	}
	t := try(s.kind, s.ids, p)
	return len(t.Hidden) > 0 || s.doubts(t)
}

// allow makes a list of the beginnings of all ids that are there, or may be: ^(pg_|team_a/)
func (s *suggester) allow() (Trial, bool) {
	wasted, under := 0, map[string]int{} // :: beginning → calls for missing ids
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
			if 100*under[strings.ToLower(beginning)] <= wasted { // a few calls are worth less than a long list
				name = quote(beginning)
				break
			}
		}
		list[name] = true
	}
	if len(list) == kept || len(list) > s.longest { // nothing is shared
		return Trial{}, false
	}
	names := strings.Join(slices.Sorted(maps.Keys(list)), "|")
	if inForce := s.inForce.String(); inForce != "" {
		return s.check("allow", "^(?="+names+")"+grouped(inForce))
	}
	return s.check("allow", "^("+names+")")
}

// beginnings are those that end in a separator: of team_a/pg they are team_ and team_a/.
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

// listed gives the ids of a list to refuse, as they stand in the pattern, so that others can join them: the form that deny makes, and
// MWAA's ^(?!aws_default$).*$. Of another pattern it gives all, to be put behind a list.
func listed(expr string) (names []string, rest string) {
	if expr == "" {
		return nil, ""
	}
	if m := denyList().FindStringSubmatch(expr); m != nil {
		return strings.Split(m[1]+m[2], "|"), ""
	}
	return nil, grouped(expr)
}

// grouped is a pattern so that it can follow another.
func grouped(expr string) string {
	if strings.Contains(expr, "|") {
		return "(?:" + expr + ")"
	}
	return expr
}

// isPlain tells an id that can stand in a pattern for all to read.
func isPlain(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// quote escapes what a pattern reads as something else. A hyphen needs it in a set only.
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
