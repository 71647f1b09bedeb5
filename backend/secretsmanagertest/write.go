package secretsmanagertest

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"
)

func (s *Server) createSecret(_ context.Context, p *params) (answer, error) {
	name, token, val := p.required("Name", 1, 512), p.token(), p.value()
	description, _ := p.text("Description", 0, 2048)
	kmsKeyID, _ := p.text("KmsKeyId", 0, 2048)
	tags := p.tags()
	for _, member := range []string{"AddReplicaRegions", "CrossAccountPrimaryARN"} {
		if _, given := p.members[member]; given {
			p.fail(invalidParameter("secretsmanagertest does not replicate secrets: leave out " + member))
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	if !s.options.AnyName && !namePattern().MatchString(name) {
		return nil, errName
	}
	s.mu.Lock()
	defer s.unlockChanged()
	if found := s.getLocked(s.keyOf(name)); found != nil {
		if !found.deletion.IsZero() {
			return nil, invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
		}
		// The retry of a creation that succeeded also succeeds.
		if v := found.version(token); v != nil && val != nil && v.value.equal(*val) {
			return withVersion(found, token), nil
		}
		return nil, resourceExists("The operation failed because the secret " + name + " already exists.")
	}
	made := s.createLocked(name)
	made.description, made.kmsKeyID, made.tags = description, kmsKeyID, tags
	if val == nil {
		return made.ident(), nil
	}
	made.add(token, *val, s.now(), stageCurrent)
	return withVersion(made, token), nil
}

func withVersion(s *secret, id string) answer {
	out := s.ident()
	out["VersionId"] = id
	return out
}

func (s *Server) putSecretValue(_ context.Context, p *params) (answer, error) {
	id, token, val := p.secretID(), p.token(), p.value()
	stages := p.texts("VersionStages", 1, maxStages)
	for _, stage := range stages {
		p.length("VersionStages", utf8.RuneCountInString(stage), 1, 256)
	}
	if p.err != nil {
		return nil, p.err
	}
	if val == nil {
		return nil, invalidRequest("You must provide either SecretString or SecretBinary.")
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	v, err := found.repeated(token, *val)
	if err != nil {
		return nil, err
	}
	if v == nil {
		// The first version is always AWSCURRENT, in addition to its other labels.
		if len(stages) == 0 || len(found.versions) == 0 && !slices.Contains(stages, stageCurrent) {
			stages = append(stages, stageCurrent)
		}
		v = found.add(token, *val, s.now(), stages...)
	}
	out := withVersion(found, v.id)
	out["VersionStages"] = slices.Clone(v.stages)
	return out, nil
}

// repeated returns the version that an earlier request made with the same token and value. The
// same token with another value is an error.
func (s *secret) repeated(token string, val value) (*version, error) {
	v := s.version(token)
	if v != nil && !v.value.equal(val) {
		return nil, resourceExists(fmt.Sprintf(
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", token, s.arn))
	}
	return v, nil
}

func (s *Server) updateSecret(_ context.Context, p *params) (answer, error) {
	id, token, val := p.secretID(), p.token(), p.value()
	description, described := p.text("Description", 0, 2048)
	kmsKeyID, keyed := p.text("KmsKeyId", 0, 2048)
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	out := found.ident()
	if val != nil { // first, so that an error changes nothing
		v, err := found.repeated(token, *val)
		if err != nil {
			return nil, err
		}
		if v == nil {
			found.add(token, *val, s.now(), stageCurrent)
		}
		out["VersionId"] = token
	}
	if described {
		found.description = description
	}
	if keyed {
		found.kmsKeyID = kmsKeyID
	}
	found.changed = s.now()
	return out, nil
}

func (s *Server) updateSecretVersionStage(_ context.Context, p *params) (answer, error) {
	id, stage := p.secretID(), p.required("VersionStage", 1, 256)
	fromID, toID := p.versionID("RemoveFromVersionId"), p.versionID("MoveToVersionId")
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	has := found.labeled(stage)
	from, to := found.version(fromID), found.version(toID)
	switch {
	case fromID == "" && toID == "":
		return nil, invalidParameter("You must provide RemoveFromVersionId, MoveToVersionId or both.")
	case fromID != "" && from == nil:
		return nil, notAVersion(fromID)
	case toID != "" && to == nil:
		return nil, notAVersion(toID)
	case fromID != "" && from != has:
		return nil, invalidParameter(fmt.Sprintf("Version stage %s not found in version %s", stage, fromID))
	case fromID == "" && has != nil && has != to:
		return nil, invalidParameter(fmt.Sprintf("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", stage, has.id))
	case to == nil && stage == stageCurrent:
		return nil, invalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case to != nil && to != has && len(to.stages) >= maxStages:
		return nil, &apiError{"LimitExceededException", messages["LimitExceededException"]}
	}
	found.move(stage, to)
	found.changed = s.now()
	return found.ident(), nil
}

func notAVersion(id string) error {
	return invalidParameter("Not a valid version: " + id)
}
