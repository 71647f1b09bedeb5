package secretsmanagertest

import (
	"context"
	"errors"
	"slices"
	"time"
)

func (s *Server) getSecretValue(_ context.Context, p *params) (answer, error) {
	id, versionID := p.secretID(), p.versionID("VersionId")
	stage, _ := p.text("VersionStage", 1, 256)
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valueLocked(id, versionID, stage)
}

// valueLocked returns the value of one version. Without a version ID and a stage, it is the
// current one.
func (s *Server) valueLocked(id, versionID, stage string) (answer, error) {
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	var v *version
	if versionID != "" {
		if v = found.version(versionID); v == nil {
			return nil, notFoundValue("VersionId", versionID)
		}
		if stage != "" && !slices.Contains(v.stages, stage) {
			return nil, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
	} else {
		if stage == "" {
			stage = stageCurrent
		}
		if v = found.labeled(stage); v == nil {
			return nil, notFoundValue("staging label", stage)
		}
	}
	today := s.now().UTC().Truncate(24 * time.Hour) // AWS records only the day of an access
	if !found.accessed.Equal(today) || !v.accessed.Equal(today) {
		found.accessed, v.accessed = today, today
		s.changes++
	}
	out := found.ident()
	out["VersionId"] = v.id
	out["CreatedDate"] = epoch(v.created)
	if len(v.stages) > 0 {
		out["VersionStages"] = slices.Clone(v.stages)
	}
	if v.value.binary {
		out["SecretBinary"] = v.value.blob
	} else {
		out["SecretString"] = v.value.text
	}
	return out, nil
}

const maxBatch = 20

func (s *Server) batchGetSecretValue(ctx context.Context, p *params) (answer, error) {
	ids := p.texts("SecretIdList", 1, maxBatch)
	filters := p.filters()
	most, limited := p.number("MaxResults", 1, maxBatch)
	token, _ := p.text("NextToken", 1, 4096)
	switch {
	case p.err != nil:
		return nil, p.err
	case len(ids) > 0 && len(filters) > 0:
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case limited && len(filters) == 0:
		return nil, invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	case len(ids) == 0 && len(filters) == 0:
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided.")
	case len(ids) > 0 && token != "":
		return nil, errToken // a list of IDs has only one page, so it has no tokens
	}

	out := answer{}
	if len(filters) > 0 {
		l := listing{operation: "BatchGetSecretValue", filters: filters, most: maxBatch}
		if limited {
			l.most = most
		}
		page, next, err := s.page(l, token)
		if err != nil {
			return nil, err
		}
		if next != "" {
			out["NextToken"] = next
		}
		for _, found := range page {
			ids = append(ids, found.name)
		}
	}

	values, failed := []answer{}, []answer{}
	for _, id := range ids {
		got, err := s.entry(ctx, id)
		var wrong *apiError
		switch {
		case err == nil:
			values = append(values, got)
		case errors.As(err, &wrong):
			failed = append(failed, answer{"SecretId": id, "ErrorCode": wrong.code, "Message": wrong.message})
		default:
			return nil, err // a fault that fails the whole request
		}
	}
	out["SecretValues"], out["Errors"] = values, failed
	return out, nil
}

// entry returns one secret of a batch or its error, which may be a fault for its name.
func (s *Server) entry(ctx context.Context, id string) (answer, error) {
	s.mu.Lock()
	names := s.namesLocked(id)
	s.mu.Unlock()
	if err := s.faultOf(ctx, "BatchGetSecretValue", names...); err != nil {
		if f, ok := errors.AsType[struck](err); ok && Fault(f).listed() {
			return nil, &apiError{f.Code, f.Message}
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valueLocked(id, "", "")
}
