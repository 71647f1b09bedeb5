package secretsmanagertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// stateFile is the file of Options.State. The path is "" if there is none.
type stateFile struct {
	path  string
	mu    sync.Mutex // held while the file is written
	saved int        // the Server.changes that the file has
}

// stateVersion is the version of the format. A format that old programs cannot read needs
// another number.
const stateVersion = 1

// The format of the file.
type (
	stateDoc struct {
		Version         int
		Region, Account string
		Created         int
		Seeded          []string
		Secrets         []stateSecret
	}
	stateSecret struct {
		Name, ARN             string
		Description, KMSKeyID string `json:",omitempty"`
		Tags                  []tag  `json:",omitempty"`
		Order                 int    // see secret.order
		Created, Changed      time.Time
		Accessed, Deletion    time.Time `json:",omitzero"`
		Versions              []stateVersionDoc
	}
	stateVersionDoc struct {
		ID       string
		Text     *string `json:",omitempty"` // exactly one of Text and Binary is set
		Binary   *[]byte `json:",omitempty"`
		Created  time.Time
		Accessed time.Time `json:",omitzero"`
		Stages   []string
	}
)

// save writes the state unless the file already has every change. Requests that wait for the
// same write share it.
func (s *Server) save() error {
	if s.state.path == "" {
		return nil
	}
	s.mu.Lock()
	needed := s.changes
	s.mu.Unlock()
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.state.saved >= needed {
		return nil
	}
	s.mu.Lock()
	doc, changes := s.stateLocked(), s.changes
	s.mu.Unlock()
	text, err := json.Marshal(doc)
	if err == nil {
		err = writeAtomically(s.state.path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("Options.State cannot be written: %w", err)
	}
	s.state.saved = changes
	return nil
}

// writeAtomically replaces a file, so that a reader sees either the old text or the new one.
func writeAtomically(path string, text []byte) error {
	// Always the same name, so that a killed program leaves at most one file.
	file, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = file.Chmod(0o600) // a file that somebody left there may be readable by others
	if err == nil {
		_, err = file.Write(text)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// stateLocked returns a copy of the state.
func (s *Server) stateLocked() stateDoc {
	doc := stateDoc{
		Version: stateVersion, Region: s.options.region(), Account: s.options.account(), Created: s.created,
		Seeded: slices.Sorted(maps.Keys(s.seeded)),
	}
	for _, key := range slices.Sorted(maps.Keys(s.secrets)) {
		doc.Secrets = append(doc.Secrets, s.secrets[key].state())
	}
	return doc
}

func (s *secret) state() stateSecret {
	doc := stateSecret{
		Name: s.name, ARN: s.arn, Description: s.description, KMSKeyID: s.kmsKeyID, Tags: slices.Clone(s.tags),
		Order: s.order, Created: s.created, Changed: s.changed, Accessed: s.accessed, Deletion: s.deletion,
	}
	for _, v := range s.versions {
		saved := stateVersionDoc{ID: v.id, Created: v.created, Accessed: v.accessed, Stages: slices.Clone(v.stages)}
		if v.value.binary {
			saved.Binary = &v.value.blob
		} else {
			saved.Text = &v.value.text
		}
		doc.Versions = append(doc.Versions, saved)
	}
	return doc
}

// restore reads the state before the server is reachable.
func (s *Server) restore() error {
	path := s.options.State
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // so that a link stays a link
	}
	s.state.path, s.state.saved = path, -1
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return stateError("the path is not a regular file; name another file")
	case info.Size() == 0: // such as a temporary file that the caller made
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var doc stateDoc
	if json.Unmarshal(text, &doc) != nil { // the error may quote the file
		return stateError("the file is not a saved state; name another file")
	}
	return s.load(doc)
}

func stateError(problem string) error { return errors.New("Options.State: " + problem) }

func (s *Server) load(doc stateDoc) error {
	switch {
	case doc.Version != stateVersion:
		return stateError(fmt.Sprintf("the Version in the file is not %d; name another file", stateVersion))
	case doc.Region != s.options.region() || doc.Account != s.options.account():
		return stateError("the file was saved with another region or account; start with those, or name another file")
	}
	s.created = doc.Created
	for _, name := range doc.Seeded {
		s.seeded[name] = true
	}
	for i, saved := range doc.Secrets {
		made := saved.secret(s.keyOf(saved.ARN))
		if made == nil || s.secrets[made.key] != nil {
			return stateError(fmt.Sprintf("number %d of Secrets is repeated or has a version without a value; name another file", i+1))
		}
		s.secrets[made.key] = made
	}
	return nil
}

// secret restores a saved secret. It returns nil if a version has no value.
func (doc stateSecret) secret(key string) *secret {
	made := &secret{
		key: key, name: doc.Name, arn: doc.ARN, description: doc.Description, kmsKeyID: doc.KMSKeyID, tags: doc.Tags,
		order: doc.Order, created: doc.Created, changed: doc.Changed, accessed: doc.Accessed, deletion: doc.Deletion,
	}
	for _, saved := range doc.Versions {
		v := &version{id: saved.ID, created: saved.Created, accessed: saved.Accessed, stages: saved.Stages}
		switch {
		case saved.Text != nil && saved.Binary == nil:
			v.value.text = *saved.Text
		case saved.Binary != nil && saved.Text == nil:
			v.value = value{blob: *saved.Binary, binary: true}
		default:
			return nil
		}
		made.versions = append(made.versions, v)
	}
	return made
}
