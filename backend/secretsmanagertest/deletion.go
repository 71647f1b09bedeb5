package secretsmanagertest

import (
	"context"
	"errors"
	"time"
)

func (s *Server) deleteSecret(_ context.Context, p *params) (answer, error) {
	id, force := p.secretID(), p.flag("ForceDeleteWithoutRecovery")
	days := 30
	windowed := p.decode("RecoveryWindowInDays", "an integer", &days)
	switch {
	case p.err != nil:
		return nil, p.err
	case windowed && force:
		return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case days < 7 || days > 30:
		return nil, invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.findLocked(id)
	now := s.now()
	switch {
	case errors.Is(err, errNotFound) && force:
		// Forced deletion of a missing secret succeeds: AWS invents an answer.
		found = s.newSecret(id)
		found.deletion = now
	case err != nil:
		return nil, err
	case force:
		delete(s.secrets, found.key)
		found.deletion = now
	case !found.deletion.IsZero():
		return nil, errDeleted
	default:
		found.deletion = now.Add(time.Duration(days) * 24 * time.Hour)
	}
	out := found.ident()
	out["DeletionDate"] = epoch(found.deletion)
	return out, nil
}

func (s *Server) restoreSecret(_ context.Context, p *params) (answer, error) {
	id := p.secretID()
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.findLocked(id)
	if err != nil {
		return nil, err
	}
	found.deletion = time.Time{}
	return found.ident(), nil
}
