package secretsmanagertest

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set stores a text under a name. If the secret exists, the text becomes its new AWSCURRENT
// version. Unlike AWS, Set accepts any name and any text, even "", so that a test can use what
// AWS would refuse. It restores a secret that is marked for deletion.
//
// The name may be an ARN, with or without its suffix. An ARN of another account or region makes
// a secret that is shared with this one: it can be found only by its ARN.
func (s *Server) Set(name, text string) { s.set(name, value{text: text}) }

// SetBinary is like Set, but stores bytes (SecretBinary).
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

// Remove removes a secret by its name at once, as a forced DeleteSecret does.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.unlockChanged()
	delete(s.secrets, s.keyOf(name))
}

// ARN returns the ARN of a secret by its name, or "" if the secret does not exist. Without its
// last hyphen and suffix it is the partial ARN, which also finds the secret.
func (s *Server) ARN(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.getLocked(s.keyOf(name)); found != nil {
		return found.arn
	}
	return ""
}

// Reset removes every secret, fault and call, as if the server had just been started without
// Options.Secrets.
func (s *Server) Reset() {
	s.faults.reset()
	s.ResetCalls()
	s.mu.Lock()
	defer s.unlockChanged()
	clear(s.secrets)
}

// unlockChanged unlocks the server after a possible change of the secrets.
func (s *Server) unlockChanged() {
	s.changes++
	s.mu.Unlock()
}

// getLocked returns the secret of a key, or nil. It removes a secret whose recovery window has
// ended.
func (s *Server) getLocked(key string) *secret {
	found := s.secrets[key]
	if found != nil && !found.deletion.IsZero() && !s.now().Before(found.deletion) {
		delete(s.secrets, key)
		return nil
	}
	return found
}

// createLocked adds a secret without versions.
func (s *Server) createLocked(name string) *secret {
	now := s.now()
	s.created++
	made := s.newSecret(name)
	made.order, made.created, made.changed = s.created, now, now
	s.secrets[made.key] = made
	return made
}

// newSecret makes a secret with a key, a name and an ARN, without adding it to the server.
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

// newSuffix returns Options.Suffix, or six random letters.
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

// liveLocked is findLocked for a secret that must not be marked for deletion.
func (s *Server) liveLocked(id string) (*secret, error) {
	found, err := s.findLocked(id)
	if err == nil && !found.deletion.IsZero() {
		return nil, errDeleted
	}
	return found, err
}

// findLocked finds the secret of a SecretId: a name, an ARN, or an ARN without its last hyphen
// and suffix.
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

// namesLocked returns the names by which a fault may choose a secret: the ID as it is spelled
// and, if that is an ARN, the name of the secret.
func (s *Server) namesLocked(id string) []string {
	if found, err := s.findLocked(id); err == nil && found.name != id {
		return []string{id, found.name}
	}
	return []string{id}
}

// namePattern matches names of new secrets, idPattern those of requests. Only AWS creates names
// that contain '!'.
var (
	namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`) })
	idPattern   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`) })
)

// arnEnd matches the end of an ARN that AWS treats as a full one, even if it is not.
var arnEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-[A-Za-z0-9]{6}$`) })

// isARN reports whether an ID is the ARN of a secret of any account.
func isARN(id string) bool {
	return strings.HasPrefix(id, "arn:") && strings.Contains(id, ":secretsmanager:") && strings.Contains(id, ":secret:")
}

// keyOf returns the key of a secret: its ARN without the suffix.
func (s *Server) keyOf(id string) string {
	if !isARN(id) {
		return s.prefix + id
	}
	if end := arnEnd().FindStringIndex(id); end != nil {
		return id[:end[0]]
	}
	return id
}

// sortedLocked returns the secrets of this account in order of creation.
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
