package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// tokenVariables are the variables in which the agent looks for its token, in its order.
var tokenVariables = []string{"AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}

// maxToken is the length of the longest token. Those of STS have 1 to 4 KiB.
const maxToken = 32 << 10

// tokenSource holds the token, or reads it from a file.
type tokenSource struct {
	name string // the setting that has the token, for errors
	file string // "" if the token is not in a file

	mu    sync.Mutex
	token connuri.Secret // zero until the file is read
}

// from chooses the source of the token.
func (s *tokenSource) from(cfg Config) error {
	switch {
	case !cfg.Token.IsZero() && cfg.TokenFile != "":
		return errors.New("agent: Config has both a Token and a TokenFile; set one of them")
	case !cfg.Token.IsZero():
		s.name, s.token = "Config.Token", cfg.Token
	case cfg.TokenFile != "":
		s.name, s.file = "Config.TokenFile", cfg.TokenFile
		return nil
	default:
		for _, name := range tokenVariables {
			value := os.Getenv(name)
			if value == "" {
				continue
			}
			s.name = name
			if file, ok := strings.CutPrefix(value, "file://"); ok {
				if !strings.HasPrefix(file, "/") {
					return errors.New("agent: the file in " + name + " is not an absolute path; write file:///PATH")
				}
				s.file = file
				return nil
			}
			s.token = connuri.NewSecret(value)
			break
		}
	}
	if s.token.IsZero() {
		return errors.New("agent: the token is missing; set Config.Token or Config.TokenFile, or one of " + strings.Join(tokenVariables, ", "))
	}
	if err := checkToken(s.token.Reveal()); err != nil {
		return fmt.Errorf("agent: %s: %w", s.name, err)
	}
	return nil
}

// checkToken refuses text that no header can hold. The errors do not quote it.
func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("the token is empty")
	case len(token) > maxToken:
		return errors.New("the token is longer than 32 KiB")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has a space, a line break or another character that tokens do not have")
	}
	return nil
}

// get returns the token to send.
func (s *tokenSource) get() (connuri.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.IsZero() {
		token, err := s.read()
		if err != nil {
			return connuri.Secret{}, err
		}
		s.token = token
	}
	return s.token, nil
}

// renew reads the file again after the agent refused a token. It reports whether the file has
// another one.
func (s *tokenSource) renew(refused connuri.Secret) (connuri.Secret, bool) {
	if s.file == "" {
		return connuri.Secret{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, err := s.read(); err == nil {
		s.token = token
	} // otherwise another caller may have read a new one already
	return s.token, !s.token.Equal(refused)
}

// read reads the file. The error does not name the file, since that may be the token itself
// by mistake, and quotes nothing of it. It begins with the words of the SDK for missing
// credentials, which package backend recognizes.
func (s *tokenSource) read() (connuri.Secret, error) {
	token, err := readToken(s.file)
	if err == nil {
		err = checkToken(token)
	}
	if err != nil {
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = at.Err
		}
		return connuri.Secret{}, fmt.Errorf("get credentials: the token file of %s: %w", s.name, err)
	}
	return connuri.NewSecret(token), nil
}

func readToken(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // opening a pipe could block
		return "", errors.New("it is not a regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // it was only read
	// Two more bytes: for a line break, and to detect a longer token.
	text, err := io.ReadAll(io.LimitReader(file, maxToken+2))
	return strings.TrimSpace(string(text)), err
}
