package secretsmanagertest

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set stores a text under a name, as the new AWSCURRENT version of the secret if
// there is one. It asks less than AWS does, so that a test can hold what AWS would
// refuse: any name, any length, "" too. A secret marked for deletion is restored.
//
// The name may be an ARN, full or without its end. One of another account or
// region makes a secret that is shared with this one: only its ARN finds it.
func (s *Server) Set(name, text string) { s.set(name, value{text: text}) }

// SetBinary is Set for a secret that is bytes rather than text.
func (s *Server) SetBinary(name string, blob []byte) {
	s.set(name, value{blob: append([]byte{}, blob...), binary: true})
}

func (s *Server) set(name string, val value) {
	s.mu.Lock()
	defer s.unlockChanged()
	found := s.getLocked(s.keyOf(name))
	if found == nil {
		found = s.createLocked(name)
	}
	found.deletion = time.Time{}
	found.add(newUUID(), val, s.now(), stageCurrent)
}

// Remove forgets a secret at once, by its name, as DeleteSecret does when forced.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.unlockChanged()
	delete(s.secrets, s.keyOf(name))
}

// ARN is the ARN of a secret, by its name; "" when there is none. Without its last
// hyphen and what follows, it is the partial ARN that finds the secret too.
func (s *Server) ARN(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.getLocked(s.keyOf(name)); found != nil {
		return found.arn
	}
	return ""
}

// Reset forgets every secret, fault and call: the server is as if newly started
// without Options.Secrets.
func (s *Server) Reset() {
	s.faults.reset()
	s.ResetCalls()
	s.mu.Lock()
	defer s.unlockChanged()
	clear(s.secrets)
}

// unlockChanged ends what may have changed the secrets.
func (s *Server) unlockChanged() {
	s.changes++
	s.mu.Unlock()
}

// getLocked finds a secret by its key, and forgets it when its recovery window has
// ended; nil when there is none.
func (s *Server) getLocked(key string) *secret {
	found := s.secrets[key]
	if found != nil && !found.deletion.IsZero() && !s.now().Before(found.deletion) {
		delete(s.secrets, key)
		return nil
	}
	return found
}

// createLocked makes a secret without a version.
func (s *Server) createLocked(name string) *secret {
	now := s.now()
	s.created++
	made := s.newSecret(name)
	made.order, made.created, made.changed = s.created, now, now
	s.secrets[made.key] = made
	return made
}

// newSecret has a key, a name and an ARN, and is kept nowhere yet.
func (s *Server) newSecret(id string) *secret {
	made := &secret{key: s.keyOf(id), name: id}
	if isARN(id) {
		_, made.name, _ = strings.Cut(made.key, ":secret:")
	}
	if made.arn = id; !isARN(id) || !arnEnd().MatchString(id) {
		made.arn = made.key + "-" + s.newSuffix()
	}
	return made
}

// newSuffix is six random letters, unless the options say otherwise.
func (s *Server) newSuffix() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if s.options.Suffix != "" {
		return s.options.Suffix
	}
	random := make([]byte, 6)
	rand.Read(random)
	for i, b := range random {
		random[i] = letters[int(b)%len(letters)]
	}
	return string(random)
}

// liveLocked finds a secret that is not marked for deletion.
func (s *Server) liveLocked(id string) (*secret, error) {
	found, err := s.findLocked(id)
	if err == nil && !found.deletion.IsZero() {
		return nil, errDeleted
	}
	return found, err
}

// findLocked finds what a SecretId means: a name, an ARN, or an ARN without its
// last hyphen and six characters.
func (s *Server) findLocked(id string) (*secret, error) {
	found := s.getLocked(s.keyOf(id))
	switch {
	case found != nil && (!isARN(id) || !arnEnd().MatchString(id) || id == found.arn):
		return found, nil
	case !isARN(id) && !s.options.AnyName && !idPattern().MatchString(id):
		return nil, errName
	default:
		return nil, errNotFound
	}
}

// namesLocked are the names a fault may call a secret by: the ID as it is spelled
// and, where that is an ARN, the name of the secret it finds.
func (s *Server) namesLocked(id string) []string {
	if found, err := s.findLocked(id); err == nil && found.name != id {
		return []string{id, found.name}
	}
	return []string{id}
}

// Names of new secrets, and what may be asked for: AWS's own secrets have a '!'.
var (
	namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`) })
	idPattern   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`) })
)

// arnEnd is what makes AWS take an ARN for a full one, be it one or not.
var arnEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-[A-Za-z0-9]{6}$`) })

// isARN reports whether an ID is the ARN of a secret, of whatever account.
func isARN(id string) bool {
	return strings.HasPrefix(id, "arn:") && strings.Contains(id, ":secretsmanager:") && strings.Contains(id, ":secret:")
}

// keyOf is what a secret is kept under: its ARN without the end.
func (s *Server) keyOf(id string) string {
	if !isARN(id) {
		return s.prefix + id
	}
	if end := arnEnd().FindStringIndex(id); end != nil {
		return id[:end[0]]
	}
	return id
}

// sortedLocked are the account's own secrets in order of creation.
func (s *Server) sortedLocked() []*secret {
	var list []*secret
	for key := range s.secrets {
		if found := s.getLocked(key); found != nil && strings.HasPrefix(key, s.prefix) {
			list = append(list, found)
		}
	}
	slices.SortFunc(list, byCreation)
	return list
}
