package tune

import (
	"slices"
	"strings"
)

// CommonPath returns the path that most calls for names under no prefix share, and the number of
// these calls. Of paths with equally many calls it returns the longest. It returns "" if no name
// has a path.
//
// Other programs have paths too. If some callers have MWAASession or found an id, CommonPath
// considers only the names that one of these callers asked for. It ignores ARNs.
func (l *Usage) CommonPath() (path string, calls int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	airflows, ok := l.airflows()
	if !ok {
		return "", 0
	}
	under := map[string]int{} // :: path → calls
	for key, u := range l.use.secrets {
		_, _, isID := find(l.paths, &Event{Secret: key.secret, full: key.full})
		name := label(key.secret)
		isARN := strings.Contains(name, ":")
		if isID || isARN || key.byID || !u.mayBeBy(airflows) {
			continue
		}
		n := u.counts().Calls
		for i, c := range name {
			if c == '/' && i > 0 {
				under[name[:i]] += n
			}
		}
	}
	for p, n := range under {
		isPreferred := len(p) > len(path) || len(p) == len(path) && p < path
		if n > calls || n == calls && n > 0 && isPreferred {
			path, calls = p, n
		}
	}
	return path, calls
}

// mayBeBy reports whether one of some callers may have asked for a secret. It is true for no
// callers.
func (u *use) mayBeBy(callers map[callerID]bool) bool {
	isBy := func(id callerID) bool { return callers[id] }
	return len(callers) == 0 || u.crowded || slices.ContainsFunc(u.by, isBy)
}
