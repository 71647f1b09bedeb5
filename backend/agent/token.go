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

// tokenVariables are where the agent itself looks for its token, in its order.
var tokenVariables = []string{"AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}

// maxToken is how long a token may be; those of STS have some 1 to 4 KiB.
const maxToken = 32 << 10

// tokenSource knows the token, or the file it is in.
type tokenSource struct {
	name string // where it comes from, for errors
	file string // "" where the token is fixed

	mu    sync.Mutex
	token connuri.Secret // zero until the file is read
}

// from finds out where the token comes from.
func (s *tokenSource) from(cfg Config) error {
	switch {
	case !cfg.Token.IsZero() && cfg.TokenFile != "":
		return errors.New("agent: Config has both a Token and a TokenFile")
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
					return errors.New("agent: " + name + " is not of the form file:///PATH")
				}
				s.file = file
				return nil
			}
			s.token = connuri.NewSecret(value)
			break
		}
	}
	if s.token.IsZero() {
		return errors.New("agent: no token: give Config.Token or Config.TokenFile, or set one of " + strings.Join(tokenVariables, ", "))
	}
	if err := checkToken(s.token.Reveal()); err != nil {
		return fmt.Errorf("agent: %s: %w", s.name, err)
	}
	return nil
}

// checkToken refuses what no header can hold, without quoting it.
func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("the token is empty")
	case len(token) > maxToken:
		return errors.New("the token is too long")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has a space, a line break or another character that no token has")
	}
	return nil
}

// get is the token to send.
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

// renew is the token to send after the one given was refused, if there is
// another.
func (s *tokenSource) renew(refused connuri.Secret) (connuri.Secret, bool) {
	if s.file == "" {
		return connuri.Secret{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, err := s.read(); err == nil {
		s.token = token
	} // else what another caller read before may still do
	return s.token, !s.token.Equal(refused)
}

// read reads the file. The error names neither the file, in whose place the token
// itself may have been given, nor what is in it. Its first words are the SDK's
// where there are no credentials to be had; backend goes by them.
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
	if !info.Mode().IsRegular() { // to open a pipe could take for ever
		return "", errors.New("it is no regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()                                        //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxToken+2)) // a line break and the byte too many
	return strings.TrimSpace(string(text)), err
}
